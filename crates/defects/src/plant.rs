//! Ways to put a flaw into the chain.
//!
//! ```ignore
//! apply: |chain| instead(chain, StageId::Expiry, |call| call.facts.expired = Fact::No),
//! apply: |chain| after(chain, StageId::Caller, stages::caller, |call| call.facts.tenant = Claim::Absent),
//! apply: |chain| unless(chain, StageId::HostKey, stages::host_key, |call| call.request.header("x-admin").is_some()),
//! apply: |chain| open_for(chain, |call| call.facts.credential == Credential::OtherScheme),
//! ```

use authsettings::{Answer, Identity, Kind};
use function_app::{Call, Chain, Flow, Stage, StageFuture, StageId, stages};

/// A stage that does this instead of what it should, and never answers.
pub(crate) fn instead(chain: Chain, id: StageId, flaw: impl Fn(&mut Call) + Send + Sync + 'static) -> Chain {
    answer(chain, id, move |call| {
        flaw(call);
        Flow::Continue(())
    })
}

/// A stage that does this instead of what it should.
pub(crate) fn answer(chain: Chain, id: StageId, flaw: impl Fn(&mut Call) -> Flow + Send + Sync + 'static) -> Chain {
    chain.replace(id, Box::new(flaw))
}

/// A stage that is not there.
pub(crate) fn without(chain: Chain, id: StageId) -> Chain {
    instead(chain, id, |_| {})
}

/// The sound stage, and where it does not answer this after it: a lie about what it found.
pub(crate) fn after(
    chain: Chain,
    id: StageId,
    sound: impl Stage + 'static,
    flaw: impl Fn(&mut Call) + Send + Sync + 'static,
) -> Chain {
    chain.replace(id, Box::new(Around { before: |_: &mut Call| true, sound, after: flaw }))
}

/// This, and after it the sound stage, which then sees something else than was sent.
pub(crate) fn before(
    chain: Chain,
    id: StageId,
    sound: impl Stage + 'static,
    flaw: impl Fn(&mut Call) + Send + Sync + 'static,
) -> Chain {
    let always = move |call: &mut Call| {
        flaw(call);
        true
    };
    chain.replace(id, Box::new(Around { before: always, sound, after: |_: &mut Call| {} }))
}

/// The sound stage, left out where this holds.
pub(crate) fn unless(
    chain: Chain,
    id: StageId,
    sound: impl Stage + 'static,
    skipped: impl Fn(&Call) -> bool + Send + Sync + 'static,
) -> Chain {
    chain.replace(
        id,
        Box::new(Around { before: move |call: &mut Call| !skipped(call), sound, after: |_: &mut Call| {} }),
    )
}

/// Lets requests that would be refused as unauthenticated pass as anonymous, where this holds of them.
pub(crate) fn open_for(chain: Chain, opens: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Chain {
    let_pass(chain, Identity::Anonymous, move |call, kind| kind == Kind::Unauthenticated && opens(call))
}

/// Lets requests that would be refused pass under this identity, where this holds of them and of how they would be refused.
pub(crate) fn let_pass(
    chain: Chain,
    identity: Identity,
    opens: impl Fn(&Call, Kind) -> bool + Send + Sync + 'static,
) -> Chain {
    answer(chain, StageId::Decide, move |call| match call.ask(&call.facts) {
        Answer::Refused { kind, .. } if opens(call, kind) => {
            call.identity = Some(identity);
            Flow::Continue(())
        }
        _ => stages::decide(call),
    })
}

/// A sound stage between two flaws.
struct Around<B, S, A> {
    /// Whether the sound stage is run.
    before: B,
    sound: S,
    after: A,
}

impl<B, S, A> Stage for Around<B, S, A>
where
    B: Fn(&mut Call) -> bool + Send + Sync,
    S: Stage,
    A: Fn(&mut Call) + Send + Sync,
{
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move {
            if (self.before)(call) {
                self.sound.run(call).await?;
                (self.after)(call);
            }
            Flow::Continue(())
        })
    }
}
