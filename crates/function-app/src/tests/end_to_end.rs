//! The app over TLS, with an authority over TLS that bears Entra's names.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use serve::{Authority, Request, Response, Server, ServerConfig, respond};
use wire::{Client, Trust};

use super::lab::{NOW, TENANT, key, settings, token};
use crate::{AppConfig, FunctionApp};

async fn entra(request: Request) -> Response {
    let document = match request.path() {
        path if path == format!("/{TENANT}/v2.0/.well-known/openid-configuration") => json!({
            "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            "jwks_uri": format!("https://login.microsoftonline.com/{TENANT}/discovery/v2.0/keys"),
        }),
        path if path == format!("/{TENANT}/discovery/v2.0/keys") => json!({ "keys": [key().jwk()] }),
        _ => return respond(StatusCode::BAD_REQUEST, "text/plain", Bytes::new()),
    };
    respond(StatusCode::OK, "application/json", document.to_string())
}

#[tokio::test]
async fn an_app_finds_its_authority_and_protects_its_function() {
    let ca = Authority::generate((serve::system_clock())()).unwrap();
    let tls = ca.tls(&["login.microsoftonline.com".to_owned(), "localhost".to_owned()]).unwrap();
    let listen =
        ServerConfig { tls: Some(tls.clone()), ..ServerConfig::new("authority", "127.0.0.1:0".parse().unwrap()) };
    let authority = Server::start(listen, Arc::new(entra)).await.unwrap();
    let addresses = [("login.microsoftonline.com".to_owned(), authority.address())];
    let client = |addresses: &[_]| {
        Client::new(&Trust::Only(vec![ca.pem().to_owned()]), addresses, Duration::from_secs(5)).unwrap()
    };

    let mut config = AppConfig::new(settings(), Arc::new(client(&addresses)));
    config.server.tls = Some(tls);
    config.server.clock = Arc::new(|| NOW);
    let app = FunctionApp::start(config).await.unwrap();
    let url = format!("{}/api/orders", app.url());

    let refused = client(&[]).get(&url, &[]).await.unwrap();
    assert_eq!((refused.status, refused.body.len()), (401, 0));
    let bearer = format!("Bearer {}", token(&[]));
    let accepted = client(&[]).get(&url, &[("authorization", &bearer)]).await.unwrap();
    assert_eq!(
        (accepted.status, accepted.headers["x-function"].to_str().unwrap()),
        (200, "orders"),
        "{:?}",
        app.decisions()
    );
    assert_eq!(app.decisions().len(), 2);
    authority.stop().await;
    app.stop().await;
    assert!(client(&[]).get(&url, &[]).await.is_err());
}
