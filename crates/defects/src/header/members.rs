//! Flaws in what a header asks for.

use authsettings::Fact;
use aws_lc_rs::digest::{self, SHA256};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use function_app::jws::{decode, is_understood};
use function_app::{Jws, json};
use serde_json::{Map, Value};

use crate::Defect;
use crate::reader::{Parts, believe, crash, read, understand};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "crit-ignored",
        title: "The list of critical members is not looked at",
        why: "Most libraries do not know it. What the issuer made a condition is then none.",
        apply: |chain| {
            understand(chain, |header| {
                header.remove("crit");
            })
        },
    },
    Defect {
        id: "crit-satisfied-by-presence",
        title: "A critical member only has to be there",
        why: "That the members exist is checked, as the standard asks, and that they are understood is not.",
        apply: |chain| {
            critical(chain, |header, names| names.iter().all(|name| header.contains_key(*name) && !is_standard(name)))
        },
    },
    Defect {
        id: "crit-satisfied-by-any",
        title: "One critical member that is understood is enough",
        why: "`any` where `all` was meant.",
        apply: |chain| critical(chain, |_, names| names.contains(&"b64")),
    },
    Defect {
        id: "crit-of-standard-members",
        title: "A list of critical members that names standard ones is taken",
        why: "They are understood, after all; an empty list is satisfied by everything.",
        apply: |chain| critical(chain, |_, names| names.iter().all(|name| is_standard(name))),
    },
    Defect {
        id: "crit-only-as-list",
        title: "A critical list that is no list is passed over",
        why: "The check loops over a list and finds none.",
        apply: |chain| {
            understand(chain, |header| {
                if header.get("crit").is_some_and(|crit| !crit.is_array()) {
                    header.remove("crit");
                }
            })
        },
    },
    Defect {
        id: "crit-of-names-only",
        title: "Critical names that are no names are passed over",
        why: "The list is filtered to what can be looked up.",
        apply: |chain| {
            understand(chain, |header| {
                let names = header.get("crit").and_then(Value::as_array);
                if names.is_some_and(|names| {
                    !names.is_empty() && names.iter().all(|name| name.as_str().is_none_or(str::is_empty))
                }) {
                    header.remove("crit");
                }
            })
        },
    },
    Defect {
        id: "crit-twice-crashes",
        title: "A critical name that is given twice ends in a server error",
        why: "Names become the keys of a map that takes none twice.",
        apply: |chain| {
            crash(chain, |parts| {
                let header = parts.header_json().unwrap_or_default();
                let names = header.get("crit").and_then(Value::as_array);
                names.is_some_and(|names| names.len() == 2 && names[0] == names[1])
            })
        },
    },
    Defect {
        id: "b64-ignored",
        title: "A header that calls its payload unencoded is read as if it did not",
        why: "RFC 7797 is not known, and neither is `crit`.",
        apply: |chain| {
            understand(chain, |header| {
                header.remove("b64");
                if header.get("crit").is_some_and(|crit| *crit == serde_json::json!(["b64"])) {
                    header.remove("crit");
                }
            })
        },
    },
    Defect {
        id: "b64-only-as-false",
        title: "Only the very value false makes a payload unencoded",
        why: "Other values are passed over, where another reader takes them for false.",
        apply: |chain| {
            understand(chain, |header| {
                if header.get("b64").is_some_and(|b64| !b64.is_boolean()) {
                    header.remove("b64");
                }
            })
        },
    },
    Defect {
        id: "b64-honoured",
        title: "A payload that is not encoded is taken where the header says so",
        why: "A general library for signatures is used, which knows RFC 7797. A JWT may not use it.",
        apply: |chain| {
            read(chain, |text| {
                let token = unencoded(text)?;
                (token.header.get("b64") == Some(&Value::Bool(false))).then_some(token)
            })
        },
    },
    Defect {
        id: "payload-taken-as-it-is",
        title: "A payload that cannot be decoded is taken as it is",
        why: "A helper decodes what is encoded and returns everything else unchanged.",
        apply: |chain| {
            read(chain, |text| {
                let token = unencoded(text)?;
                (!token.header.contains_key("b64")).then_some(token)
            })
        },
    },
    Defect {
        id: "zip-unpacked",
        title: "A payload that calls itself compressed is unpacked, and an error in that is a server error",
        why: "The code for encrypted tokens is used for signed ones too.",
        apply: |chain| {
            crash(chain, |parts| {
                parts.header_json().is_some_and(|header| matches!(header["zip"].as_str(), Some("DEF" | "GZ")))
            })
        },
    },
    Defect {
        id: "zip-unknown-crashes",
        title: "An unknown compression ends in a server error",
        why: "The table of methods is asked for a name that it does not have.",
        apply: |chain| {
            crash(chain, |parts| {
                parts.header_json().is_some_and(|header| header["zip"].as_str().is_some_and(|zip| zip != "DEF"))
            })
        },
    },
    Defect {
        id: "typ-not-compared",
        title: "The type of a token is not compared",
        why: "It is optional in a JWT, so nobody looks at it; logouts and proofs are signed with the same key.",
        apply: |chain| {
            understand(chain, |header| {
                header.remove("typ");
            })
        },
    },
    Defect {
        id: "typ-compared-by-its-ending",
        title: "Every type that ends in jwt is taken",
        why: "at+jwt was to be let in beside JWT.",
        apply: |chain| types(chain, |typ| typ.to_ascii_lowercase().ends_with("jwt")),
    },
    Defect {
        id: "typ-compared-by-its-beginning",
        title: "Every type that begins like a known one is taken",
        why: "`startsWith`, so that parameters behind a media type do no harm.",
        apply: |chain| types(chain, |typ| typ.to_ascii_lowercase().starts_with("jwt")),
    },
    Defect {
        id: "typ-denied-by-name",
        title: "Only the type of logout tokens is refused",
        why: "It was the one that a review named.",
        apply: |chain| types(chain, |typ| typ != "logout+jwt"),
    },
    Defect {
        id: "cty-not-looked-at",
        title: "A header that says that its content is a token is passed over",
        why: "The claims are there, so they are read; another reader would look for a token.",
        apply: |chain| {
            understand(chain, |header| {
                header.remove("cty");
            })
        },
    },
    Defect {
        id: "cty-compared-with-case",
        title: "Only JWT in capitals marks a nested token",
        why: "RFC 7519 recommends capitals, and media types are compared without case all the same.",
        apply: |chain| {
            understand(chain, |header| {
                if header.get("cty").is_some_and(|cty| cty != "JWT") {
                    header.remove("cty");
                }
            })
        },
    },
    Defect {
        id: "nested-token-believed",
        title: "The claims of a nested token are believed for the signature around it",
        why: "A reader unwraps until there are claims and verifies once, on the outside.",
        apply: |chain| {
            read(chain, |text| {
                let parts = Parts::of(text)?;
                let header = json::object(&parts.header)?;
                let claims = claims_within(std::str::from_utf8(&parts.payload).ok()?)?;
                Some(parts.token(header, claims))
            })
        },
    },
    Defect {
        id: "nested-token-taken-out",
        title: "A nested token is taken out and judged alone",
        why: "The wrapping is thrown away as a formality of transport, whoever made it.",
        apply: |chain| {
            read(chain, |text| {
                let parts = Parts::of(text)?;
                let inner = std::str::from_utf8(&parts.payload).ok()?.trim_matches('"');
                (json::object(&parts.header)?.contains_key("cty")).then(|| Jws::read(inner)).flatten()
            })
        },
    },
    Defect {
        id: "nonce-hashed",
        title: "A signature over a hashed nonce is taken too",
        why: "An answer on the web shows how to verify tokens of Graph. Those are meant for nobody else.",
        apply: |chain| {
            believe(chain, |call, token| {
                let Some(text) = with_hashed_nonce(token) else { return false };
                call.facts.signed == Fact::No && call.keys.iter().any(|key| key.verifies(&text, &token.signature))
            })
        },
    },
    Defect {
        id: "thumbprint-cast-to-text",
        title: "A thumbprint that is no text, or no base64, ends in a server error",
        why: "It is decoded for a log line before anything is verified.",
        apply: |chain| {
            crash(chain, |parts| {
                let header = parts.header_json().unwrap_or_default();
                header.get("x5t").is_some_and(|x5t| x5t.as_str().and_then(decode).is_none())
            })
        },
    },
    Defect {
        id: "thumbprint-asserted",
        title: "A thumbprint that does not go with the key id ends in a server error",
        why: "An assertion says that this cannot happen.",
        apply: |chain| {
            crash(chain, |parts| {
                let header = parts.header_json().unwrap_or_default();
                header["x5t"].as_str().zip(header["kid"].as_str()).is_some_and(|(x5t, kid)| x5t != kid)
            })
        },
    },
    Defect {
        id: "long-thumbprint-unknown",
        title: "A thumbprint by SHA-256 ends in a server error",
        why: "The table of certificates has no such column.",
        apply: |chain| crash(chain, |parts| parts.header_json().is_some_and(|header| header.get("x5t#S256").is_some())),
    },
    Defect {
        id: "thumbprint-passes",
        title: "A token that names a certificate and no key is not verified",
        why: "The lookup by thumbprint was never finished and returns no error.",
        apply: |chain| {
            believe(chain, |_, token| {
                !token.header.contains_key("kid")
                    && ["x5t", "x5t#S256"].iter().any(|name| token.header.contains_key(*name))
            })
        },
    },
    Defect {
        id: "thumbprint-of-the-issuer-passes",
        title: "A token that names the issuer's certificate is taken for verified",
        why: "The certificate is pinned: what bears its thumbprint is from the issuer.",
        apply: |chain| {
            believe(chain, |_, token| {
                let kid = token.header_text("kid");
                token.header_text("x5t").is_some_and(|x5t| kid.is_some_and(|kid| kid != x5t) && x5t.len() == 27)
            })
        },
    },
];

fn is_standard(name: &str) -> bool {
    ["alg", "kid", "typ", "cty", "x5t", "x5c", "jku", "jwk", "x5u"].contains(&name)
}

/// Passes over a list of critical names where this holds of it.
fn critical(chain: function_app::Chain, holds: fn(&Map<String, Value>, &[&str]) -> bool) -> function_app::Chain {
    understand(chain, move |header| {
        let names = header.get("crit").and_then(Value::as_array);
        let names: Option<Vec<&str>> = names.and_then(|names| names.iter().map(Value::as_str).collect());
        if names.is_some_and(|names| holds(header, &names)) {
            header.remove("crit");
        }
    })
}

/// Takes these types beside the sound ones.
fn types(chain: function_app::Chain, takes: fn(&str) -> bool) -> function_app::Chain {
    understand(chain, move |header| {
        if header.get("typ").and_then(Value::as_str).is_some_and(takes) {
            header.remove("typ");
        }
    })
}

/// A token whose payload stands between its first and its last dot as it is.
fn unencoded(text: &str) -> Option<Jws> {
    let (header, rest) = text.split_once('.')?;
    let (payload, signature) = rest.rsplit_once('.')?;
    Some(Jws {
        header: json::object(&decode(header)?)?,
        payload: json::object(payload.as_bytes())?,
        signed_text: format!("{header}.{payload}"),
        signature: decode(signature)?,
    })
}

/// The claims of a token, whatever its header and signature are.
fn claims_within(text: &str) -> Option<Map<String, Value>> {
    json::object(&decode(text.split('.').nth(1)?)?)
}

/// What is signed of a token for Microsoft's own APIs.
fn with_hashed_nonce(token: &Jws) -> Option<String> {
    let nonce = token.header_text("nonce")?;
    let mut header = token.header.clone();
    header["nonce"] = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&SHA256, nonce.as_bytes())).into();
    let header = serde_json::to_string(&header).ok().filter(|_| is_understood(&header))?;
    Some(format!("{}.{}", BASE64_URL_SAFE_NO_PAD.encode(header), token.signed_text.split_once('.')?.1))
}
