//! Flaws in who is let through without a token.

use authsettings::{Answer, Credential, Identity, Kind};
use function_app::{Call, Chain, Flow, StageId, stages};

use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "unauthenticated-let-through",
        title: "A request without a token reaches the app",
        why: "Authentication is on but not required: whoever sends no token is not asked for one.",
        apply: |chain| open_for(chain, |call| call.facts.credential != Credential::Bearer),
    },
    Defect {
        id: "key-instead-of-token",
        title: "A function key stands in for a token",
        why: "Old callers are let past the platform because the host will check their key; a function that asks for no key does not.",
        apply: |chain| {
            open_for(chain, |call| {
                let in_query =
                    || call.request.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("code=")));
                call.request.headers.contains_key("x-functions-key") || in_query()
            })
        },
    },
];

/// Lets requests that would be refused as unauthenticated pass as anonymous, where this holds of them.
fn open_for(chain: Chain, opens: fn(&Call) -> bool) -> Chain {
    let flawed = move |call: &mut Call| -> Flow {
        let refused = matches!(call.ask(&call.facts), Answer::Refused { kind: Kind::Unauthenticated, .. });
        if refused && opens(call) {
            call.identity = Some(Identity::Anonymous);
            return Flow::Continue(());
        }
        stages::decide(call)
    };
    chain.replace(StageId::Decide, Box::new(flawed))
}
