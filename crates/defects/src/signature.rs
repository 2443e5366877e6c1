//! Flaws in what proves that the issuer made the token.

use authsettings::Fact;
use function_app::{StageId, stages};

use crate::Defect;
use crate::plant::{after, instead};

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
            after(chain, StageId::Signature, stages::signature, |call| {
                let unsigned = call.token.as_ref().and_then(|token| token.header_text("alg"));
                if unsigned.is_some_and(|alg| alg.eq_ignore_ascii_case("none")) {
                    call.facts.signed = Fact::Yes;
                }
            })
        },
    },
];
