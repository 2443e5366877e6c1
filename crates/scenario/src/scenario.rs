//! Scenarios, and the cases that they become.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use diagnostics::{Problems, Source};
use results::Severity;
use token::{Need, Recipe};

use crate::act::Act;
use crate::expect::{Expect, Outcome};
use crate::send::{Door, Send};
use crate::steps::{self, Written};
use crate::used;
use crate::variants::{self, Axis};

/// A declared story: send this, expect that.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Unique among all scenarios; the name of its file without `.yaml`.
    pub id: String,
    /// What is claimed, as a sentence.
    pub title: String,
    /// Why it matters.
    pub why: String,
    /// How grave a breach is.
    pub severity: Severity,
    /// Where it is written that this must hold.
    pub cite: Vec<String>,
    /// What to change in the target's settings, or in what stands behind them, when it fails.
    pub fix: String,
    /// The families of the catalogue that it belongs to, such as `T1`.
    pub catalogue: Vec<String>,
    /// Names that must stand for something where it is played, beside those that it uses: `settings.identity` for a list that its
    /// answers depend on.
    pub requires: Vec<String>,
    /// What it may only be played with; none: it harms nobody.
    pub consent: Option<Consent>,
    /// Whether this is a positive control: without it no denial counts.
    pub control: bool,
    /// Whether only a deployed target can show it: it is not chosen where the target is the reference app.
    pub deployed: bool,
    /// Whether every instance of a target that was scaled out is asked, where its front ends tell them apart.
    pub every_instance: bool,
    /// The file.
    pub source: Arc<Source>,
    pub(crate) axes: Vec<Axis>,
    pub(crate) steps: Vec<Written>,
}

/// What a target's owner must have agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Requests that readers may end at different places, so that what is left over may reach somebody else.
    Smuggling,
    /// More requests at once than a caller would send.
    Flood,
    /// Requests of methods that may change something: all but GET, HEAD, OPTIONS and the one that the target's function takes.
    UnsafeMethods,
}

/// Methods that change nothing.
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// One variant of a scenario, ready to be planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The scenario's id.
    pub id: String,
    /// `k=v,...` in declared order; empty where nothing varies.
    pub variant: String,
    /// What is done, in order. Never empty.
    pub steps: Vec<Step>,
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every step is an exchange, and a case has few")]
pub enum Step {
    /// A request is sent and its answer judged.
    Exchange(Exchange),
    /// Something is done to the issuer.
    Issuer(Act),
    /// So many seconds go by: set where the target takes its time from the run, waited for elsewhere.
    Wait(i64),
    /// A TLS handshake of this old version is begun, and the target must refuse it.
    Tls(OldTls),
}

/// A version of TLS that nobody should speak any more (RFC 8996).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldTls {
    /// TLS 1.0.
    V1_0,
    /// TLS 1.1.
    V1_1,
}

impl OldTls {
    /// `1.0`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
        }
    }
}

/// One request and what is expected of its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// What is sent.
    pub send: Send,
    /// What must come back.
    pub expect: Expect,
    /// How often it is sent, each time with a token made afresh. Every answer is judged.
    pub times: u32,
}

impl Scenario {
    /// The cases, one for each variant, in declared order. Each is made when it is asked for, so their number costs no memory.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        variants::all(&self.axes).filter_map(|variant| {
            // `read` has read every variant without a mistake before it gave this scenario out, so none is lost here.
            let steps = steps::read_all(&self.steps, &variant, &Problems::new(&self.source));
            steps.map(|steps| Case { id: self.id.clone(), variant: variant.name(), steps })
        })
    }

    /// The folder that its file lies in, which is what it is about: `core`.
    pub fn theme(&self) -> &str {
        let folder = Path::new(&self.source.name).parent().and_then(Path::file_name);
        folder.and_then(|folder| folder.to_str()).unwrap_or_default()
    }

    /// What it needs beside the target itself: a gateway in front of it, or the instance that it replaces.
    pub fn needs_beside(&self) -> Option<Door> {
        match self.cases().next().map(|case| case.way()).unwrap_or_default() {
            Door::Function if self.requires.iter().any(|name| name == "key.previous") => Some(Door::Previous),
            Door::Function | Door::Excluded | Door::Keyed | Door::WarmUp | Door::Scm => None,
            way @ (Door::Gateway | Door::Previous) => Some(way),
        }
    }

    /// How many cases there are.
    pub fn case_count(&self) -> usize {
        variants::count(&self.axes)
    }

    /// Whether its cases disturb the issuer or the time: see [`Case::disturbs`].
    pub fn disturbs(&self) -> bool {
        self.steps.iter().any(Written::disturbs)
    }
}

impl Step {
    /// The names of everything in it that is filled when it is played, without prefixes.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        used::step(self, &mut names);
        names
    }
}

impl Case {
    /// The case among those of its scenario; see [`results::case_name`].
    pub fn name(&self) -> String {
        results::case_name(&self.id, &self.variant)
    }

    /// The requests among its steps.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.steps.iter().filter_map(|step| match step {
            Step::Exchange(exchange) => Some(exchange),
            Step::Issuer(_) | Step::Wait(_) | Step::Tls(_) => None,
        })
    }

    /// The way that it takes: [`Door::Gateway`], [`Door::Previous`], or straight to the target, [`Door::Function`].
    pub fn way(&self) -> Door {
        let elsewhere = |door: &Door| matches!(door, Door::Gateway | Door::Previous);
        self.exchanges().map(|step| step.send.to).find(elsewhere).unwrap_or_default()
    }

    /// The handshakes among its steps.
    pub fn handshakes(&self) -> impl Iterator<Item = OldTls> {
        self.steps.iter().filter_map(|step| if let Step::Tls(version) = step { Some(*version) } else { None })
    }

    /// Whether it takes a refusal for right, so that it proves nothing where nobody is let in.
    pub fn takes_refusal(&self) -> bool {
        let takes = |outcome: Outcome| outcome.is_denial() || outcome == Outcome::Tolerated;
        self.exchanges().any(|step| takes(step.expect.outcome)) || self.handshakes().next().is_some()
    }

    /// The recipes of all its tokens.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.exchanges().flat_map(|exchange| exchange.send.token.iter().chain(&exchange.send.other_token))
    }

    /// The first method among its requests that may change something (RFC 9110 section 9.2.1). `own` is the one that the target's
    /// function takes. Methods are compared to the letter: what nobody knows may do anything.
    pub fn unsafe_method<'a>(&'a self, own: &'a str) -> Option<&'a str> {
        let methods = self.exchanges().map(|step| step.send.method.as_deref().unwrap_or(own));
        methods.into_iter().find(|method| !SAFE.contains(method) && *method != own)
    }

    /// Whether it disturbs the issuer or the time, so that it needs a tenant and a target of its own, or to be alone.
    pub fn disturbs(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Issuer(_) | Step::Wait(_)))
    }

    /// Whether it needs a tenant of its own, or to be alone: for what it does, or because it counts what others would add to.
    pub fn needs_own(&self) -> bool {
        self.disturbs() || self.exchanges().any(|step| step.expect.key_fetches.is_some())
    }

    /// The names of everything in it that is filled when it is played, without prefixes: `target.host`, `issued.aud`, `token`.
    pub fn variables(&self) -> BTreeSet<String> {
        self.steps.iter().flat_map(Step::variables).collect()
    }

    /// The most demanding need of its tokens; none where no token is sent.
    pub fn need(&self) -> Option<Need> {
        let demand = |need: &Need| match need {
            Need::Forgeable => 0,
            Need::Issued => 1,
            Need::Mintable => 2,
        };
        self.recipes().map(Recipe::need).max_by_key(demand)
    }
}
