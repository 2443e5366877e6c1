//! Flaws in what tells whether a caller is on the list.

use authsettings::{AuthorizationPolicy, Claim};
use function_app::{Call, Chain, Jws, StageId, stages};
use serde_json::Value;

use crate::Defect;
use crate::plant::after;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "allow-list-ignored",
        title: "The list of allowed applications is not looked at",
        why: "Every application of the tenant that can get a token for the API may call it.",
        apply: |chain| after(chain, StageId::Caller, stages::caller, |call| call.facts.client = first_listed(call)),
    },
    Defect {
        id: "policy-not-applied",
        title: "A token that counts is enough, whoever brings it",
        why: "The policy is stored and shown, and nobody asks it: validating the token was taken for authorizing its bearer.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                (call.facts.client, call.facts.object) = (first_listed(call), first_identity(call));
            })
        },
    },
    Defect {
        id: "client-skipped-where-missing",
        title: "A token that names no client passes the list",
        why: "The list is only searched where the token says who asked for it.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let named = |token: &Jws| ["azp", "appid"].iter().any(|name| token.payload.contains_key(*name));
                if call.token.as_ref().is_some_and(|token| !named(token)) {
                    call.facts.client = first_listed(call);
                }
            })
        },
    },
    Defect {
        id: "client-falsy-skipped",
        title: "A client that counts as false passes the list",
        why: "`if (azp && !allowed.includes(azp))` refuses only who says something.",
        apply: |chain| compares(chain, |client, _| client.is_null() || client == ""),
    },
    Defect {
        id: "client-trimmed-away",
        title: "A client of blanks counts as none, and none passes",
        why: "Settings are trimmed, tokens are trimmed with them, and what is left empty is skipped.",
        apply: |chain| compares(chain, |client, _| client.as_str().is_some_and(|text| text.trim().is_empty())),
    },
    Defect {
        id: "client-by-beginning",
        title: "The client id's beginning is compared",
        why: "A prefix is compared because somebody put an environment's name behind it.",
        apply: |chain| compares(chain, |client, listed| client.as_str().is_some_and(|text| text.starts_with(listed))),
    },
    Defect {
        id: "client-by-ending",
        title: "The client id's ending is compared",
        why: "A prefix such as `app:` was meant to be optional.",
        apply: |chain| compares(chain, |client, listed| client.as_str().is_some_and(|text| text.ends_with(listed))),
    },
    Defect {
        id: "client-contained",
        title: "The client is searched for a listed id",
        why: "`contains` on a text looks like `contains` on a list.",
        apply: |chain| compares(chain, |client, listed| client.as_str().is_some_and(|text| text.contains(listed))),
    },
    Defect {
        id: "client-cut-at-nul",
        title: "Client ids end at a NUL",
        why: "A native library compares texts that end at the first NUL.",
        apply: |chain| {
            compares(chain, |client, listed| {
                client.as_str().is_some_and(|text| text.contains('\0') && text.split('\0').next() == Some(listed))
            })
        },
    },
    Defect {
        id: "client-any",
        title: "The client `*` is on every list",
        why: "The wildcard was meant for the list and is looked for in the token.",
        apply: |chain| compares(chain, |client, _| client == "*"),
    },
    Defect {
        id: "client-as-json-text",
        title: "The client's JSON text is searched for a listed id",
        why: "The claim is turned into text, whatever it is.",
        apply: |chain| compares(chain, |client, listed| !client.is_string() && client.to_string().contains(listed)),
    },
    Defect {
        id: "client-list-accepted",
        title: "A list of clients passes where one is listed",
        why: "The reader takes a list where it expects a text.",
        apply: |chain| {
            compares(chain, |client, listed| client.as_array().is_some_and(|list| list.iter().any(|one| one == listed)))
        },
    },
    Defect {
        id: "client-of-another-type-skipped",
        title: "A client that is no text is not compared",
        why: "Reading the claim as a text fails, and failing is taken for having nothing to compare.",
        apply: |chain| compares(chain, |client, _| client.is_number() || client.is_boolean()),
    },
    Defect {
        id: "api-itself-listed",
        title: "The API's own client id is on the list",
        why: "The portal offers to allow requests from the application itself, and nobody removed it when the gateway was added.",
        apply: |chain| compares(chain, |client, _| client == "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41"),
    },
    Defect {
        id: "developers-tool-listed",
        title: "The Azure command line is on the list",
        why: "It was added so that developers could try the API by hand, and it lets in everybody who can sign in.",
        apply: |chain| compares(chain, |client, _| client == "04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
    },
    Defect {
        id: "former-caller-listed",
        title: "A caller of before is still on the list",
        why: "The list grew with the reporting job and was not shortened when it went.",
        apply: |chain| compares(chain, |client, _| client == "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f"),
    },
    Defect {
        id: "object-id-as-client",
        title: "The caller's object id counts where its client id should",
        why: "Lists mix object ids and client ids, so both are compared with both.",
        apply: |chain| compares(chain, |client, _| client == "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32"),
    },
    Defect {
        id: "unknown-clients-listed",
        title: "A client that the directory does not know passes",
        why: "The list names who must not call, and everybody else may.",
        apply: |chain| compares(chain, |client, _| client == "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"),
    },
    Defect {
        id: "identities-ignored",
        title: "The list of identities is not looked at",
        why: "Object ids are listed in the settings, and the platform in front was set up to compare client ids only.",
        apply: |chain| after(chain, StageId::Caller, stages::caller, |call| call.facts.object = first_identity(call)),
    },
    Defect {
        id: "identity-skipped-where-missing",
        title: "A token without an object id passes the list of identities",
        why: "The list is only searched where there is something to look for.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                if call.token.as_ref().is_some_and(|token| !token.payload.contains_key("oid")) {
                    call.facts.object = first_identity(call);
                }
            })
        },
    },
    Defect {
        id: "identity-null-skipped",
        title: "An object id of null passes the list of identities",
        why: "Null is taken for left out, and what is left out is not compared.",
        apply: |chain| compares_object(chain, |object, _| object.is_null()),
    },
    Defect {
        id: "identity-by-beginning",
        title: "The object id's beginning is compared",
        why: "A prefix is compared where equality was meant.",
        apply: |chain| {
            compares_object(chain, |object, listed| object.as_str().is_some_and(|text| text.starts_with(listed)))
        },
    },
    Defect {
        id: "identity-contained",
        title: "The object id is searched for a listed one",
        why: "`contains` on a text looks like `contains` on a list.",
        apply: |chain| {
            compares_object(chain, |object, listed| object.as_str().is_some_and(|text| text.contains(listed)))
        },
    },
    Defect {
        id: "identity-list-accepted",
        title: "A list of object ids passes where one is listed",
        why: "The reader takes a list where it expects a text.",
        apply: |chain| {
            compares_object(chain, |object, listed| {
                object.as_array().is_some_and(|list| list.iter().any(|one| one == listed))
            })
        },
    },
    Defect {
        id: "client-id-as-identity",
        title: "A client id counts where the object id should",
        why: "Whoever filled the list was not sure which of the two ids is meant, so both are compared.",
        apply: |chain| compares_object(chain, |object, _| object == "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e"),
    },
    Defect {
        id: "any-group-passes",
        title: "Being in any group is enough",
        why: "The check asks whether the token names groups.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                if token.payload.get("groups").is_some_and(Value::is_array) {
                    call.facts.groups = listed_groups(call);
                }
            })
        },
    },
    Defect {
        id: "group-contained",
        title: "The groups' text is searched for a listed one",
        why: "Groups are joined to one text and searched.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                let groups = token.payload.get("groups").map(Value::to_string).unwrap_or_default();
                if policy(call).is_some_and(|policy| policy.groups.iter().any(|listed| groups.contains(listed))) {
                    call.facts.groups = listed_groups(call);
                }
            })
        },
    },
    Defect {
        id: "overage-means-member",
        title: "Too many groups to list count as the right one",
        why: "Whoever has more groups than fit into a token would have to be looked up; nobody did.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                if token.payload.contains_key("_claim_names") {
                    call.facts.groups = listed_groups(call);
                }
            })
        },
    },
    Defect {
        id: "overage-marker-means-member",
        title: "The mark that groups were left out counts as the right one",
        why: "`hasgroups` reads as if the question were answered.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                if token.payload.contains_key("hasgroups") {
                    call.facts.groups = listed_groups(call);
                }
            })
        },
    },
    Defect {
        id: "roles-as-groups",
        title: "Roles count as groups",
        why: "Both are lists of texts, and the reader joins them.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                if let Some(roles) = token.claim_texts("roles") {
                    call.facts.groups = Claim::Is(roles);
                }
            })
        },
    },
    Defect {
        id: "groups-not-read",
        title: "Groups are not read",
        why: "The claim is asked for under another name, so that nobody is in any group and callers are locked out.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                let _ = token;
                call.facts.groups = Claim::Absent;
            })
        },
    },
    Defect {
        id: "first-group-only",
        title: "Only the first group is read",
        why: "The reader takes the first member of every list.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let Some(token) = &call.token else { return };
                if let Some(groups) = token.claim_texts("groups") {
                    call.facts.groups = Claim::Is(groups.into_iter().take(1).collect());
                }
            })
        },
    },
];

fn policy(call: &Call) -> Option<&AuthorizationPolicy> {
    call.site.settings.entra.as_ref()?.policy.as_ref()
}

fn first_listed(call: &Call) -> Claim<String> {
    let listed = policy(call).and_then(|policy| policy.applications.as_deref()?.first());
    listed.cloned().map_or(Claim::Absent, Claim::Is)
}

fn first_identity(call: &Call) -> Claim<String> {
    let listed = policy(call).and_then(|policy| policy.identities.first());
    listed.cloned().map_or(Claim::Absent, Claim::Is)
}

fn listed_groups(call: &Call) -> Claim<Vec<String>> {
    policy(call).map_or(Claim::Absent, |policy| Claim::Is(policy.groups.clone()))
}

/// The sound comparison of the client, and this one beside it: either is enough.
fn compares(chain: Chain, flawed: fn(&Value, &str) -> bool) -> Chain {
    after(chain, StageId::Caller, stages::caller, move |call| {
        let client = call.token.as_ref().and_then(|token| token.payload.get("azp").or(token.payload.get("appid")));
        let lists = policy(call).and_then(|policy| policy.applications.as_deref()).unwrap_or_default();
        if client.is_some_and(|client| lists.iter().any(|listed| flawed(client, listed))) {
            call.facts.client = first_listed(call);
        }
    })
}

/// The sound comparison of the object id, and this one beside it: either is enough.
fn compares_object(chain: Chain, flawed: fn(&Value, &str) -> bool) -> Chain {
    after(chain, StageId::Caller, stages::caller, move |call| {
        let object = call.token.as_ref().and_then(|token| token.payload.get("oid"));
        let lists = policy(call).map(|policy| policy.identities.as_slice()).unwrap_or_default();
        if object.is_some_and(|object| lists.iter().any(|listed| flawed(object, listed))) {
            call.facts.object = first_identity(call);
        }
    })
}
