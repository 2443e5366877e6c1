//! No token, key or secret in any output, in whatever encoding, even where the target sends back what it was sent.

pub(crate) mod needles;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::program::{Served, get, greenlight, root, said, signing_certificate};
use needles::{Needle, WAYS, found, private_numbers, text_needles};

/// Text of an output, by its name.
type Said = (String, String);

#[test]
fn nothing_leaks_where_a_running_issuer_makes_the_tokens() {
    let folder = TempDir::new().unwrap();
    let stderr = fs::File::create(folder.path().join("serve.txt")).unwrap();
    let served = Served::spawn(
        greenlight().args(["serve", "--json", "--state", "state"]).current_dir(&folder).stderr(Stdio::from(stderr)),
    );
    let target = Echo::start(Vec::new());
    let issuer = format!("{{ control: \"{}\", ca: {} }}", served.at("/entra/url"), served.at("/entra/ca"));
    let mut outputs = play(&folder, &target, &issuer);
    for path in ["status", "directory", "journal"] {
        outputs.push((path.to_owned(), get(&served, &format!("/_greenlight/{path}")).to_string()));
    }
    outputs.push(("serve's line".to_owned(), served.addresses.to_string()));
    let (_, rest) = served.end("TERM");
    outputs.push(("serve's output".to_owned(), rest));
    outputs.push(read(folder.path(), "serve.txt"));
    check(&outputs, &target, &folder.path().join("state"));
}

#[test]
fn nothing_leaks_where_the_run_starts_the_issuer() {
    let folder = TempDir::new().unwrap();
    let target = Echo::start(directory_secrets());
    let outputs = play(&folder, &target, "{ state: state }");
    check(&outputs, &target, &folder.path().join("state"));
}

/// The scan finds each kind of secret in each way of writing it, so its silence means something.
#[test]
fn the_scan_finds_what_is_planted() {
    let folder = TempDir::new().unwrap();
    // The certificate is there when the keys are.
    signing_certificate(&Served::start(&["--only", "entra", "--state", folder.path().to_str().unwrap()]));
    let signature = (0..=u8::MAX).collect();
    for secret in [directory_secrets(), private_numbers(folder.path()), vec![signature]].concat() {
        let needles = text_needles("planted", &secret);
        for (way, write) in WAYS {
            let planted = ("output".to_owned(), format!("before {} after", write(&secret)));
            assert!(!found(&[planted], &needles).is_empty(), "a secret goes unseen as {way}");
        }
        assert!(found(&[("output".to_owned(), "before and after".to_owned())], &needles).is_empty());
    }
}

/// Plays everything against the echo, with everything that can be told; all that was said.
fn play(folder: &TempDir, target: &Echo, issuer: &str) -> Vec<Said> {
    let profile = format!(
        "target: {{ url: {}, path: /api/orders, marker: {{ header: x-function }}, principal: {{ json: /principal/id }} }}
audience: 11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41
callers:
  listed: {{ identity: apim }}
  unlisted: {{ identity: reporting }}
  foreign: {{ identity: gateway, tenant: fabrikam }}
apis: {{ another-api: billing }}
issuer: {issuer}
",
        target.server.uri()
    );
    fs::write(folder.path().join("profile.yaml"), profile).unwrap();
    let mut command = greenlight();
    command.args(["run", "--profile", "profile.yaml", "--results", "results.json", "--verbose"]).current_dir(folder);
    let files =
        [("--junit", "junit.xml"), ("--html", "report.html"), ("--markdown", "report.md"), ("--sarif", "x.sarif")];
    for (option, file) in files {
        command.args([option, file]);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));

    let mut outputs = vec![read(folder.path(), "results.json")];
    outputs.extend(files.map(|(_, file)| read(folder.path(), file)));
    let mut keep = |name: &str, output: Output| {
        outputs.push((name.to_owned() + ", stdout", String::from_utf8(output.stdout).unwrap()));
        outputs.push((name.to_owned() + ", stderr", String::from_utf8(output.stderr).unwrap()));
    };
    keep("run", output);
    for format in [&["console"][..], &["console", "--verbose"], &["json"], &["junit"]] {
        let report = greenlight()
            .args(["report", "results.json", "--format"])
            .args(format)
            .current_dir(folder)
            .output()
            .unwrap();
        assert_eq!(report.status.code(), Some(0), "{}", said(&report));
        keep(&format!("report {}", format.join(" ")), report);
    }
    outputs
}

/// No output holds a signature that the target received, a secret of the directory or a number of a private key.
#[track_caller]
fn check(outputs: &[Said], target: &Echo, state: &Path) {
    let tokens = target.received.lock().unwrap();
    assert!(tokens.len() > 30, "only {} tokens were received", tokens.len());
    let (_, results) = &outputs[0];
    // As many as came back: it was all told, without the secrets.
    assert!(results.matches("sha256:").count() > 3 * tokens.len(), "the echoes are not in the results");

    let mut needles: Vec<Needle> = tokens.iter().flat_map(|token| signature_needles(token)).collect();
    needles.extend(directory_secrets().iter().flat_map(|secret| text_needles("a secret of the directory", secret)));
    needles.extend(private_numbers(state).iter().flat_map(|number| text_needles("a private key", number)));
    let leaks = found(outputs, &needles);
    assert!(leaks.is_empty(), "{} leaks, the first of them: {:#?}", leaks.len(), &leaks[..leaks.len().min(5)]);
}

/// A token's signature, as its text and as its bytes.
fn signature_needles(token: &str) -> Vec<Needle> {
    let signature = token.rsplit('.').next().unwrap_or_default();
    // Scenarios put other things in a signature's place: a part of the payload, zeros, what is no base64url.
    let bytes = needles::base64url(signature);
    let letters: HashSet<u8> = signature.bytes().collect();
    let is_json =
        |part: &str| serde_json::from_slice::<Value>(&needles::base64url(part)).is_ok_and(|json| json.is_object());
    let parts: Vec<&str> = token.split('.').collect();
    let signed = parts.len() == 3 && is_json(parts[0]) && is_json(parts[1]) && !bytes.starts_with(b"{");
    if !signed || signature.len() < 64 || letters.len() < 16 {
        return Vec::new();
    }
    let mut needles = text_needles("a signature", signature.as_bytes());
    if bytes.len() >= 32 {
        needles.extend(text_needles("a signature's bytes", &bytes));
    }
    needles
}

/// The client secrets in the directory that comes along.
fn directory_secrets() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join("fixtures/directory.yaml")).unwrap();
    let values = text.lines().filter_map(|line| line.trim().strip_prefix("- value: "));
    let secrets: Vec<_> = values.map(|value| value.as_bytes().to_vec()).collect();
    assert_eq!(secrets.len(), 2, "{secrets:?}");
    secrets
}

fn read(folder: &Path, file: &str) -> Said {
    (file.to_owned(), fs::read_to_string(folder.join(file)).unwrap())
}

/// A target that lets everybody in and sends back what it was sent, each time written in another way.
struct Echo {
    server: MockServer,
    received: Arc<Mutex<Vec<String>>>,
}

struct Echoing {
    received: Arc<Mutex<Vec<String>>>,
    /// What it sends back beside the token.
    secrets: Vec<Vec<u8>>,
}

impl Echo {
    fn start(secrets: Vec<Vec<u8>>) -> Self {
        let received = Arc::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let echoing = Echoing { received: Arc::clone(&received), secrets };
        let server = runtime.block_on(async {
            let server = MockServer::start().await;
            Mock::given(any()).respond_with(echoing).mount(&server).await;
            server
        });
        Self { server, received }
    }
}

/// Text as far as a header may hold it.
fn in_header(text: &str) -> String {
    text.replace(|c: char| c.is_control(), "")
}

impl Respond for Echoing {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut received = self.received.lock().unwrap();
        let header = request.headers.get("authorization").map_or("", |value| value.to_str().unwrap_or_default());
        let token = header.strip_prefix("Bearer ").unwrap_or_default().trim();
        if !token.is_empty() {
            received.push(token.to_owned());
        }
        let (way, write) = WAYS[received.len() % WAYS.len()];
        let signature = token.rsplit('.').next().unwrap_or_default();
        let secrets: Vec<_> = self.secrets.iter().map(|secret| write(secret)).collect();
        let body = json!({
            "principal": { "id": write(signature.as_bytes()) },
            "bytes": write(&needles::base64url(signature)),
            "secrets": secrets,
            "header": write(header.as_bytes()),
        });
        ResponseTemplate::new(200)
            .insert_header("x-function", "orders")
            .insert_header("x-way", way)
            .insert_header("x-header", write(header.as_bytes()))
            .insert_header("www-authenticate", format!("Bearer error=\"{}\"", write(signature.as_bytes())))
            .insert_header("x-bytes", in_header(&write(&needles::base64url(signature))))
            .set_body_json(body)
    }
}
