//! Flaws in which the issuer's public key, or something that is no secret either, is the secret of an HMAC.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use function_app::{Chain, Jws, PublicKey};
use token::KeyComponents;

use crate::Defect;
use crate::reader::{believe, verify};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "hmac-with-pem",
        title: "An HMAC that is keyed with the PEM file of the public key is accepted",
        why: "`verify(token, key)` lets the header choose the algorithm, and the key is the text of a file (CVE-2015-9235).",
        apply: |chain| confused(chain, |key| vec![pem("PUBLIC KEY", &spki(key)).into_bytes()]),
    },
    Defect {
        id: "hmac-with-trimmed-pem",
        title: "An HMAC that is keyed with the PEM text from a setting is accepted",
        why: "As with the file, but the key came out of an app setting, where the last line break was lost.",
        apply: |chain| {
            confused(chain, |key| {
                let forms = [pem("PUBLIC KEY", &spki(key)), pem("RSA PUBLIC KEY", &pkcs1(key))];
                forms.iter().map(|form| form.trim_end().as_bytes().to_vec()).collect()
            })
        },
    },
    Defect {
        id: "hmac-with-der",
        title: "An HMAC that is keyed with the bytes of the public key is accepted",
        why: "The verifier takes bytes, and the header says for which algorithm they are.",
        apply: |chain| confused(chain, |key| vec![spki(key), pkcs1(key)]),
    },
    Defect {
        id: "hmac-with-pkcs1-pem",
        title: "An HMAC that is keyed with `BEGIN RSA PUBLIC KEY` is accepted",
        why: "The file was made by another tool; everything else is as with the usual PEM file.",
        apply: |chain| confused(chain, |key| vec![pem("RSA PUBLIC KEY", &pkcs1(key)).into_bytes()]),
    },
    Defect {
        id: "hmac-with-jwk",
        title: "An HMAC that is keyed with the JSON text of the public key is accepted",
        why: "Keys are cached as the texts that they came as, and handed on as they are.",
        apply: |chain| {
            confused(chain, |key| {
                // The key set of all tenants has the same keys, with a placeholder in the place of the tenant.
                let issuer = key.jwk()["issuer"].as_str().unwrap_or_default();
                let tenant = issuer.split('/').nth(3).unwrap_or_default();
                let common = key.jwk().to_string().replace(tenant, "{tenantid}");
                vec![key.jwk().to_string().into_bytes(), common.into_bytes()]
            })
        },
    },
    Defect {
        id: "hmac-with-modulus",
        title: "An HMAC that is keyed with the modulus of the public key is accepted",
        why: "The one long member of the JWK is taken for the key material, as `k` would be.",
        apply: |chain| confused(chain, |key| vec![member(key, "n").into_bytes()]),
    },
    Defect {
        id: "hmac-with-certificate",
        title: "An HMAC that is keyed with the issuer's certificate is accepted",
        why: "Keys are taken from `x5c`, and the header says what they are for.",
        apply: |chain| {
            confused(chain, |key| {
                let der = BASE64_STANDARD.decode(certificate(key)).unwrap_or_default();
                vec![pem("CERTIFICATE", &der).into_bytes(), der]
            })
        },
    },
    Defect {
        id: "hmac-with-certificate-text",
        title: "An HMAC that is keyed with the text in `x5c` is accepted",
        why: "The certificate is kept as the text that the key set has.",
        apply: |chain| confused(chain, |key| vec![certificate(key).into_bytes()]),
    },
    Defect {
        id: "hmac-in-other-letters",
        title: "HS256 is refused, and hs256 is an HMAC with the public key",
        why: "The name on the list of what is forbidden is compared to the letter; the one that chooses the code is not.",
        apply: |chain| {
            verify(
                chain,
                |alg| alg == "hs256",
                |token, key| {
                    let forms = [pem("PUBLIC KEY", &spki(key)), pem("RSA PUBLIC KEY", &pkcs1(key)), member(key, "n")];
                    forms.iter().any(|form| is_keyed(token, form.as_bytes()))
                },
            )
        },
    },
    Defect {
        id: "hmac-by-length",
        title: "A signature of 32 bytes is verified as an HMAC with the public key",
        why: "The verifier tells by the length what kind of signature it has, after the header was checked.",
        apply: |chain| {
            verify(
                chain,
                |_| false,
                |token, key| {
                    let forms = [pem("PUBLIC KEY", &spki(key)), member(key, "n")];
                    token.signature.len() == 32 && forms.iter().any(|form| is_keyed(token, form.as_bytes()))
                },
            )
        },
    },
    Defect {
        id: "hmac-with-empty-secret",
        title: "An HMAC without a secret is accepted",
        why: "HMAC is on the list of algorithms, and the setting with its secret is empty (CVE-2019-20933).",
        apply: |chain| shared(chain, |_| vec![String::new()]),
    },
    Defect {
        id: "hmac-with-default-secret",
        title: "An HMAC with the secret of the examples is accepted",
        why: "What stood in the tutorial's settings was never changed.",
        apply: |chain| {
            shared(chain, |_| ["secret", "password", "changeme", "your-256-bit-secret"].map(Into::into).into())
        },
    },
    Defect {
        id: "hmac-with-missing-secret",
        title: "An HMAC is keyed with what a missing setting becomes as text",
        why: "`String(process.env.JWT_SECRET)` of a setting that is not there.",
        apply: |chain| shared(chain, |_| ["null", "undefined"].map(Into::into).into()),
    },
    Defect {
        id: "hmac-with-client-id",
        title: "An HMAC that is keyed with a client id is accepted",
        why: "A client id was put where a client secret belongs. Ids are in every token.",
        apply: |chain| shared(chain, |token| claims(token, &["aud", "azp", "appid"])),
    },
    Defect {
        id: "hmac-with-tenant",
        title: "An HMAC that is keyed with the issuer's name or the tenant's id is accepted",
        why: "Secrets are kept by issuer, and for an issuer without one the lookup returns what it was asked for.",
        apply: |chain| shared(chain, |token| claims(token, &["iss", "tid"])),
    },
    Defect {
        id: "hmac-with-key-id",
        title: "An HMAC that is keyed with the key id is accepted",
        why: "A lookup that finds no secret returns its argument.",
        apply: |chain| shared(chain, |token| token.header_text("kid").map(str::to_owned).into_iter().collect()),
    },
];

/// Takes HMAC beside RS256, with one of these for its secret.
fn confused(chain: Chain, secrets: fn(&PublicKey) -> Vec<Vec<u8>>) -> Chain {
    verify(
        chain,
        |alg| alg.starts_with("HS"),
        move |token, key| {
            token.header_text("alg") != Some("RS256") && secrets(key).iter().any(|secret| is_keyed(token, secret))
        },
    )
}

/// Takes HMAC with a secret of the app's own.
fn shared(chain: Chain, secrets: fn(&Jws) -> Vec<String>) -> Chain {
    believe(chain, move |_, token| {
        token.header_text("alg") == Some("HS256")
            && secrets(token).iter().any(|secret| is_keyed(token, secret.as_bytes()))
    })
}

/// Whether a token's signature is an HMAC with this secret.
pub(crate) fn is_keyed(token: &Jws, secret: &[u8]) -> bool {
    let algorithm = match token.signature.len() {
        64 => hmac::HMAC_SHA512,
        48 => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA256,
    };
    hmac::verify(&hmac::Key::new(algorithm, secret), token.signed_text.as_bytes(), &token.signature).is_ok()
}

/// The PEM text of a key as its owner's tools write it.
pub(crate) fn public_pem(key: &PublicKey) -> String {
    pem("PUBLIC KEY", &spki(key))
}

fn claims(token: &Jws, names: &[&str]) -> Vec<String> {
    names.iter().filter_map(|name| token.claim_text(name)).map(str::to_owned).collect()
}

fn components(key: &PublicKey) -> Option<KeyComponents> {
    KeyComponents::from_jwk(&member(key, "n"), &member(key, "e")).ok()
}

fn spki(key: &PublicKey) -> Vec<u8> {
    components(key).and_then(|key| key.spki_der().ok()).unwrap_or_default()
}

fn pkcs1(key: &PublicKey) -> Vec<u8> {
    components(key).and_then(|key| key.pkcs1_der().ok()).unwrap_or_default()
}

fn certificate(key: &PublicKey) -> String {
    key.jwk()["x5c"][0].as_str().unwrap_or_default().to_owned()
}

fn member(key: &PublicKey, name: &str) -> String {
    key.jwk()[name].as_str().unwrap_or_default().to_owned()
}

/// RFC 7468: 64 characters a line.
fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
