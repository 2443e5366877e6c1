//! What can be played here, and what cannot and why. Derived from what the cases send, never declared; but for what a target's
//! owner must agree to.

use std::time::Duration;

use scenario::{Address, Case, Consent, Door, Outcome, Profile, Scenario, Step};
use token::{Need, Recipe, UnixTime};

use crate::credentials::Wallet;
use crate::issuer::{Directory, Issuer};
use crate::known::{Known, advice};
use crate::player::Player;
use crate::roles::Roles;
use crate::run::Run;
use crate::variables::wanted;

/// What a case is to expect of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Planned {
    /// It can be played beside others.
    Ready,
    /// It can be played when nothing else is: it disturbs what others need.
    Alone,
    /// It cannot; the text says why and what would change it.
    Skipped(String),
}

/// What a run has to play with.
pub(crate) struct Plan<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) roles: &'a Roles,
    pub(crate) known: &'a Known,
    /// Without the directory of an issuer only what needs no trusted signature can be made, and what real tokens are there for.
    pub(crate) issuer: Option<&'a Directory>,
    pub(crate) wallet: &'a Wallet,
    /// When the run began.
    pub(crate) now: UnixTime,
    /// Why the target cannot be told to call back; none: it can.
    pub(crate) no_sink: Option<&'a str>,
    /// Whether a case can have a target of its own.
    pub(crate) laboratory: bool,
}

const UNSAFE_METHODS: &str = "unsafe-methods";

impl<'a> Plan<'a> {
    /// For a run that begins now.
    pub(crate) fn new(run: &'a Run, roles: &'a Roles, player: &'a Player) -> Self {
        Self {
            profile: &run.profile,
            roles,
            known: &player.known,
            issuer: run.issuer.as_deref().map(Issuer::directory),
            wallet: player.tokens.wallet(),
            now: (run.clock)(),
            no_sink: player.sink.as_ref().err().map(String::as_str),
            laboratory: run.laboratory.is_some(),
        }
    }
}

impl Plan<'_> {
    /// Plans one case.
    pub(crate) fn of(&self, scenario: &Scenario, case: &Case) -> Planned {
        let lacking = self
            .lacks_consent(scenario, case)
            .or_else(|| self.lacks_door(case))
            .or_else(|| self.lacks_value(scenario, case));
        let lacking = lacking.or_else(|| case.recipes().find_map(|recipe| self.lacks_token(recipe)));
        match lacking.or_else(|| self.is_blind(case)) {
            Some(reason) => Planned::Skipped(reason),
            None if case.needs_own() => self.apart(case),
            None => Planned::Ready,
        }
    }

    fn lacks_consent(&self, scenario: &Scenario, case: &Case) -> Option<String> {
        let lacks = |consent: &Consent| !self.profile.consent.contains(consent);
        let only = |what: &str, word| {
            format!(
                "{what} only where the target's owner agrees to it: `--consent {word}`, or `consent: [{word}]` in a profile"
            )
        };
        match scenario.consent.filter(lacks) {
            Some(Consent::Smuggling) => return Some(only("is played", "smuggling")),
            Some(Consent::Flood) => return Some(only("is played", "flood")),
            // The reference app is there for nothing else.
            Some(Consent::UnsafeMethods) if !self.laboratory => return Some(only("is played", UNSAFE_METHODS)),
            Some(Consent::UnsafeMethods) | None => {}
        }
        if self.laboratory || !lacks(&Consent::UnsafeMethods) {
            return None;
        }
        let method = case.unsafe_method(&self.profile.target.method)?;
        Some(only(&format!("{method} may change something and is sent"), UNSAFE_METHODS))
    }

    fn lacks_door(&self, case: &Case) -> Option<String> {
        let target = &self.profile.target;
        let missing = |door| match door {
            Door::Function => None,
            Door::Excluded => target.excluded.is_none().then_some("target.excluded"),
            Door::Keyed => target.keyed.is_none().then_some("target.keyed"),
            Door::Gateway => self.profile.gateway.is_none().then_some("gateway"),
            Door::Previous => self.profile.previous.is_none().then_some("previous"),
            Door::WarmUp => target.warm_up.is_none().then_some("target.warm-up"),
            Door::Scm => target.scm.is_none().then_some("target.scm"),
        };
        if case.handshakes().next().is_some() && !matches!(&target.address, Address::Url(url) if url.https) {
            return Some("the target speaks plain HTTP: there is no handshake".to_owned());
        }
        case.exchanges().find_map(|step| missing(step.send.to)).map(advice)
    }

    fn lacks_value(&self, scenario: &Scenario, case: &Case) -> Option<String> {
        let missing = |name: String| match name.split_once('.') {
            Some(("sink", _)) => self.no_sink.map(str::to_owned),
            _ if name == "target.host" || self.known.get(&name).is_some() => None,
            _ => Some(advice(&name)),
        };
        wanted(case).into_iter().chain(scenario.requires.iter().cloned()).find_map(missing)
    }

    /// What a recipe needs and this run does not have.
    fn lacks_token(&self, recipe: &Recipe) -> Option<String> {
        let need = recipe.need();
        let of_issuer = need == Need::Mintable || recipe.uses_issuer_key();
        let real = if of_issuer { None } else { self.wallet.of(recipe) };
        if let Some(Ok(_)) = real {
            return None;
        }
        if let Some(directory) = self.issuer {
            return self.roles.lacks(recipe, directory);
        }
        if let Some(kept) = self.wallet.expired(recipe, self.now) {
            return kept.err();
        }
        if let (Need::Issued, Some(Err(reason))) = (need, real) {
            return Some(reason);
        }
        let what = match need {
            Need::Issued => "a token that the target trusts",
            Need::Mintable => "a token made to measure under a signature that the target trusts",
            Need::Forgeable if recipe.uses_issuer_key() => "the public key of an issuer that the target trusts",
            Need::Forgeable => return None,
        };
        let role = &recipe.caller;
        let hand_in = match (need, &recipe.audience, recipe.tenant.is_none()) {
            (Need::Issued, None, true) => format!(", or give `callers: {{ {role}: {{ credential: ... }} }}`"),
            (Need::Issued, Some(api), true) => format!(
                ", or give the caller `{role}` a `credential` and say `apis: {{ {api}: {{ audience: ..., harmless: true }} }}`"
            ),
            _ => String::new(),
        };
        Some(format!("needs {what}: name an `issuer` in a profile{hand_in}"))
    }

    /// What could be played but not be seen.
    fn is_blind(&self, case: &Case) -> Option<String> {
        let target = &self.profile.target;
        let asks_principal = case.exchanges().any(|step| step.expect.principal.is_some());
        if asks_principal && target.principal.is_none() {
            let reason =
                "the profile does not say where the function shows the principal it was given (`target.principal`)";
            return Some(reason.to_owned());
        }
        let others_may_answer = |outcome| matches!(outcome, Outcome::Unreached | Outcome::Tolerated);
        let asks_who = case.exchanges().any(|step| others_may_answer(step.expect.outcome));
        (asks_who && target.marker.is_none()).then(|| {
            "others than the function may answer with success, and nothing tells it apart: name a header that only it sends \
             (`target.marker`, `--marker`)"
                .to_owned()
        })
    }

    /// How a case is played that disturbs the issuer or the time.
    fn apart(&self, case: &Case) -> Planned {
        if self.issuer.is_none() {
            return Planned::Skipped("needs an issuer that can be disturbed: name an `issuer` in a profile".to_owned());
        }
        if self.laboratory {
            return Planned::Ready;
        }
        let waits =
            case.steps.iter().map(|step| if let Step::Wait(seconds) = step { *seconds } else { 0 }).sum::<i64>();
        let waits = Duration::from_secs(u64::try_from(waits).unwrap_or_default());
        if waits > self.profile.limits.wait {
            let (needed, allowed) = (waits.as_secs(), self.profile.limits.wait.as_secs());
            return Planned::Skipped(format!(
                "waits for {needed} s, and one case may wait for {allowed} s: allow more with `limits.wait-s`"
            ));
        }
        Planned::Alone
    }
}

#[cfg(test)]
mod tests;
