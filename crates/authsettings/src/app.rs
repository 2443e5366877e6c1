//! App settings that change how App Service Authentication answers.

/// The app settings (`WEBSITE_AUTH_...`) that change an answer, read into types.
///
/// Source: Microsoft's reference of App Service app settings, section "Authentication & Authorization".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppSettings {
    /// `WEBSITE_AUTH_ENABLED`: wins over `platform.enabled` where it is set.
    pub auth_enabled: Option<bool>,
    /// `WEBSITE_AUTH_AAD_ALLOWED_TENANTS`: tenant ids; empty where any tenant that the issuer admits will do.
    pub allowed_tenants: Vec<String>,
    /// `WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL`: a token must have `oid`.
    pub require_client_service_principal: bool,
    /// `WEBSITE_WARMUP_PATH`: a path that is never refused.
    pub warmup_path: Option<String>,
    /// `WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE`: no challenge is sent.
    pub disable_www_authenticate: bool,
    /// `WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES`: the protected resource metadata is served, with these scopes.
    pub resource_metadata_scopes: Option<Vec<String>>,
}

impl AppSettings {
    /// The names of those that change an answer.
    pub const NAMES: [&'static str; 6] = [
        "WEBSITE_AUTH_ENABLED",
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS",
        "WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL",
        "WEBSITE_WARMUP_PATH",
        "WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE",
        "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES",
    ];

    /// Picks out of an app's settings those that matter here. Names are compared exactly, values of switches are `true` or
    /// `1` and `false` or `0` in any case; anything else counts as not set, as an empty value does.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut app = Self::default();
        for (name, value) in pairs {
            let value = value.trim();
            match name {
                "WEBSITE_AUTH_ENABLED" => app.auth_enabled = switch(value),
                "WEBSITE_AUTH_AAD_ALLOWED_TENANTS" => app.allowed_tenants = words(value),
                "WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL" => {
                    app.require_client_service_principal = switch(value).unwrap_or_default();
                }
                "WEBSITE_WARMUP_PATH" => app.warmup_path = (!value.is_empty()).then(|| value.to_owned()),
                "WEBSITE_AUTH_DISABLE_WWWAUTHENTICATE" => {
                    app.disable_www_authenticate = switch(value).unwrap_or_default();
                }
                "WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES" => {
                    app.resource_metadata_scopes = (!value.is_empty()).then(|| words(value));
                }
                _ => {}
            }
        }
        app
    }
}

fn switch(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn words(value: &str) -> Vec<String> {
    value.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::AppSettings;
    use rstest::rstest;

    #[rstest]
    #[case::word("True", Some(true))]
    #[case::digit("0", Some(false))]
    #[case::other("yes", None)]
    #[case::empty("", None)]
    fn a_switch_has_two_spellings(#[case] value: &str, #[case] expected: Option<bool>) {
        assert_eq!(AppSettings::from_pairs([("WEBSITE_AUTH_ENABLED", value)]).auth_enabled, expected);
    }

    #[test]
    fn what_does_not_matter_is_passed_over() {
        let app = AppSettings::from_pairs([
            ("FUNCTIONS_WORKER_RUNTIME", "node"),
            ("WEBSITE_AUTH_AAD_ALLOWED_TENANTS", "one, two,"),
            ("WEBSITE_WARMUP_PATH", "/health"),
            ("WEBSITE_AUTH_AAD_REQUIRE_CLIENT_SERVICE_PRINCIPAL", "1"),
        ]);
        let expected = AppSettings {
            allowed_tenants: vec!["one".into(), "two".into()],
            warmup_path: Some("/health".into()),
            require_client_service_principal: true,
            ..AppSettings::default()
        };
        assert_eq!(app, expected);
    }
}
