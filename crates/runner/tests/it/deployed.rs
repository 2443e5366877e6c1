//! What only a deployed app can show: the site that it is deployed by, its warm-up path, its handshakes.

use std::sync::atomic::{AtomicUsize, Ordering};

use results::{AnsweredBy, RunVerdict, Verdict};
use scenario::{BaseUrl, Opening, Platform};
use wiremock::ResponseTemplate;

use crate::stand_in::{always, at, challenge, function, protected};
use crate::told::{MISSING_TOKEN, Told, VALID_CALLER, marked, run};

const SITE: &str = "
id: site
send: { to: scm, path: /api/settings }
expect: { outcome: unauthenticated, status: [401, 302, 403] }
";

#[tokio::test]
async fn the_deployment_site_has_ways_of_its_own_to_refuse() {
    let target = protected().await;
    for (status, expected) in [(401, Verdict::Pass), (302, Verdict::Pass), (403, Verdict::Pass), (200, Verdict::Fail)] {
        let answer = ResponseTemplate::new(status).insert_header("www-authenticate", r#"Basic realm="site""#);
        let site = always(answer).await;
        let mut deployed = marked(run(&target.uri(), &[VALID_CALLER, SITE]));
        deployed.profile.target.platform = Platform::EasyAuth;
        deployed.profile.target.scm =
            Some(BaseUrl { https: false, host: "127.0.0.1".to_owned(), port: site.address().port() });
        let told = Told::of(deployed).await;
        assert_eq!(told.case("site").verdict, expected, "{status}: {:?}", told.case("site").reason);
        let asked = site.received_requests().await.unwrap();
        assert_eq!((asked.len(), asked[0].url.path()), (1, "/api/settings"));
        let line = told.case("site").replay.as_ref().unwrap().as_str().to_owned();
        assert!(line.ends_with(&format!("{}/api/settings", site.uri())), "{line}");
    }
}

#[tokio::test]
async fn what_is_not_known_is_skipped_with_what_to_add() {
    let target = protected().await;
    let warm = "id: warm\nsend: { to: warm-up }\nexpect: recorded";
    let beside =
        "id: beside\nrequires: [target.warm-up]\nsend: { path: '${target.warm-up}x' }\nexpect: unauthenticated";
    let old = "id: old\nsteps: [{ tls: { refuses: '1.0' } }]";
    let told = Told::of(run(&target.uri(), &[VALID_CALLER, SITE, warm, beside, old])).await;
    let added =
        [("site", "target.scm"), ("warm", "target.warm-up"), ("beside", "target.warm-up"), ("old", "plain HTTP")];
    for (id, part) in added {
        assert_eq!(told.case(id).verdict, Verdict::Skip);
        assert!(told.reason(id).contains(part), "{}", told.reason(id));
    }

    at(&target, "/api/warm", function()).await;
    let mut known = marked(run(&target.uri(), &[VALID_CALLER, warm, beside]));
    known.profile.target.warm_up = Some(Opening { path: "/api/warm".to_owned(), marker: None });
    let told = Told::of(known).await;
    assert_eq!(told.case("warm").verdict, Verdict::Recorded);
    assert_eq!(told.case("beside").verdict, Verdict::Pass);
}

#[tokio::test]
async fn a_handshake_is_a_case_like_others() {
    // What answers in plain text is no TLS: nothing is proven.
    let target = protected().await;
    let old = "id: old\nvariants: { version: ['1.0', '1.1'] }\nsteps: [{ tls: { refuses: '${version}' } }]";
    let mut odd = run(&target.uri().replace("http:", "https:"), &[old]);
    odd.profile.limits.connect = std::time::Duration::from_secs(2);
    let told = Told::of(odd).await;
    assert!(told.cases.iter().all(|case| case.verdict == Verdict::Inconclusive), "{:?}", told.verdicts());
    assert_eq!(told.case("old").expected, "TLS 1.0 refused");
    assert_eq!(told.closing().verdict, RunVerdict::Inconclusive);
}

#[tokio::test]
async fn a_server_of_today_refuses_an_old_handshake() {
    let authority = serve::Authority::generate(serve::system_clock()()).unwrap();
    let tls = authority.tls(&["localhost".to_owned()]).unwrap();
    let service = |request: serve::Request| async move {
        let good = request.header("authorization") == Some("Bearer good");
        let status = if good { http::StatusCode::OK } else { http::StatusCode::UNAUTHORIZED };
        serve::respond(status, "text/plain", "")
    };
    let config =
        serve::ServerConfig { tls: Some(tls), ..serve::ServerConfig::new("function", ([127, 0, 0, 1], 0).into()) };
    let server = serve::Server::start(config, std::sync::Arc::new(service)).await.unwrap();
    let old = "id: old\nsteps: [{ tls: { refuses: '1.1' } }]";
    let url = format!("https://localhost:{}", server.address().port());
    for (scenarios, expected) in [(&[VALID_CALLER, old][..], Verdict::Pass), (&[old], Verdict::Inconclusive)] {
        let trust = wire::Trust::Only(vec![authority.pem().to_owned()]);
        let told = Told::of(runner::Run { trust, ..run(&url, scenarios) }).await;
        let case = told.case("old");
        assert_eq!((case.verdict, case.observed.answered_by), (expected, AnsweredBy::Network), "{:?}", case.reason);
        assert_eq!(case.compared[0].observed.as_str(), "alert: handshake failure");
    }
}

/// An app on two instances that its front end tells apart: who brings no cookie is led to each by turns. The second takes everybody.
#[tokio::test]
async fn every_instance_is_asked_by_itself() {
    let turns = AtomicUsize::new(0);
    let front_end = move |request: &wiremock::Request| {
        let has = |name: &str, value: &str| {
            request.headers.get_all(name).iter().any(|header| header.to_str().is_ok_and(|text| text.contains(value)))
        };
        let second = match (has("cookie", "ARRAffinity=aaaaaaaa1"), has("cookie", "ARRAffinity=bbbbbbbb2")) {
            (false, false) => turns.fetch_add(1, Ordering::Relaxed) % 2 == 1,
            (_, led) => led,
        };
        let lets_in = has("authorization", "Bearer good");
        // Nobody is led to the second by chance but with a good token: only who asks every instance finds it out.
        let second = second && (lets_in || has("cookie", "ARRAffinity"));
        let answer = if lets_in || second { function() } else { challenge() };
        let instance = if second { "bbbbbbbb2" } else { "aaaaaaaa1" };
        answer.append_header("set-cookie", format!("ARRAffinity={instance};Path=/;HttpOnly"))
    };
    let target = always(front_end).await;
    let marked_so = |scenario: &str| format!("{scenario}\nevery-instance: true");
    let (control, missing) = (marked_so(VALID_CALLER), marked_so(MISSING_TOKEN));
    let other = "id: other\nsend: {}\nexpect: unauthenticated";
    let again = "id: again\nsend: { headers: { Authorization: Bearer good } }\nexpect: accepted";
    let told = Told::of(marked(run(&target.uri(), &[&control, &missing, other, again]))).await;
    let expected = [
        ("valid-caller", Verdict::Pass),
        ("missing-token", Verdict::Pass),
        ("other", Verdict::Pass),
        ("again", Verdict::Pass),
        ("valid-caller[instance=aaaaaa]", Verdict::Pass),
        ("valid-caller[instance=bbbbbb]", Verdict::Pass),
        ("missing-token[instance=aaaaaa]", Verdict::Pass),
        ("missing-token[instance=bbbbbb]", Verdict::Fail),
    ];
    assert_eq!(told.verdicts(), expected.map(|(name, verdict)| (name.to_owned(), verdict)));
    assert_eq!(told.closing().notes, ["2 instances answered: each was asked by itself (cases named `instance=...`)"]);
}
