//! What a case does to the issuer: tenants of its own, other keys, trouble with the documents that a target reads.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use scenario::{Document, KeyChange, Trouble};
use serde::Deserialize;
use serde_json::{Value, json};
use serve::CONTROL;

use super::{Issuer, IssuerError, read};

/// The length of an RSA-2048 modulus in bytes.
const MODULUS: usize = 256;

impl Issuer {
    /// A new tenant with the same applications, identities and keys as another; its id.
    pub(crate) async fn new_tenant(&self, like: &str) -> Result<String, IssuerError> {
        #[derive(Deserialize)]
        struct Answer {
            id: String,
        }
        let answer: Answer = self.post("a tenant", "tenants", &json!({"like": like})).await?;
        Ok(answer.id)
    }

    /// Removes such a tenant, and what trouble there is with it.
    pub(crate) async fn drop_tenant(&self, id: &str) -> Result<(), IssuerError> {
        self.delete("to remove a tenant", &format!("tenants/{id}")).await
    }

    /// A tenant publishes a new key and signs with it from now on.
    pub(crate) async fn rotate(&self, tenant: &str) -> Result<(), IssuerError> {
        self.post("a new key", "rotate", &json!({"tenant": tenant})).await.map(|_: Value| ())
    }

    /// A tenant no longer publishes its oldest key.
    pub(crate) async fn retire(&self, tenant: &str) -> Result<(), IssuerError> {
        self.post("to retire a key", "retire", &json!({"tenant": tenant})).await.map(|_: Value| ())
    }

    /// Starts making the keys of so many rotations, so that no case waits for its own.
    pub(crate) async fn prepare(&self, rotations: usize) -> Result<(), IssuerError> {
        self.post("keys ahead", "rotate", &json!({"prepare": rotations})).await.map(|_: Value| ())
    }

    /// How often anybody fetched a tenant's keys.
    pub(crate) async fn key_fetches(&self, tenant: &str) -> Result<u64, IssuerError> {
        #[derive(Deserialize)]
        struct Answer {
            jwks: u64,
        }
        let address = format!("{}{CONTROL}fetches?tenant={tenant}", self.url);
        let answer: Answer = read("how often its keys were fetched", &self.client.get(&address, &[]).await?)?;
        Ok(answer.jwks)
    }

    /// Sets the rules of a group in place of those that it had.
    pub(crate) async fn set_trouble(&self, group: &str, rules: &[Value]) -> Result<(), IssuerError> {
        self.post("trouble", &format!("faults/{group}"), &json!(rules)).await.map(|_: Value| ())
    }

    /// Ends the trouble of a group.
    pub(crate) async fn end_trouble(&self, group: &str) -> Result<(), IssuerError> {
        self.delete("to end trouble", &format!("faults/{group}")).await
    }

    /// The rules that make one trouble with one document of a tenant. Variables are filled.
    pub(crate) async fn rules(
        &self,
        tenant: &str,
        document: Document,
        trouble: &Trouble,
    ) -> Result<Vec<Value>, IssuerError> {
        let mut rules = Vec::new();
        for path in paths(tenant, document) {
            let fault = match trouble {
                Trouble::Status(status) => json!({"kind": "status", "status": status}),
                Trouble::Hang => json!({"kind": "hang"}),
                Trouble::Reset => json!({"kind": "reset"}),
                Trouble::Delay(milliseconds) => json!({"kind": "delay", "milliseconds": milliseconds}),
                Trouble::Truncate(bytes) => json!({"kind": "truncate", "bytes": bytes}),
                Trouble::Pad(bytes) => json!({"kind": "pad", "bytes": bytes}),
                Trouble::Headers(headers) => json!({"kind": "headers", "headers": headers}),
                Trouble::Redirect(place) => {
                    json!({"kind": "status", "status": 302, "headers": [["location", place]]})
                }
                Trouble::Body { body, media_type } => {
                    let bytes = body.bytes(&|_| None).map_err(|error| unusable(&error))?;
                    answer(media_type, &String::from_utf8(bytes).map_err(|error| unusable(&error))?)
                }
                Trouble::Change(changes) => {
                    let mut genuine = self.document(&path).await?;
                    change(&mut genuine, changes);
                    answer("application/json", &genuine.to_string())
                }
                Trouble::Keys(keys) => {
                    let mut genuine = self.document(&path).await?;
                    other_keys(&mut genuine, keys);
                    answer("application/json", &genuine.to_string())
                }
            };
            rules.push(json!({"path": path, "fault": fault}));
        }
        Ok(rules)
    }

    /// A document as a target gets it: it says where others are by the host that it was asked by.
    async fn document(&self, path: &str) -> Result<Value, IssuerError> {
        let host = self.authority.split_once("://").map_or(self.authority.as_str(), |(_, host)| host);
        let host = host.trim_end_matches('/');
        read("a document", &self.client.get(&format!("{}{path}", self.url), &[("Host", host)]).await?)
    }

    async fn delete(&self, what: &'static str, action: &str) -> Result<(), IssuerError> {
        read(what, &self.client.delete(&format!("{}{CONTROL}{action}", self.url), &[]).await?).map(|_: Value| ())
    }
}

/// Where a tenant's document is, for tokens of either version.
fn paths(tenant: &str, document: Document) -> [String; 2] {
    match document {
        Document::Jwks => [format!("/{tenant}/discovery/v2.0/keys"), format!("/{tenant}/discovery/keys")],
        Document::Discovery => {
            let name = ".well-known/openid-configuration";
            [format!("/{tenant}/v2.0/{name}"), format!("/{tenant}/{name}")]
        }
    }
}

fn unusable(error: &dyn std::fmt::Display) -> IssuerError {
    IssuerError::Foreign { what: "trouble", reason: error.to_string() }
}

fn answer(media_type: &str, body: &str) -> Value {
    json!({"kind": "status", "status": 200, "headers": [["content-type", media_type]], "body": body})
}

/// Sets (some) and removes (none) members.
fn change(object: &mut Value, changes: &[(String, Option<Value>)]) {
    let Some(object) = object.as_object_mut() else { return };
    for (name, value) in changes {
        match value {
            Some(value) => drop(object.insert(name.clone(), value.clone())),
            None => drop(object.shift_remove(name)),
        }
    }
}

fn other_keys(set: &mut Value, wanted: &KeyChange) {
    let mut own = set["keys"].as_array().cloned().unwrap_or_default();
    if wanted.without_own {
        own.clear();
    }
    for key in &mut own {
        change(key, &wanted.change);
    }
    let nobodys = (0..wanted.fill).map(nobodys_key);
    let keys = wanted.first.iter().cloned().chain(own).chain(wanted.last.iter().cloned()).chain(nobodys);
    set["keys"] = keys.collect();
}

/// A key that looks like others. Nobody has its private half, and no two are the same.
fn nobodys_key(number: usize) -> Value {
    let mut modulus = [0xA5; MODULUS];
    modulus[8..16].copy_from_slice(&(number as u64).to_be_bytes());
    json!({
        "kty": "RSA",
        "use": "sig",
        "kid": format!("nobodys-key-{number:015}"),
        "n": BASE64_URL_SAFE_NO_PAD.encode(modulus),
        "e": "AQAB",
    })
}
