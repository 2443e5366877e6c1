//! Flaws in what tells whether a token holds now.

use std::collections::HashSet;
use std::sync::Mutex;

use authsettings::Fact;
use function_app::{Chain, Flow, Jws, StageId, json, jws, platform, stages};
use serde_json::Value;

use crate::Defect;
use crate::plant::{after, answer, instead};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "expiry-not-checked",
        title: "The end of a token's time is not compared",
        why: "A token that leaked once opens the app for good.",
        apply: |chain| instead(chain, StageId::Expiry, |call| call.facts.expired = Fact::No),
    },
    Defect {
        id: "not-before-not-checked",
        title: "The start of a token's time is not compared",
        why: "A library that only knows `exp` is thought to know the whole lifetime.",
        apply: |chain| instead(chain, StageId::NotBefore, |call| call.facts.premature = Fact::No),
    },
    Defect {
        id: "expiry-skipped-where-missing",
        title: "A token without an end never ends",
        why: "The comparison stands behind a check that the claim is there.",
        apply: |chain| {
            after(chain, StageId::Expiry, stages::expiry, |call| {
                if call.token.as_ref().is_some_and(|token| !token.payload.contains_key("exp")) {
                    call.facts.expired = Fact::No;
                }
            })
        },
    },
    Defect {
        id: "expiry-falsy-skipped",
        title: "An end that counts as false never comes",
        why: "Zero, null, an empty text: `if (exp && exp < now)`.",
        apply: |chain| unexpired(chain, |expiry, _| expiry == 0 || expiry.is_null() || expiry == ""),
    },
    Defect {
        id: "expiry-unsigned",
        title: "A negative end lies far ahead",
        why: "The number is read into an unsigned type and wraps around.",
        apply: |chain| unexpired(chain, |expiry, _| expiry.as_i64().is_some_and(|seconds| seconds < 0)),
    },
    Defect {
        id: "expiry-one-means-never",
        title: "Small numbers are not taken for times",
        why: "Times below a day are taken for lifetimes, counted from now.",
        apply: |chain| {
            unexpired(chain, |expiry, _| expiry.as_i64().is_some_and(|seconds| (1..86_400).contains(&seconds)))
        },
    },
    Defect {
        id: "expiry-skew-of-an-hour",
        title: "Clocks are granted more than an hour",
        why: "A clock that was wrong once was mended by granting more.",
        apply: |chain| unexpired(chain, |expiry, now| expiry.as_i64().is_some_and(|seconds| seconds + 4000 > now)),
    },
    Defect {
        id: "expiry-skew-of-a-day",
        title: "Clocks are granted more than a day",
        why: "Time zones were mistaken for clock skew.",
        apply: |chain| unexpired(chain, |expiry, now| expiry.as_i64().is_some_and(|seconds| seconds + 90_000 > now)),
    },
    Defect {
        id: "expiry-skew-of-twelve-minutes",
        title: "Clocks are granted twelve minutes",
        why: "Each of two components grants its own minutes.",
        apply: |chain| unexpired(chain, |expiry, now| expiry.as_i64().is_some_and(|seconds| seconds + 720 > now)),
    },
    Defect {
        id: "expiry-that-is-no-number-skipped",
        title: "An end that is no number never comes",
        why: "A comparison with what is no number is always false, and false is taken for fine.",
        apply: |chain| unexpired(chain, |expiry, _| !expiry.is_number()),
    },
    Defect {
        id: "expiry-converted",
        title: "An end is converted from text",
        why: "A lenient library turns texts into numbers.",
        apply: |chain| {
            unexpired(chain, |expiry, now| {
                expiry.as_str().and_then(|text| text.parse::<i64>().ok()).is_some_and(|seconds| seconds > now)
            })
        },
    },
    Defect {
        id: "expiry-as-date",
        title: "An end may be a date",
        why: "The clock's own parser of dates reads the claim.",
        apply: |chain| {
            unexpired(chain, |expiry, _| {
                expiry.as_str().is_some_and(|text| text.starts_with("20") && text.contains('T'))
            })
        },
    },
    Defect {
        id: "expiry-as-double",
        title: "An end beyond 64 bits lies ahead",
        why: "The number is read as a floating one, in which everything has a place.",
        apply: |chain| {
            unexpired(chain, |expiry, _| {
                expiry.as_i64().is_none() && expiry.as_f64().is_some_and(|seconds| seconds > 4e9)
            })
        },
    },
    Defect {
        id: "not-before-of-another-type-skipped",
        title: "A start that is no number is passed over",
        why: "What cannot be compared is left alone.",
        apply: |chain| {
            after(chain, StageId::NotBefore, stages::not_before, |call| {
                if call
                    .token
                    .as_ref()
                    .and_then(|token| token.payload.get("nbf"))
                    .is_some_and(|start| !start.is_number())
                {
                    call.facts.premature = Fact::No;
                }
            })
        },
    },
    Defect {
        id: "not-before-skew-of-half-an-hour",
        title: "Starts are granted half an hour",
        why: "The issuer's clock was ahead once.",
        apply: |chain| {
            after(chain, StageId::NotBefore, stages::not_before, |call| {
                let start = call.token.as_ref().and_then(|token| token.payload.get("nbf")?.as_i64());
                if start.is_some_and(|start| start <= call.request.at + 1800) {
                    call.facts.premature = Fact::No;
                }
            })
        },
    },
    Defect {
        id: "times-not-compared-with-each-other",
        title: "An hour is granted at both ends, and the two are not compared",
        why: "A token that ends before it begins holds in between.",
        apply: |chain| {
            let chain = after(chain, StageId::Expiry, stages::expiry, |call| {
                let end = call.token.as_ref().and_then(|token| token.payload.get("exp")?.as_i64());
                if end.is_some_and(|end| end + 3600 > call.request.at) {
                    call.facts.expired = Fact::No;
                }
            });
            after(chain, StageId::NotBefore, stages::not_before, |call| {
                let start = call.token.as_ref().and_then(|token| token.payload.get("nbf")?.as_i64());
                if start.is_some_and(|start| start < call.request.at + 3600) {
                    call.facts.premature = Fact::No;
                }
            })
        },
    },
    Defect {
        id: "odd-times-crash",
        title: "A time that is no whole number brings the app down",
        why: "The conversion throws, and nobody catches it.",
        apply: |chain| {
            answer(chain, StageId::Expiry, |call| {
                let odd = |name| {
                    let claim = call.token.as_ref().and_then(|token| token.payload.get(name));
                    claim.is_some_and(|time| time.as_i64().is_none() && !time.is_null())
                };
                if odd("exp") || odd("nbf") { Flow::Break(platform::empty(500)) } else { stages::expiry(call) }
            })
        },
    },
    Defect {
        id: "infinite-times-accepted",
        title: "Numbers that JSON does not have are read as no end",
        why: "A reader that knows more numbers than JSON finds infinity, hexadecimal digits and `NaN`, none of which is before now.",
        apply: |chain| {
            answer(chain, StageId::ReadToken, |call| {
                let read = stages::read_token(call);
                if call.token.is_none()
                    && let Some(token) = call.bearer.as_deref().and_then(with_odd_end)
                {
                    call.facts.readable = Fact::Yes;
                    call.token = Some(token);
                }
                read
            })
        },
    },
    Defect {
        id: "used-tokens-refused",
        title: "A token that was used before is refused",
        why: "A list of ids that were seen, meant for sign-in, is asked for every request, and callers are locked out.",
        apply: |chain| {
            let seen = Mutex::new(HashSet::new());
            after(chain, StageId::Expiry, stages::expiry, move |call| {
                let id = call.token.as_ref().and_then(|token| token.claim_text("jti"));
                let is_new = |id: &str| seen.lock().is_ok_and(|mut seen| seen.insert(id.to_owned()));
                if id.is_some_and(|id| !is_new(id)) {
                    call.facts.expired = Fact::Yes;
                }
            })
        },
    },
];

/// The sound comparison, and beside it one that finds an end still ahead: either is enough.
fn unexpired(chain: Chain, flawed: fn(&Value, i64) -> bool) -> Chain {
    after(chain, StageId::Expiry, stages::expiry, move |call| {
        let expiry = call.token.as_ref().and_then(|token| token.payload.get("exp"));
        if expiry.is_some_and(|expiry| flawed(expiry, call.request.at)) {
            call.facts.expired = Fact::No;
        }
    })
}

/// Reads a token whose last claim is an `exp` that no JSON has.
fn with_odd_end(text: &str) -> Option<Jws> {
    let segments = jws::Segments::split(text)?;
    let payload = String::from_utf8(jws::decode(segments.payload)?).ok()?;
    let (before, _) = payload.rsplit_once(",\"exp\":")?;
    let readable = format!("{before},\"exp\":4102444800}}");
    Some(Jws {
        header: json::object(&jws::decode(segments.header)?)?,
        payload: json::object(readable.as_bytes())?,
        signed_text: segments.signed_text.to_owned(),
        signature: jws::decode(segments.signature)?,
    })
}
