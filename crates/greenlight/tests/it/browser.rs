//! The HTML report in a browser: it filters, complains of nothing and asks nobody for anything.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{read, said};
use crate::reports::play;

/// What a browser made of a page, and what it said meanwhile.
struct Opened {
    page: String,
    console: String,
    /// Addresses that it asked the network for.
    asked: Vec<String>,
}

fn open(report: &Path, fragment: &str, folder: &Path) -> Opened {
    let log = folder.join("network.json");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--enable-logging=stderr", "--v=0"])
        .args(["--disable-background-networking", "--disable-component-update", "--no-first-run"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000"])
        .arg(format!("--user-data-dir={}", folder.join("browser").display()))
        .arg(format!("--log-net-log={}", log.display()))
        .arg(format!("file://{}#{fragment}", report.display()))
        .output()
        .expect("chromium is installed: apt-get install chromium");
    assert!(output.status.success(), "{}", said(&output));
    let console = String::from_utf8_lossy(&output.stderr).into_owned();
    let console = console.lines().filter(|line| line.contains(":CONSOLE")).collect::<Vec<_>>().join("\n");
    Opened { page: String::from_utf8(output.stdout).unwrap(), console, asked: asked(&log) }
}

/// Every address in the log of the network that a page asked for. What Chromium asks for by itself has no origin, and says so.
fn asked(log: &Path) -> Vec<String> {
    // A browser that was stopped leaves the log open.
    let text = fs::read_to_string(log).unwrap();
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line.trim_end_matches(',')).ok());
    let of_the_page = |event: &Value| {
        event.pointer("/params/initiator").and_then(Value::as_str).is_some_and(|origin| origin != "not an origin")
    };
    let url = |event: Value| Some(event.pointer("/params/url")?.as_str()?.to_owned());
    let mut asked: Vec<String> = events.filter(of_the_page).filter_map(url).collect();
    asked.dedup();
    asked
}

#[test]
#[ignore = "needs Chromium, install with `apt-get install chromium`"]
fn a_browser_filters_the_report_and_loads_nothing() {
    let folder = TempDir::new().unwrap();
    play("configurations/suite/allow-anonymous.json", folder.path());
    let report = folder.path().join("report.html");
    fs::rename(folder.path().join("html"), &report).unwrap();
    let results = read(&folder.path().join("results"));
    let cases = results["cases"].as_array().unwrap();
    let shown = |page: &str| {
        let (_, rest) =
            page.split_once("<output id=\"shown\" aria-live=\"polite\">").expect("the page says what it shows");
        rest.split_once(" of ").unwrap().0.parse::<usize>().unwrap()
    };
    let count = |meant: &dyn Fn(&Value) -> bool| cases.iter().filter(|case| meant(case)).count();
    let failed = count(&|case| case["verdict"] == "fail");
    let in_claims = count(&|case| case["verdict"] == "fail" && case["theme"] == "claims");
    let audience = count(&|case| case["id"] == "wrong-audience");
    assert!(failed > in_claims && in_claims > 0 && failed < cases.len());

    for (fragment, expected) in [
        ("", cases.len()),
        ("verdict=fail", failed),
        ("verdict=fail&theme=claims", in_claims),
        ("text=WRONG-audience", audience),
        ("verdict=%3Cimg%20src=x%3E", cases.len()),
        ("c3", cases.len()),
    ] {
        let opened = open(&report, fragment, folder.path());
        assert_eq!(shown(&opened.page), expected, "{fragment}");
        assert_eq!(opened.console, "", "{fragment}");
        assert_eq!(opened.asked, Vec::<String>::new(), "{fragment}");
        let third = opened.page.split("id=\"c3\"").nth(1).unwrap().split('>').next().unwrap();
        assert_eq!(third.contains(" open"), fragment == "c3", "{third}");
    }

    // What would be seen of a page that does otherwise.
    let other = folder.path().join("other.html");
    fs::write(&other, "<img src='http://elsewhere.example/x.png'><script>nothing()</script>").unwrap();
    let opened = open(&other, "", folder.path());
    assert_eq!(opened.asked, ["http://elsewhere.example/x.png"]);
    assert!(opened.console.contains("nothing is not defined"), "{}", opened.console);
}
