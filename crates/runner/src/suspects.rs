//! Which change of the settings that are believed to be in force would explain what a target answered.
//!
//! Each suspicion is a mistake that teams make with App Service Authentication. What settings with that mistake would answer is
//! foretold for the cases of the run, as it is for the settings themselves, and held against what came. The one that is contradicted
//! least names the setting to look at. It is a hint for people: no verdict rests on it.

use std::sync::{Mutex, PoisonError};

use authsettings::{Action, Authority, IssuerAcceptance, Settings, TokenVersion};
use results::Observed;
use scenario::{Case, Door};

use crate::predict::{World, foretell};

/// So many cases are kept for it. Those that came as foretold speak against suspicions, so some of both kinds are needed.
const KEPT: usize = 320;
/// So many suspicions are told where they explain the answers equally well.
const TOLD: usize = 3;
/// Ids that no directory holds.
const NOBODY: &str = "7b0e6a51-3d9c-4f28-8e14-5a6b9c2d0f73";

/// What a run has seen, for suspicions.
#[derive(Default)]
pub(crate) struct Suspects {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    drifting: Vec<(Case, Vec<Observed>)>,
    fitting: Vec<(Case, Vec<Observed>)>,
}

/// One mistake: the setting, and the settings with it.
struct Suspicion {
    /// What is suspected, as a sentence that names the setting.
    what: &'static str,
    settings: Settings,
}

impl Suspects {
    /// Takes note of a case: what came back to each of its requests, in their order.
    pub(crate) fn saw(&self, case: &Case, observed: Vec<Observed>, drifts: bool) {
        if case.way() != Door::Function || case.disturbs() {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = if drifts { &mut seen.drifting } else { &mut seen.fitting };
        if kept.len() < KEPT {
            kept.push((case.clone(), observed));
        }
    }

    /// The suspicions that explain the answers best, as sentences; none where the settings as they are believed explain them as well.
    pub(crate) fn likeliest(&self, believed: &Settings, world: &World) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.drifting.is_empty() {
            return Vec::new();
        }
        let contradicted = |settings: &Settings| {
            let cases = seen.drifting.iter().chain(&seen.fitting);
            cases.filter(|(case, observed)| contradicts(case, observed, settings, world)).count()
        };
        let suspicions: Vec<_> =
            suspicions(believed, world).into_iter().map(|one| (contradicted(&one.settings), one)).collect();
        let least = suspicions.iter().map(|(count, _)| *count).min().unwrap_or(usize::MAX);
        if least >= seen.drifting.len() {
            return Vec::new();
        }
        let all = seen.drifting.len() + seen.fitting.len();
        let best = suspicions.iter().filter(|(count, _)| *count == least).take(TOLD);
        best.map(|(_, one)| format!("{} ({} of {all} answers fit that)", one.what, all - least)).collect()
    }
}

fn contradicts(case: &Case, observed: &[Observed], settings: &Settings, world: &World) -> bool {
    let foretold = foretell(case, settings, world);
    foretold
        .iter()
        .zip(observed)
        .any(|(foretold, observed)| foretold.as_ref().is_some_and(|foretold| foretold.drift(observed).is_some()))
}

/// Every suspicion that changes the settings.
fn suspicions(believed: &Settings, world: &World) -> Vec<Suspicion> {
    let mut all = Vec::new();
    let mut suspect = |what, change: &dyn Fn(&mut Settings)| {
        let mut settings = believed.clone();
        change(&mut settings);
        if settings != *believed {
            all.push(Suspicion { what, settings });
        }
    };
    let applications = |list: Option<Vec<String>>| {
        move |settings: &mut Settings| {
            if let Some(policy) = settings.entra.as_mut().and_then(|entra| entra.policy.as_mut()) {
                policy.applications.clone_from(&list);
            }
        }
    };
    suspect("platform.enabled is false, so that nothing is asked of anybody: set it to true", &|settings| {
        (settings.enabled, settings.app.auth_enabled) = (false, None);
    });
    suspect(
        "globalValidation.unauthenticatedClientAction is AllowAnonymous, or requireAuthentication is false: write Return401 and true",
        &|settings| {
            settings.validation.require_authentication = false;
            settings.validation.action = Action::AllowAnonymous;
        },
    );
    suspect(
        "globalValidation.unauthenticatedClientAction is RedirectToLoginPage, which is for browsers: write Return401",
        &|settings| settings.validation.action = Action::RedirectToLoginPage,
    );
    suspect("globalValidation.unauthenticatedClientAction is Return403: write Return401", &|settings| {
        settings.validation.action = Action::Return403;
    });
    suspect(
        "validation.defaultAuthorizationPolicy.allowedApplications is absent, so that every application of the tenant enters: list the \
         client ids of those that may",
        &applications(None),
    );
    suspect(
        "validation.defaultAuthorizationPolicy.allowedApplications is empty: list the client ids of those that may enter",
        &applications(Some(Vec::new())),
    );
    suspect(
        "validation.defaultAuthorizationPolicy.allowedApplications does not hold the caller's client id (an object id in its place is a \
         common mistake): list client ids, `az ad sp show --id ID --query appId`",
        &applications(Some(vec![NOBODY.to_owned()])),
    );
    suspect(
        "registration.openIdIssuer names the other token version than the API's registration hands out: write the issuer that stands in \
         `iss` of the tokens, or change requestedAccessTokenVersion (api.requestedAccessTokenVersion) of the registration",
        &other_version,
    );
    suspect(
        "registration.openIdIssuer names another tenant: write the tenant that the callers' tokens come from",
        &|settings| {
            *settings = settings.for_tenant(NOBODY);
        },
    );
    suspect(
        "validation.allowedAudiences does not hold the audience of the callers' tokens (`aud`), and registration.clientId is another: add it",
        &|settings| {
            if let Some(entra) = &mut settings.entra {
                entra.allowed_audiences = vec![NOBODY.to_owned()];
                entra.client_id = Some(NOBODY.to_owned());
            }
        },
    );
    suspect(
        "globalValidation.excludedPaths covers the function's own path: take the path, or the pattern that is too wide, out of it",
        &|settings| settings.validation.excluded_paths.extend(world.function_path()),
    );
    all
}

/// The platform is taken at its strictest, for some take tokens of both versions.
fn other_version(settings: &mut Settings) {
    settings.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata;
    let Some((authority, entra)) = settings.authority().zip(settings.entra.as_mut()) else { return };
    entra.issuer = Some(other_issuer(&authority));
}

/// The issuer of the same tenant for tokens of the other version.
fn other_issuer(authority: &Authority) -> String {
    let tenant = authority.segment();
    match authority.version {
        TokenVersion::V1 => format!("https://login.microsoftonline.com/{tenant}/v2.0"),
        TokenVersion::V2 => format!("https://sts.windows.net/{tenant}/"),
    }
}

#[cfg(test)]
mod tests;
