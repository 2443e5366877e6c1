//! Flaws in what is made of the caller once it is known.

use function_app::{Chain, Flow, Jws, StageId, platform, stages};
use http::HeaderValue;

use crate::Defect;
use crate::plant::{after, answer};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "principal-by-name",
        title: "The principal is named by what its token calls itself",
        why: "Mail addresses look like the natural key of an identity; a tenant's administrator writes into them what he likes.",
        apply: |chain| {
            after(chain, StageId::InjectIdentity, stages::inject_identity, |call| {
                let named = NAMES.iter().find_map(|name| call.token.as_ref()?.claim_text(name));
                if let Some(named) = named.and_then(|name| HeaderValue::from_str(name).ok()) {
                    call.request.headers.insert("x-ms-client-principal-id", named);
                }
            })
        },
    },
    Defect {
        id: "principal-by-mail",
        title: "The principal is the mail address, where there is one",
        why: "An app that was written for users keys its data on mail addresses.",
        apply: |chain| {
            after(chain, StageId::InjectIdentity, stages::inject_identity, |call| {
                let mail = call.token.as_ref().and_then(|token| token.claim_text("email"));
                if let Some(mail) = mail.and_then(|mail| HeaderValue::from_str(mail).ok()) {
                    call.request.headers.insert("x-ms-client-principal-id", mail);
                }
            })
        },
    },
    Defect {
        id: "roles-demanded",
        title: "The platform asks for a role that the settings do not name",
        why: "A policy in front demands a role, and callers that were allowed are locked out.",
        apply: |chain| {
            refuses(chain, |token| {
                !token.claim_texts("roles").is_some_and(|roles| roles.iter().any(|role| role == "Orders.Read"))
            })
        },
    },
    Defect {
        id: "users-refused",
        title: "Tokens that look like a user's are refused",
        why: "Somebody decided that only applications call, by a claim that Entra leaves out unless asked.",
        apply: |chain| refuses(chain, |token| token.claim_text("idtyp") == Some("user")),
    },
    Defect {
        id: "scopes-refused",
        title: "Tokens with scopes are refused",
        why: "Scopes are taken for the mark of a user's token.",
        apply: |chain| refuses(chain, |token| token.payload.contains_key("scp")),
    },
];

/// Claims in which a name stands.
const NAMES: [&str; 6] = ["email", "upn", "preferred_username", "unique_name", "name", "nameid"];

/// Refuses with 403 what passes every sound check, where this holds of its token.
fn refuses(chain: Chain, refused: fn(&Jws) -> bool) -> Chain {
    answer(chain, StageId::InjectIdentity, move |call| {
        if call.identity.is_some() && call.token.as_ref().is_some_and(refused) {
            return Flow::Break(platform::empty(403));
        }
        stages::inject_identity(call)
    })
}
