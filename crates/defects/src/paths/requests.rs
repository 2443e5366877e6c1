//! Flaws in what is believed of a request beside its path: its method, its target, its host.

use function_app::{Call, Chain, Flow, StageId, platform, stages};
use http::header::HOST;
use http::{Method, StatusCode};
use serve::respond;

use crate::Defect;
use crate::plant::{answer, before, open_for, unless};

pub(crate) const DEFECTS: &[Defect] = &[
    // Methods.
    Defect {
        id: "head-not-checked",
        title: "HEAD needs no token",
        why: "It has no body, so nothing seems to be lost; the function runs all the same.",
        apply: |chain| open_methods(chain, |method| method == Method::HEAD),
    },
    Defect {
        id: "writing-methods-not-checked",
        title: "PUT, PATCH and DELETE need no token",
        why: "The rule was written when the function knew GET and POST; now it answers every method.",
        apply: |chain| open_methods(chain, |method| [Method::PUT, Method::PATCH, Method::DELETE].contains(method)),
    },
    Defect {
        id: "post-not-checked",
        title: "POST needs no token",
        why: "The rule was tried with a browser and names GET.",
        apply: |chain| open_methods(chain, |method| method == Method::POST),
    },
    Defect {
        id: "methods-listed",
        title: "Only GET and POST need a token",
        why: "The rule stands within `<Limit GET POST>`, which says nothing of any other method.",
        apply: |chain| open_methods(chain, |method| ![Method::GET, Method::POST].contains(method)),
    },
    Defect {
        id: "unknown-methods-not-checked",
        title: "Methods that the check does not know need no token",
        why: "A table from method to rule has no entry for them, and no rule is taken for no objection.",
        apply: |chain| open_methods(chain, |method| !method.as_str().is_empty() && !is_standard(method)),
    },
    Defect {
        id: "methods-compared-without-case",
        title: "A method in other letters needs no token, and the host takes it for the known one",
        why: "The check compares as the standard says, the host puts everything into capitals first.",
        apply: |chain| {
            open_methods(chain, |method| {
                let capitals = method.as_str().to_ascii_uppercase();
                capitals != method.as_str() && ["GET", "POST"].contains(&capitals.as_str())
            })
        },
    },
    Defect {
        id: "options-not-checked",
        title: "OPTIONS needs no token",
        why: "Preflights must pass, and whatever says OPTIONS is taken for one; the function answers every method.",
        apply: |chain| open_methods(chain, |method| method == Method::OPTIONS),
    },
    Defect {
        id: "preflight-reaches-the-function",
        title: "A preflight is passed on to the function",
        why: "CORS was left to the app, so its preflights are let through; the function runs for each.",
        apply: |chain| {
            let chain = open_for(chain, |call| {
                call.request.method == Method::OPTIONS && has(call, "access-control-request-method")
            });
            any_method(chain)
        },
    },
    Defect {
        id: "trace-answered",
        title: "TRACE is answered with what was sent",
        why: "The web server does so by itself, before anything else is asked.",
        apply: |chain| {
            before_all(chain, |call| {
                let lines = call.request.headers.iter();
                let echo: Vec<String> = lines
                    .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
                    .collect();
                let is_trace = call.request.method == Method::TRACE;
                is_trace.then(|| respond(StatusCode::OK, "message/http", echo.join("\r\n")))
            })
        },
    },
    Defect {
        id: "connect-answered",
        title: "CONNECT is granted",
        why: "The proxy in front was set up for calls to the outside too, and tunnels for anybody.",
        apply: |chain| before_all(chain, |call| (call.request.method == Method::CONNECT).then(|| platform::empty(200))),
    },
    Defect {
        id: "method-override-believed-by-the-check",
        title: "The check takes the method from `X-HTTP-Method-Override`, and lets OPTIONS and HEAD pass",
        why: "The framework's overriding comes first of all, and the function is called by the true method.",
        apply: |chain| open_for(chain, |call| overridden(call, &["x-http-method-override"])),
    },
    Defect {
        id: "other-method-override-believed-by-the-check",
        title: "The check takes the method from `X-HTTP-Method` or `X-Method-Override`, and lets OPTIONS pass",
        why: "There are three such headers; the proxy takes away the best known one.",
        apply: |chain| open_for(chain, |call| overridden(call, &["x-http-method", "x-method-override"])),
    },
    Defect {
        id: "method-override-in-query",
        title: "The check takes the method from `_method` in the query, and lets OPTIONS pass",
        why: "Forms know GET and POST only, so frameworks look for the method among the fields.",
        apply: |chain| open_for(chain, |call| call.request.query() == Some("_method=OPTIONS")),
    },
    Defect {
        id: "method-override-in-form",
        title: "The check takes the method from `_method` in a form, and lets OPTIONS pass",
        why: "Forms know GET and POST only, so frameworks look for the method among the fields.",
        apply: |chain| {
            let chain = open_for(chain, |call| call.request.body.as_ref() == b"_method=OPTIONS");
            chain.reading_bodies()
        },
    },
    Defect {
        id: "method-override-routed",
        title: "The host takes the method from a header",
        why: "A call that may read becomes one that deletes, behind every rule about methods.",
        apply: |chain| {
            before(chain, StageId::HostRoute, stages::host_route, |call| {
                let names = ["x-http-method-override", "x-http-method", "x-method-override"];
                let method = names.iter().find_map(|name| call.request.header(name)?.parse().ok());
                call.request.method = method.unwrap_or_else(|| call.request.method.clone());
            })
        },
    },
    // Targets and hosts.
    Defect {
        id: "absolute-target-not-checked",
        title: "A target that names its host is not found among the protected paths",
        why: "The check compares the target as it was sent, which begins with a scheme here; the host routes by the path in it.",
        apply: |chain| open_for(chain, |call| call.request.target.contains("://")),
    },
    Defect {
        id: "absolute-target-local",
        title: "A target that names the local host counts as a call from inside",
        why: "The URL of the request is rebuilt from its target, and calls of the app to itself need no token.",
        apply: |chain| open_for(chain, |call| authority(call).is_some_and(is_local)),
    },
    Defect {
        id: "absolute-target-of-another-site",
        title: "A target that names another host than the Host header is not checked",
        why: "The check is chosen by the name in the target, which has none; the app is chosen by the header.",
        apply: |chain| open_for(chain, |call| authority(call).is_some_and(|authority| authority != call.host())),
    },
    Defect {
        id: "absolute-target-not-found",
        title: "A target that names its host leads nowhere",
        why: "The router compares the target as it was sent; callers behind a proxy that sends it so are locked out.",
        apply: |chain| before_routing(chain, |call| call.request.target.contains("://").then_some(404)),
    },
    Defect {
        id: "catch-all-for-no-path",
        title: "A target without a path leads to the function without a check",
        why: "No rule for paths matches `*`, and the route of the function matches everything.",
        apply: |chain| {
            let chain = open_for(chain, |call| call.path == "*");
            before(chain, StageId::HostRoute, stages::host_route, |call| {
                if call.path == "*" {
                    call.request.method = Method::GET;
                    call.retarget("/api/orders");
                }
            })
        },
    },
    Defect {
        id: "local-host-believed",
        title: "A request that names the local host needs no token",
        why: "For work on a developer's machine; the name is what the client says it is.",
        apply: |chain| open_for(chain, |call| is_local(call.host())),
    },
    Defect {
        id: "local-host-by-prefix",
        title: "A request whose host begins like the local one needs no token",
        why: "The port had to be allowed for, so the beginning is compared.",
        apply: |chain| open_for(chain, |call| call.host().starts_with("localhost.") || call.host().starts_with("127.")),
    },
    Defect {
        id: "other-site-not-protected",
        title: "Only the site of one name is protected",
        why: "The check belongs to one virtual host; the default one leads to the same app without it.",
        apply: |chain| open_for(chain, |call| !call.host().starts_with("localhost")),
    },
    Defect {
        id: "last-host-decides",
        title: "Of several Host headers the last decides, and the local one needs no token",
        why: "The front end looks at the first, the app at the last.",
        apply: |chain| {
            open_for(serving(chain, has_two_hosts), |call| {
                let hosts = call.request.headers.get_all(HOST).iter();
                hosts.skip(1).last().and_then(|last| last.to_str().ok()).is_some_and(is_local)
            })
        },
    },
    Defect {
        id: "first-host-decides",
        title: "Of several Host headers the first decides, and the local one needs no token",
        why: "The front end looks at the last, the app at the first.",
        apply: |chain| open_for(serving(chain, has_two_hosts), |call| has_two_hosts(call) && is_local(call.host())),
    },
    Defect {
        id: "two-hosts-served",
        title: "A request with two Host headers is served",
        why: "The first that is found is taken; whoever stands before or behind may take the other.",
        apply: |chain| serving(chain, has_two_hosts),
    },
    Defect {
        id: "malformed-host-served",
        title: "A request whose Host header is no host is served",
        why: "Whatever stands there is put into links and redirects as it is.",
        apply: |chain| serving(chain, |call| call.host().contains('/')),
    },
    Defect {
        id: "probe-without-host",
        title: "A request without a Host header needs no token",
        why: "The load balancer probes so, and its probes must pass.",
        apply: |chain| open_for(serving(chain, has_no_host), has_no_host),
    },
    Defect {
        id: "host-compared-with-case",
        title: "The site is not found by its name in capitals",
        why: "Names are compared letter by letter; clients that keep the case of a URL are locked out.",
        apply: |chain| before_routing(chain, |call| call.host().contains(char::is_uppercase).then_some(404)),
    },
];

fn has(call: &Call, name: &str) -> bool {
    call.request.headers.contains_key(name)
}

/// Whether the method is one that every check knows (RFC 9110 section 9.1).
fn is_standard(method: &Method) -> bool {
    let standard = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];
    standard.contains(&method.as_str())
}

fn is_local(host: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].contains(&host)
}

/// The host that the target names, if it names one.
fn authority(call: &Call) -> Option<&str> {
    let (_, rest) = call.request.target.split_once("://")?;
    rest.split('/').next()
}

/// Whether one of these headers names a method that needs no token.
fn overridden(call: &Call, names: &[&str]) -> bool {
    names.iter().any(|name| call.request.header(name).is_some_and(|method| ["OPTIONS", "HEAD"].contains(&method)))
}

/// A function that was bound to no method in particular, and so answers all.
fn any_method(chain: Chain) -> Chain {
    before(chain, StageId::HostRoute, stages::host_route, |call| call.request.method = Method::GET)
}

/// Some methods need no token, and the function answers all.
fn open_methods(chain: Chain, open: fn(&Method) -> bool) -> Chain {
    any_method(open_for(chain, move |call| open(&call.request.method)))
}

/// Something that answers some requests before anybody else.
pub(super) fn before_all(chain: Chain, answers: fn(&Call) -> Option<serve::Response>) -> Chain {
    answer(chain, StageId::FrontEnd, move |call| match answers(call) {
        Some(response) => Flow::Break(response),
        None => stages::front_end(call),
    })
}

/// A router that answers some requests by itself.
fn before_routing(chain: Chain, answers: fn(&Call) -> Option<u16>) -> Chain {
    answer(chain, StageId::HostRoute, move |call| match answers(call) {
        Some(status) => Flow::Break(platform::empty(status)),
        None => stages::host_route(call),
    })
}

/// A front end that serves some of what it should refuse.
fn serving(chain: Chain, served: fn(&Call) -> bool) -> Chain {
    unless(chain, StageId::FrontEnd, stages::front_end, served)
}

fn has_two_hosts(call: &Call) -> bool {
    call.request.headers.get_all(HOST).iter().nth(1).is_some()
}

fn has_no_host(call: &Call) -> bool {
    !call.request.headers.contains_key(HOST)
}
