//! Flaws in what tells whether a token is meant for this app, now.

use authsettings::{Claim, Fact};
use function_app::{StageId, stages};

use crate::{Defect, lie};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "audience-not-checked",
        title: "The audience is not compared",
        why: "Every token of the tenant opens the app, also one that was made for another API and leaked there.",
        apply: |chain| {
            chain.replace(
                StageId::Audience,
                lie(|call| {
                    let accepted = call.site.settings.audiences().take(1).map(str::to_owned).collect();
                    call.facts.audience = Claim::Is(accepted);
                }),
            )
        },
    },
    Defect {
        id: "issuer-not-checked",
        title: "The issuer is not compared",
        why: "Entra's tenants share their signing keys, so that only the issuer tells one tenant's tokens from another's.",
        apply: |chain| {
            let own_issuer = lie(|call| {
                let settings = &call.site.settings;
                if let (Some(authority), Some(tenant)) = (settings.authority(), settings.tenant()) {
                    call.facts.issuer = Claim::Is(authority.issuer(&tenant, authority.version));
                }
            });
            let own_tenant = lie(|call| {
                let _ = stages::caller(call);
                call.facts.tenant = call.site.settings.tenant().map_or(Claim::Absent, Claim::Is);
            });
            chain.replace(StageId::Issuer, own_issuer).replace(StageId::Caller, own_tenant)
        },
    },
    Defect {
        id: "expiry-not-checked",
        title: "The end of a token's time is not compared",
        why: "A token that leaked once opens the app for good.",
        apply: |chain| chain.replace(StageId::Expiry, lie(|call| call.facts.expired = Fact::No)),
    },
    Defect {
        id: "not-before-not-checked",
        title: "The start of a token's time is not compared",
        why: "A library that only knows `exp` is thought to know the whole lifetime.",
        apply: |chain| chain.replace(StageId::NotBefore, lie(|call| call.facts.premature = Fact::No)),
    },
];
