//! What everybody is answered in a rehearsal, without a mistake and with each of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use wire::{Client, Fetched, Trust};

use crate::{Hosts, MISTAKES, Plan, Rehearsal, mistake};

const LISTED: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const UNLISTED: &str = "44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f";
const API: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";

/// A running rehearsal, and who asks it.
struct Lab {
    rehearsal: Rehearsal,
    told: BTreeMap<&'static str, String>,
    client: Client,
}

impl Lab {
    async fn start(plan: Plan) -> Self {
        let rehearsal = Rehearsal::start(&plan, Hosts::default()).await.unwrap();
        let told = rehearsal.environment(Path::new("ca.pem")).into_iter().collect();
        let trust = Trust::Only(vec![rehearsal.authority_pem().to_owned()]);
        let client = Client::new(&trust, &[], Duration::from_secs(20)).unwrap();
        Self { rehearsal, told, client }
    }

    async fn with(id: &str) -> Self {
        Self::start(sound().with(mistake(id).unwrap())).await
    }

    async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Fetched {
        self.client.get(url, headers).await.unwrap()
    }

    async fn ask_old(&self, headers: &[(&str, &str)]) -> Fetched {
        self.get(&format!("{}/api/orders", self.told["GREENLIGHT_OLD_URL"]), headers).await
    }

    async fn ask_new(&self, headers: &[(&str, &str)]) -> Fetched {
        self.get(&format!("{}/api/orders", self.told["GREENLIGHT_NEW_URL"]), headers).await
    }

    /// The test revision, with a subscription key.
    async fn gateway(&self) -> Fetched {
        let key = &self.told["GREENLIGHT_SUBSCRIPTION_KEY"];
        self.get(&self.told["GREENLIGHT_GATEWAY_URL"], &[("Ocp-Apim-Subscription-Key", key)]).await
    }

    /// The new instance, asked by a managed identity.
    async fn identity(&self, client_id: &str) -> Option<Fetched> {
        let imds = self.rehearsal.identity_endpoint();
        let query = format!("api-version=2018-02-01&resource={API}&client_id={client_id}");
        let url = format!("{imds}/metadata/identity/oauth2/token?{query}");
        let answer = self.client.get(&url, &[("Metadata", "true")]).await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.body).unwrap();
        let token = answer["access_token"].as_str()?;
        Some(self.ask_new(&[("Authorization", &format!("Bearer {token}"))]).await)
    }

    /// What everybody is answered, in a line.
    async fn answers(&self) -> String {
        let key = [("x-functions-key", self.told["GREENLIGHT_NEW_KEY"].as_str())];
        let cells = [
            ("nobody", Some(self.ask_new(&[]).await)),
            ("browser", Some(self.ask_new(&[("User-Agent", "Mozilla/5.0")]).await)),
            ("key", Some(self.ask_new(&key).await)),
            ("listed", self.identity(LISTED).await),
            ("unlisted", self.identity(UNLISTED).await),
            ("gateway", Some(self.gateway().await)),
        ];
        let answer = |answer: Option<Fetched>| answer.map_or_else(|| "no token".to_owned(), |one| shown(&one));
        cells.map(|(who, one)| format!("{who} {:8}", answer(one))).join("  ").trim_end().to_owned()
    }
}

/// The status; of a function's answer, whom it was told is calling.
fn shown(answer: &Fetched) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let caller = if body["principal"]["id"].is_string() { "" } else { " anon" };
    if answer.headers.contains_key("x-function") {
        format!("{}{caller}", answer.status)
    } else {
        answer.status.to_string()
    }
}

fn sound() -> Plan {
    Plan::sound().unwrap()
}

#[tokio::test]
async fn a_migration_that_was_done_right_is_ready_for_the_switch() {
    let lab = Lab::start(sound()).await;
    let old_key = [("x-functions-key", lab.told["GREENLIGHT_OLD_KEY"].as_str())];
    assert_eq!(lab.ask_old(&[]).await.status, 401);
    let old = lab.ask_old(&old_key).await;
    assert_eq!((old.status, old.headers["x-function"].to_str().unwrap()), (200, "orders"));
    assert_eq!(lab.ask_new(&old_key).await.status, 401);
    let current = [("Ocp-Apim-Subscription-Key", lab.told["GREENLIGHT_SUBSCRIPTION_KEY"].as_str())];
    assert_eq!(lab.get(&lab.told["GREENLIGHT_CURRENT_URL"], &current).await.status, 200);

    let through: Value = serde_json::from_slice(&lab.gateway().await.body).unwrap();
    assert_eq!(through["principal"]["id"], "3d2a9e77-b2c3-4e90-93b6-2f7c5b4a8e32", "the gateway's identity");
    lab.rehearsal.stop().await;
}

#[tokio::test]
async fn every_mistake_changes_what_somebody_is_answered() {
    let right = Lab::start(sound()).await.answers().await;
    let mut table = format!("{:24} {right}\n", "none");
    for mistake in &MISTAKES {
        let answers = Lab::with(mistake.id).await.answers().await;
        assert_ne!(answers, right, "{} is no mistake that shows", mistake.id);
        writeln!(table, "{:24} {answers}", mistake.id).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn mistakes_are_listed_by_name_and_explained() {
    assert!(MISTAKES.windows(2).all(|pair| pair[0].id < pair[1].id));
    for one in &MISTAKES {
        assert!(!one.setting.is_empty() && !one.what.ends_with('.'), "{}", one.id);
    }
}
