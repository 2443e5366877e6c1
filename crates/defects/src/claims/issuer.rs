//! Flaws in what tells whose a token is.

use authsettings::Claim;
use function_app::{Call, Chain, StageId, stages};
use serde_json::Value;

use crate::Defect;
use crate::plant::{after, instead};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "issuer-not-checked",
        title: "The issuer is not compared",
        why: "Entra's tenants share their signing keys, so that only the issuer tells one tenant's tokens from another's.",
        apply: |chain| {
            let chain = instead(chain, StageId::Issuer, |call| call.facts.issuer = own_issuer(call));
            after(chain, StageId::Caller, stages::caller, own_tenant)
        },
    },
    Defect {
        id: "tenant-instead-of-issuer",
        title: "The tenant is compared in the issuer's place",
        why: "`tid` is the shorter of the two, and the same for both versions of tokens.",
        apply: |chain| instead(chain, StageId::Issuer, |call| call.facts.issuer = own_issuer(call)),
    },
    Defect {
        id: "tenant-not-compared",
        title: "The tenant beside the issuer is not compared",
        why: "The issuer names the tenant already, so nobody looks at `tid`, which the app keys its data on.",
        apply: |chain| after(chain, StageId::Caller, stages::caller, own_tenant),
    },
    Defect {
        id: "issuer-skipped-where-missing",
        title: "A token without an issuer passes",
        why: "The comparison stands behind a check that the claim is there.",
        apply: |chain| {
            after(chain, StageId::Issuer, stages::issuer, |call| {
                if call.token.as_ref().is_some_and(|token| !token.payload.contains_key("iss")) {
                    call.facts.issuer = own_issuer(call);
                }
            })
        },
    },
    Defect {
        id: "issuer-falsy-skipped",
        title: "An issuer that counts as false is not compared",
        why: "Null and an empty text are `not iss`, and so is what nobody set.",
        apply: |chain| compares(chain, |issuer, _| issuer.is_null() || issuer == ""),
    },
    Defect {
        id: "issuer-as-json-text",
        title: "The issuer's JSON text is searched for the right one",
        why: "The claim is turned into text, whatever it is.",
        apply: |chain| compares(chain, |issuer, own| !issuer.is_string() && issuer.to_string().contains(own)),
    },
    Defect {
        id: "issuer-of-another-type-skipped",
        title: "An issuer that is no text is not compared",
        why: "Reading the claim as a text fails, and failing is taken for having nothing to compare.",
        apply: |chain| compares(chain, |issuer, _| issuer.is_boolean()),
    },
    Defect {
        id: "issuer-by-beginning",
        title: "The issuer's beginning is compared",
        why: "`startsWith` was meant to allow for what other versions put behind it.",
        apply: |chain| compares(chain, |issuer, own| text(issuer).starts_with(own)),
    },
    Defect {
        id: "issuer-contained",
        title: "The issuer is searched for the right one",
        why: "`contains` was meant to allow for both versions.",
        apply: |chain| compares(chain, |issuer, own| text(issuer).contains(own)),
    },
    Defect {
        id: "issuer-without-case",
        title: "Issuers are compared without case",
        why: "Host names have no case, so addresses are taken to have none.",
        apply: |chain| compares(chain, |issuer, own| text(issuer).eq_ignore_ascii_case(own)),
    },
    Defect {
        id: "issuer-slash-trimmed",
        title: "Slashes and blanks behind the issuer do not count",
        why: "The two versions differ in a slash, so both are trimmed.",
        apply: |chain| {
            compares(chain, |issuer, own| {
                text(issuer).trim_end_matches(['/', ' ']) == own.trim_end_matches('/') && text(issuer) != own
            })
        },
    },
    Defect {
        id: "issuer-by-host",
        title: "Only the issuer's host is compared",
        why: "Whoever has any tenant of Entra has an issuer of that host.",
        apply: |chain| {
            compares(chain, |issuer, _| {
                text(issuer).starts_with("https://login.microsoftonline.com/")
                    || text(issuer).starts_with("https://sts.windows.net/")
            })
        },
    },
    Defect {
        id: "issuer-host-by-beginning",
        title: "The beginning of the issuer's host is compared",
        why: "The check forgets the slash behind the host.",
        apply: |chain| compares(chain, |issuer, _| text(issuer).starts_with("https://login.microsoftonline.com")),
    },
    Defect {
        id: "issuer-by-tenant-id",
        title: "An issuer that has the tenant's id in it passes",
        why: "The id is searched for anywhere in the address.",
        apply: |chain| compares(chain, |issuer, own| text(issuer).contains(tenant_of(own))),
    },
    Defect {
        id: "issuer-of-any-cloud",
        title: "The tenant's issuer in any cloud passes",
        why: "All of the vendor's login hosts are trusted, sovereign clouds and customer directories among them.",
        apply: |chain| {
            compares(chain, |issuer, own| {
                let host = text(issuer).split('/').nth(2).unwrap_or_default();
                text(issuer).contains(tenant_of(own))
                    && [".us", ".cn", ".ciamlogin.com"].iter().any(|cloud| host.ends_with(cloud))
            })
        },
    },
    Defect {
        id: "issuer-as-address",
        title: "The issuer is compared as an address",
        why: "Scheme, port, user, query and fragment are dropped by a parser of addresses before hosts and paths are compared.",
        apply: |chain| {
            compares(chain, |issuer, own| {
                let plain = |text: &str| {
                    let rest = text.split_once("://").map_or(text, |(_, rest)| rest).to_ascii_lowercase();
                    let rest = rest.split(['?', '#']).next().unwrap_or_default().replacen(":443/", "/", 1);
                    rest.split_once('@').map_or(rest.clone(), |(host, _)| {
                        format!("{host}/{}", rest.split_once('/').map_or("", |(_, path)| path))
                    })
                };
                plain(text(issuer)) == plain(own)
            })
        },
    },
    Defect {
        id: "issuer-placeholder-accepted",
        title: "The placeholder of shared metadata is taken for an issuer",
        why: "The metadata of `common` was fetched, and its issuer compared as it stands there.",
        apply: |chain| compares(chain, |issuer, _| text(issuer).contains("{tenant")),
    },
    Defect {
        id: "issuer-for-any-tenant-accepted",
        title: "`common` and its like are taken for a tenant",
        why: "The issuer of the settings was copied from a sample for every tenant.",
        apply: |chain| {
            compares(chain, |issuer, _| {
                ["/common/", "/organizations/", "/consumers/"].iter().any(|segment| text(issuer).contains(segment))
            })
        },
    },
    Defect {
        id: "issuer-in-sample-order",
        title: "An issuer in the order of the schema's sample passes",
        why: "The sample in the schema's text has version and tenant the wrong way round, and somebody made it work.",
        apply: |chain| compares(chain, |issuer, _| text(issuer).starts_with("https://login.microsoftonline.com/v2.0")),
    },
    Defect {
        id: "personal-accounts-accepted",
        title: "Tokens of personal accounts pass",
        why: "The consumers' tenant is allowed because testers had no other accounts.",
        apply: |chain| compares(chain, |issuer, _| text(issuer).contains("9188040d-6c67-4c5b-b112-36a304b66dad")),
    },
    Defect {
        id: "old-issuers-accepted",
        title: "Every v1 issuer passes",
        why: "`https://sts.windows.net/` was allowed as a whole while the version of tokens changed.",
        apply: |chain| compares(chain, |issuer, _| text(issuer).starts_with("https://sts.windows.net/")),
    },
];

fn own_issuer(call: &Call) -> Claim<String> {
    let settings = &call.site.settings;
    let own = settings.authority().zip(settings.tenant());
    own.map_or(Claim::Absent, |(authority, tenant)| Claim::Is(authority.issuer(&tenant, authority.version)))
}

fn own_tenant(call: &mut Call) {
    call.facts.tenant = call.site.settings.tenant().map_or(Claim::Absent, Claim::Is);
}

/// The sound comparison, and this one beside it: either is enough, and then `tid` is not looked at.
fn compares(chain: Chain, flawed: fn(&Value, &str) -> bool) -> Chain {
    let matches = move |call: &Call| {
        let issuer = call.token.as_ref().and_then(|token| token.payload.get("iss"));
        issuer.is_some_and(|issuer| matches!(own_issuer(call), Claim::Is(own) if flawed(issuer, &own)))
    };
    let chain = after(chain, StageId::Issuer, stages::issuer, move |call| {
        if matches(call) {
            call.facts.issuer = own_issuer(call);
        }
    });
    after(chain, StageId::Caller, stages::caller, move |call| {
        if matches(call)
            && call.token.as_ref().is_some_and(|token| token.claim_text("iss") != Some(&text_of(&own_issuer(call))))
        {
            own_tenant(call);
        }
    })
}

fn text(claim: &Value) -> &str {
    claim.as_str().unwrap_or_default()
}

fn text_of(claim: &Claim<String>) -> String {
    if let Claim::Is(text) = claim { text.clone() } else { String::new() }
}

/// The tenant's id in its issuer.
fn tenant_of(issuer: &str) -> &str {
    issuer.split('/').nth(3).unwrap_or("no tenant")
}
