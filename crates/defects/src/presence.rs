//! Flaws in how a credential is looked for, and in what happens where there is none.

use authsettings::Credential;
use function_app::{StageId, stages};
use http::HeaderValue;
use http::header::AUTHORIZATION;

use crate::Defect;
use crate::plant::{before, open_for};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "unauthenticated-let-through",
        title: "A request without a token reaches the app",
        why: "Authentication is on but not required: whoever sends no token is not asked for one.",
        apply: |chain| open_for(chain, |call| call.facts.credential != Credential::Bearer),
    },
    Defect {
        id: "token-in-query",
        title: "A token is taken from the query",
        why: "RFC 6750 section 2.3 allows it and a library does it unasked; such tokens end up in logs and referrers.",
        apply: |chain| {
            before(chain, StageId::FindToken, stages::find_token, |call| {
                let query = call.request.query().unwrap_or_default();
                let token = query.split('&').find_map(|pair| pair.strip_prefix("access_token="));
                if let Some(value) = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok()) {
                    call.request.headers.insert(AUTHORIZATION, value);
                }
            })
        },
    },
];
