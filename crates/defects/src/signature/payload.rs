//! Flaws in how a signed payload is read.

use function_app::json;
use function_app::jws::is_understood;
use serde_json::Value;

use crate::Defect;
use crate::reader::{Parts, crash, read};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "payload-of-another-type-crashes",
        title: "A payload that is JSON but no object ends in a server error",
        why: "The claims are cast, and nothing catches that the cast fails.",
        apply: |chain| {
            crash(chain, |parts| {
                serde_json::from_slice::<Value>(&parts.payload).is_ok_and(|payload| !payload.is_object())
            })
        },
    },
    Defect {
        id: "payload-no-json-crashes",
        title: "A payload that is no JSON ends in a server error",
        why: "The reader of JSON throws, and only the verifier's exceptions are caught.",
        apply: |chain| crash(chain, |parts| serde_json::from_slice::<Value>(&parts.payload).is_err()),
    },
    Defect {
        id: "payload-list-unwrapped",
        title: "Of a list of claims the first is taken",
        why: "A mapper that is told to accept single values as lists does the reverse too.",
        apply: |chain| {
            read(chain, |text| {
                let parts = Parts::of(text)?;
                let header = json::object(&parts.header).filter(is_understood)?;
                let payload: Vec<Value> = serde_json::from_slice(&parts.payload).ok()?;
                let claims = payload.into_iter().next()?.as_object().cloned()?;
                Some(parts.token(header, claims))
            })
        },
    },
];
