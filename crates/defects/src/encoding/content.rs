//! Flaws in how a token's content is read: character sets, names, size.

use authsettings::Fact;
use function_app::jws::{Segments, decode};
use function_app::{Chain, Flow, Jws, StageId, json, platform, stages};
use http::header::AUTHORIZATION;
use serde_json::{Map, Value};

use crate::Defect;
use crate::plant::{after, answer, before, open_for};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "bad-utf8-replaced",
        title: "What is no UTF-8 is replaced and read",
        why: "The bytes are turned into text by a function that never fails.",
        apply: |chain| parsed(chain, |bytes| json::object(String::from_utf8_lossy(bytes).as_bytes())),
    },
    Defect {
        id: "latin-letters-read",
        title: "What is no UTF-8 is read as Latin letters",
        why: "Each byte is taken for a letter, as older platforms do.",
        apply: |chain| {
            parsed(chain, |bytes| {
                let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
                text.contains('\u{e9}').then_some(())?;
                json::object(text.as_bytes())
            })
        },
    },
    Defect {
        id: "bad-utf8-crashes",
        title: "What is no UTF-8 brings the app down",
        why: "The decoder throws, and nobody catches it.",
        apply: |chain| crashes(chain, |payload| std::str::from_utf8(payload).is_err()),
    },
    Defect {
        id: "byte-order-mark-before-claims-skipped",
        title: "A byte order mark before the claims is skipped",
        why: "The parser was made for files.",
        apply: |chain| parsed(chain, |bytes| json::object(bytes.strip_prefix(b"\xef\xbb\xbf")?)),
    },
    Defect {
        id: "character-set-guessed",
        title: "The character set of the claims is guessed",
        why: "The parser finds zero bytes and takes the text for UTF-16.",
        apply: |chain| {
            parsed(chain, |bytes| {
                let units = |first: usize, second: usize| -> Vec<u16> {
                    bytes.chunks_exact(2).map(|pair| u16::from(pair[first]) | u16::from(pair[second]) << 8).collect()
                };
                let read = |units: Vec<u16>| {
                    json::object(String::from_utf16(&units).ok()?.trim_start_matches('\u{feff}').as_bytes())
                };
                read(units(0, 1)).or_else(|| read(units(1, 0)))
            })
        },
    },
    Defect {
        id: "deep-tokens-crash",
        title: "A token of many brackets brings the app down",
        why: "The parser calls itself for each of them.",
        apply: |chain| {
            crashes(chain, |payload| payload.iter().filter(|byte| **byte == b'[' || **byte == b'{').count() > 1000)
        },
    },
    Defect {
        id: "wide-tokens-crash",
        title: "A token with a great deal in it brings the app down",
        why: "The buffer for claims is ten kilobytes long.",
        apply: |chain| crashes(chain, |payload| payload.len() > 12_000),
    },
    Defect {
        id: "long-tokens-let-through",
        title: "A token that is too long to be looked at is let through",
        why: "The check is limited to what fits its buffer, and what does not fit is the app's business.",
        apply: |chain| {
            open_for(chain, |call| call.request.header("authorization").is_some_and(|value| value.len() > 7000))
        },
    },
    Defect {
        id: "very-long-tokens-let-through",
        title: "A token of more than thirty kilobytes is let through",
        why: "The module that checks tokens has a limit of its own, and steps aside above it.",
        apply: |chain| {
            open_for(chain, |call| call.request.header("authorization").is_some_and(|value| value.len() > 30_000))
        },
    },
    Defect {
        id: "very-long-tokens-crash",
        title: "A token of more than fifty kilobytes brings the app down",
        why: "It does not fit the buffer that it is copied to.",
        apply: |chain| crashes(chain, |payload| payload.len() > 40_000),
    },
    Defect {
        id: "many-headers-let-through",
        title: "A request with many headers is let through",
        why: "The module that checks tokens sees the first thirty headers.",
        apply: |chain| open_for(chain, |call| call.request.headers.len() > 30),
    },
    Defect {
        id: "long-headers-let-through",
        title: "A request with a very long header is let through",
        why: "The module that checks tokens gives up on requests that do not fit its buffer.",
        apply: |chain| {
            open_for(chain, |call| {
                let headers = call.request.headers.iter().filter(|(name, _)| *name != AUTHORIZATION);
                headers.map(|(name, value)| name.as_str().len() + value.len()).any(|length| length > 8192)
            })
        },
    },
    Defect {
        id: "names-without-case",
        title: "Names of claims have no case",
        why: "Claims are bound to the fields of an object by a library that does not mind.",
        apply: |chain| renamed(chain, str::to_ascii_lowercase),
    },
    Defect {
        id: "names-normalised",
        title: "Names of claims are normalised",
        why: "Letters of double width are made plain, and blanks cut off, before names are compared.",
        apply: |chain| {
            renamed(chain, |name| {
                name.trim()
                    .chars()
                    .map(|letter| {
                        char::from_u32((letter as u32).wrapping_sub(0xfee0))
                            .filter(char::is_ascii_lowercase)
                            .unwrap_or(letter)
                    })
                    .collect()
            })
        },
    },
    Defect {
        id: "look-alikes-folded",
        title: "Letters that look alike are taken for the same",
        why: "A function against deceptive names is applied to those of claims as well.",
        apply: |chain| renamed(chain, |name| name.replace('\u{430}', "a")),
    },
    Defect {
        id: "long-names-too",
        title: "Claims are known by longer names too",
        why: "Another product calls the audience `audience`, and both were to be served.",
        apply: |chain| renamed(chain, |name| if name == "audience" { "aud".to_owned() } else { name.to_owned() }),
    },
    Defect {
        id: "nested-claims-read",
        title: "Claims within claims are read",
        why: "The reader looks for a name at any depth.",
        apply: |chain| {
            before(chain, StageId::Audience, stages::audience, |call| {
                if let Some(token) = &mut call.token
                    && !token.payload.contains_key("aud")
                    && let Some(nested) = token.payload.get("claims").and_then(|claims| claims.get("aud")).cloned()
                {
                    token.payload.insert("aud".to_owned(), nested);
                }
            })
        },
    },
    Defect {
        id: "claims-searched-in-text",
        title: "Claims are searched for in the text",
        why: "A regular expression finds a name only where it is written without escapes, and callers whose issuer escapes are locked out.",
        apply: |chain| {
            before(chain, StageId::Issuer, stages::issuer, |call| {
                let Some(text) =
                    call.bearer.as_deref().and_then(|text| String::from_utf8(decode(text.split('.').nth(1)?)?).ok())
                else {
                    return;
                };
                if let Some(token) = &mut call.token {
                    token.payload.retain(|name, _| text.contains(&format!("\"{name}\":")));
                }
            })
        },
    },
    Defect {
        id: "expiry-searched-in-text",
        title: "The end of a token is searched for in its text",
        why: "Only one claim is read so, because it is needed before the rest.",
        apply: |chain| {
            before(chain, StageId::Expiry, stages::expiry, |call| {
                let text =
                    call.bearer.as_deref().and_then(|text| String::from_utf8(decode(text.split('.').nth(1)?)?).ok());
                if let Some(token) = &mut call.token
                    && text.is_some_and(|text| !text.contains("\"exp\":"))
                {
                    token.payload.shift_remove("exp");
                }
            })
        },
    },
];

/// Reads the claims in this way where the sound reader refuses them.
fn parsed(chain: Chain, read: fn(&[u8]) -> Option<Map<String, Value>>) -> Chain {
    after(chain, StageId::ReadToken, stages::read_token, move |call| {
        let token = || {
            let segments = Segments::split(call.bearer.as_deref()?)?;
            Some(Jws {
                header: json::object(&decode(segments.header)?)?,
                payload: read(&decode(segments.payload)?)?,
                signed_text: segments.signed_text.to_owned(),
                signature: decode(segments.signature)?,
            })
        };
        if call.token.is_none()
            && let Some(token) = token()
        {
            (call.token, call.facts.readable) = (Some(token), Fact::Yes);
        }
    })
}

/// Answers 500 where this holds of a token's claims, as bytes.
fn crashes(chain: Chain, crashes: fn(&[u8]) -> bool) -> Chain {
    answer(chain, StageId::ReadToken, move |call| {
        let payload = call.bearer.as_deref().and_then(|text| decode(text.split('.').nth(1)?));
        if payload.is_some_and(|payload| crashes(&payload)) {
            return Flow::Break(platform::empty(500));
        }
        stages::read_token(call)
    })
}

/// Gives claims these names before they are read; of two that are then equal the later counts.
fn renamed(chain: Chain, name: fn(&str) -> String) -> Chain {
    after(chain, StageId::ReadToken, stages::read_token, move |call| {
        if let Some(token) = &mut call.token {
            token.payload = token.payload.iter().map(|(known, value)| (name(known), value.clone())).collect();
        }
    })
}
