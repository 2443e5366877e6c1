//! What properties are called where the user writes them.

use crate::Form;

/// The client id of the app's own registration.
pub(super) const CLIENT_ID: &str = "identityProviders.azureActiveDirectory.registration.clientId";
/// The issuer whose tokens count.
pub(super) const ISSUER: &str = "identityProviders.azureActiveDirectory.registration.openIdIssuer";
/// The audiences that count beside the client id.
pub(super) const AUDIENCES: &str = "identityProviders.azureActiveDirectory.validation.allowedAudiences";
/// The client ids that are let in.
pub(super) const APPLICATIONS: &str =
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications";
/// The object ids that are let in.
pub(super) const IDENTITIES: &str =
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities";
/// The groups that are let in.
pub(super) const GROUPS: &str =
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.groups";
/// The client ids that are let in, in the other place that there is for them.
pub(super) const JWT_CLIENTS: &str =
    "identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedClientApplications";
/// The groups that are let in, in the other place that there is for them.
pub(super) const JWT_GROUPS: &str = "identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedGroups";

/// Properties of authsettingsV2 and the attributes of `auth_settings_v2` that Terraform's provider makes them of.
///
/// Source: hashicorp/terraform-provider-azurerm, `internal/services/appservice/helpers/auth_v2_schema.go`.
const TERRAFORM: &[(&str, &str)] = &[
    ("platform.enabled", "auth_enabled"),
    ("platform.runtimeVersion", "runtime_version"),
    ("platform.configFilePath", "config_file_path"),
    ("globalValidation.requireAuthentication", "require_authentication"),
    ("globalValidation.unauthenticatedClientAction", "unauthenticated_action"),
    ("globalValidation.redirectToProvider", "default_provider"),
    ("globalValidation.excludedPaths", "excluded_paths"),
    ("httpSettings.requireHttps", "require_https"),
    ("httpSettings.routes.apiPrefix", "http_route_api_prefix"),
    ("httpSettings.forwardProxy.convention", "forward_proxy_convention"),
    ("httpSettings.forwardProxy.customHostHeaderName", "forward_proxy_custom_host_header_name"),
    ("httpSettings.forwardProxy.customProtoHeaderName", "forward_proxy_custom_scheme_header_name"),
    ("identityProviders.azureActiveDirectory", "active_directory_v2"),
    (CLIENT_ID, "active_directory_v2.client_id"),
    (ISSUER, "active_directory_v2.tenant_auth_endpoint"),
    (
        "identityProviders.azureActiveDirectory.registration.clientSecretSettingName",
        "active_directory_v2.client_secret_setting_name",
    ),
    (
        "identityProviders.azureActiveDirectory.registration.clientSecretCertificateThumbprint",
        "active_directory_v2.client_secret_certificate_thumbprint",
    ),
    (
        "identityProviders.azureActiveDirectory.login.disableWWWAuthenticate",
        "active_directory_v2.www_authentication_disabled",
    ),
    ("identityProviders.azureActiveDirectory.login.loginParameters", "active_directory_v2.login_parameters"),
    (AUDIENCES, "active_directory_v2.allowed_audiences"),
    (APPLICATIONS, "active_directory_v2.allowed_applications"),
    (IDENTITIES, "active_directory_v2.allowed_identities"),
    (GROUPS, "active_directory_v2.allowed_groups"),
    (JWT_CLIENTS, "active_directory_v2.jwt_allowed_client_applications"),
    (JWT_GROUPS, "active_directory_v2.jwt_allowed_groups"),
    ("login.routes.logoutEndpoint", "login.logout_endpoint"),
    ("login.tokenStore.enabled", "login.token_store_enabled"),
    ("login.tokenStore.tokenRefreshExtensionHours", "login.token_refresh_extension_time"),
    ("login.tokenStore.fileSystem.directory", "login.token_store_path"),
    ("login.tokenStore.azureBlobStorage.sasUrlSettingName", "login.token_store_sas_setting_name"),
    ("login.preserveUrlFragmentsForLogins", "login.preserve_url_fragments_for_logins"),
    ("login.allowedExternalRedirectUrls", "login.allowed_external_redirect_urls"),
    ("login.cookieExpiration.convention", "login.cookie_expiration_convention"),
    ("login.cookieExpiration.timeToExpiration", "login.cookie_expiration_time"),
    ("login.nonce.validateNonce", "login.validate_nonce"),
    ("login.nonce.nonceExpirationInterval", "login.nonce_expiration_time"),
];

impl Form {
    /// What a property, named by its whole path, is called in this form: the attribute in Terraform, the path elsewhere. What is said of
    /// Entra's registration and validation is known without the way to it: `validation.allowedAudiences`.
    pub fn name_of(self, path: &str) -> &str {
        let attribute = TERRAFORM.iter().find(|(property, _)| *property == path).filter(|_| self == Self::Terraform);
        match (attribute, path.strip_prefix("identityProviders.azureActiveDirectory.")) {
            (Some((_, attribute)), _) => attribute,
            (None, Some(short)) if short.starts_with("registration.") || short.starts_with("validation.") => short,
            _ => path,
        }
    }

    /// The last word of a property's name in this form, for a message that stands beside it: `allowed_applications`.
    pub fn word_of(self, path: &str) -> &str {
        let name = self.name_of(path);
        name.rsplit_once('.').map_or(name, |(_, word)| word)
    }

    /// How a property gets a value in this form, in a line of help: `require_authentication = true` in Terraform,
    /// `globalValidation.requireAuthentication: true` elsewhere. The value is written as JSON.
    pub fn assign(self, path: &str, value: &str) -> String {
        let name = self.name_of(path);
        if self == Self::Terraform { format!("`{name} = {value}`") } else { format!("`{name}: {value}`") }
    }
}

#[cfg(test)]
mod tests {
    use super::{APPLICATIONS, TERRAFORM};
    use crate::Form;
    use rstest::rstest;

    #[rstest]
    #[case::terraform(Form::Terraform, "platform.enabled", "`auth_enabled = true`")]
    #[case::azapi(Form::Azapi, "platform.enabled", "`platform.enabled: true`")]
    #[case::not_expressible(Form::Terraform, "clearInboundClaimsMapping", "`clearInboundClaimsMapping = true`")]
    #[case::block(Form::Terraform, APPLICATIONS, "`active_directory_v2.allowed_applications = true`")]
    #[case::short(Form::Resource, APPLICATIONS, "`validation.defaultAuthorizationPolicy.allowedApplications: true`")]
    #[case::whole(
        Form::Resource,
        "identityProviders.azureActiveDirectory.login.loginParameters",
        "`identityProviders.azureActiveDirectory.login.loginParameters: true`"
    )]
    fn a_property_is_called_as_the_user_writes_it(#[case] form: Form, #[case] path: &str, #[case] expected: &str) {
        assert_eq!(form.assign(path, "true"), expected);
    }

    #[test]
    fn every_attribute_stands_for_one_property() {
        for (at, (path, attribute)) in TERRAFORM.iter().enumerate() {
            let twice = TERRAFORM[..at].iter().any(|(other, name)| other == path || name == attribute);
            assert!(!twice, "{path} or {attribute} is there twice");
        }
    }
}
