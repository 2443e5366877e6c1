//! Flaws that keep out who may get in, or lose what the caller is told.

use std::sync::atomic::{AtomicU32, Ordering};

use authsettings::{Credential, Fact, Identity};
use function_app::{Call, Chain, Flow, Jws, StageId, platform, stages};
use http::HeaderValue;
use serde_json::Value;

use crate::Defect;
use crate::plant::{after, answer};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "margin-demanded",
        title: "A token that ends within five minutes is refused",
        why: "A margin for slow requests is subtracted, and callers keep their tokens until they end.",
        apply: |chain| {
            refuses(chain, |call, token| {
                token.payload.get("exp").and_then(Value::as_i64).is_some_and(|end| end < call.request.at + 300)
            })
        },
    },
    Defect {
        id: "start-must-be-over",
        title: "A token that has just begun is refused",
        why: "The comparison is strict and the clock a few seconds slow.",
        apply: |chain| {
            refuses(chain, |call, token| {
                token.payload.get("nbf").and_then(Value::as_i64).is_some_and(|start| start > call.request.at - 5)
            })
        },
    },
    Defect {
        id: "old-tokens-refused",
        title: "A token that was issued half a day ago is refused",
        why: "Its age is limited beside its end; managed identities hold theirs for a day.",
        apply: |chain| {
            refuses(chain, |call, token| {
                token.payload.get("iat").and_then(Value::as_i64).is_some_and(|issued| issued < call.request.at - 43_200)
            })
        },
    },
    Defect {
        id: "client-id-not-an-audience",
        title: "The client id is not taken for an audience",
        why: "Only what the settings list counts, and v2 tokens always name the client id.",
        apply: |chain| {
            refuses(chain, |call, token| {
                call.site.settings.client_id().is_some_and(|id| token.claim_text("aud") == Some(id))
            })
        },
    },
    Defect {
        id: "unknown-claims-refused",
        title: "A claim that nobody foresaw is refused",
        why: "Tokens are held against a schema that allows nothing more.",
        apply: |chain| refuses(chain, |_, token| token.payload.keys().any(|name| !KNOWN.contains(&name.as_str()))),
    },
    Defect {
        id: "nested-claims-refused",
        title: "A claim that is an object is refused",
        why: "Claims are kept in a map of texts.",
        apply: |chain| refuses(chain, |_, token| token.payload.values().any(Value::is_object)),
    },
    Defect {
        id: "other-alphabets-refused",
        title: "A claim with letters beyond ASCII is refused",
        why: "The claims go into headers, where such letters have no place.",
        apply: |chain| {
            refuses(chain, |_, token| {
                token.payload.values().any(|value| value.as_str().is_some_and(|text| !text.is_ascii()))
            })
        },
    },
    Defect {
        id: "long-tokens-refused",
        title: "A token of more than four kilobytes is refused",
        why: "The buffer for headers is as long as it was when tokens were short.",
        apply: |chain| refuses(chain, |call, _| call.bearer.as_ref().is_some_and(|bearer| bearer.len() > 4096)),
    },
    Defect {
        id: "longer-tokens-refused",
        title: "A token of more than six kilobytes is refused",
        why: "The proxy's own limit for a header line is smaller than the platform's.",
        apply: |chain| refuses(chain, |call, _| call.bearer.as_ref().is_some_and(|bearer| bearer.len() > 6144)),
    },
    Defect {
        id: "users-without-roles-refused",
        title: "A token without roles is refused where it has a scope",
        why: "The reader asks for roles, which users seldom have.",
        apply: |chain| {
            refuses(chain, |_, token| token.payload.contains_key("scp") && !token.payload.contains_key("roles"))
        },
    },
    Defect {
        id: "excluded-path-closed",
        title: "The excluded path asks for a token",
        why: "The list of excluded paths was not taken over with the rest of the settings, and probes fail.",
        apply: |chain| {
            answer(chain, StageId::Decide, |call| {
                let excluded = call.site.settings.validation.excluded_paths.contains(&call.path);
                if excluded && call.facts.credential == Credential::None {
                    return Flow::Break(platform::empty(401));
                }
                stages::decide(call)
            })
        },
    },
    Defect {
        id: "somebody-on-excluded-path",
        title: "Behind an excluded path there is always somebody",
        why: "The app was written for requests that have an identity, and is given one where there is none.",
        apply: |chain| {
            after(chain, StageId::InjectIdentity, stages::inject_identity, |call| {
                if call.identity == Some(Identity::Anonymous) {
                    call.request.headers.insert("x-ms-client-principal-id", HeaderValue::from_static("anonymous"));
                }
            })
        },
    },
    Defect {
        id: "locked-out-after-refusals",
        title: "After ten bad tokens in a row a key is not believed any more",
        why: "A limiter counts failures by key id, which all callers share.",
        apply: |chain| {
            let failures = AtomicU32::new(0);
            answer(chain, StageId::Decide, move |call| {
                if call.facts.signed == Fact::No && call.token.is_some() {
                    failures.fetch_add(1, Ordering::Relaxed);
                } else if call.facts.signed == Fact::Yes && failures.load(Ordering::Relaxed) > 10 {
                    return Flow::Break(platform::empty(403));
                }
                stages::decide(call)
            })
        },
    },
    Defect {
        id: "locked-out-for-good",
        title: "After many bad tokens nobody gets in",
        why: "A limiter counts failures by the client's address, and all callers come from the gateway's.",
        apply: |chain| {
            let failures = AtomicU32::new(0);
            answer(chain, StageId::Decide, move |call| {
                if call.facts.signed == Fact::No && failures.fetch_add(1, Ordering::Relaxed) > 10
                    || failures.load(Ordering::Relaxed) > 11
                {
                    return Flow::Break(platform::empty(403));
                }
                stages::decide(call)
            })
        },
    },
    Defect {
        id: "everybody-locked-out",
        title: "Every caller is refused",
        why: "The allow-list names the gateway's object id where its client id belongs.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| call.facts.client = call.facts.object.clone())
        },
    },
];

/// The claims that Entra's access tokens for applications have.
const KNOWN: [&str; 27] = [
    "aud",
    "iss",
    "iat",
    "nbf",
    "exp",
    "aio",
    "azp",
    "azpacr",
    "appid",
    "appidacr",
    "oid",
    "rh",
    "roles",
    "sub",
    "tid",
    "uti",
    "ver",
    "idp",
    "idtyp",
    "xms_mirid",
    "xms_az_rid",
    "xms_ftd",
    "scp",
    "name",
    "preferred_username",
    "groups",
    "app_displayname",
];

/// Refuses with 401 what passes every sound check, where this holds.
fn refuses(chain: Chain, refused: fn(&Call, &Jws) -> bool) -> Chain {
    answer(chain, StageId::InjectIdentity, move |call| {
        let is_caller = call.identity == Some(Identity::Caller);
        if is_caller && call.token.as_ref().is_some_and(|token| refused(call, token)) {
            return Flow::Break(platform::empty(401));
        }
        stages::inject_identity(call)
    })
}
