//! The control API under `/_greenlight/`, for tests in any language: JSON in, JSON out.
//!
//! A tenant is named by id, and one of the directory by name or domain too.
//!
//! - `GET status`, `GET directory`: addresses, keys, and who exists; tenants that were added stand last.
//! - `POST tenants` `{like}` -> `{id}`: adds a tenant with the applications, identities and assignments of another and the keys that
//!   all tenants begin with. `DELETE tenants/ID` removes it, and the group of faults that bears its id.
//! - `POST rotate` `{tenant}` -> `{kid}`: publishes one more key and signs with it. The n-th rotation of any tenant takes the n-th of
//!   one sequence of keys; without a tenant, all rotate to the next that none of them has had. `{prepare: N}` alone rotates nothing
//!   and starts making the first N keys of the sequence.
//! - `POST retire` `{tenant, kid?}` -> `{kids, signing}`: takes a key out of publication, the oldest unless one is named.
//! - `GET`, `PUT`, `DELETE faults`: the rules of everybody, an array; `PUT` replaces and `DELETE` removes them all, named groups too.
//!   `GET`, `PUT`, `DELETE faults/GROUP`: the rules of a group, which disturb no other group. A rule is `{path, times?, fault}`, its
//!   path exact or a prefix with `*` behind; the first that was set wins. Faults are `{kind: status, status, headers?, body? or
//!   body-base64?}`, `{kind: headers, headers}`, `{kind: delay, milliseconds}`, `{kind: drip, milliseconds, bytes}`,
//!   `{kind: pad, bytes}`, `{kind: truncate, bytes}`, `{kind: hang}` and `{kind: reset}`; headers are `[[name, value]]`.
//! - `GET fetches?tenant=ID` -> `{jwks, discovery}`: how often each was asked for, of either version, whatever a fault made of it;
//!   with `common`, those that all tenants share.
//! - `GET journal?since=N&path=PREFIX`, `DELETE journal`: the last requests, since a sequence number, of paths that begin so.
//! - `POST mint` (a recipe) -> `{token}`.
//! - `POST sign` `{tenant, kid?, algorithm?, input}` -> `{kid, algorithm, signature}`: signs any bytes, base64url, by a published key.
//!
//! What cannot be done is answered `{error}` with 400, 401, 403, 404 or 500.

mod access;
mod facts;
mod mint;

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use serve::{Request, Response, Rule};
use token::{Algorithm, Recipe};

use crate::answer::answer;
use crate::form::Form;
use crate::issuer::Issuer;
use crate::ring::RetireError;
use crate::routes::is_shared;
use crate::tenants::{Fetches, Tenancy};

/// So many keys are made ahead at most.
const PREPARED: usize = 64;

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
    let (action, name) = action.split_once('/').map_or((action, None), |(action, name)| (action, Some(name)));
    match (request.method.as_str(), action, name) {
        ("GET", "status", None) => Ok(facts::status(issuer).await),
        ("GET", "directory", None) => Ok(facts::directory(issuer)),
        ("POST", "tenants", None) => add_tenant(issuer, request),
        ("DELETE", "tenants", Some(id)) => {
            let removed = issuer.tenants().remove(id).map_err(|error| wrong(&error))?;
            issuer.faults.clear_group(&removed.tenant.id);
            Ok(json!({}))
        }
        ("POST", "rotate", None) => rotate(issuer, request).await,
        ("POST", "retire", None) => retire(issuer, request).await,
        ("GET", "faults", None) => Ok(json!(issuer.faults.list())),
        ("GET", "faults", Some(group)) => Ok(json!(issuer.faults.list_group(group))),
        ("PUT" | "POST", "faults", None) => {
            issuer.faults.set(read::<Vec<Rule>>(request)?).map_err(|error| wrong(&error))?;
            Ok(json!(issuer.faults.list()))
        }
        ("PUT" | "POST", "faults", Some(group)) => {
            issuer.faults.set_group(group, read::<Vec<Rule>>(request)?).map_err(|error| wrong(&error))?;
            Ok(json!(issuer.faults.list_group(group)))
        }
        ("DELETE", "faults", None) => {
            issuer.faults.clear();
            Ok(json!([]))
        }
        ("DELETE", "faults", Some(group)) => {
            issuer.faults.clear_group(group);
            Ok(json!([]))
        }
        ("GET", "fetches", None) => fetches(issuer, request),
        ("GET", "journal", None) => journal(issuer, request),
        ("DELETE", "journal", None) => {
            issuer.journal.clear();
            Ok(json!([]))
        }
        ("POST", "mint", None) => {
            let token =
                mint::mint(issuer, &read::<Recipe>(request)?, request.at).await.map_err(|error| wrong(&error))?;
            Ok(json!({"token": token.expose()}))
        }
        ("POST", "sign", None) => sign(issuer, request).await,
        (method, ..) => Err((
            StatusCode::NOT_FOUND,
            format!(
                "nothing answers {method} here; there is GET status, directory, faults, fetches, journal; POST tenants, rotate, \
                 retire, mint, sign; PUT faults, faults/GROUP; DELETE tenants/ID, faults, faults/GROUP, journal"
            ),
        )),
    }
}

fn add_tenant(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Add {
        like: String,
    }
    let model = tenancy(issuer, &read::<Add>(request)?.like)?;
    Ok(json!({"id": issuer.tenants().add(&model.tenant).tenant.id}))
}

async fn rotate(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize, Default)]
    #[serde(deny_unknown_fields)]
    struct Rotate {
        tenant: Option<String>,
        prepare: Option<usize>,
    }
    let rotate = if request.body.is_empty() { Rotate::default() } else { read::<Rotate>(request)? };
    if let Some(count) = rotate.prepare {
        if count > PREPARED || rotate.tenant.is_some() {
            return Err(wrong(&format!("`prepare` is a number of keys up to {PREPARED}, and stands alone")));
        }
        issuer.keys().prepare(count, request.at);
        return Ok(json!({"prepare": count}));
    }
    let tenancies = match &rotate.tenant {
        Some(name) => vec![tenancy(issuer, name)?],
        None => issuer.tenants().all(),
    };
    let kid = issuer.keys().rotate(&tenancies, request.at).await.map_err(|error| broken(&error))?;
    issuer.keep_rings().map_err(|error| broken(&error))?;
    Ok(json!({"kid": kid}))
}

async fn retire(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Retire {
        tenant: String,
        kid: Option<String>,
    }
    let retire: Retire = read(request)?;
    let tenancy = tenancy(issuer, &retire.tenant)?;
    let ring = issuer.keys().retire(&tenancy, retire.kid.as_deref()).await.map_err(|error| match error {
        RetireError::NoKeys(_) => broken(&error),
        RetireError::Unknown(_) | RetireError::Last(_) => wrong(&error),
    })?;
    issuer.keep_rings().map_err(|error| broken(&error))?;
    Ok(json!({"kids": ring.kids(), "signing": ring.signing().kid()}))
}

fn fetches(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    let form = Form::parse(request.query().unwrap_or_default().as_bytes());
    let name = form.as_ref().and_then(|form| form.get("tenant"));
    let name = name.ok_or_else(|| wrong(&"whose? give `tenant`, or `common` for what all tenants share"))?;
    let told = |fetches: &Fetches| json!({"jwks": fetches.jwks.get(), "discovery": fetches.discovery.get()});
    if is_shared(name) {
        return Ok(told(&issuer.shared_fetches));
    }
    Ok(told(&tenancy(issuer, name)?.fetches))
}

fn journal(issuer: &Issuer, request: &Request) -> Result<Value, Failure> {
    let form = Form::parse(request.query().unwrap_or_default().as_bytes());
    let get = |name| form.as_ref().and_then(|form| form.get(name));
    let since = match get("since") {
        None => 0,
        Some(text) => text.parse().map_err(|_| wrong(&"`since` is a sequence number of the journal"))?,
    };
    Ok(json!(issuer.journal.since_below(since, get("path").unwrap_or_default())))
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
    let ring = issuer.keys().ring(&*tenancy(issuer, &sign.tenant)?).await.map_err(|error| broken(&error))?;
    let key = match &sign.kid {
        None => ring.signing(),
        Some(kid) => ring.find(kid).ok_or_else(|| wrong(&format!("no published key has the id {kid}")))?,
    };
    let signature = BASE64_URL_SAFE_NO_PAD.encode(key.sign(algorithm, &input));
    Ok(json!({"kid": key.kid(), "algorithm": algorithm.name(), "signature": signature}))
}

fn tenancy(issuer: &Issuer, name: &str) -> Result<Arc<Tenancy>, Failure> {
    issuer.tenants().find(name).ok_or_else(|| {
        let known: Vec<_> = issuer.directory().tenants().iter().map(|tenant| tenant.name.as_str()).collect();
        wrong(&format!(
            "there is no tenant `{name}`; there is {}, and each that was added, by its id",
            known.join(", ")
        ))
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
