//! Flaws in who is taken for the caller.

use authsettings::Claim;
use function_app::{StageId, stages};

use crate::{Defect, lie};

/// The headers in which the app looks for its caller.
const IDENTITY: [&str; 4] =
    ["x-ms-client-principal", "x-ms-client-principal-id", "x-ms-client-principal-name", "x-ms-client-principal-idp"];

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "allow-list-ignored",
        title: "The list of allowed applications is not looked at",
        why: "Every application of the tenant that can get a token for the API may call it.",
        apply: |chain| {
            chain.replace(
                StageId::Caller,
                lie(|call| {
                    let _ = stages::caller(call);
                    let policy = call.site.settings.entra.as_ref().and_then(|entra| entra.policy.as_ref());
                    let listed = policy.and_then(|policy| policy.applications.as_deref()?.first());
                    if let Some(listed) = listed {
                        call.facts.client = Claim::Is(listed.clone());
                    }
                }),
            )
        },
    },
    Defect {
        id: "identity-headers-passed-through",
        title: "Identity headers that a client sent reach the app",
        why: "A proxy adds its identity headers and leaves those that are there already, so that a caller can be anybody.",
        apply: |chain| {
            let keep_what_was_sent = lie(|call| {
                let sent = call.request.headers.clone();
                let _ = stages::inject_identity(call);
                for name in IDENTITY {
                    if let Some(value) = sent.get(name) {
                        call.request.headers.insert(name, value.clone());
                    }
                }
            });
            chain
                .replace(StageId::StripIdentityHeaders, lie(|_| {}))
                .replace(StageId::InjectIdentity, keep_what_was_sent)
        },
    },
];
