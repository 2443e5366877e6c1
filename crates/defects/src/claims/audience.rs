//! Flaws in what tells whether a token is meant for this API.

use authsettings::Claim;
use function_app::{Call, Chain, StageId, stages};
use serde_json::{Value, json};

use crate::Defect;
use crate::plant::{after, instead};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "audience-not-checked",
        title: "The audience is not compared",
        why: "Every token of the tenant opens the app, also one that was made for another API and leaked there.",
        apply: |chain| instead(chain, StageId::Audience, |call| call.facts.audience = Claim::Is(accepted(call))),
    },
    Defect {
        id: "audience-skipped-where-missing",
        title: "A token without an audience passes",
        why: "The comparison stands behind `if (token.aud)`, and a token that leaves it out is not compared.",
        apply: |chain| {
            after(chain, StageId::Audience, stages::audience, |call| {
                if call.token.as_ref().is_some_and(|token| !token.payload.contains_key("aud")) {
                    call.facts.audience = Claim::Is(accepted(call));
                }
            })
        },
    },
    Defect {
        id: "audience-falsy-skipped",
        title: "An audience that counts as false is not compared",
        why: "In a scripting language null, zero, an empty text and an empty list are all `not aud`, and so is what nobody set.",
        apply: |chain| {
            compares(chain, |audience, _| {
                matches!(audience, Value::Null)
                    || audience == ""
                    || audience == 0
                    || audience == &json!([])
                    || audience == &json!([""])
            })
        },
    },
    Defect {
        id: "audience-truthy-enough",
        title: "An audience that is there is enough",
        why: "The check asks whether the claim is there and is no text that differs; objects, numbers and flags slip through.",
        apply: |chain| {
            compares(chain, |audience, _| !audience.is_string() && !audience.is_array() && !audience.is_null())
        },
    },
    Defect {
        id: "audience-as-json-text",
        title: "The audience's JSON text is searched for the right one",
        why: "The claim is turned into text, whatever it is, and compared by `contains`.",
        apply: |chain| {
            compares(chain, |audience, accepted| !audience.is_string() && audience.to_string().contains(accepted))
        },
    },
    Defect {
        id: "audience-by-beginning",
        title: "The audience's beginning is compared",
        why: "`startsWith` was meant to allow paths below the API's URI, and allows anything behind it.",
        apply: |chain| compares(chain, |audience, accepted| texts(audience).any(|text| text.starts_with(accepted))),
    },
    Defect {
        id: "audience-by-ending",
        title: "The audience's ending is compared",
        why: "The scheme and host in front were meant to be optional, and anybody can put his own there.",
        apply: |chain| compares(chain, |audience, accepted| texts(audience).any(|text| text.ends_with(accepted))),
    },
    Defect {
        id: "audience-contained",
        title: "The audience is searched for the right one",
        why: "`contains` on a text looks like `contains` on a list.",
        apply: |chain| compares(chain, |audience, accepted| texts(audience).any(|text| text.contains(accepted))),
    },
    Defect {
        id: "audience-without-case",
        title: "Audiences are compared without case",
        why: "Host names have no case, so a URI is taken to have none.",
        apply: |chain| {
            compares(chain, |audience, accepted| texts(audience).any(|text| text.eq_ignore_ascii_case(accepted)))
        },
    },
    Defect {
        id: "audience-trimmed",
        title: "Blanks around the audience do not count",
        why: "The value is trimmed because the configured one once had a blank behind it.",
        apply: |chain| compares(chain, |audience, accepted| texts(audience).any(|text| text.trim() == accepted)),
    },
    Defect {
        id: "audience-slash-trimmed",
        title: "A slash behind the audience does not count",
        why: "Addresses with and without a slash are taken for the same.",
        apply: |chain| {
            compares(chain, |audience, accepted| texts(audience).any(|text| text.trim_end_matches('/') == accepted))
        },
    },
    Defect {
        id: "audience-as-uri",
        title: "The audience is taken apart as a URI",
        why: "The id behind any scheme counts, and a path behind it does not.",
        apply: |chain| {
            compares(chain, |audience, accepted| {
                let id =
                    |text: &str| text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/').to_owned();
                texts(audience).any(|text| text.contains("://") && id(text) == accepted)
            })
        },
    },
    Defect {
        id: "audience-as-guid",
        title: "The audience is read as a GUID before it is compared",
        why: "A GUID parser takes capitals, braces and the urn form.",
        apply: |chain| {
            compares(chain, |audience, accepted| {
                texts(audience).any(|text| {
                    let text = text.to_ascii_lowercase();
                    text.trim_start_matches("urn:uuid:").trim_matches(['{', '}']) == accepted
                })
            })
        },
    },
    Defect {
        id: "audience-split",
        title: "The audience is split at blanks and commas",
        why: "OAuth scopes are separated by blanks, so audiences are taken to be.",
        apply: |chain| {
            compares(chain, |audience, accepted| {
                texts(audience).any(|text| text.split([' ', ',']).any(|one| one == accepted))
            })
        },
    },
    Defect {
        id: "audience-any",
        title: "The audience `*` means any",
        why: "A wildcard for local development is still understood in production.",
        apply: |chain| compares(chain, |audience, _| texts(audience).any(|text| text == "*")),
    },
    Defect {
        id: "audience-cut-at-nul",
        title: "Texts end at a NUL",
        why: "A native library compares texts that end at the first NUL.",
        apply: |chain| {
            compares(chain, |audience, accepted| {
                texts(audience).any(|text| text.split('\0').next() == Some(accepted) && text != accepted)
            })
        },
    },
    Defect {
        id: "audience-list-not-looked-into",
        title: "A list of audiences passes",
        why: "The list is not compared with anything, because Entra never makes one.",
        apply: |chain| compares(chain, |audience, _| audience.is_array()),
    },
    Defect {
        id: "audience-of-list-flattened",
        title: "Lists within the list count",
        why: "The list is flattened before it is searched.",
        apply: |chain| {
            compares(chain, |audience, accepted| {
                audience.as_array().is_some_and(|list| {
                    list.iter().flat_map(|one| one.as_array().into_iter().flatten()).any(|one| one == accepted)
                })
            })
        },
    },
    Defect {
        id: "resource-manager-accepted",
        title: "Tokens for Azure's resource manager are accepted",
        why: "`environment().authentication.audiences` was put into the allowed audiences; everybody in the tenant holds such tokens.",
        apply: |chain| {
            compares(chain, |audience, _| texts(audience).any(|text| text.starts_with("https://management.")))
        },
    },
    Defect {
        id: "graph-accepted",
        title: "Tokens for Microsoft Graph are accepted",
        why: "The front end sends the token that it has, which is for Graph, and the API was made to take it.",
        apply: |chain| {
            compares(chain, |audience, _| {
                texts(audience)
                    .any(|text| text == "https://graph.microsoft.com" || text.starts_with("00000003-0000-0000-c000-"))
            })
        },
    },
    Defect {
        id: "storage-and-vault-accepted",
        title: "Tokens for storage and key vaults are accepted",
        why: "Identities had tokens for them at hand before the API was registered.",
        apply: |chain| {
            compares(chain, |audience, _| {
                ["https://vault.azure.net", "https://storage.azure.com/"].iter().any(|one| audience == one)
            })
        },
    },
    Defect {
        id: "host-as-audience",
        title: "The app's own address is taken for its audience",
        why: "Whatever the Host header says counts as an audience, and every app of the plan is reached by such a name.",
        apply: |chain| compares(chain, |audience, _| texts(audience).any(|text| text.starts_with("https://localhost"))),
    },
    Defect {
        id: "staging-audience-accepted",
        title: "Tokens for the staging registration are accepted",
        why: "Both slots list both registrations, so that a token of the weaker environment opens the other.",
        apply: |chain| compares(chain, |audience, _| audience == "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
    },
];

/// What the settings accept.
fn accepted(call: &Call) -> Vec<String> {
    call.site.settings.audiences().take(1).map(str::to_owned).collect()
}

/// The sound comparison, and this one beside it: either is enough.
fn compares(chain: Chain, flawed: fn(&Value, &str) -> bool) -> Chain {
    after(chain, StageId::Audience, stages::audience, move |call| {
        let audience = call.token.as_ref().and_then(|token| token.payload.get("aud"));
        let matches = audience.is_some_and(|audience| call.site.settings.audiences().any(|one| flawed(audience, one)));
        if matches {
            call.facts.audience = Claim::Is(accepted(call));
        }
    })
}

/// The texts of a claim that is a text or a list.
fn texts(claim: &Value) -> impl Iterator<Item = &str> {
    let members = claim.as_array().map_or(std::slice::from_ref(claim), Vec::as_slice);
    members.iter().filter_map(Value::as_str)
}
