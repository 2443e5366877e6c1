//! Ways of being correct: settings under which the listed caller still gets in and nobody else does.

use authsettings::{Action, BrowserDetection, ExcludedMatch, InvalidToken, IssuerAcceptance, MapClaims, OsProfile};

use super::{Setup, Varied};

/// One small change that keeps the promise.
pub(super) struct Variation {
    pub(super) name: &'static str,
    /// What it changes: of two that change the same only one can be made.
    part: &'static str,
    apply: fn(&mut Setup),
}

/// One way of being correct.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    /// The names of what was changed; empty for the fixtures' own.
    pub(crate) name: String,
    pub(crate) setup: Setup,
}

/// The fixtures' own settings, those with each variation alone, and those with every two that can be made together, as asked for.
pub(super) fn configurations(setup: &Setup, varied: Varied) -> Vec<Configuration> {
    let mut configurations = vec![Configuration { name: String::new(), setup: setup.clone() }];
    for (at, one) in VARIATIONS.iter().enumerate().filter(|_| varied != Varied::Not) {
        let mut alone = setup.clone();
        (one.apply)(&mut alone);
        for other in VARIATIONS[at + 1..].iter().filter(|other| varied == Varied::InPairs && other.part != one.part) {
            let mut both = alone.clone();
            (other.apply)(&mut both);
            configurations.push(Configuration { name: format!("{} + {}", one.name, other.name), setup: both });
        }
        configurations.push(Configuration { name: one.name.to_owned(), setup: alone });
    }
    configurations.sort_by_key(|configuration| configuration.name.contains('+'));
    configurations
}

/// A path that no function answers and no scenario asks for.
const ELSEWHERE: &str = "/api/elsewhere";

const VARIATIONS: &[Variation] = &[
    // What a refusal looks like.
    Variation {
        name: "refused with 403",
        part: "action",
        apply: |setup| setup.settings.validation.action = Action::Return403,
    },
    Variation {
        name: "redirected to the login page",
        part: "action",
        apply: |setup| setup.settings.validation.action = Action::RedirectToLoginPage,
    },
    Variation {
        name: "browsers not detected",
        part: "browsers",
        apply: |setup| setup.settings.knobs.browser_detection = BrowserDetection::Never,
    },
    Variation { name: "no challenge", part: "challenge", apply: |setup| setup.entra().disable_www_authenticate = true },
    Variation {
        name: "resource metadata",
        part: "challenge",
        apply: |setup| setup.settings.app.resource_metadata_scopes = Some(vec!["api://orders/.default".to_owned()]),
    },
    Variation {
        name: "windows",
        part: "platform",
        apply: |setup| setup.settings.knobs.os_profile = OsProfile::Windows,
    },
    Variation {
        name: "wrong audience forbidden",
        part: "wrong audience",
        apply: |setup| setup.settings.knobs.wrong_audience_status = 403,
    },
    // Where the platform looks.
    Variation { name: "plain HTTP let in", part: "HTTPS", apply: |setup| setup.settings.http.require_https = false },
    Variation {
        name: "endpoints below /auth",
        part: "endpoints",
        apply: |setup| "/auth".clone_into(&mut setup.settings.http.api_prefix),
    },
    Variation {
        name: "nothing excluded",
        part: "excluded paths",
        apply: |setup| {
            setup.settings.validation.excluded_paths.clear();
            setup.profile.target.excluded = None;
        },
    },
    Variation {
        name: "everything below excluded",
        part: "excluded paths",
        apply: |setup| {
            let below: Vec<_> =
                setup.settings.validation.excluded_paths.iter().map(|path| format!("{path}/*")).collect();
            setup.settings.validation.excluded_paths.extend(below);
        },
    },
    Variation {
        name: "more paths excluded",
        part: "excluded paths",
        apply: |setup| {
            setup.settings.validation.excluded_paths.extend([ELSEWHERE.to_owned(), format!("{ELSEWHERE}/public/*")]);
            setup.settings.app.warmup_path = Some(format!("{ELSEWHERE}/warm-up"));
        },
    },
    Variation {
        name: "excluded by prefix",
        part: "excluded match",
        apply: |setup| setup.settings.knobs.excluded_match = ExcludedMatch::Prefix,
    },
    Variation {
        name: "excluded by case",
        part: "excluded case",
        apply: |setup| setup.settings.knobs.excluded_case_insensitive = false,
    },
    Variation {
        name: "invalid token refused where excluded",
        part: "excluded token",
        apply: |setup| setup.settings.knobs.invalid_token_on_excluded = InvalidToken::Refuse,
    },
    // Which tokens are taken.
    Variation {
        name: "audiences listed",
        part: "audiences",
        apply: |setup| {
            setup.entra().allowed_audiences = setup.profile.audience.iter().cloned().collect();
            setup.entra().allowed_audiences.push("api://orders".to_owned());
            setup.settings.knobs.implicit_client_id_audience = false;
        },
    },
    Variation {
        name: "v1 tokens",
        part: "issuer",
        apply: |setup| {
            setup.entra().issuer = Some(format!("https://sts.windows.net/{}/", setup.tenant()));
            // The registration asks for the version that the settings name.
            setup.profile.token_version = None;
        },
    },
    Variation {
        name: "one version of the issuer",
        part: "issuer versions",
        apply: |setup| setup.settings.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata,
    },
    Variation { name: "no clock skew", part: "skew", apply: |setup| setup.settings.knobs.clock_skew_s = 0 },
    Variation {
        name: "keys fetched often",
        part: "key intervals",
        apply: |setup| {
            setup.settings.knobs.jwks_refresh_min_interval_s = 30;
            setup.settings.knobs.jwks_refresh_auto_s = 60 * 60;
        },
    },
    // Who may call.
    Variation {
        name: "tenant listed",
        part: "tenants",
        apply: |setup| setup.settings.app.allowed_tenants = vec![setup.tenant()],
    },
    Variation {
        name: "only applications listed",
        part: "principals",
        apply: |setup| {
            setup.policy().identities.clear();
            setup.policy().groups.clear();
        },
    },
    Variation {
        name: "client checked too",
        part: "claim checks",
        apply: |setup| {
            setup.entra().claim_checks.client_applications = setup.policy().applications.clone().unwrap_or_default();
        },
    },
    // What the function is told.
    Variation {
        name: "claims as in the token",
        part: "claims",
        apply: |setup| setup.settings.knobs.map_claims = MapClaims::None,
    },
    Variation {
        name: "roles as in the token",
        part: "claims",
        apply: |setup| setup.settings.knobs.map_claims = MapClaims::RolesUnmapped,
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::proof::{Choice, Suite};

    fn fixtures() -> Setup {
        Suite::read(&Choice::default()).unwrap_or_else(|mistakes| panic!("{mistakes}")).setup
    }

    #[test]
    fn every_variation_has_a_name_of_its_own_and_changes_something() {
        let setup = fixtures();
        for one in VARIATIONS {
            let mut varied = setup.clone();
            (one.apply)(&mut varied);
            assert!(varied.settings != setup.settings || varied.profile != setup.profile, "{}", one.name);
        }
        assert_eq!(VARIATIONS.iter().map(|one| one.name).collect::<HashSet<_>>().len(), VARIATIONS.len());
    }

    #[test]
    fn settings_are_varied_one_at_a_time_and_in_pairs() {
        let (alone, pairs) = (configurations(&fixtures(), Varied::Alone), configurations(&fixtures(), Varied::InPairs));
        assert_eq!(alone.len(), 1 + VARIATIONS.len());
        let both = |one: &str, other: &str| pairs.iter().any(|pair| pair.name == format!("{one} + {other}"));
        assert!(both("windows", "no clock skew"));
        assert!(!both("refused with 403", "redirected to the login page"), "only one of them can be made");
        assert_eq!(configurations(&fixtures(), Varied::Not).len(), 1);
    }
}
