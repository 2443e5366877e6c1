//! Flaws in which the token has a say in how it is verified.

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA512,
};
use function_app::{Jws, PublicKey};

use crate::Defect;
use crate::reader::{believe, is_by, verify};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "alg-not-compared",
        title: "Every signature is verified as RS256, whatever the header says",
        why: "The algorithm was made fixed in the verifier, and the comparison with the header was dropped as needless.",
        apply: |chain| verify(chain, |_| true, as_rs256),
    },
    Defect {
        id: "alg-compared-without-case",
        title: "The name of the algorithm is compared without case",
        why: "A helper for header names of HTTP was used for a name that is compared to the letter (RFC 7515 section 4.1.1).",
        apply: |chain| verify(chain, |alg| alg.eq_ignore_ascii_case("RS256"), as_rs256),
    },
    Defect {
        id: "alg-compared-by-its-beginning",
        title: "Every algorithm whose name begins with RS is taken for RS256",
        why: "Keys are kept by family, and the family is read off the first two letters.",
        apply: |chain| verify(chain, |alg| alg.starts_with("RS"), as_rs256),
    },
    Defect {
        id: "alg-of-a-family-taken",
        title: "PS256 is taken, and verified as RS256",
        why: "A table has one entry for all RSA algorithms with SHA-256.",
        apply: |chain| verify(chain, |alg| alg.ends_with("S256"), as_rs256),
    },
    Defect {
        id: "alg-listed-and-not-verified",
        title: "Other RSA algorithms are on the list, and nothing verifies them",
        why: "The list was filled with what might come, and the verifier of each was to be written later.",
        apply: |chain| {
            believe(chain, |_, token| {
                matches!(token.header_text("alg"), Some("RS384" | "RS512" | "PS256" | "PS384" | "PS512"))
            })
        },
    },
    Defect {
        id: "digest-decides",
        title: "The hash that the signature itself names is used",
        why: "A signature is opened with the key, and the hash is read from what is inside, as old libraries do.",
        apply: |chain| {
            verify(
                chain,
                |_| false,
                |token, key| {
                    [&RSA_PKCS1_2048_8192_SHA384, &RSA_PKCS1_2048_8192_SHA512].iter().any(|by| is_by(key, by, token))
                },
            )
        },
    },
    Defect {
        id: "padding-tried",
        title: "Where a signature does not verify it is tried with the other padding",
        why: "A partner's tokens by PS256 were let in by trying, instead of by a list of algorithms.",
        apply: |chain| {
            verify(
                chain,
                |_| false,
                |token, key| {
                    let ways = [&RSA_PSS_2048_8192_SHA256, &RSA_PSS_2048_8192_SHA384, &RSA_PSS_2048_8192_SHA512];
                    ways.iter().any(|by| is_by(key, by, token))
                },
            )
        },
    },
];

fn as_rs256(token: &Jws, key: &PublicKey) -> bool {
    key.verifies(&token.signed_text, &token.signature)
}
