//! Where more than one rule is documented.

/// The schema of authsettingsV2.
pub(super) const SCHEMA: &str = "https://learn.microsoft.com/azure/templates/microsoft.web/sites/config-authsettingsv2";
/// How App Service Authentication works.
pub(super) const OVERVIEW: &str = "https://learn.microsoft.com/azure/app-service/overview-authentication-authorization";
/// How it is set up with Entra: issuer, audiences, policy.
pub(super) const ENTRA: &str = "https://learn.microsoft.com/azure/app-service/configure-authentication-provider-aad";
/// App settings that change it.
pub(super) const APP_SETTINGS: &str = "https://learn.microsoft.com/azure/app-service/reference-app-settings";
/// The claims of an access token, in both versions.
pub(super) const CLAIMS: &str = "https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference";
/// How API Management asks for a token.
pub(super) const API_MANAGEMENT: &str =
    "https://learn.microsoft.com/azure/api-management/authentication-managed-identity-policy";
/// What a caller that was forgotten sees.
pub(super) const TROUBLESHOOTING: &str =
    "https://github.com/rukasakurai/apim-managed-identity-functions-containerapps/blob/main/docs/troubleshooting.md";
/// What Terraform's provider sends.
pub(super) const TERRAFORM: &str = "https://github.com/hashicorp/terraform-provider-azurerm/blob/main/internal/services/appservice/helpers/auth_v2_schema.go";
/// What was measured of an absent policy and of anonymous access.
pub(super) const MEASURED: &str = "https://github.com/pnp/Microsoft365-Analytics-Insights/pull/264";
/// Which patterns excluded paths have.
pub(super) const PATTERNS: &str = "https://github.com/MicrosoftDocs/azure-docs/issues/86514";
