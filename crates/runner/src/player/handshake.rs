//! One step of a case: a handshake of an old TLS version, which must be refused.

use results::{AnsweredBy, Comparison, Observed, Strength, Verdict};
use scenario::OldTls;
use tokio::time::Instant;
use wire::{Hello, TlsVersion};

use super::Player;
use super::step::Played;
use crate::judge::Judgement;

impl Player {
    /// Begins a handshake and looks whether the target goes on with it.
    pub(super) async fn handshake(&self, version: OldTls) -> Played {
        if let Err(limit) = self.allowance.take().await {
            return Played::nothing(Verdict::Inconclusive, self.redactor.text(&format!("not sent: {limit}")));
        }
        let begun = Instant::now();
        let version = match version {
            OldTls::V1_0 => TlsVersion::V1_0,
            OldTls::V1_1 => TlsVersion::V1_1,
        };
        let (seen, holds) = match self.sender.greet(&self.destination.origin, version).await {
            Ok(Hello::Refused(how)) => (how, true),
            Ok(Hello::Taken(taken)) => (format!("the target went on with {taken}"), false),
            Err(error) => {
                let reason = self.redactor.text(&format!("no answer to a handshake: {error}"));
                return Played { begun: Some(begun), ..Played::nothing(Verdict::Inconclusive, reason) };
            }
        };
        let compared = Comparison {
            what: format!("handshake of {version}"),
            expected: "refused".to_owned(),
            observed: self.redactor.text(&seen),
            holds,
            strength: Strength::Must,
        };
        let (verdict, reason) =
            if holds { (Verdict::Pass, None) } else { (Verdict::Fail, Some(self.redactor.text(&compared.phrase()))) };
        let observed =
            Observed { status: None, answered_by: AnsweredBy::Network, detail: Some(compared.observed.clone()) };
        let judgement = Judgement { verdict, reason, compared: vec![compared] };
        Played { judgement, observed, begun: Some(begun), ..Played::nothing(verdict, self.redactor.text("")) }
    }
}
