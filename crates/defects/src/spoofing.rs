//! Flaws in what is believed of a request's headers.

use function_app::{StageId, stages};

use crate::Defect;
use crate::plant::{instead, without};

/// The headers in which the app looks for its caller.
const IDENTITY: [&str; 4] =
    ["x-ms-client-principal", "x-ms-client-principal-id", "x-ms-client-principal-name", "x-ms-client-principal-idp"];

pub(crate) const DEFECTS: &[Defect] = &[Defect {
    id: "identity-headers-passed-through",
    title: "Identity headers that a client sent reach the app",
    why: "A proxy adds its identity headers and leaves those that are there already, so that a caller can be anybody.",
    apply: |chain| {
        let chain = without(chain, StageId::StripIdentityHeaders);
        instead(chain, StageId::InjectIdentity, |call| {
            let sent = call.request.headers.clone();
            let _ = stages::inject_identity(call);
            for name in IDENTITY {
                if let Some(value) = sent.get(name) {
                    call.request.headers.insert(name, value.clone());
                }
            }
        })
    },
}];
