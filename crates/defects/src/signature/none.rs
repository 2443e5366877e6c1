//! Flaws in which a token that nobody signed passes.

use authsettings::Fact;
use function_app::{Jws, StageId};
use serde_json::Value;

use crate::Defect;
use crate::plant::instead;
use crate::reader::{believe, read};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "signature-not-checked",
        title: "The signature is not verified",
        why: "A token is decoded for its claims, and decoding is taken for verifying. Anybody can write such a token.",
        apply: |chain| {
            instead(chain, StageId::Signature, |call| {
                if call.facts.signed != Fact::No {
                    call.facts.signed = Fact::Yes;
                }
            })
        },
    },
    Defect {
        id: "alg-none-accepted",
        title: "A token that says it is not signed is accepted",
        why: "The header decides how the signature is checked, and `none` means not at all (RFC 8725 section 3.2).",
        apply: |chain| {
            believe(chain, |_, token| token.header_text("alg").is_some_and(|alg| alg.eq_ignore_ascii_case("none")))
        },
    },
    Defect {
        id: "alg-none-without-signature-accepted",
        title: "`alg: none` in small letters and an empty signature are accepted",
        why: "A library accepts unsecured tokens as RFC 7519 section 6 describes them, to the letter, unless it is told not to.",
        apply: |chain| {
            believe(chain, |_, token| token.header_text("alg") == Some("none") && token.signature.is_empty())
        },
    },
    Defect {
        id: "alg-none-denied-in-small-letters",
        title: "`none` is forbidden, and every other way to write it is not",
        why: "The word was put on a list of what is forbidden after a scan had found it. Names are folded later on.",
        apply: |chain| {
            believe(chain, |_, token| {
                token.header_text("alg").is_some_and(|alg| alg != "none" && alg.trim().eq_ignore_ascii_case("none"))
            })
        },
    },
    Defect {
        id: "alg-unknown-passes",
        title: "A token by an algorithm that nobody knows is not verified",
        why: "A choice by `alg` has a branch for each known name, and its last branch only logs a warning.",
        apply: |chain| {
            const KNOWN: [&str; 8] = ["none", "RS256", "RS384", "RS512", "PS256", "HS256", "HS384", "HS512"];
            believe(chain, |_, token| token.header_text("alg").is_some_and(|alg| !KNOWN.contains(&alg)))
        },
    },
    Defect {
        id: "alg-absent-passes",
        title: "A token whose header names no algorithm is not verified",
        why: "The check is made by whatever `alg` names; without one there is nothing to call.",
        apply: |chain| believe(chain, |_, token| !token.header.contains_key("alg")),
    },
    Defect {
        id: "alg-falsy-passes",
        title: "An algorithm that counts as false is as good as none, and then nothing is verified",
        why: "`if (!header.alg) return payload`, in a language in which null, zero and the empty text are false.",
        apply: |chain| {
            believe(chain, |_, token| {
                let falsy = |alg: &Value| *alg == Value::Null || *alg == false || *alg == 0 || *alg == "";
                token.header.get("alg").is_some_and(falsy)
            })
        },
    },
    Defect {
        id: "alg-no-text-passes",
        title: "An algorithm that is no text is not compared",
        why: "The conversion to text fails, and the failure is taken for an absent check.",
        apply: |chain| {
            believe(chain, |_, token| token.header.get("alg").is_some_and(|alg| alg.is_array() || alg.is_object()))
        },
    },
    Defect {
        id: "alg-read-as-c-text",
        title: "The algorithm's name ends at a NUL",
        why: "The name is handed to a C library, which compares up to the NUL and finds `none`.",
        apply: |chain| {
            believe(chain, |_, token| {
                token.header_text("alg").is_some_and(|alg| alg.split('\0').next() == Some("none"))
            })
        },
    },
    Defect {
        id: "empty-signature-accepted",
        title: "A token with an empty signature is accepted",
        why: "`if (signature) verify(...)`: where there is nothing to verify nothing is verified (CVE-2020-28042 is of this kind).",
        apply: |chain| believe(chain, |_, token| token.signature.is_empty() && !token.header.contains_key("jwk")),
    },
    Defect {
        id: "two-segments-accepted",
        title: "A token without its third part is accepted",
        why: "The text is split at its dots, the third part has a default, and only what is there is verified.",
        apply: |chain| {
            let chain =
                read(chain, |text| if text.matches('.').count() == 1 { Jws::read(&format!("{text}.")) } else { None });
            believe(chain, |call, _| call.bearer.as_ref().is_some_and(|text| text.matches('.').count() == 1))
        },
    },
];
