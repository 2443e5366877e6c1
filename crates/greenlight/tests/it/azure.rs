//! What the tests of Azure's SDKs share: the mocks that are asked, what an SDK is given to ask with, and what must come of it.
//!
//! Every ask is a process of its own that knows nothing but its environment, as a program in Azure does, and prints what came of
//! it as one line of JSON: `token` and `expires_on`, or `exception` and `message`.

pub(crate) mod ask;
pub(crate) mod claims;
mod keys;

use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use reqwest::Method;
use serde_json::{Value, json};
use serve::StateFolder;
use tempfile::TempDir;

use ask::{Ask, OtherIssuer, Proof, SUBJECT};
pub(crate) use keys::Signer;

use crate::program::{self, Served, greenlight, root, said};

/// The tenant that is asked.
const CONTOSO: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
/// An issuer outside of Entra whose tokens stand for `batch`.
const CLUSTER: &str = "https://oidc.cluster.example/";

/// The paths that SDKs ask for tokens.
pub(crate) const TOKEN_ENDPOINT: &str = "/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/oauth2/v2.0/token";
pub(crate) const IMDS: &str = "/metadata/identity/oauth2/token";
pub(crate) const APP_SERVICE: &str = "/msi/token";

/// The default directory, in which `batch` has the tests' certificate and federated credentials.
static DIRECTORY: LazyLock<String> = LazyLock::new(|| {
    let shipped = fs::read_to_string(root().join("fixtures/directory.yaml")).unwrap();
    let (before, rest) = shipped.split_once("            -----BEGIN CERTIFICATE-----\n").unwrap();
    let (_, rest) = rest.split_once("            -----END CERTIFICATE-----\n").unwrap();
    let federated = "          - tenant: contoso\n            subject: system:serviceaccount:jobs:batch\n";
    let (between, after) = rest.split_once(federated).unwrap();
    let certificate = Signer::Registered.certificate().trim_end().replace('\n', "\n            ");
    let keys = Signer::Cluster.jwk_set();
    format!(
        "{before}            {certificate}
{between}          - {{ tenant: fabrikam, subject: \"{SUBJECT}\" }}
          - {{ issuer: \"{CLUSTER}\", subject: \"{SUBJECT}\", keys: {keys} }}
{after}"
    )
});

/// What a first start keeps, by file name. All others begin with it: nothing here is about making keys.
static STATE: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let mock = Mock::start_with(&[]);
    // That the keys are published means that they are kept.
    mock.get("/common/discovery/v2.0/keys");
    let kept = fs::read_dir(mock.folder.path().join("state")).unwrap().map(Result::unwrap);
    kept.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())).collect()
});

/// Running mocks.
pub(crate) struct Mock {
    served: Served,
    folder: TempDir,
}

/// Trouble that passes: at which path, with which status, and after how many seconds to try again.
pub(crate) type Trouble = (&'static str, u16, Option<u64>);

impl Mock {
    pub(crate) fn start() -> Self {
        Self::start_with(&STATE)
    }

    fn start_with(kept: &[(String, Vec<u8>)]) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("directory.yaml");
        fs::write(&file, &*DIRECTORY).unwrap();
        let state = folder.path().join("state");
        let open = StateFolder::open(&state).unwrap();
        for (name, bytes) in kept {
            open.write(name, bytes).unwrap();
        }
        let [file, state] = [file, state].map(|path| path.into_os_string().into_string().unwrap());
        Self { served: Served::start(&["--only", "imds", "--directory", &file, "--state", &state]), folder }
    }

    /// Starts an SDK, gives it what it asks with, and takes what it printed.
    pub(crate) fn answer(&self, mut sdk: Command, ask: &Ask) -> Value {
        // AZURE_..., IDENTITY_..., MSI_..., proxies: whatever else is set on this machine is not the SDK's business.
        let output = sdk.env_clear().envs(self.environment(ask)).stdin(Stdio::null()).output();
        let output = output.expect("the program starts");
        let stdout = String::from_utf8_lossy(&output.stdout);
        let answer = stdout.lines().find_map(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object));
        answer.unwrap_or_else(|| panic!("{}", said(&output)))
    }

    /// The SDK's own variables, and those that tell our part of the program which credential to make.
    fn environment(&self, ask: &Ask) -> Vec<(&'static str, String)> {
        let here = |pointer: &str| self.served.at(pointer).to_owned();
        let (kind, proof) = match ask.proof {
            Proof::Secret(secret) => ("secret", vec![("AZURE_CLIENT_SECRET", secret.to_owned())]),
            Proof::Certificate(signer) => {
                ("certificate", vec![("AZURE_CLIENT_CERTIFICATE_PATH", self.write("client.pem", &signer.file()))])
            }
            Proof::Assertion(signer, algorithm, expires_in) => {
                let endpoint = here("/entra/url") + TOKEN_ENDPOINT;
                let assertion = signer.assertion(algorithm, ask.client, &endpoint, expires_in);
                ("assertion", vec![("CLIENT_ASSERTION", assertion)])
            }
            Proof::Federated(issuer, subject, audience) => {
                let file = self.write("federated.jwt", &self.federated(issuer, subject, audience));
                ("workload", vec![("AZURE_FEDERATED_TOKEN_FILE", file)])
            }
            Proof::Imds(_) => ("managed-identity", vec![("AZURE_POD_IDENTITY_AUTHORITY_HOST", here("/imds/url"))]),
            Proof::AppService(header, _) => {
                let endpoint = ("IDENTITY_ENDPOINT", here("/imds/identity_endpoint"));
                ("managed-identity", vec![endpoint, ("IDENTITY_HEADER", header.to_owned())])
            }
        };
        let caller = match ask.proof {
            Proof::Imds(identity) | Proof::AppService(_, identity) => {
                identity.map(|(name, id)| ("IDENTITY", format!("{name}={id}"))).into_iter().collect()
            }
            _ => vec![
                ("AZURE_AUTHORITY_HOST", here("/entra/url")),
                ("AZURE_TENANT_ID", ask.tenant.to_owned()),
                ("AZURE_CLIENT_ID", ask.client.to_owned()),
                ("SSL_CERT_FILE", here("/entra/ca")),
                ("REQUESTS_CA_BUNDLE", here("/entra/ca")),
            ],
        };
        [vec![("ASK", kind.to_owned()), ("SCOPE", ask.scope.to_owned())], proof, caller].concat()
    }

    /// An address, by JSON pointer into what `greenlight serve` said.
    pub(crate) fn at(&self, pointer: &str) -> &str {
        self.served.at(pointer)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let file = self.folder.path().join(name);
        fs::write(&file, text).unwrap();
        file.into_os_string().into_string().unwrap()
    }

    pub(crate) fn federated(&self, issuer: OtherIssuer, subject: &str, audience: &str) -> String {
        match issuer {
            OtherIssuer::Fabrikam => self.minted(subject, audience),
            OtherIssuer::Cluster => Signer::Cluster.service_account_token(CLUSTER, subject, audience),
            OtherIssuer::Impostor => Signer::Stranger.service_account_token(CLUSTER, subject, audience),
            OtherIssuer::Elsewhere => {
                Signer::Cluster.service_account_token("https://oidc.elsewhere.example/", subject, audience)
            }
        }
    }

    /// A token of the mock's other tenant, as the program hands it out.
    fn minted(&self, subject: &str, audience: &str) -> String {
        let (issuer, ca) = (self.served.at("/entra/url"), self.served.at("/entra/ca"));
        let output = greenlight()
            .args(["token", "--issuer", issuer, "--ca", ca, "--tenant", "fabrikam", "--caller", "gateway"])
            .args(["--audience", audience, "--claim", &format!("sub={subject}")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Lets an SDK ask, and meet trouble first: it must try again, as late as it was told, and get its token.
    pub(crate) fn assert_waited_out(&self, trouble: Trouble, sdk: Command, ask: &Ask, expected: Value) {
        let (path, status, retry_after) = trouble;
        let mut headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
        headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
        let fault = json!({"kind": "status", "status": status, "headers": headers, "body": r#"{"error":"busy"}"#});
        let rules = json!([{"path": path, "times": 1, "fault": fault}]);
        program::ask(&self.served, Method::PUT, "/_greenlight/faults", Some(&rules));
        let begun = Instant::now();
        self.assert_granted(&self.answer(sdk, ask), expected);
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(retry_after.unwrap_or_default()), "it tried again after {waited:?}");

        let journal = self.get("/_greenlight/journal");
        let asked = journal.as_array().unwrap().iter().filter(|entry| entry["path"] == path);
        let statuses: Vec<_> = asked.map(|entry| entry["status"].clone()).collect();
        assert_eq!(statuses, [json!(status), json!(200)]);
    }

    /// Holds a granted token, with a library that is not ours, against the keys and the issuer that its tenant publishes, and
    /// against the claims that it must have, no more and no less.
    pub(crate) fn assert_granted(&self, answer: &Value, mut expected: Value) {
        let token = answer["token"].as_str().unwrap_or_else(|| panic!("refused: {answer}"));
        let version = if expected["ver"] == "2.0" { "/v2.0" } else { "" };
        let metadata = self.get(&format!("/{CONTOSO}{version}/.well-known/openid-configuration"));
        let mut claims = self.verified(token, &metadata, &expected["aud"]);

        expected["iss"] = metadata["issuer"].clone();
        if expected["ver"] == "1.0" {
            expected["idp"] = metadata["issuer"].clone();
        }
        let mut take = |name: &str| claims.remove(name).unwrap_or_else(|| panic!("no {name}"));
        for opaque in ["aio", "rh", "uti"] {
            assert!(take(opaque).is_string());
        }
        let [issued, from, until] = ["iat", "nbf", "exp"].map(|name| take(name).as_i64().unwrap());
        assert_eq!((issued, until - issued), (from, if expected["xms_mirid"].is_null() { 3900 } else { 86_700 }));
        let told = answer["expires_on"].as_i64().unwrap();
        assert!((until - told).abs() <= 10, "the SDK takes it to expire at {told}, the token says {until}");
        assert_eq!(Value::Object(claims), expected);
    }

    /// The claims of a token that is signed by a published key, and is of this issuer, for this audience, and valid now.
    fn verified(&self, token: &str, metadata: &Value, audience: &Value) -> serde_json::Map<String, Value> {
        let keys = metadata["jwks_uri"].as_str().unwrap().strip_prefix(self.served.at("/entra/url")).unwrap();
        let keys: JwkSet = serde_json::from_value(self.get(keys)).unwrap();
        let kid = jsonwebtoken::decode_header(token).unwrap().kid.expect("a token names its key");
        let key = DecodingKey::from_jwk(keys.find(&kid).expect("the key is published")).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "nbf", "sub"]);
        validation.set_issuer(&[metadata["issuer"].as_str().unwrap()]);
        validation.set_audience(&[audience.as_str().unwrap()]);
        validation.validate_nbf = true;
        jsonwebtoken::decode(token, &key, &validation).unwrap().claims
    }

    fn get(&self, path: &str) -> Value {
        program::get(&self.served, path)
    }
}
