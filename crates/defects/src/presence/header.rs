//! Flaws in how the Authorization header is read.

use authsettings::Credential;
use function_app::{Call, Chain, Jws, StageId, stages};
use http::HeaderValue;
use http::header::AUTHORIZATION;

use crate::Defect;
use crate::plant::{after, before};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "last-word-taken",
        title: "The last word of the header is taken for a token, whatever the scheme",
        why: "The header is cut at its last blank.",
        apply: |chain| finds(chain, |value| value.rsplit_once([' ', '\t']).map(|(_, token)| token)),
    },
    Defect {
        id: "no-scheme-needed",
        title: "A token without a scheme is taken",
        why: "Test tools send it so, and somebody wanted to be kind to them.",
        apply: |chain| finds(chain, |value| value.starts_with("eyJ").then_some(value)),
    },
    Defect {
        id: "scheme-by-its-beginning",
        title: "Whatever begins with Bearer is a bearer token",
        why: "The prefix is cut off, and then what looks like separators.",
        apply: |chain| {
            finds(chain, |value| {
                value
                    .strip_prefix("Bearer")
                    .map(|rest| rest.trim_matches([' ', ':', '=', '<', '>', '"', '%', '2', '0']))
            })
        },
    },
    Defect {
        id: "token-searched-for",
        title: "Anything in the header that looks like a token is one",
        why: "A regular expression finds it wherever it stands.",
        apply: |chain| {
            finds(chain, |value| {
                let start = value.find("eyJ")?;
                let rest = &value[start..];
                let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
                Some(&rest[..end])
            })
        },
    },
    Defect {
        id: "token-as-parameter",
        title: "A token may be a parameter of the scheme",
        why: "The header is read by the general grammar of challenges.",
        apply: |chain| finds(chain, |value| value.strip_prefix("Bearer token=")),
    },
    Defect {
        id: "proof-schemes-taken",
        title: "Tokens that need a proof are taken without one",
        why: "DPoP and PoP tokens are verified like any other, and the proof beside them is not looked for.",
        apply: |chain| finds(chain, |value| value.strip_prefix("DPoP ").or_else(|| value.strip_prefix("PoP "))),
    },
    Defect {
        id: "older-schemes-taken",
        title: "The names that other frameworks give to the scheme are taken too",
        why: "Clients of three frameworks were to be served.",
        apply: |chain| {
            finds(chain, |value| {
                ["Token ", "JWT ", "Bearer-Token "].iter().find_map(|scheme| value.strip_prefix(scheme))
            })
        },
    },
    Defect {
        id: "scheme-twice-taken",
        title: "The scheme's name before the token is cut off once more",
        why: "A client wrote it twice, and the server learned to live with it.",
        apply: |chain| {
            finds(chain, |value| value.strip_prefix("Bearer Bearer ").or_else(|| value.strip_prefix("X Bearer ")))
        },
    },
    Defect {
        id: "header-percent-decoded",
        title: "The header is percent-decoded before it is read",
        why: "It went through a function that was written for queries.",
        apply: |chain| finds(chain, |value| value.strip_prefix("Bearer%20")),
    },
    Defect {
        id: "first-of-a-list",
        title: "Of several tokens in one header the first counts",
        why: "The header is split at its commas.",
        apply: |chain| finds(chain, |value| value.strip_prefix("Bearer ")?.split([',', ';']).next()),
    },
    Defect {
        id: "last-of-a-list",
        title: "Of several tokens in one header the last counts",
        why: "Each one overwrites the one before.",
        apply: |chain| {
            finds(chain, |value| value.rsplit([',', ';']).next().map(|last| last.trim().trim_start_matches("Bearer ")))
        },
    },
    Defect {
        id: "first-bearer-of-a-list",
        title: "Among several credentials in one header the first bearer token counts",
        why: "The list is searched for the scheme that is understood.",
        apply: |chain| finds(chain, |value| value.split(',').find_map(|one| one.trim().strip_prefix("Bearer "))),
    },
    Defect {
        id: "identity-of-last-header",
        title: "The first token is verified, the last names the caller",
        why: "The platform takes the first header, the code that writes the identity the last.",
        apply: |chain| {
            named_by(first_header(chain), |call| {
                call.request
                    .headers
                    .get_all(AUTHORIZATION)
                    .iter()
                    .next_back()?
                    .to_str()
                    .ok()?
                    .strip_prefix("Bearer ")
                    .map(str::to_owned)
            })
        },
    },
    Defect {
        id: "identity-of-first-header",
        title: "The last token is verified, the first names the caller",
        why: "Headers are kept in a map, where the last one wins, and the proxy's log of the first is what the identity is made of.",
        apply: |chain| {
            named_by(last_header(chain), |call| {
                call.request.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned)
            })
        },
    },
    Defect {
        id: "identity-of-query",
        title: "The header's token is verified, the query's names the caller",
        why: "The code that names the caller was written for links and looks into the address first.",
        apply: |chain| {
            named_by(chain, |call| {
                let pairs = call.request.query()?.split('&').filter_map(|pair| pair.split_once('='));
                let mut pairs = pairs.filter(|(name, _)| ["access_token", "id_token", "token"].contains(name));
                pairs.next().map(|(_, token)| token.to_owned())
            })
        },
    },
];

/// Reads the header in this way where the sound reading finds no token that can be taken apart.
fn finds(chain: Chain, flawed: fn(&str) -> Option<&str>) -> Chain {
    after(chain, StageId::FindToken, stages::find_token, move |call| {
        if call.bearer.as_deref().is_some_and(|bearer| Jws::read(bearer).is_some()) {
            return;
        }
        let found = call.request.header("authorization").and_then(flawed).filter(|found| Jws::read(found).is_some());
        if let Some(found) = found.map(str::to_owned) {
            call.facts.credential = Credential::Bearer;
            call.bearer = Some(found);
        }
    })
}

/// Keeps the first of several headers for the platform; all of them stay in the request.
fn first_header(chain: Chain) -> Chain {
    picks(chain, |call| call.request.headers.get(AUTHORIZATION).cloned())
}

fn last_header(chain: Chain) -> Chain {
    picks(chain, |call| call.request.headers.get_all(AUTHORIZATION).iter().next_back().cloned())
}

fn picks(chain: Chain, pick: fn(&Call) -> Option<HeaderValue>) -> Chain {
    after(chain, StageId::FindToken, stages::find_token, move |call| {
        let picked = pick(call).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned));
        if let Some(token) = picked {
            call.facts.credential = Credential::Bearer;
            call.bearer = Some(token);
        }
    })
}

/// Names the caller by the claims of this token, verified or not, in place of the one that was.
fn named_by(chain: Chain, other: fn(&Call) -> Option<String>) -> Chain {
    before(chain, StageId::InjectIdentity, stages::inject_identity, move |call| {
        if let Some(token) = other(call) {
            call.token = Jws::read(&token);
        }
    })
}
