//! Tenants that come and go.

use rstest::rstest;
use serde_json::{Value, json};
use token::Token;

use crate::{BATCH, BATCH_SECRET, CONTOSO, FABRIKAM, NOW, ORDERS, start, start_as_entra};

#[tokio::test]
async fn a_tenant_that_is_added_is_a_tenant_like_any_other() {
    let mock = start_as_entra().await;
    let own = mock.tenant().await;
    assert_eq!(mock.kids(&own).await, mock.kids(CONTOSO).await, "it begins with the same keys");
    let issuer = format!("https://login.microsoftonline.com/{own}/v2.0");
    for segment in [own.clone(), own.to_uppercase()] {
        let discovery = mock.get(&format!("/{segment}/v2.0/.well-known/openid-configuration")).await.body;
        assert_eq!(discovery["issuer"], issuer);
        assert_eq!(discovery["jwks_uri"], mock.url(&format!("/{own}/discovery/v2.0/keys")));
    }
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", BATCH),
        ("client_secret", BATCH_SECRET),
        ("scope", "api://orders/.default"),
    ];
    let granted = mock.post(&format!("/{own}/oauth2/v2.0/token"), &form).await;
    let minted = mock.control("mint", json!({"caller": "apim", "audience": "orders", "tenant": own})).await;
    for token in [granted.token(), minted.body["token"].as_str().unwrap()] {
        let claims = mock.verify(&own, token).await.unwrap();
        assert_eq!((&claims["iss"], &claims["tid"], &claims["aud"]), (&json!(issuer), &json!(own), &json!(ORDERS)));
    }
    let listed = mock.get("/_greenlight/directory").await.body["tenants"].clone();
    assert_eq!((&listed[2]["id"], &listed[2]["name"], &listed[2]["domain"]), (&json!(own), &json!(own), &Value::Null));
    assert_eq!(listed[2]["identities"], listed[0]["identities"]);
}

#[tokio::test]
async fn a_managed_identity_of_an_added_tenant_gets_its_tokens_there() {
    let mock = start().await;
    let own = mock.tenant().await;
    let (_, identity) = mock.mock.issuer().directory().identities("apim").next().unwrap();
    let identity = mock_entra::Identity { tenant: own.clone(), ..identity.clone() };
    let issued = mock.mock.issuer().managed_identity_token(&identity, "api://orders", NOW).await.unwrap();
    assert_eq!(mock.verify(&own, issued.token.expose()).await.unwrap()["tid"], json!(own));
}

#[tokio::test]
async fn what_happens_to_an_added_tenant_disturbs_nobody() {
    let mock = start().await;
    let (own, other) = (mock.tenant().await, mock.tenant().await);
    let before = mock.kids(CONTOSO).await;
    mock.control("rotate", json!({"tenant": own})).await;
    mock.control("retire", json!({"tenant": own})).await;
    for tenant in [CONTOSO, FABRIKAM, &other] {
        assert_eq!(mock.kids(tenant).await, before, "{tenant}");
    }
    // A recipe that names no tenant still means the directory's.
    let minted = mock.control("mint", json!({"caller": "apim", "audience": "orders"})).await.body;
    let (draft, _) = Token::new(minted["token"].as_str().unwrap()).open().unwrap();
    assert_eq!(draft.payload_json().unwrap()["tid"], CONTOSO);
}

#[tokio::test]
async fn a_tenant_like_one_with_new_keys_begins_anew() {
    let mock = start().await;
    let before = mock.kids(CONTOSO).await;
    mock.control("rotate", json!({"tenant": CONTOSO})).await;
    assert_eq!(mock.kids(&mock.tenant().await).await, before);
}

#[tokio::test]
async fn a_removed_tenant_is_gone() {
    let mock = start().await;
    let own = mock.tenant().await;
    let copy = mock.control("tenants", json!({"like": own})).await.body["id"].as_str().unwrap().to_owned();
    for group in [&own, &copy] {
        let rule = json!([{"path": format!("/{group}/oauth2/token"), "fault": {"kind": "status", "status": 500}}]);
        mock.control(&format!("faults/{group}"), rule).await;
    }
    assert_eq!(mock.delete(&format!("tenants/{}", own.to_uppercase())).await.status, 200);
    let discovery = mock.get(&format!("/{own}/v2.0/.well-known/openid-configuration")).await;
    assert_eq!((discovery.status, &discovery.body["error"]), (400, &json!("invalid_tenant")));
    assert_eq!(mock.kids(&copy).await.len(), 2, "a copy lives on its own");
    let faults = async |group| mock.get(&format!("/_greenlight/faults/{group}")).await.body.as_array().unwrap().len();
    assert_eq!((faults(&own).await, faults(&copy).await), (0, 1), "its trouble is gone with it");
    assert_eq!(mock.get("/_greenlight/status").await.body["tenants"].as_array().unwrap().len(), 3);
}

#[rstest]
#[case::directory("contoso", "is one of the directory's")]
#[case::unknown("3f1c8a52-0000-4000-8000-000000000000", "was added")]
#[tokio::test]
async fn what_was_not_added_is_not_removed(#[case] tenant: &str, #[case] reason: &str) {
    let mock = start().await;
    let refused = mock.delete(&format!("tenants/{tenant}")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.body["error"].as_str().unwrap().contains(reason), "{}", refused.body);
    let unlike = mock.control("tenants", json!({"like": "nobody"})).await;
    assert!(unlike.body["error"].as_str().unwrap().contains("there is contoso, fabrikam"), "{}", unlike.body);
}

/// Many cases at once have a tenant each; none may take the time of a key.
#[tokio::test]
async fn tenants_cost_no_keys() {
    let mock = start().await;
    let first = mock.kids(CONTOSO).await;
    for _ in 0..100 {
        assert_eq!(mock.kids(&mock.tenant().await).await, first);
    }
    assert_eq!(mock.kids("common").await, first);
}
