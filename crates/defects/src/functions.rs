//! Flaws in the Functions host: its keys, its levels of authorization, its own routes.

use authsettings::Identity;
use function_app::{StageId, stages};

use crate::Defect;
use crate::plant::{open_for, unless};

pub(crate) const DEFECTS: &[Defect] = &[
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
        id: "token-instead-of-key",
        title: "A token stands in for a function key",
        why: "Whoever the platform let through is thought to be known well enough, so that a second factor is lost.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| call.identity == Some(Identity::Caller))
        },
    },
];
