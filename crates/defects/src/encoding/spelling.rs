//! Flaws in how a token's text is taken apart: Base64, segments, serialisations.

use std::time::Duration;

use authsettings::{Credential, Fact};
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use function_app::jws::{Segments, decode};
use function_app::{Call, Chain, Flow, Jws, Stage, StageFuture, StageId, json, platform, stages};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::Defect;
use crate::plant::{after, answer};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "both-alphabets-decoded",
        title: "Both alphabets of Base64 are decoded",
        why: "The decoder of the platform's library takes either.",
        apply: |chain| {
            decoded(chain, |segment| {
                segment.contains(['+', '/']).then_some(())?;
                decode(&segment.replace('+', "-").replace('/', "_"))
            })
        },
    },
    Defect {
        id: "padding-decoded",
        title: "Padding at the end of a segment is passed over",
        why: "The decoder was made for plain Base64, where it belongs.",
        apply: |chain| decoded(chain, |segment| decode(segment.trim_end_matches('='))),
    },
    Defect {
        id: "unused-bits-decoded",
        title: "Bits that mean nothing are passed over",
        why: "The decoder takes what it needs and does not look at the rest.",
        apply: |chain| {
            decoded(chain, |segment| {
                let lenient = GeneralPurposeConfig::new()
                    .with_decode_allow_trailing_bits(true)
                    .with_encode_padding(false)
                    .with_decode_padding_mode(DecodePaddingMode::RequireNone);
                GeneralPurpose::new(&URL_SAFE, lenient).decode(segment).ok()
            })
        },
    },
    Defect {
        id: "cut-at-padding",
        title: "What stands behind padding is cut off",
        why: "The decoder stops at the first sign of padding, and the segment is cut there before it is verified.",
        apply: |chain| {
            respelled(chain, |text| {
                Some(
                    text.split('.')
                        .map(|segment| segment.split('=').next().unwrap_or_default())
                        .collect::<Vec<_>>()
                        .join("."),
                )
            })
        },
    },
    Defect {
        id: "padding-taken-out",
        title: "Signs of padding are taken out wherever they stand",
        why: "Every `=` is removed before a token is looked at.",
        apply: |chain| respelled(chain, |text| Some(text.replace('=', ""))),
    },
    Defect {
        id: "blanks-taken-out",
        title: "Blanks within a token are taken out",
        why: "Tokens were once copied from mails, where they are broken into lines.",
        apply: |chain| respelled(chain, |text| Some(text.split_ascii_whitespace().collect())),
    },
    Defect {
        id: "tokens-percent-decoded",
        title: "A token is percent-decoded before it is read",
        why: "It is handled by code that was written for queries.",
        apply: |chain| {
            respelled(chain, |text| Some(percent_decode_str(text).decode_utf8().ok()?.trim_end_matches('=').to_owned()))
        },
    },
    Defect {
        id: "unknown-letters-skipped",
        title: "Letters that no token has are skipped",
        why: "The decoder passes over what it does not know, as mail programs do.",
        apply: |chain| {
            respelled(chain, |text| {
                Some(text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect())
            })
        },
    },
    Defect {
        id: "quotes-stripped",
        title: "Quotes around a token are stripped",
        why: "Clients that store tokens as JSON send the quotes along.",
        apply: |chain| respelled(chain, |text| text.strip_prefix('"')?.strip_suffix('"').map(str::to_owned)),
    },
    Defect {
        id: "text-normalised",
        title: "A token is normalised before it is read",
        why: "Letters of double width and blanks of none are what people paste.",
        apply: |chain| respelled(chain, |text| Some(text.replace('\u{ff0e}', ".").replace('\u{200b}', ""))),
    },
    Defect {
        id: "bytes-beyond-ascii-dropped",
        title: "Bytes beyond ASCII are dropped from the header",
        why: "The header is converted to ASCII before it is read.",
        apply: |chain| respelled(chain, |text| Some(text.chars().filter(char::is_ascii).collect())),
    },
    Defect {
        id: "byte-order-mark-dropped",
        title: "A byte order mark before a token is dropped",
        why: "The text is read by a function for files.",
        apply: |chain| respelled(chain, |text| text.strip_prefix('\u{feff}').map(str::to_owned)),
    },
    Defect {
        id: "first-three-segments",
        title: "The first three segments count",
        why: "Whatever follows is not looked at.",
        apply: |chain| respelled(chain, |text| Some(text.splitn(4, '.').take(3).collect::<Vec<_>>().join("."))),
    },
    Defect {
        id: "last-three-segments",
        title: "The last three segments count",
        why: "The token is split from its end.",
        apply: |chain| {
            respelled(chain, |text| {
                let mut last: Vec<&str> = text.rsplitn(4, '.').take(3).collect();
                last.reverse();
                Some(last.join("."))
            })
        },
    },
    Defect {
        id: "empty-segments-dropped",
        title: "Empty segments are dropped",
        why: "The function that splits a token leaves out what is empty.",
        apply: |chain| {
            respelled(chain, |text| {
                Some(text.split('.').filter(|segment| !segment.is_empty()).collect::<Vec<_>>().join("."))
            })
        },
    },
    Defect {
        id: "token-found-within",
        title: "A token is found within whatever surrounds it",
        why: "A regular expression looks for three segments.",
        apply: |chain| {
            respelled(chain, |text| {
                let start = text.find("eyJ")?;
                let rest = &text[start..];
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
                Some(rest[..end].to_owned())
            })
        },
    },
    Defect {
        id: "claims-without-signature",
        title: "A payload alone is enough",
        why: "Decoding is taken for verifying, and the payload is found without its neighbours.",
        apply: |chain| {
            trusted(chain, |text| {
                let segments: Vec<&str> = text.split('.').collect();
                let ([payload] | ["", payload, _]) = segments[..] else { return None };
                json::object(&decode(payload)?)
            })
        },
    },
    Defect {
        id: "empty-payload-crashes",
        title: "A token without content brings the app down",
        why: "The parser is handed nothing, and throws.",
        apply: |chain| crashes(chain, |text| text.starts_with("..") || text.split('.').nth(1) == Some("")),
    },
    Defect {
        id: "json-form-accepted",
        title: "The flattened JSON form is verified and accepted",
        why: "The library's one function takes both forms.",
        apply: |chain| {
            respelled(chain, |text| {
                let token: Value = serde_json::from_str(text).ok()?;
                compact(&token, token.get("payload")?)
            })
        },
    },
    Defect {
        id: "any-signature-counts",
        title: "Of several signatures in the JSON form one is enough",
        why: "The general form has a list, and the first that verifies counts.",
        apply: |chain| {
            respelled(chain, |text| {
                let token: Value = serde_json::from_str(text).ok()?;
                compact(token.get("signatures")?.as_array()?.last()?, token.get("payload")?)
            })
        },
    },
    Defect {
        id: "no-signatures-verified",
        title: "All of no signatures verify",
        why: "The list of signatures is empty, and every one of them is fine.",
        apply: |chain| {
            trusted(chain, |text| {
                let token: Value = serde_json::from_str(text).ok()?;
                token.get("signatures")?.as_array()?.is_empty().then_some(())?;
                json::object(&decode(token.get("payload")?.as_str()?)?)
            })
        },
    },
    Defect {
        id: "unprotected-header-believed",
        title: "A header that nobody signed says how a token is signed",
        why: "The JSON form has a place for such a header, and what it says is merged with the rest.",
        apply: |chain| {
            trusted(chain, |text| {
                let token: Value = serde_json::from_str(text).ok()?;
                (token.get("header")?.get("alg")? == "none").then_some(())?;
                json::object(&decode(token.get("payload")?.as_str()?)?)
            })
        },
    },
    Defect {
        id: "verified-in-one-form-read-in-the-other",
        title: "One form is verified, the claims are read from the other",
        why: "The library verifies the JSON form and splits the text at its dots for the claims.",
        apply: |chain| {
            trusted(chain, |text| {
                let token: Value = serde_json::from_str(text).ok()?;
                let member = |name: &str| token.get(name).and_then(Value::as_str).map(str::to_owned);
                (member("protected").is_some() && member("signature").is_some()).then_some(())?;
                let forged =
                    if text.contains(" eyJ") { text.split('.').nth(1)?.to_owned() } else { member("payload")? };
                (member("protected")?.contains('.') || text.contains(" eyJ")).then_some(())?;
                json::object(&decode(&forged)?)
            })
        },
    },
    Defect {
        id: "direct-encryption-trusted",
        title: "A token that looks encrypted with a shared key is trusted",
        why: "What could be decrypted must come from somebody who has the key.",
        apply: |chain| trusted(chain, |text| encrypted(text, |alg| alg == "dir")),
    },
    Defect {
        id: "encrypted-tokens-trusted",
        title: "A token that looks encrypted for the issuer's key is trusted",
        why: "The key to encrypt with is public, so anybody can make such a token.",
        apply: |chain| trusted(chain, |text| encrypted(text, |alg| alg != "dir")),
    },
    Defect {
        id: "costly-headers-obeyed",
        title: "What a header asks for is done before anything is verified",
        why: "Rounds of a hash and blown-up texts are worked on for as long as the sender likes.",
        apply: |chain| {
            let labour = Labour;
            chain.replace(StageId::ReadToken, Box::new(labour))
        },
    },
];

/// The whole header as text, also where it has letters beyond ASCII.
fn sent(call: &Call) -> Option<String> {
    let value = call.request.headers.get("authorization")?;
    let text = std::str::from_utf8(value.as_bytes())
        .map_or_else(|_| value.as_bytes().iter().map(|byte| char::from(*byte)).collect(), str::to_owned);
    let rest = text.strip_prefix("Bearer ")?;
    Some(rest.to_owned())
}

/// Reads a token in this way where the sound reader refuses it.
fn reads(chain: Chain, read: impl Fn(&str) -> Option<Jws> + Send + Sync + 'static) -> Chain {
    after(chain, StageId::ReadToken, stages::read_token, move |call| {
        if call.token.is_some() {
            return;
        }
        if let Some(token) = sent(call).as_deref().and_then(&read) {
            call.facts.credential = Credential::Bearer;
            (call.token, call.facts.readable) = (Some(token), Fact::Yes);
        }
    })
}

/// Spells a token in another way before it is read.
fn respelled(chain: Chain, respell: fn(&str) -> Option<String>) -> Chain {
    reads(chain, move |text| Jws::read(&respell(text)?))
}

/// Decodes a segment in this way where the sound decoder refuses it; what is signed stays as it was sent.
fn decoded(chain: Chain, lenient: fn(&str) -> Option<Vec<u8>>) -> Chain {
    reads(chain, move |text| {
        let segments = Segments::split(text)?;
        let decode = |segment: &str| decode(segment).or_else(|| lenient(segment));
        Some(Jws {
            header: json::object(&decode(segments.header)?)?,
            payload: json::object(&decode(segments.payload)?)?,
            signed_text: segments.signed_text.to_owned(),
            signature: decode(segments.signature)?,
        })
    })
}

/// Believes these claims without a signature.
fn trusted(chain: Chain, claims: fn(&str) -> Option<Map<String, Value>>) -> Chain {
    let chain = reads(chain, move |text| {
        let (payload, nothing) = (claims(text)?, Vec::new());
        Some(Jws { header: Map::new(), payload, signed_text: String::new(), signature: nothing })
    });
    let believed = |call: &Call| call.token.as_ref().is_some_and(|token| token.signed_text.is_empty());
    let chain =
        answer(
            chain,
            StageId::Algorithm,
            move |call| {
                if believed(call) { Flow::Continue(()) } else { stages::algorithm(call) }
            },
        );
    after(chain, StageId::Signature, stages::signature, move |call| {
        if believed(call) {
            call.facts.signed = Fact::Yes;
        }
    })
}

/// Answers 500 where this holds of a token's text.
fn crashes(chain: Chain, crashes: fn(&str) -> bool) -> Chain {
    answer(chain, StageId::ReadToken, move |call| {
        if sent(call).is_some_and(|text| crashes(&text)) {
            return Flow::Break(platform::empty(500));
        }
        stages::read_token(call)
    })
}

/// The compact form of a token in the JSON form.
fn compact(signature: &Value, payload: &Value) -> Option<String> {
    let member = |name: &str| signature.get(name).and_then(Value::as_str);
    Some(format!("{}.{}.{}", member("protected")?, payload.as_str()?, member("signature")?))
}

/// The claims of what has the shape of an encrypted token of such an algorithm.
fn encrypted(text: &str, algorithm: fn(&str) -> bool) -> Option<Map<String, Value>> {
    let segments: Vec<&str> = text.split('.').collect();
    let [header, _, _, payload, _] = segments[..] else { return None };
    let header = json::object(&decode(header)?)?;
    header.get("enc")?;
    algorithm(header.get("alg")?.as_str()?).then_some(())?;
    json::object(&decode(payload)?)
}

/// Works on whatever a header asks for.
struct Labour;

impl Stage for Labour {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move {
            let header = call.bearer.as_deref().and_then(|text| json::object(&decode(text.split('.').next()?)?));
            if header.is_some_and(|header| header.contains_key("p2c") || header.contains_key("zip")) {
                tokio::time::sleep(Duration::from_millis(1200)).await;
            }
            stages::read_token(call)
        })
    }
}
