//! Discovery, instance discovery and key sets.

use insta::assert_snapshot;
use rstest::rstest;
use serde_json::{Value, json};

use crate::{CONTOSO, Mock, start, start_as_entra, start_with};

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

#[rstest]
#[case::v2_of_a_tenant("v2_tenant", CONTOSO, "/v2.0")]
#[case::v1_of_a_tenant("v1_tenant", CONTOSO, "")]
#[case::v2_of_all("v2_common", "common", "/v2.0")]
#[case::v1_of_all("v1_organizations", "organizations", "")]
#[tokio::test]
async fn discovery_is_shaped_like_entras(#[case] name: &str, #[case] segment: &str, #[case] version: &str) {
    let mock = start_as_entra().await;
    let answer = mock.get(&format!("/{segment}{version}/.well-known/openid-configuration")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "max-age=86400, private");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    insta::with_settings!({ snapshot_suffix => name, filters => vec![(r"localhost:\d+", "localhost:PORT")] }, {
        assert_snapshot!(pretty(&answer.body));
    });
}

#[tokio::test]
async fn a_tenant_is_found_by_its_domain_and_answers_with_its_id() {
    let mock = start().await;
    let by_domain = mock.get("/Contoso.Example/v2.0/.well-known/openid-configuration").await.body;
    let by_id = mock.get(&format!("/{CONTOSO}/v2.0/.well-known/openid-configuration")).await.body;
    assert_eq!(by_domain, by_id);
    assert_eq!(by_id["issuer"], mock.url(&format!("/{CONTOSO}/v2.0")));
}

#[tokio::test]
async fn a_client_is_told_endpoints_that_it_can_reach_the_way_it_came() {
    let mock = start_with(|config| config.plain = Some(([127, 0, 0, 1], 0).into())).await;
    let path = format!("/{CONTOSO}/v2.0/.well-known/openid-configuration");
    let plain = mock.mock.plain_url().unwrap();
    let over_http = mock.send(mock.client.get(format!("{plain}{path}"))).await.body;
    assert_eq!(over_http["jwks_uri"], format!("{plain}/{CONTOSO}/discovery/v2.0/keys"));
    assert_eq!(over_http["issuer"], mock.url(&format!("/{CONTOSO}/v2.0")), "the issuer's name is one");

    let port = mock.mock.address().port();
    let as_microsoft = format!("https://login.microsoftonline.com:{port}");
    let mapped = mock.send(mock.client.get(format!("{as_microsoft}{path}"))).await.body;
    assert_eq!(mapped["token_endpoint"], format!("{as_microsoft}/{CONTOSO}/oauth2/v2.0/token"));
}

#[tokio::test]
async fn a_strange_host_header_does_not_get_into_a_document() {
    let mock = start().await;
    let request = mock.client.get(mock.url("/common/v2.0/.well-known/openid-configuration"));
    let answer = mock.send(request.header("host", "evil.example/\"><")).await;
    assert_eq!(answer.body["jwks_uri"], mock.url("/common/discovery/v2.0/keys"));
}

#[rstest]
#[case::v2_discovery("/nowhere/v2.0/.well-known/openid-configuration")]
#[case::keys("/nowhere.example/discovery/keys")]
#[case::by_short_name("/contoso/v2.0/.well-known/openid-configuration")]
#[tokio::test]
async fn an_unknown_tenant_is_said_to_be_so(#[case] path: &str) {
    let answer = start().await.get(path).await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &"invalid_tenant".into()));
    assert!(answer.body["error_description"].as_str().unwrap().starts_with("AADSTS90002: Tenant '"));
}

async fn keys(mock: &Mock, path: &str) -> Vec<Value> {
    mock.get(path).await.body["keys"].as_array().unwrap().clone()
}

#[tokio::test]
async fn key_sets_have_the_members_of_entras_and_only_those() {
    let mock = start_as_entra().await;
    let (v1, v2) = (keys(&mock, "/common/discovery/keys").await, keys(&mock, "/common/discovery/v2.0/keys").await);
    assert_eq!((v1.len(), v2.len()), (2, 2));
    for (v1, v2) in v1.iter().zip(&v2) {
        let names: Vec<_> = v1.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["kty", "use", "kid", "x5t", "n", "e", "x5c"]);
        assert_eq!(v2["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
        assert_eq!((&v1["kid"], v1["kid"].as_str().unwrap().len()), (&v1["x5t"], 27));
    }
    let own = keys(&mock, &format!("/{CONTOSO}/discovery/v2.0/keys")).await;
    assert_eq!(own[0]["issuer"], format!("https://login.microsoftonline.com/{CONTOSO}/v2.0"));
}

/// The mock's worst possible mistake: whoever reads a published private key can forge whatever its clients trust.
#[tokio::test]
async fn no_endpoint_publishes_a_private_key_member() {
    let mock = start().await;
    let added = mock.tenant().await;
    for tenant in ["contoso", &added] {
        mock.control("rotate", json!({"tenant": tenant})).await;
    }
    for path in [
        &format!("/{added}/discovery/keys"),
        &format!("/{added}/discovery/v2.0/keys"),
        "/common/discovery/keys",
        "/common/discovery/v2.0/keys",
        "/contoso.example/discovery/keys",
        "/contoso.example/discovery/v2.0/keys",
        "/common/v2.0/.well-known/openid-configuration",
        "/contoso.example/.well-known/openid-configuration",
        "/_greenlight/status",
        "/_greenlight/directory",
        "/_greenlight/journal",
        "/_greenlight/faults",
    ] {
        let answer = mock.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let mut names = Vec::new();
        collect_names(&answer.body, &mut names);
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "secrets", "value"] {
            assert!(!names.iter().any(|name| name == private), "{path} publishes `{private}`");
        }
        let text = answer.body.to_string();
        assert!(!text.contains("PRIVATE") && !text.contains("batch-secret"), "{path}");
    }
}

fn collect_names(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.keys().cloned());
            members.values().for_each(|member| collect_names(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_names(item, names)),
        _ => {}
    }
}

#[tokio::test]
async fn instance_discovery_knows_the_mock_and_microsofts_hosts() {
    let mock = start().await;
    let own = mock.url("").replace("https://", "");
    let ask = |host: &str| {
        let endpoint = format!("https://{host}/{CONTOSO}/oauth2/v2.0/authorize");
        mock.client
            .get(mock.url("/common/discovery/instance"))
            .query(&[("api-version", "1.1"), ("authorization_endpoint", endpoint.as_str())])
    };
    for host in [own.as_str(), "login.microsoftonline.com", "sts.windows.net"] {
        let answer = mock.send(ask(host)).await;
        let document = mock.url(&format!("/{CONTOSO}/v2.0/.well-known/openid-configuration"));
        assert_eq!(answer.body["tenant_discovery_endpoint"], document);
        assert_eq!(answer.body["metadata"][1]["aliases"], serde_json::json!([own]));
    }
    let refused = mock.send(ask("login.example.net")).await;
    assert_eq!((refused.status, &refused.body["error_codes"][0]), (400, &50_049.into()));
}

#[tokio::test]
async fn what_is_not_there_says_what_is() {
    let answer = start().await.get(&format!("/{CONTOSO}/oauth2/v2.0/authorize")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body["error_description"].as_str().unwrap().contains("/{tenant}/oauth2/v2.0/token"));
}
