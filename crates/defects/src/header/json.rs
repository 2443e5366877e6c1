//! Flaws in how the JSON of a header is read.

use authsettings::Fact;
use function_app::jws::decode;
use function_app::{Chain, Jws, PublicKey, StageId, json, stages};
use serde_json::{Map, Value};

use crate::Defect;
use crate::plant::after;
use crate::reader::{Parts, believe, crash, members, read, read_header, verify};
use crate::signature::hmac::{is_keyed, public_pem};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "last-algorithm-used",
        title: "The first algorithm of a header is compared, the last one used",
        why: "A proxy and the library behind it read duplicates differently; `none` stands where only one looks.",
        apply: |chain| two_readers(chain, |members| (first(members, "alg"), last(members, "alg"))),
    },
    Defect {
        id: "first-algorithm-used",
        title: "The last algorithm of a header is compared, the first one used",
        why: "The same disagreement, with the readers exchanged.",
        apply: |chain| two_readers(chain, |members| (last(members, "alg"), first(members, "alg"))),
    },
    Defect {
        id: "algorithm-in-any-case-used",
        title: "The algorithm is also found under its name in other letters",
        why: "A mapper that is lenient about case fills the same field again.",
        apply: |chain| {
            two_readers(chain, |members| {
                let other = members.iter().find(|(name, _)| name != "alg" && name.eq_ignore_ascii_case("alg"));
                (first(members, "alg"), other.map(|(_, alg)| alg.clone()))
            })
        },
    },
    Defect {
        id: "algorithm-searched-as-text",
        title: "The header is searched for `\"alg\":\"none\"`, wherever it stands",
        why: "A quick look at the text before it is parsed decides on the way that the token takes.",
        apply: |chain| {
            let chain = loosely(chain);
            believe(chain, |_, token| {
                token.signature.is_empty() && Value::from(token.header.clone()).to_string().contains(r#""alg":"none""#)
            })
        },
    },
    Defect {
        id: "last-algorithm-null",
        title: "An algorithm that is given again as null takes the first one away",
        why: "Null means that a member is not there, and without an algorithm there is nothing to verify.",
        apply: |chain| {
            let chain = loosely(chain);
            believe(chain, |_, token| token.header.get("alg") == Some(&Value::Null))
        },
    },
    Defect {
        id: "last-algorithm-keys-hmac",
        title: "The first algorithm of a header is compared, and the last one makes an HMAC of the key",
        why: "The disagreement about duplicates, and a verifier that lets the header choose.",
        apply: |chain| hmac_by(chain, |members| (first(members, "alg"), last(members, "alg"))),
    },
    Defect {
        id: "first-algorithm-keys-hmac",
        title: "The last algorithm of a header is compared, and the first one makes an HMAC of the key",
        why: "The disagreement about duplicates, and a verifier that lets the header choose.",
        apply: |chain| hmac_by(chain, |members| (last(members, "alg"), first(members, "alg"))),
    },
    Defect {
        id: "first-of-equal-names-read",
        title: "Of members with one name the first is read",
        why: "A reader of its own stops at the first; the standard allows the last alone (RFC 7515 section 4).",
        apply: |chain| {
            read_header(chain, |bytes| {
                let mut header = Map::new();
                for (name, value) in members(bytes)? {
                    header.entry(name).or_insert(value);
                }
                Some(header)
            })
        },
    },
    Defect {
        id: "byte-order-mark-skipped",
        title: "A byte order mark before the header is skipped",
        why: "Text is read as from a file that an editor wrote.",
        apply: |chain| read_header(chain, |bytes| json::object(bytes.strip_prefix(b"\xEF\xBB\xBF")?)),
    },
    Defect {
        id: "comments-skipped",
        title: "Comments in a header are skipped",
        why: "The reader of settings is used for tokens too.",
        apply: |chain| {
            read_header(chain, |bytes| {
                let mut text = String::from_utf8(bytes.to_vec()).ok()?;
                while let Some((before, rest)) = text.split_once("/*") {
                    text = format!("{before} {}", rest.split_once("*/")?.1);
                }
                let lines: Vec<&str> = text.lines().map(|line| line.split(" // ").next().unwrap_or(line)).collect();
                json::object(lines.join("\n").as_bytes())
            })
        },
    },
    Defect {
        id: "trailing-comma-allowed",
        title: "A comma behind the last member of a header is allowed",
        why: "The reader of settings is used for tokens too.",
        apply: |chain| {
            read_header(chain, |bytes| json::object(std::str::from_utf8(bytes).ok()?.replace(",}", "}").as_bytes()))
        },
    },
    Defect {
        id: "json5-allowed",
        title: "Names in a header may stand without quotes, or in single ones",
        why: "The reader evaluates the text as a script would.",
        apply: |chain| {
            read_header(chain, |bytes| {
                let text = std::str::from_utf8(bytes).ok()?.replace('\'', "\"").replace(",x:", ",\"x\":");
                json::object(text.as_bytes())
            })
        },
    },
    Defect {
        id: "header-list-unwrapped",
        title: "Of a list of headers the first is taken",
        why: "A mapper that takes single values for lists does the reverse too.",
        apply: |chain| {
            read_header(chain, |bytes| {
                let list: Vec<Value> = serde_json::from_slice(bytes).ok()?;
                list.into_iter().next()?.as_object().cloned()
            })
        },
    },
    Defect {
        id: "header-read-to-its-first-end",
        title: "What follows the header's closing brace is not read",
        why: "A reader of streams stops where a value ends.",
        apply: |chain| {
            read_header(chain, |bytes| {
                let mut values = serde_json::Deserializer::from_slice(bytes).into_iter::<Map<String, Value>>();
                values.next()?.ok()
            })
        },
    },
    Defect {
        id: "header-in-other-charsets-read",
        title: "A header in UTF-16 is read",
        why: "The reader finds out the character set by itself, as older versions of the standard described.",
        apply: |chain| {
            read_header(chain, |bytes| {
                let units: Vec<u16> =
                    bytes.chunks(2).map(|pair| u16::from_le_bytes([pair[0], *pair.get(1).unwrap_or(&0)])).collect();
                json::object(String::from_utf16(&units).ok()?.as_bytes())
            })
        },
    },
    Defect {
        id: "header-of-another-type-crashes",
        title: "A header that is JSON but no object ends in a server error",
        why: "The header is cast, and nothing catches that the cast fails.",
        apply: |chain| crash(chain, |parts| parts.header_json().is_some_and(|header| !header.is_object())),
    },
    Defect {
        id: "header-no-json-crashes",
        title: "A header that is no JSON ends in a server error",
        why: "The reader of JSON throws, and only the verifier's exceptions are caught.",
        apply: |chain| crash(chain, |parts| parts.header_json().is_none()),
    },
    Defect {
        id: "unreadable-header-is-empty",
        title: "A header that cannot be read counts as an empty one, which asks for no signature",
        why: "The reader returns its default in the case of an error, and an absent algorithm is none.",
        apply: |chain| {
            let chain = read(chain, |text| {
                let parts = Parts::of(text).filter(|parts| json::object(&parts.header).is_none())?;
                let payload = json::object(&parts.payload)?;
                Some(parts.token(Map::new(), payload))
            });
            believe(chain, |_, token| token.header.is_empty())
        },
    },
    Defect {
        id: "header-searched-for-none",
        title: "A header that is not JSON is searched for the algorithm",
        why: "A lenient reader finds name and value in whatever stands around them.",
        apply: |chain| {
            let chain = read(chain, |text| {
                let parts = Parts::of(text).filter(|parts| json::object(&parts.header).is_none())?;
                let none = String::from_utf8_lossy(&parts.header).contains("none");
                let payload = json::object(&parts.payload)?;
                none.then(|| parts.token(Map::from_iter([("alg".to_owned(), "none".into())]), payload))
            });
            believe(chain, |_, token| token.header.len() == 1 && token.header_text("alg") == Some("none"))
        },
    },
];

type Members = [(String, Value)];

fn first(members: &Members, name: &str) -> Option<Value> {
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

fn last(members: &Members, name: &str) -> Option<Value> {
    members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}

/// Reads headers in which a name is given twice, and takes the last.
fn loosely(chain: Chain) -> Chain {
    read_header(chain, |bytes| serde_json::from_slice(bytes).ok())
}

/// One reader compares the algorithm, another verifies by it and finds `none`.
fn two_readers(chain: Chain, readers: fn(&Members) -> (Option<Value>, Option<Value>)) -> Chain {
    let chain = loosely(chain);
    after(chain, StageId::Signature, stages::signature, move |call| {
        let header = call.bearer.as_deref().and_then(Parts::of).and_then(|parts| members(&parts.header));
        let (compared, used) = header.as_deref().map(readers).unwrap_or_default();
        let none = used.is_some_and(|alg| alg == "none");
        if compared.is_some_and(|alg| alg == "RS256") && none {
            call.facts.signed = Fact::Yes;
        }
    })
}

/// One reader compares the algorithm, another makes an HMAC of the public key where it finds that the header asks for one.
fn hmac_by(chain: Chain, readers: fn(&Members) -> (Option<Value>, Option<Value>)) -> Chain {
    let chain = read_header(chain, move |bytes| {
        let (compared, used) = readers(&members(bytes)?);
        let mut header: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        header.insert("alg".to_owned(), used.filter(|alg| alg == "HS256")?);
        compared.is_some_and(|alg| alg == "RS256").then_some(header)
    });
    let keyed = |token: &Jws, key: &PublicKey| {
        let header = token.signed_text.split('.').next().and_then(decode).and_then(|header| members(&header));
        let algorithms = header.iter().flatten().filter(|(name, _)| name == "alg").count();
        algorithms == 2 && is_keyed(token, public_pem(key).as_bytes())
    };
    verify(chain, |alg| alg == "HS256", keyed)
}
