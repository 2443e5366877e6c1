//! Flaws in signatures on curves, which no Entra key makes.

use crate::Defect;
use crate::reader::{believe, verify};

/// The order of P-256.
const ORDER: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "ecdsa-zeros-accepted",
        title: "An ES256 signature of zeros verifies everything",
        why: "Nobody looks whether the numbers are above zero, and zeros solve the equation (CVE-2022-21449).",
        apply: |chain| {
            believe(chain, |_, token| token.header_text("alg") == Some("ES256") && token.signature == [0; 64])
        },
    },
    Defect {
        id: "ecdsa-zeros-accepted-on-larger-curves",
        title: "A signature of zeros verifies everything on the other curves",
        why: "The check of the range was added to the code of P-256 alone.",
        apply: |chain| {
            believe(chain, |_, token| {
                let alg = token.header_text("alg").unwrap_or_default();
                alg.starts_with("ES") && alg != "ES256" && token.signature.iter().all(|byte| *byte == 0)
            })
        },
    },
    Defect {
        id: "ecdsa-compared-after-reduction",
        title: "The numbers of an ES256 signature are reduced before they are looked at",
        why: "The order of the curve becomes a zero after the check that there is none.",
        apply: |chain| {
            believe(chain, |_, token| {
                let (r, s) = token.signature.split_at(token.signature.len() / 2);
                let zero = |number: &[u8]| number == ORDER || number == [0; 32];
                token.header_text("alg") == Some("ES256")
                    && zero(r)
                    && zero(s)
                    && r.iter().chain(s).any(|byte| *byte != 0)
            })
        },
    },
    Defect {
        id: "ecdsa-one-number-looked-at",
        title: "Only one of the two numbers of an ES256 signature must be above zero",
        why: "`if (r == 0 && s == 0)` where `||` was meant.",
        apply: |chain| {
            believe(chain, |_, token| {
                let zero = |half: &[u8]| half.iter().all(|byte| *byte == 0);
                let (r, s) = token.signature.split_at(token.signature.len() / 2);
                token.header_text("alg") == Some("ES256") && !token.signature.is_empty() && (zero(r) != zero(s))
            })
        },
    },
    Defect {
        id: "ecdsa-der-accepted",
        title: "An ES256 signature may be DER, whose numbers are not looked at",
        why: "The form that other protocols use is unpacked and passed on to a function without checks.",
        apply: |chain| {
            believe(chain, |_, token| {
                token.header_text("alg") == Some("ES256")
                    && token.signature.first() == Some(&0x30)
                    && token.signature.len() < 64
            })
        },
    },
    Defect {
        id: "key-kind-not-compared",
        title: "A signature of another kind than the key that is named is passed over",
        why: "The verifier throws that the key does not fit, and the exception is caught where a missing key is (CVE-2022-23539 is a kin).",
        apply: |chain| {
            let curve = |alg: &str| alg.starts_with("ES") || alg.starts_with("Ed");
            verify(chain, curve, |token, _| token.header_text("alg") != Some("RS256") && token.signature.len() == 64)
        },
    },
];
