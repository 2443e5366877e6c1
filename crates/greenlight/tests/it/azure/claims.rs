//! What tokens must say, claim by claim, apart from their issuer and their times.

use serde_json::{Value, json};

use super::CONTOSO;
use super::ask::{BATCH, REPORTING, REPORTING_OBJECT};

const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const APIM: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const APIM_OBJECT: &str = "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32";
const APIM_RESOURCE: &str = "/subscriptions/5e1f0c3a-7d42-4b19-8f60-a9c3d2e1b047/resourcegroups/rg-gateway/providers/Microsoft.ApiManagement/service/apim-contoso";
const BATCH_OBJECT: &str = "5f4c1099-d4e5-40b2-95d8-419e7d6ca054";

/// For the service principal, which has no role: by a secret ("1"), or by something signed ("2").
pub(crate) fn of_batch(proven_by: &str) -> Value {
    json!({
        "aud": ORDERS, "azp": BATCH, "azpacr": proven_by, "idtyp": "app", "oid": BATCH_OBJECT, "sub": BATCH_OBJECT,
        "tid": CONTOSO, "ver": "2.0",
    })
}

/// For the system-assigned identity, which is known by the resource that bears it.
pub(crate) fn of_apim() -> Value {
    json!({
        "aud": ORDERS, "azp": APIM, "azpacr": "2", "idtyp": "app", "oid": APIM_OBJECT, "roles": ["Orders.Read"],
        "sub": APIM_OBJECT, "tid": CONTOSO, "ver": "2.0", "xms_mirid": APIM_RESOURCE,
    })
}

/// The same for an API that gives v1 tokens: their audience is the resource as it was asked for.
pub(crate) fn of_apim_v1(audience: &str) -> Value {
    json!({
        "aud": audience, "appid": APIM, "appidacr": "2", "idtyp": "app", "oid": APIM_OBJECT, "roles": ["Billing.Write"],
        "sub": APIM_OBJECT, "tid": CONTOSO, "ver": "1.0", "xms_mirid": APIM_RESOURCE,
    })
}

/// For the user-assigned identity, which is a resource itself and attached to another.
pub(crate) fn of_reporting() -> Value {
    let group = "/subscriptions/5e1f0c3a-7d42-4b19-8f60-a9c3d2e1b047/resourcegroups/rg-reporting/providers";
    json!({
        "aud": ORDERS, "azp": REPORTING, "azpacr": "2", "idtyp": "app", "oid": REPORTING_OBJECT, "sub": REPORTING_OBJECT,
        "tid": CONTOSO, "ver": "2.0", "xms_az_rid": format!("{group}/Microsoft.Web/sites/func-reporting"),
        "xms_mirid": format!("{group}/Microsoft.ManagedIdentity/userAssignedIdentities/reporting"),
    })
}
