//! Flaws in how the key is found that a token names.

use std::sync::Arc;

use authsettings::Fact;
use function_app::stages::find_keys;
use function_app::{Call, Chain, Flow, PublicKey, Stage, StageFuture, StageId};
use serde_json::Value;

use crate::Defect;
use crate::reader::{believe, crash, understand};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "unknown-key-passes",
        title: "Where no key is found nothing is verified",
        why: "`keys.find(...)?.verify(token)`: without a key there is nothing that would say no.",
        apply: |chain| believe(chain, |call, token| call.keys.is_empty() && token.header_text("alg") == Some("RS256")),
    },
    Defect {
        id: "missing-key-id-passes",
        title: "A token that names no key is not verified",
        why: "The check is skipped for tokens of an old system, which had no key ids.",
        apply: |chain| {
            believe(chain, |_, token| {
                token.header_text("alg") == Some("RS256") && token.header_text("kid").unwrap_or_default().is_empty()
            })
        },
    },
    Defect {
        id: "key-id-of-the-language-passes",
        title: "A key id that the language itself knows is taken for a known one",
        why: "Keys are the properties of an object, which has some from the start: `constructor` is one.",
        apply: |chain| believe(chain, |_, token| token.header_text("kid") == Some("constructor")),
    },
    Defect {
        id: "every-key-tried",
        title: "Where the key id is unknown every key is tried",
        why: "Microsoft's library does so, for issuers that forget the id. A key cannot be taken out of use in this way.",
        apply: |chain| looking(chain, |_, _| true),
    },
    Defect {
        id: "key-id-compared-without-case",
        title: "Key ids are compared without case",
        why: "They were hexadecimal once, in both cases.",
        apply: |chain| looking(chain, str::eq_ignore_ascii_case),
    },
    Defect {
        id: "key-id-trimmed",
        title: "Blanks around a key id are taken away",
        why: "A setting with a key id had a line break at its end.",
        apply: |chain| looking(chain, |kid, wanted| kid == wanted.trim()),
    },
    Defect {
        id: "key-id-compared-by-its-beginning",
        title: "A key id that begins with a known one names that key",
        why: "Versions of a key are told by what stands behind its name.",
        apply: |chain| looking(chain, |kid, wanted| wanted.starts_with(kid)),
    },
    Defect {
        id: "keys-fetched-thrice",
        title: "For an unknown key id the keys are fetched three times",
        why: "A loop of retries around what has found no key, as if that were an error of the network.",
        apply: |chain| chain.replace(StageId::Key, Box::new(Retrying)),
    },
    Defect {
        id: "key-id-cast-to-text",
        title: "A key id that is no text ends in a server error",
        why: "The value is cast, and the exception is none of those that are expected of a token.",
        apply: |chain| {
            crash(chain, |parts| {
                let header = parts.header_json().unwrap_or_default();
                header.get("kid").is_some_and(|kid| !kid.is_string() && !kid.is_null())
            })
        },
    },
    Defect {
        id: "null-key-id-crashes",
        title: "A key id that is null ends in a server error",
        why: "The member is there, so its value is used.",
        apply: |chain| {
            crash(chain, |parts| parts.header_json().is_some_and(|header| header.get("kid") == Some(&Value::Null)))
        },
    },
    Defect {
        id: "key-id-logged-in-a-header",
        title: "A key id with control characters ends in a server error",
        why: "It is put into a header of the answer to help with the search for mistakes, and cannot stand there.",
        apply: |chain| {
            crash(chain, |parts| {
                kid(&parts.header_json().unwrap_or_default())
                    .is_some_and(|kid| !kid.bytes().all(|byte| (b' '..0x7F).contains(&byte)))
            })
        },
    },
    Defect {
        id: "key-id-used-as-pattern",
        title: "A key id is compiled as a regular expression",
        why: "Keys are searched with a function that takes patterns; what is no good one throws.",
        apply: |chain| {
            crash(chain, |parts| {
                kid(&parts.header_json().unwrap_or_default()).is_some_and(|kid| kid.starts_with(['(', '*', '[']))
            })
        },
    },
    Defect {
        id: "long-key-id-crashes",
        title: "A key id of more than 255 characters ends in a server error",
        why: "The column of the table of refused tokens is that wide.",
        apply: |chain| {
            crash(chain, |parts| kid(&parts.header_json().unwrap_or_default()).is_some_and(|kid| kid.len() > 255))
        },
    },
    Defect {
        id: "key-id-of-another-type-means-none",
        title: "A key id that is no text is taken for none, and then nothing is verified",
        why: "Two leniencies meet: a value of another type is dropped, and tokens without a key id are those of an old system.",
        apply: |chain| {
            let chain = understand(chain, |header| drop(header.remove("kid")));
            believe(chain, |_, token| token.header.get("kid").is_some_and(|kid| !kid.is_string()))
        },
    },
];

fn kid(header: &Value) -> Option<&str> {
    header.get("kid")?.as_str()
}

/// Finds the keys whose ids go with the wanted one in this way, where none has that very id.
fn looking(chain: Chain, goes: fn(&str, &str) -> bool) -> Chain {
    chain.replace(StageId::Key, Box::new(Looking(goes)))
}

struct Looking(fn(&str, &str) -> bool);

impl Stage for Looking {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            find_keys(call, &site.published).await;
            let token = call.token.as_ref().filter(|_| call.facts.signed != Fact::No && call.keys.is_empty());
            if let Some(wanted) = token.and_then(|token| token.header_text("kid")) {
                let goes = |key: &&Arc<PublicKey>| key.kid().is_some_and(|kid| (self.0)(kid, wanted));
                call.keys = site.published.keys(call.request.at).await.iter().filter(goes).cloned().collect();
            }
            Flow::Continue(())
        })
    }
}

struct Retrying;

impl Stage for Retrying {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            find_keys(call, &site.published).await;
            if call.keys.is_empty()
                && call.token.is_some()
                && let Some((authority, metadata)) = site.settings.authority().zip(site.settings.metadata_url())
                && let Ok(metadata) = function_app::published::get(&*site.documents, &metadata).await
                && let Ok(keys) = function_app::published::keys_url(&metadata, &authority)
            {
                for _ in 0..2 {
                    let _ = site.documents.get(&keys).await;
                }
            }
            Flow::Continue(())
        })
    }
}
