//! greenlight in a container made from nothing, beside the migration in another: as a pipeline runs it inside a network.
//!
//! Both share a network that leads nowhere, in which old instance, new instance and gateway have names. `cargo xtask image
//! --rehearsal` builds the images. Where no engine can run, `GREENLIGHT_NO_CONTAINERS` says why, and nothing is played.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{env, fs};

/// Says why no container can be played, where that is so.
const IMPOSSIBLE: &str = "GREENLIGHT_NO_CONTAINERS";
/// The names that the rehearsal goes by; all lead to its container.
const HOSTS: [&str; 3] = ["func-orders-01.rehearsal", "func-orders-02.rehearsal", "apim.rehearsal"];

/// A container that runs until it is dropped.
struct Container(String);

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "--force", &self.0]).output();
    }
}

/// The migration, running, and the folder that its container shares with greenlight's.
struct Played {
    container: Container,
    environment: BTreeMap<String, String>,
    folder: tempfile::TempDir,
}

impl Played {
    fn start(mistake: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Whoever a program is in its container, it may write here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let shared = shared(folder.path());
        let hosts = HOSTS.map(|host| format!("{host}:127.0.0.1"));
        let mut run = vec!["run", "--pull", "never", "--detach", "--network", "none", "--volume", &shared];
        run.extend(hosts.iter().flat_map(|host| ["--add-host", host.as_str()]));
        run.extend(["greenlight-rehearsal", "--named", "--ca", "/data/ca.pem"]);
        run.extend(mistake.iter().flat_map(|id| ["--mistake", id]));
        let container = Container(told(&docker(&run)).trim().to_owned());
        let environment = ready(&container);
        Self { container, environment, folder }
    }

    /// Runs greenlight beside it.
    fn greenlight(&self, arguments: &[&str]) -> Output {
        let network = format!("container:{}", self.container.0);
        let shared = shared(self.folder.path());
        let variables = self.environment.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let mut run = vec!["run", "--pull", "never", "--rm", "--network", &network, "--volume", &shared];
        run.extend(variables.iter().flat_map(|one| ["--env", one.as_str()]));
        run.push("greenlight");
        run.extend(arguments);
        docker(&run)
    }

    /// Asks the gate, which finds the profile where it lies in the project too; the exit code, and what was printed.
    fn judged(&self) -> (Option<i32>, String) {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        fs::create_dir(self.folder.path().join("profiles")).unwrap();
        for file in ["profiles/migration.yaml", "migration-settings.json"] {
            fs::copy(fixtures.join(file), self.folder.path().join(file)).unwrap();
        }
        let output = self.greenlight(&["gate", "--profile", "profiles/migration.yaml"]);
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (output.status.code(), printed.concat())
    }
}

/// What it prints when everything is there: `NAME=VALUE` lines and an empty one.
fn ready(container: &Container) -> BTreeMap<String, String> {
    let mut logs =
        Command::new("docker").args(["logs", "--follow", &container.0]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(logs.stdout.take().unwrap()).lines().map(Result::unwrap);
    let environment: BTreeMap<String, String> = lines
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap())
        .collect();
    let _ = logs.kill();
    let _ = logs.wait();
    assert!(!environment.is_empty(), "the rehearsal does not start in its container");
    environment
}

fn shared(folder: &Path) -> String {
    format!("{}:/data", folder.display())
}

fn docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).output().expect("docker is installed")
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Whether containers can be played here; says why not.
#[expect(clippy::print_stderr, reason = "the test's own output is where a person looks for what was not tried")]
fn possible() -> bool {
    let reason = env::var(IMPOSSIBLE).unwrap_or_default();
    if !reason.is_empty() {
        eprintln!("not played: {reason}");
    }
    reason.is_empty()
}

#[test]
#[ignore = "needs a container engine and the images of `cargo xtask image --rehearsal`"]
fn a_sound_migration_passes_from_a_container_beside_it() {
    if !possible() {
        return;
    }
    let played = Played::start(None);
    assert_eq!(played.environment["GREENLIGHT_CA"], "/data/ca.pem");
    assert!(played.environment["GREENLIGHT_NEW_URL"].starts_with("https://func-orders-02.rehearsal:"));
    let (code, printed) = played.judged();
    assert_eq!(code, Some(0), "{printed}");
}

#[test]
#[ignore = "needs a container engine and the images of `cargo xtask image --rehearsal`"]
fn a_mistake_is_found_from_a_container_beside_it() {
    if !possible() {
        return;
    }
    let (code, printed) = Played::start(Some("allow-anonymous")).judged();
    assert_eq!(code, Some(1), "{printed}");
}

#[test]
#[ignore = "needs a container engine and the images of `cargo xtask image --rehearsal`"]
fn the_image_holds_the_program_alone() {
    if !possible() {
        return;
    }
    let container =
        Container(told(&docker(&["create", "--pull", "never", "greenlight", "--version"])).trim().to_owned());
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("image.tar").display().to_string();
    told(&docker(&["export", "--output", &archive, &container.0]));
    let list = Command::new("tar").args(["--list", "--file", &archive]).output().unwrap();
    // What an engine adds to every container: mount points, and files that it mounts over.
    let added = [".dockerenv", "dev/", "etc/", "proc/", "sys/", "data/"];
    let listed = told(&list);
    let own: Vec<&str> = listed.lines().filter(|name| !added.iter().any(|one| name.starts_with(one))).collect();
    assert_eq!(own, ["greenlight"]);
}
