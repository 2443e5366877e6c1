//! The control API under `/_greenlight/`, for tests in any language: JSON in, JSON out.
//!
//! `GET status` · `GET directory` · `POST rotate` `{tenant?}` · `POST retire` `{tenant, kid}` · `GET`, `PUT`, `DELETE faults` ·
//! `GET journal?since=N`, `DELETE journal` · `POST mint` (a recipe) · `POST sign` `{tenant, kid?, algorithm, input}`.

mod access;
mod facts;
mod mint;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serve::{Request, Response, Rule};
use token::{Algorithm, Recipe};

use crate::answer::answer;
use crate::directory::Tenant;
use crate::form::Form;
use crate::issuer::Issuer;

/// What went wrong, for the one who asked.
type Failure = (StatusCode, String);

pub(crate) async fn respond(issuer: &Issuer, action: &str, request: &Request) -> Response {
    let result = match access::admit(request, issuer.control_token.as_ref()) {
        Ok(()) => act(issuer, action, request).await,
        Err(refusal) => Err(refusal),
    };
    match result {
        Ok(body) => answer(StatusCode::OK, body.to_string()),
        Err((status, message)) => answer(status, json!({"error": message}).to_string()),
    }
}

async fn act(issuer: &Issuer, action: &str, request: &Request) -> Result<Value, Failure> {
    match (request.method.as_str(), action) {
        ("GET", "status") => Ok(facts::status(issuer).await),
        ("GET", "directory") => Ok(facts::directory(issuer)),
        ("POST", "rotate") => rotate(issuer, request).await,
        ("POST", "retire") => retire(issuer, request).await,
        ("GET", "faults") => Ok(json!(issuer.faults.list())),
        ("PUT" | "POST", "faults") => {
            issuer.faults.set(read::<Vec<Rule>>(request)?).map_err(|error| wrong(&error))?;
            Ok(json!(issuer.faults.list()))
        }
        ("DELETE", "faults") => {
            issuer.faults.clear();
            Ok(json!([]))
        }
        ("GET", "journal") => journal(issuer, request),
        ("DELETE", "journal") => {
            issuer.journal.clear();
            Ok(json!([]))
        }
        ("POST", "mint") => {
            let token =
                mint::mint(issuer, &read::<Recipe>(request)?, request.at).await.map_err(|error| wrong(&error))?;
            Ok(json!({"token": token.expose()}))
        }
        ("POST", "sign") => sign(issuer, request).await,
        (method, _) => Err((
            StatusCode::NOT_FOUND,
            format!(
                "nothing answers {method} here; there is GET status, directory, faults, journal; POST rotate, retire, mint, sign; PUT \
                 faults; DELETE faults, journal"
            ),
        )),
    }
}

async fn rotate(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields)]
    struct Rotate {
        tenant: Option<String>,
    }
    let rotate = if request.body.is_empty() { Rotate::default() } else { read::<Rotate>(request)? };
    let tenants = match &rotate.tenant {
        Some(name) => vec![position(issuer, name)?],
        None => (0..issuer.directory().tenants().len()).collect(),
    };
    let kid = issuer.keys().rotate(&tenants, request.at).await.map_err(|error| broken(&error))?;
    Ok(json!({"kid": kid}))
}

async fn retire(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Retire {
        tenant: String,
        kid: String,
    }
    let retire: Retire = read(request)?;
    let position = position(issuer, &retire.tenant)?;
    let ring = issuer.keys().ring(position).await.map_err(|error| broken(&error))?;
    issuer.keys().retire(position, &ring, &retire.kid).map_err(|error| wrong(&error))?;
    let ring = issuer.keys().ring(position).await.map_err(|error| broken(&error))?;
    Ok(json!({"kids": ring.kids(), "signing": ring.signing().kid()}))
}

fn journal(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    let form = Form::parse(request.query().unwrap_or_default().as_bytes());
    let since = match form.as_ref().and_then(|form| form.get("since")) {
        None => 0,
        Some(text) => text.parse().map_err(|_| wrong(&"`since` is a sequence number of the journal"))?,
    };
    Ok(json!(issuer.journal.since(since)))
}

/// Signs any bytes with a published key: how a runner in another process completes what it has forged.
async fn sign(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sign {
        tenant: String,
        kid: Option<String>,
        algorithm: Option<String>,
        input: String,
    }
    let sign: Sign = read(request)?;
    let algorithm =
        sign.algorithm.as_deref().map_or(Ok(Algorithm::Rs256), str::parse).map_err(|error| wrong(&error))?;
    let input = BASE64_URL_SAFE_NO_PAD.decode(&sign.input);
    let input = input.map_err(|error| wrong(&format!("`input` is not base64url without padding: {error}")))?;
    let ring = issuer.keys().ring(position(issuer, &sign.tenant)?).await.map_err(|error| broken(&error))?;
    let key = match &sign.kid {
        None => ring.signing(),
        Some(kid) => ring.find(kid).ok_or_else(|| wrong(&format!("no published key has the id {kid}")))?,
    };
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(algorithm, &input));
    Ok(json!({"kid": key.kid(), "algorithm": algorithm.name(), "signature": signature}))
}

fn position(issuer: &Issuer, name: &str) -> Result<usize, Failure> {
    issuer.directory().position(name).ok_or_else(|| {
        let known: Vec<_> = issuer.directory().tenants().iter().map(|tenant: &Tenant| tenant.name.as_str()).collect();
        wrong(&format!("there is no tenant `{name}`; there is {}", known.join(", ")))
    })
}

fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Failure> {
    serde_json::from_slice(&request.body)
        .map_err(|error| wrong(&format!("the body is not what is needed here: {error}")))
}

fn wrong(error: &dyn std::fmt::Display) -> Failure {
    (StatusCode::BAD_REQUEST, error.to_string())
}

fn broken(error: &dyn std::fmt::Display) -> Failure {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
