//! What must stay true of the house: which crate may use which, and what only one of them may do.
//! `crates/README.md` says why.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

/// What each crate may use of ours.
const EDGES: [(&str, &[&str]); 16] = [
    ("diagnostics", &[]),
    ("token", &[]),
    ("results", &[]),
    ("serve", &[]),
    ("wire", &[]),
    ("credentials", &["token", "wire"]),
    ("authsettings", &["diagnostics"]),
    ("scenario", &["diagnostics", "results", "token"]),
    ("report", &["diagnostics", "results"]),
    ("mock-entra", &["diagnostics", "serve", "token"]),
    ("mock-imds", &["mock-entra", "serve", "token"]),
    ("function-app", &["authsettings", "serve", "wire"]),
    (
        "defects",
        &[
            "authsettings",
            "diagnostics",
            "function-app",
            "mock-entra",
            "results",
            "runner",
            "scenario",
            "serve",
            "token",
            "wire",
        ],
    ),
    (
        "rehearsal",
        &["authsettings", "diagnostics", "function-app", "mock-entra", "mock-imds", "runner", "serve", "token", "wire"],
    ),
    ("runner", &["authsettings", "mock-entra", "mock-imds", "results", "scenario", "serve", "token", "wire"]),
    (
        "greenlight",
        &[
            "authsettings",
            "credentials",
            "diagnostics",
            "function-app",
            "mock-entra",
            "mock-imds",
            "report",
            "results",
            "runner",
            "scenario",
            "serve",
            "token",
            "wire",
        ],
    ),
];

/// Words that a source may hold only in the crates named.
const RESERVED: [(&str, &[&str]); 8] = [
    ("SystemTime::now", &["serve"]),
    ("env::var", &["greenlight"]),
    ("env::args", &["greenlight"]),
    ("process::exit", &[]),
    ("TcpListener", &["serve"]),
    ("TcpStream::connect", &["wire"]),
    ("reqwest::", &["wire"]),
    ("println!", &[]),
];

/// What no source of a pure crate may hold.
const IMPURE: [&str; 7] = ["std::fs", "TcpStream", "UdpSocket", "tokio", "Instant::now", "SystemTime", "std::env"];
const PURE: [&str; 5] = ["scenario", "token", "results", "authsettings", "diagnostics"];

/// Crates that no build of the project may pull in, and why.
const BANNED: [(&str, &str); 5] = [
    ("ring", "one crypto provider: aws-lc-rs"),
    ("rsa", "RUSTSEC-2023-0071"),
    ("openssl", "one crypto provider: aws-lc-rs"),
    ("openssl-sys", "one crypto provider: aws-lc-rs"),
    ("native-tls", "one TLS: rustls"),
];

#[test]
fn crates_use_only_what_the_map_allows() {
    let metadata = metadata();
    let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    for package in packages(&metadata) {
        let name = package["name"].as_str().unwrap();
        let Some((_, allowed)) = EDGES.iter().find(|(known, _)| *known == name) else { continue };
        let used: BTreeSet<&str> = dependencies(package)
            .filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str())
            .filter(|dependency| ours.contains(dependency) || ["bench", "defects", "xtask"].contains(dependency))
            .collect();
        let extra: Vec<&&str> = used.iter().filter(|used| !allowed.contains(used)).collect();
        assert!(extra.is_empty(), "{name} uses {extra:?}; crates/README.md says it must not");
    }
}

#[test]
fn every_crate_is_on_the_map() {
    let map = fs::read_to_string(root().join("crates/README.md")).unwrap();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || map.contains(&format!("| `{name}` |")), "crates/README.md does not name {name}");
    }
}

#[test]
fn only_one_crate_does_what_is_reserved_to_it() {
    let mut found = Vec::new();
    for (name, file, text) in sources() {
        for (word, allowed) in RESERVED {
            if !allowed.contains(&name.as_str()) && text.contains(word) {
                found.push(format!("{}: {word}", file.display()));
            }
        }
        if PURE.contains(&name.as_str()) {
            found.extend(
                IMPURE.iter().filter(|word| text.contains(**word)).map(|word| format!("{}: {word}", file.display())),
            );
        }
    }
    assert!(found.is_empty(), "reserved or impure:\n{}", found.join("\n"));
}

#[test]
fn banned_crates_stay_out() {
    // `cargo metadata` lists optional dependencies that no feature turns on; `cargo tree` lists what is built.
    let tree =
        cargo(&["tree", "--workspace", "--edges", "all", "--target", "all", "--prefix", "none", "--format", "{p}"]);
    let built: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(built.contains("aws-lc-rs"), "the tree cannot be read:\n{tree}");
    for (name, why) in BANNED {
        assert!(!built.contains(name), "{name} is in the build: {why}");
    }
}

#[test]
fn no_private_key_lies_in_fixtures() {
    let mut files = Vec::new();
    collect(&root().join("fixtures"), &mut files);
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains("PRIVATE KEY"), "{} holds a private key", file.display());
    }
}

/// Every source of ours that is shipped, without its tests.
fn sources() -> Vec<(String, PathBuf, String)> {
    let mut sources = Vec::new();
    for (name, _) in EDGES {
        let mut files = Vec::new();
        collect(&root().join("crates").join(name).join("src"), &mut files);
        for file in files {
            let is_test = file.file_stem().is_some_and(|stem| stem == "tests")
                || file.components().any(|part| part.as_os_str() == "tests");
            if is_test || file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let shipped = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let code =
                shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            sources.push((name.to_owned(), file, code));
        }
    }
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

fn metadata() -> Value {
    serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).unwrap()
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        // Not offline: what only other systems need was never fetched on a fresh machine.
        .arg("--locked")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().unwrap().iter().filter(|package| package["source"].is_null())
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().unwrap().iter()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
