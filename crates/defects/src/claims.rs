//! Flaws in what tells whether a token is meant for this app, now, and who may bear it.

use authsettings::{Claim, Fact};
use function_app::{StageId, stages};

use crate::Defect;
use crate::plant::{after, instead};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "audience-not-checked",
        title: "The audience is not compared",
        why: "Every token of the tenant opens the app, also one that was made for another API and leaked there.",
        apply: |chain| {
            instead(chain, StageId::Audience, |call| {
                let accepted = call.site.settings.audiences().take(1).map(str::to_owned).collect();
                call.facts.audience = Claim::Is(accepted);
            })
        },
    },
    Defect {
        id: "issuer-not-checked",
        title: "The issuer is not compared",
        why: "Entra's tenants share their signing keys, so that only the issuer tells one tenant's tokens from another's.",
        apply: |chain| {
            let chain = instead(chain, StageId::Issuer, |call| {
                let settings = &call.site.settings;
                if let (Some(authority), Some(tenant)) = (settings.authority(), settings.tenant()) {
                    call.facts.issuer = Claim::Is(authority.issuer(&tenant, authority.version));
                }
            });
            after(chain, StageId::Caller, stages::caller, |call| {
                call.facts.tenant = call.site.settings.tenant().map_or(Claim::Absent, Claim::Is);
            })
        },
    },
    Defect {
        id: "expiry-not-checked",
        title: "The end of a token's time is not compared",
        why: "A token that leaked once opens the app for good.",
        apply: |chain| instead(chain, StageId::Expiry, |call| call.facts.expired = Fact::No),
    },
    Defect {
        id: "not-before-not-checked",
        title: "The start of a token's time is not compared",
        why: "A library that only knows `exp` is thought to know the whole lifetime.",
        apply: |chain| instead(chain, StageId::NotBefore, |call| call.facts.premature = Fact::No),
    },
    Defect {
        id: "allow-list-ignored",
        title: "The list of allowed applications is not looked at",
        why: "Every application of the tenant that can get a token for the API may call it.",
        apply: |chain| {
            after(chain, StageId::Caller, stages::caller, |call| {
                let policy = call.site.settings.entra.as_ref().and_then(|entra| entra.policy.as_ref());
                let listed = policy.and_then(|policy| policy.applications.as_deref()?.first());
                if let Some(listed) = listed {
                    call.facts.client = Claim::Is(listed.clone());
                }
            })
        },
    },
];
