//! Ways of being correct: settings under which the listed caller still gets in and nobody else does.

use std::collections::BTreeSet;

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

/// So many changes are made at once where every two must meet: six are fifteen pairs, and what goes wrong is still found by eye.
const AT_ONCE: usize = 6;

/// The fixtures' own settings, those with each variation alone, and those in which every two that can be made together are, as asked
/// for.
pub(super) fn configurations(setup: &Setup, varied: Varied) -> Vec<Configuration> {
    let mut changes: Vec<Vec<&Variation>> = vec![Vec::new()];
    if varied != Varied::Not {
        changes.extend(VARIATIONS.iter().map(|one| vec![one]));
    }
    if varied == Varied::InPairs {
        changes.extend(meetings().into_iter().map(|met| met.into_iter().map(|at| &VARIATIONS[at]).collect()));
    }
    changes.iter().map(|changes| Configuration::of(setup, changes)).collect()
}

impl Configuration {
    fn of(setup: &Setup, changes: &[&Variation]) -> Self {
        let mut setup = setup.clone();
        for change in changes {
            (change.apply)(&mut setup);
        }
        Self { name: changes.iter().map(|change| change.name).collect::<Vec<_>>().join(" + "), setup }
    }
}

/// Sets of a few variations, so that every two that can be made together are in one set at least. Whichever joins a set next is in
/// most pairs with it that have not met yet.
fn meetings() -> Vec<BTreeSet<usize>> {
    let possible = |one: usize, other: usize| VARIATIONS[one].part != VARIATIONS[other].part;
    let pair = |one: usize, other: usize| (one.min(other), one.max(other));
    let all = 0..VARIATIONS.len();
    let pairs = all.clone().flat_map(|one| (one + 1..VARIATIONS.len()).map(move |other| (one, other)));
    let mut open: BTreeSet<(usize, usize)> = pairs.filter(|(one, other)| possible(*one, *other)).collect();
    let mut sets = Vec::new();
    while let Some(&(one, other)) = open.first() {
        let mut set = BTreeSet::from([one, other]);
        while set.len() < AT_ONCE {
            let gain = |one: &usize| set.iter().filter(|other| open.contains(&pair(*one, **other))).count();
            let joining = all.clone().filter(|one| set.iter().all(|other| possible(*one, *other)));
            let Some(best) = joining.max_by_key(gain).filter(|best| gain(best) > 0) else { break };
            set.insert(best);
        }
        open.retain(|(one, other)| !(set.contains(one) && set.contains(other)));
        sets.push(set);
    }
    sets
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
        let setup = fixtures();
        assert_eq!(configurations(&setup, Varied::Not).len(), 1);
        assert_eq!(configurations(&setup, Varied::Alone).len(), 1 + VARIATIONS.len());
        let all = configurations(&setup, Varied::InPairs);
        let changes: Vec<HashSet<&str>> =
            all.iter().map(|configuration| configuration.name.split(" + ").collect()).collect();
        assert!(changes.iter().all(|changes| changes.len() <= AT_ONCE));
        for one in VARIATIONS {
            for other in VARIATIONS.iter().filter(|other| other.name != one.name) {
                let met = changes.iter().any(|changes| changes.contains(one.name) && changes.contains(other.name));
                assert_eq!(met, one.part != other.part, "{} and {}", one.name, other.name);
            }
        }
    }
}
