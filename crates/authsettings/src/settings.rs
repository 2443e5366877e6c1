//! The settings, typed: every property of authsettingsV2 that changes how a request is answered.

use crate::{AppSettings, Authority, Knobs, MapClaims, Tenant, TokenVersion};

/// The settings of App Service Authentication, with the app settings and knobs that belong to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `platform.enabled`; false where it is left out.
    pub enabled: bool,
    /// `globalValidation`.
    pub validation: GlobalValidation,
    /// `httpSettings`.
    pub http: HttpSettings,
    /// `identityProviders.azureActiveDirectory`, unless it is left out or disabled.
    pub entra: Option<Entra>,
    /// `clearInboundClaimsMapping`: claims are injected under their names in the token.
    pub clear_inbound_claims_mapping: bool,
    /// App settings that change answers. They live elsewhere and are not read from authsettingsV2.
    pub app: AppSettings,
    /// How the platform is taken to behave where that is not certain.
    pub knobs: Knobs,
}

/// `globalValidation`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GlobalValidation {
    /// `requireAuthentication`; false where it is left out.
    pub require_authentication: bool,
    /// `unauthenticatedClientAction`; a redirect where it is left out, as Terraform's provider sends.
    pub action: Action,
    /// `redirectToProvider`.
    pub redirect_to_provider: Option<String>,
    /// `excludedPaths`.
    pub excluded_paths: Vec<String>,
}

/// `unauthenticatedClientAction`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Action {
    /// Browsers go to the login page, other clients get 401.
    #[default]
    RedirectToLoginPage,
    /// Anonymous requests reach the app.
    AllowAnonymous,
    /// 401.
    Return401,
    /// 403.
    Return403,
}

/// `httpSettings`. The forward proxy convention only shapes login redirects and is not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// `requireHttps`; true where it is left out.
    pub require_https: bool,
    /// `routes.apiPrefix`; `/.auth` where it is left out.
    pub api_prefix: String,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self { require_https: true, api_prefix: "/.auth".to_owned() }
    }
}

/// `identityProviders.azureActiveDirectory`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entra {
    /// `registration.openIdIssuer`.
    pub issuer: Option<String>,
    /// `registration.clientId`.
    pub client_id: Option<String>,
    /// `login.disableWWWAuthenticate`.
    pub disable_www_authenticate: bool,
    /// `validation.allowedAudiences`.
    pub allowed_audiences: Vec<String>,
    /// `validation.jwtClaimChecks`.
    pub claim_checks: ClaimChecks,
    /// `validation.defaultAuthorizationPolicy`.
    pub policy: Option<AuthorizationPolicy>,
}

/// `validation.jwtClaimChecks`; an empty list checks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimChecks {
    /// `allowedGroups`.
    pub groups: Vec<String>,
    /// `allowedClientApplications`.
    pub client_applications: Vec<String>,
}

/// `validation.defaultAuthorizationPolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizationPolicy {
    /// `allowedApplications`: client ids. A list that is left out differs from an empty one.
    pub applications: Option<Vec<String>>,
    /// `allowedPrincipals.identities`: object ids. An empty list checks nothing.
    pub identities: Vec<String>,
    /// `allowedPrincipals.groups`: object ids. An empty list checks nothing.
    pub groups: Vec<String>,
}

impl Settings {
    /// Whether authentication is on: `WEBSITE_AUTH_ENABLED` wins over `platform.enabled`.
    pub fn enabled(&self) -> bool {
        self.app.auth_enabled.unwrap_or(self.enabled)
    }

    /// What `openIdIssuer` names; none where there is no Entra registration or its issuer names no metadata.
    pub fn authority(&self) -> Option<Authority> {
        Authority::parse(self.entra.as_ref()?.issuer.as_deref()?)
    }

    /// Where the authority's metadata is: `openIdIssuer` and the well-known path (OpenID Connect Discovery section 4).
    pub fn metadata_url(&self) -> Option<String> {
        let issuer = self.entra.as_ref()?.issuer.as_deref()?;
        Authority::parse(issuer)?;
        Some(format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer)))
    }

    /// The token version whose metadata `openIdIssuer` names.
    pub fn token_version(&self) -> Option<TokenVersion> {
        self.authority().map(|authority| authority.version)
    }

    /// The id of the one tenant that `openIdIssuer` names.
    pub fn tenant(&self) -> Option<String> {
        match self.authority()?.tenant {
            Tenant::Id(id) => Some(id),
            Tenant::Domain(_) | Tenant::Any => None,
        }
    }

    /// The client id of the app's own registration.
    pub fn client_id(&self) -> Option<&str> {
        self.entra.as_ref()?.client_id.as_deref()
    }

    /// The same settings for another tenant: `tenant` takes the place of the one that `openIdIssuer` names, and of its id wherever
    /// else that stands. Settings that admit any tenant admit this one too.
    #[must_use]
    pub fn for_tenant(&self, tenant: &str) -> Self {
        let (mut settings, own) = (self.clone(), self.tenant());
        let issuer = settings.entra.as_mut().and_then(|entra| entra.issuer.as_mut());
        if let (Some(issuer), Some(authority)) = (issuer, self.authority().filter(|one| one.tenant != Tenant::Any)) {
            *issuer = issuer.replacen(authority.segment(), tenant, 1);
        }
        let audiences = settings.entra.iter_mut().flat_map(|entra| &mut entra.allowed_audiences);
        for text in audiences.chain(&mut settings.app.allowed_tenants) {
            if let Some(own) = &own {
                *text = text.replace(own.as_str(), tenant);
            }
        }
        settings
    }

    /// Every audience that is accepted, to the letter: `allowedAudiences` and, by the knob, the client id.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let listed = self.entra.iter().flat_map(|entra| &entra.allowed_audiences).map(String::as_str);
        listed.chain(self.client_id().filter(|_| self.knobs.implicit_client_id_audience))
    }

    /// Whether a token's issuer, with its tenant claim, is one that the settings accept.
    /// How claims are named in `X-MS-CLIENT-PRINCIPAL`.
    pub fn map_claims(&self) -> MapClaims {
        if self.clear_inbound_claims_mapping { MapClaims::None } else { self.knobs.map_claims }
    }

    /// The value of `WWW-Authenticate` for a request to `host`, to the letter; none where it is switched off.
    ///
    /// Parameters are separated by blanks, not by commas. Source: published captures of the platform's answers.
    pub fn challenge(&self, host: &str) -> Option<String> {
        self.challenge_by(self.authority().as_ref(), host)
    }

    /// The same, where the authority is known already.
    pub(crate) fn challenge_by(&self, authority: Option<&Authority>, host: &str) -> Option<String> {
        if self.app.disable_www_authenticate || self.entra.as_ref().is_some_and(|entra| entra.disable_www_authenticate)
        {
            return None;
        }
        let host = host_name(host);
        let mut parts = vec![format!("Bearer realm=\"{host}\"")];
        if let Some(client_id) = self.client_id() {
            let endpoint = authority.map_or_else(
                || "https://login.windows.net/common/oauth2/authorize".to_owned(),
                Authority::authorize_endpoint,
            );
            parts.push(format!("authorization_uri=\"{endpoint}\" resource_id=\"{client_id}\""));
        }
        if self.app.resource_metadata_scopes.is_some() {
            parts.push(format!("resource_metadata=\"https://{host}{}\"", Self::RESOURCE_METADATA));
        }
        Some(parts.join(" "))
    }

    /// Path of the protected resource metadata (RFC 9728), served where `WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES` is set.
    pub const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";
}

/// The host without its port, and without what would end a quoted text.
fn host_name(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.replace(['"', '\\'], "")
}

#[cfg(test)]
mod tests {
    use crate::fixture;
    use rstest::rstest;

    const TID: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
    const CLIENT: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";

    #[rstest]
    #[case::v2(
        "https://login.microsoftonline.com/{t}/v2.0",
        "https://login.microsoftonline.com/{t}/oauth2/v2.0/authorize"
    )]
    #[case::v1("https://login.microsoftonline.com/{t}", "https://login.microsoftonline.com/{t}/oauth2/v2.0/authorize")]
    #[case::sts("https://sts.windows.net/{t}/", "https://login.windows.net/{t}/oauth2/v2.0/authorize")]
    #[case::unresolved(
        "https://login.microsoftonline.com/v2.0/{t}/",
        "https://login.windows.net/common/oauth2/authorize"
    )]
    fn the_challenge_follows_the_issuer(#[case] issuer: &str, #[case] endpoint: &str) {
        let mut settings = fixture();
        settings.entra.as_mut().unwrap().issuer = Some(issuer.replace("{t}", TID));
        let endpoint = endpoint.replace("{t}", TID);
        assert_eq!(
            settings.challenge("func.example.net:443").unwrap(),
            format!(r#"Bearer realm="func.example.net" authorization_uri="{endpoint}" resource_id="{CLIENT}""#),
        );
    }

    #[test]
    fn without_a_registration_the_challenge_only_names_the_host() {
        let mut settings = fixture();
        settings.entra = None;
        assert_eq!(settings.challenge("a\"b").unwrap(), r#"Bearer realm="ab""#);
    }

    #[test]
    fn the_challenge_can_be_switched_off_in_two_places() {
        let mut settings = fixture();
        settings.app.disable_www_authenticate = true;
        assert_eq!(settings.challenge("h"), None);
        let mut settings = fixture();
        settings.entra.as_mut().unwrap().disable_www_authenticate = true;
        assert_eq!(settings.challenge("h"), None);
    }

    #[test]
    fn the_resource_metadata_is_named_at_the_end() {
        let mut settings = fixture();
        settings.app.resource_metadata_scopes = Some(vec!["api://orders/.default".to_owned()]);
        let challenge = settings.challenge("h").unwrap();
        assert!(
            challenge.ends_with(r#" resource_metadata="https://h/.well-known/oauth-protected-resource""#),
            "{challenge}"
        );
    }

    #[rstest]
    #[case::v2("https://login.microsoftonline.com/{t}/v2.0", "https://login.microsoftonline.com/other/v2.0")]
    #[case::sts("https://sts.windows.net/{t}/", "https://sts.windows.net/other/")]
    #[case::upper_case("https://login.microsoftonline.com/{T}/v2.0", "https://login.microsoftonline.com/other/v2.0")]
    #[case::domain(
        "https://login.microsoftonline.com/contoso.example/v2.0",
        "https://login.microsoftonline.com/other/v2.0"
    )]
    #[case::any("https://login.microsoftonline.com/common/v2.0", "https://login.microsoftonline.com/common/v2.0")]
    #[case::unusable("placeholder", "placeholder")]
    fn settings_move_to_another_tenant(#[case] issuer: &str, #[case] expected: &str) {
        let mut settings = fixture();
        let issuer = issuer.replace("{t}", TID).replace("{T}", &TID.to_uppercase());
        settings.entra.as_mut().unwrap().issuer = Some(issuer);
        let moved = settings.for_tenant("other");
        assert_eq!(moved.entra.as_ref().unwrap().issuer.as_deref(), Some(expected));
        settings.entra.as_mut().unwrap().issuer = Some(expected.to_owned());
        assert_eq!(moved, settings);
    }

    #[test]
    fn a_tenant_moves_wherever_it_stands() {
        let mut settings = fixture();
        settings.app.allowed_tenants = vec![TID.to_owned(), "x".to_owned()];
        settings.entra.as_mut().unwrap().allowed_audiences =
            vec![format!("api://{TID}/orders"), "api://orders".to_owned()];
        let moved = settings.for_tenant("other");
        assert_eq!(moved.app.allowed_tenants, ["other", "x"]);
        assert_eq!(moved.entra.unwrap().allowed_audiences, ["api://other/orders", "api://orders"]);
    }

    #[test]
    fn the_metadata_is_below_the_issuer() {
        let mut settings = fixture();
        let expected = format!("https://sts.windows.net/{TID}/.well-known/openid-configuration");
        settings.entra.as_mut().unwrap().issuer = Some(format!("https://sts.windows.net/{TID}/"));
        assert_eq!(settings.metadata_url(), Some(expected));
    }
}
