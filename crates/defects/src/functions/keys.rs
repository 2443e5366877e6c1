//! Keys that count for a token, tokens that count for a key, and keys compared wrongly.

use std::borrow::Cow;

use authsettings::Identity;
use function_app::stages::sent_key;
use function_app::{AuthLevel, Call, Chain, Flow, Keys, Route, StageId, platform, stages};

use crate::Defect;
use crate::plant::{answer, open_for, unless};

pub(crate) const DEFECTS: &[Defect] = &[
    // Keys in place of tokens.
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
    Defect {
        id: "true-key-instead-of-token",
        title: "A key that opens functions stands in for a token",
        why: "During a migration callers may show either; the host's keys were good enough for years.",
        apply: |chain| open_for(chain, |call| sent(call).is_some_and(|key| level(call, &key) > AuthLevel::Anonymous)),
    },
    Defect {
        id: "master-key-instead-of-token",
        title: "The master key stands in for a token",
        why: "Operators want a way in while the issuer is away, and the master key opens everything else.",
        apply: |chain| open_for(chain, |call| sent(call).is_some_and(|key| level(call, &key) == AuthLevel::Admin)),
    },
    Defect {
        id: "system-key-instead-of-token",
        title: "The system key stands in for a token",
        why: "Event sources cannot send tokens, so their key is let past the platform, on every path.",
        apply: |chain| open_for(chain, |call| sent(call).is_some_and(|key| call.site.keys.is_system(&key))),
    },
    Defect {
        id: "code-instead-of-token",
        title: "A code in the query is left to the host",
        why: "Webhooks have their key in the query, and a rule for them does not name their paths.",
        apply: |chain| {
            open_for(chain, |call| {
                call.request.query().is_some_and(|query| query.contains("code=") && !query.ends_with("code="))
            })
        },
    },
    Defect {
        id: "key-makes-bad-token-good",
        title: "A key helps where the token cannot be used",
        why: "What the host knows how to check is passed on when the platform gives up.",
        apply: |chain| {
            open_for(chain, |call| call.bearer.is_some() && call.request.headers.contains_key("x-functions-key"))
        },
    },
    Defect {
        id: "key-asked-before-token",
        title: "The host asks for its key before the platform asks for a token",
        why: "The order of two layers is turned round; a stranger learns which functions ask for keys, and may guess at them.",
        apply: |chain| {
            answer(chain, StageId::Decide, |call| {
                let keyed = call.path.eq_ignore_ascii_case("/api/reports");
                if keyed && sent(call).is_none_or(|key| level(call, &key) == AuthLevel::Anonymous) {
                    return Flow::Break(platform::empty(401));
                }
                stages::decide(call)
            })
        },
    },
    // Tokens in place of keys.
    Defect {
        id: "token-instead-of-key",
        title: "A token stands in for a function key",
        why: "Whoever the platform let through is thought to be known well enough, so that a second factor is lost.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| call.identity == Some(Identity::Caller))
        },
    },
    Defect {
        id: "token-as-key",
        title: "A token is accepted where a key should stand",
        why: "A client library has one field for credentials, so the host looks for either in it.",
        apply: |chain| keyed_by(chain, |call, _, key| call.bearer.as_deref() == Some(key)),
    },
    // Keys compared wrongly.
    Defect {
        id: "any-key-will-do",
        title: "Any key opens a function that asks for one",
        why: "It is looked whether a key was sent; comparing it was left to a filter that is not there.",
        apply: |chain| keyed_by(chain, |_, _, key| key.len() > "_master".len()),
    },
    Defect {
        id: "key-by-its-name",
        title: "A key's name opens what the key opens",
        why: "Keys are found by name in the store, and what was sent is looked up there before it is compared.",
        apply: |chain| keyed_by(chain, |_, _, key| ["_master", "default"].contains(&key)),
    },
    Defect {
        id: "empty-key-is-right",
        title: "An empty key opens a function that asks for one",
        why: "A key that is not configured is empty, and equal to it.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| {
                is_function(call) && call.request.header("x-functions-key") == Some("")
            })
        },
    },
    Defect {
        id: "system-key-opens-functions",
        title: "The system key opens functions",
        why: "The host looks for what was sent among all its keys, and not for what they are for.",
        apply: |chain| keyed_by(chain, |_, keys, key| keys.is_system(key)),
    },
    Defect {
        id: "key-compared-to-its-end",
        title: "A key with something behind it is right",
        why: "As many characters are compared as the true key has.",
        apply: |chain| keyed_by(chain, |_, keys, key| key.starts_with(&keys.function)),
    },
    Defect {
        id: "key-found-in-the-text",
        title: "A text that has a key in it is right",
        why: "Old clients wrote `name=key`; the key is looked for anywhere in what was sent.",
        apply: |chain| keyed_by(chain, |_, keys, key| key.ends_with(&keys.function)),
    },
    Defect {
        id: "key-compared-without-case",
        title: "Keys are compared without case",
        why: "Names of keys are, by the same function; there are far fewer keys to guess then.",
        apply: |chain| keyed_by(chain, |_, keys, key| key.eq_ignore_ascii_case(&keys.function)),
    },
    // Keys that should open and do not.
    Defect {
        id: "key-in-query-not-read",
        title: "A key in the query is not read",
        why: "Queries end up in logs, so the header is made the only place, without a word to those who use the query.",
        apply: |chain| locked(chain, |call, _| !call.request.headers.contains_key("x-functions-key")),
    },
    Defect {
        id: "first-parameter-only",
        title: "A key is read from the query's first parameter only",
        why: "The query is cut at its first `=`.",
        apply: |chain| locked(chain, |call, _| call.request.query().is_some_and(|query| !query.starts_with("code="))),
    },
    Defect {
        id: "function-key-opens-nothing",
        title: "A key of a function does not open it",
        why: "The keys of functions were moved to another store, and only those of the host are looked through.",
        apply: |chain| locked(chain, |call, key| key == call.site.keys.function),
    },
    Defect {
        id: "host-key-opens-nothing",
        title: "A key of the host opens no function",
        why: "Only the keys of the function itself are looked through.",
        apply: |chain| locked(chain, |call, key| key == call.site.keys.host),
    },
    Defect {
        id: "master-key-opens-no-function",
        title: "The master key opens no function",
        why: "It is compared with the level that is asked for, and a higher one is not equal.",
        apply: |chain| locked(chain, |call, key| key == call.site.keys.master),
    },
];

fn sent(call: &Call) -> Option<String> {
    sent_key(call).map(Cow::into_owned)
}

fn level(call: &Call, key: &str) -> AuthLevel {
    call.site.keys.level(key)
}

fn is_function(call: &Call) -> bool {
    matches!(call.route, Some(Route::Function(_)))
}

/// Functions also open to keys of which this holds.
fn keyed_by(chain: Chain, opens: fn(&Call, &Keys, &str) -> bool) -> Chain {
    unless(chain, StageId::HostKey, stages::host_key, move |call| {
        is_function(call) && sent(call).is_some_and(|key| opens(call, &call.site.keys, &key))
    })
}

/// Functions that ask for a key do not open to keys of which this holds.
fn locked(chain: Chain, holds: fn(&Call, &str) -> bool) -> Chain {
    answer(chain, StageId::HostKey, move |call| {
        if call.path == "/api/reports" && sent(call).is_some_and(|key| holds(call, &key)) {
            return Flow::Break(platform::empty(401));
        }
        stages::host_key(call)
    })
}
