//! Signing keys: made after start, kept, rotated, retired.

use mock_entra::{Config, MockEntra, StartError};
use rstest::rstest;
use serde_json::{Value, json};
use serve::StateFolder;

use crate::{CONTOSO, FABRIKAM, Mock, start, start_with};

async fn mint(mock: &Mock, tenant: &str) -> String {
    let recipe = json!({"caller": "apim", "audience": "orders", "tenant": tenant});
    mock.control("mint", recipe).await.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn fresh_keys_differ_from_run_to_run_and_discovery_does_not_wait_for_them() {
    let fresh = || start_with(|config| (config.state, config.keys) = (None, 3));
    let (one, two) = (fresh().await, fresh().await);
    assert_eq!(one.get("/common/v2.0/.well-known/openid-configuration").await.status, 200);
    let (first, second) = (one.kids(CONTOSO).await, two.kids(CONTOSO).await);
    assert_eq!((first.len(), second.len()), (3, 3));
    assert!(first.iter().all(|kid| !second.contains(kid)));
    assert_eq!(first, one.kids(FABRIKAM).await, "tenants begin with the same keys");
    one.mock.ready().await.unwrap();
}

#[tokio::test]
async fn kept_keys_survive_a_restart_and_belong_to_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |config: &mut Config| config.state = Some(StateFolder::open(folder.path().join("keys")).unwrap());
    let first = start_with(keep).await.kids(CONTOSO).await;
    assert_eq!(start_with(keep).await.kids(CONTOSO).await, first);
    #[cfg(unix)]
    for entry in std::fs::read_dir(folder.path().join("keys")).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
    }
    let mixed = folder.path().join("keys/signing-2.cer");
    std::fs::copy(folder.path().join("keys/signing-1.cer"), mixed).unwrap();
    let mut config = config();
    keep(&mut config);
    let refused = MockEntra::start(config, crate::directory(crate::DIRECTORY), serve::system_clock()).await;
    let Err(StartError::Keys(error)) = refused else { panic!("key and certificate do not belong together") };
    assert!(error.to_string().contains("not the one of this key"), "{error}");
}

#[tokio::test]
async fn rotated_and_retired_keys_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let keep = |config: &mut Config| {
        config.state = Some(StateFolder::open(folder.path()).unwrap());
        config.keys = 1;
    };
    let mock = start_with(keep).await;
    let first = mock.kids(FABRIKAM).await;
    mock.control("rotate", json!({"tenant": "contoso"})).await;
    mock.control("rotate", json!({"tenant": mock.tenant().await})).await;
    mock.control("retire", json!({"tenant": "contoso"})).await;
    let rotated = mock.kids(CONTOSO).await;
    assert!(rotated.len() == 1 && rotated != first);

    let again = start_with(keep).await;
    assert_eq!((again.kids(CONTOSO).await, again.kids(FABRIKAM).await), (rotated.clone(), first));
    again.verify(CONTOSO, &mint(&again, "contoso").await).await.unwrap();
    let next = again.control("rotate", json!({"tenant": "fabrikam"})).await.body["kid"].clone();
    assert_eq!(next, json!(rotated[0]), "the sequence goes on where it was");
    let second = again.control("rotate", json!({"tenant": "contoso"})).await.body["kid"].clone();
    assert_ne!(second, next);
}

/// Anybody's file, and one of keys that are gone: the mock starts as if there was none.
#[rstest]
#[case::garbage("not JSON".to_owned())]
#[case::keys_are_gone(json!({CONTOSO: {"published": ["x"], "signing": "x", "rotations": 1}}).to_string())]
#[case::none_is_published(json!({CONTOSO: {"published": [], "signing": "x", "rotations": 1}}).to_string())]
#[tokio::test]
async fn what_is_kept_of_key_sets_may_be_useless(#[case] kept: String) {
    let folder = tempfile::tempdir().unwrap();
    let state = StateFolder::open(folder.path()).unwrap();
    for name in ["signing-1.key", "signing-1.cer"] {
        state.write(name, &std::fs::read(crate::STATE.path().join(name)).unwrap()).unwrap();
    }
    state.write("rings.json", kept.as_bytes()).unwrap();
    let mock = start_with(|config| (config.state, config.keys) = (Some(state), 1)).await;
    assert_eq!(mock.kids(CONTOSO).await, mock.kids(FABRIKAM).await);
}

fn config() -> Config {
    let authority = serve::Authority::generate(serve::system_clock()()).unwrap();
    Config::new(([127, 0, 0, 1], 0).into(), MockEntra::tls(&authority, &[]).unwrap())
}

#[tokio::test]
async fn rotation_signs_with_a_new_key_and_leaves_old_tokens_and_other_tenants_alone() {
    let mock = start().await;
    let (before, elsewhere) = (mock.kids(CONTOSO).await, mock.kids(FABRIKAM).await);
    let old = mint(&mock, "contoso").await;
    let rotated = mock.control("rotate", json!({"tenant": "contoso"})).await.body["kid"].clone();
    let new = mint(&mock, "contoso").await;
    assert_eq!(token::Token::new(&*new).open().unwrap().0.kid().map(Value::from), Some(rotated));
    assert_eq!(mock.kids(CONTOSO).await.len(), before.len() + 1);
    mock.verify(CONTOSO, &old).await.unwrap();
    mock.verify(CONTOSO, &new).await.unwrap();
    assert_eq!(mock.kids(FABRIKAM).await, elsewhere);
    assert_eq!(mock.kids("common").await.len(), before.len() + 1, "shared metadata has the keys of all");
}

#[tokio::test]
async fn rotation_of_all_tenants_is_one_key() {
    let mock = start().await;
    let rotated = mock.send(mock.client.post(mock.url("/_greenlight/rotate"))).await.body["kid"].clone();
    for tenant in [CONTOSO, FABRIKAM] {
        assert_eq!(mock.kids(tenant).await.last().cloned().map(Value::from), Some(rotated.clone()));
    }
}

#[tokio::test]
async fn a_retired_key_is_not_published_and_the_last_one_stays() {
    let mock = start().await;
    let token = mint(&mock, "contoso").await;
    let before = mock.kids(CONTOSO).await;
    let retired = mock.control("retire", json!({"tenant": "contoso", "kid": before[0]})).await;
    assert_eq!(retired.body, json!({"kids": [before[1]], "signing": before[1]}));
    assert_eq!(mock.kids(CONTOSO).await, [before[1].clone()]);
    assert!(mock.verify(CONTOSO, &token).await.is_err());
    mock.verify(CONTOSO, &mint(&mock, "contoso").await).await.unwrap();
    assert_eq!(mock.kids(FABRIKAM).await, before);

    let last = mock.control("retire", json!({"tenant": "contoso", "kid": before[1]})).await;
    assert_eq!((last.status, last.body["error"].as_str().unwrap().ends_with("rotate first")), (400, true));
    let unknown = mock.control("retire", json!({"tenant": "contoso", "kid": before[0]})).await;
    assert_eq!(unknown.status, 400);
}

#[tokio::test]
async fn without_a_name_the_oldest_key_is_retired() {
    let mock = start().await;
    let rotated = mock.control("rotate", json!({"tenant": "contoso"})).await.body["kid"].clone();
    let before = mock.kids(CONTOSO).await;
    for left in [&before[1..], &before[2..]] {
        let retired = mock.control("retire", json!({"tenant": "contoso"})).await.body;
        assert_eq!(retired, json!({"kids": left, "signing": rotated}));
    }
    let last = mock.control("retire", json!({"tenant": "contoso"})).await;
    assert_eq!((last.status, last.body["error"].as_str().unwrap().ends_with("rotate first")), (400, true));
}

#[tokio::test]
async fn the_same_rotation_of_any_tenant_takes_the_same_key() {
    let mock = start().await;
    assert_eq!(mock.control("rotate", json!({"prepare": 2})).await.body, json!({"prepare": 2}));
    let own = mock.tenant().await;
    assert_eq!(mock.kids(CONTOSO).await.len(), 2, "to prepare is not to rotate");
    let rotate = async |tenant: &str| mock.control("rotate", json!({"tenant": tenant})).await.body["kid"].clone();
    let first = [rotate(CONTOSO).await, rotate(CONTOSO).await];
    assert_ne!(first[0], first[1]);
    assert_eq!([rotate(&own).await, rotate(&own).await], first);
    assert_eq!(mock.kids(&own).await, mock.kids(CONTOSO).await);

    let all = mock.control("rotate", json!({})).await.body["kid"].clone();
    assert!(!first.contains(&all), "all rotate to a key that none has had");
    assert_eq!(json!(mock.kids(FABRIKAM).await.last()), all);
    assert_eq!(json!(mock.kids(&own).await.last()), all);
}

#[tokio::test]
async fn rotations_at_once_are_as_many_keys() {
    let mock = start().await;
    let rotate = || mock.control("rotate", json!({"tenant": "contoso"}));
    tokio::join!(rotate(), rotate(), rotate());
    let kids = mock.kids(CONTOSO).await;
    assert_eq!(kids.len(), 5);
    assert!((1..5).all(|at| !kids[at..].contains(&kids[at - 1])), "{kids:?}");
}

#[rstest]
#[case::too_many(json!({"prepare": 65}))]
#[case::and_more(json!({"prepare": 1, "tenant": "contoso"}))]
#[case::nowhere(json!({"tenant": "nowhere"}))]
#[tokio::test]
async fn a_rotation_that_cannot_be_is_refused(#[case] body: Value) {
    assert_eq!(start().await.control("rotate", body).await.status, 400);
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    let mut config = config();
    config.plain = Some(([0, 0, 0, 0], 0).into());
    let refused = MockEntra::start(config, crate::directory(crate::DIRECTORY), serve::system_clock()).await;
    assert!(matches!(refused, Err(StartError::PlainExposed(_))));
}
