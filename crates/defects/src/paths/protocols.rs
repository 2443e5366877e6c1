//! Flaws in what goes with a request: the origin it names, the protocol it asks for, the body that it brings.

use function_app::{Call, Chain, StageId, platform, stages};
use http::header::{ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CONNECTION, UPGRADE};
use http::{HeaderName, HeaderValue, Method, StatusCode};

use super::requests::before_all;
use crate::Defect;
use crate::plant::{after, open_for, unless};

pub(crate) const DEFECTS: &[Defect] = &[
    // Origins.
    Defect {
        id: "any-origin-allowed",
        title: "Whatever origin asks is allowed, with credentials",
        why: "`*` does not go with credentials, so the Origin header is copied instead.",
        apply: |chain| allow_origins(chain, |origin, _| origin != "null"),
    },
    Defect {
        id: "origin-allowed-by-prefix",
        title: "An origin that begins with the own one is allowed",
        why: "The beginning is compared so that ports may differ.",
        apply: |chain| allow_origins(chain, |origin, own| origin.starts_with(&format!("https://{own}"))),
    },
    Defect {
        id: "origin-allowed-by-suffix",
        title: "An origin that ends with the own host is allowed",
        why: "Subdomains are meant, and the dot before them is forgotten.",
        apply: |chain| allow_origins(chain, |origin, own| origin.ends_with(own)),
    },
    Defect {
        id: "null-origin-allowed",
        title: "The origin `null` is allowed",
        why: "A page opened from a file was tried with, and stayed in the list.",
        apply: |chain| allow_origins(chain, |origin, _| origin == "null"),
    },
    // Protocols.
    Defect {
        id: "upgrade-granted-before-the-check",
        title: "An upgrade to WebSocket is granted before the token is looked at",
        why: "The proxy answers the handshake itself and asks later, or never.",
        apply: |chain| {
            before_all(chain, |call| {
                let asked = header(call, "upgrade").to_ascii_lowercase().contains("websocket");
                asked.then(|| {
                    let mut response = platform::empty(101);
                    let headers = response.headers_mut();
                    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
                    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
                    // The answer to the key of RFC 6455 section 1.3.
                    let accept = HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
                    headers.insert(HeaderName::from_static("sec-websocket-accept"), accept);
                    response
                })
            })
        },
    },
    Defect {
        id: "upgrade-passed-by-the-check",
        title: "Requests for an upgrade go to the function past the platform",
        why: "They become tunnels, for which the proxy has a rule of its own without a check; nobody adds an identity either.",
        apply: |chain| {
            let upgrade = |call: &Call| has(call, "upgrade");
            let chain = unless(chain, StageId::InjectIdentity, stages::inject_identity, upgrade);
            open_for(chain, upgrade)
        },
    },
    Defect {
        id: "http2-upgrade-passed-by-the-check",
        title: "A request for an upgrade to HTTP/2 is passed on as it is",
        why: "Proxies know the upgrade to WebSocket; the one to HTTP/2 in clear text they forward unseen.",
        apply: |chain| open_for(chain, |call| header(call, "upgrade") == "h2c"),
    },
    Defect {
        id: "grpc-not-checked",
        title: "gRPC requests need no token",
        why: "They are sent to the app by a rule of their own, chosen by content type, that comes before the check.",
        apply: |chain| open_for(chain, |call| header(call, "content-type").starts_with("application/grpc")),
    },
    Defect {
        id: "grpc-web-not-checked",
        title: "gRPC-Web requests need no token",
        why: "They are translated before they are checked, and the check finds no such request.",
        apply: |chain| open_for(chain, |call| header(call, "content-type").starts_with("application/grpc-web")),
    },
    Defect {
        id: "grpc-refused-with-success",
        title: "A gRPC request is refused with 200 and a status in a header",
        why: "So gRPC tells its errors; whatever counts failures by the HTTP status sees none.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                if header(call, "content-type") == "application/grpc"
                    && call.response.status() == StatusCode::UNAUTHORIZED
                {
                    *call.response.status_mut() = StatusCode::OK;
                    let unauthenticated = HeaderValue::from_static("16");
                    call.response.headers_mut().insert(HeaderName::from_static("grpc-status"), unauthenticated);
                }
            })
        },
    },
    // Bodies.
    Defect {
        id: "body-read-before-the-check",
        title: "The body is read to its end before the token is looked at",
        why: "A framework buffers requests first of all, so that strangers decide how long it waits and how much it holds.",
        apply: Chain::reading_bodies,
    },
    Defect {
        id: "expectation-not-checked",
        title: "A request that waits to be invited is passed on unchecked",
        why: "The check wants whole requests, and this one will not be whole until somebody invites its body.",
        apply: |chain| open_for(chain, |call| has(call, "expect")),
    },
    Defect {
        id: "upload-not-checked",
        title: "Uploads are passed on unchecked",
        why: "They are streamed to the app, past the part of the proxy that buffers and checks.",
        apply: |chain| open_for(chain, |call| header(call, "content-type").starts_with("multipart/")),
    },
    Defect {
        id: "long-body-not-checked",
        title: "A request that is too long to be buffered is passed on unchecked",
        why: "The check is given up where the buffer ends, and giving up means letting pass.",
        apply: |chain| {
            open_for(chain, |call| header(call, "content-length").parse().is_ok_and(|length: u64| length > 1 << 20))
        },
    },
    Defect {
        id: "chunked-not-checked",
        title: "A request in chunks is passed on unchecked",
        why: "Its length is not known beforehand, so it is streamed past the check.",
        apply: |chain| open_for(chain, |call| has(call, "transfer-encoding")),
    },
    Defect {
        id: "short-body-not-checked",
        title: "A GET with a body is passed on unchecked",
        why: "The check takes it for malformed and leaves it to the app to refuse it, which does not.",
        apply: |chain| {
            open_for(chain, |call| call.request.method == Method::GET && header(call, "content-length") == "100")
        },
    },
];

/// A header's first value.
fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    call.request.header(name).unwrap_or_default()
}

fn has(call: &Call, name: &str) -> bool {
    call.request.headers.contains_key(name)
}

/// Answers say that some origins may read them. What is compared with the origin is the own host.
fn allow_origins(chain: Chain, allowed: fn(&str, &str) -> bool) -> Chain {
    after(chain, StageId::Answer, stages::answer, move |call| {
        let Some(origin) = call.request.headers.get("origin").cloned() else { return };
        if origin.to_str().is_ok_and(|origin| allowed(origin, call.host())) {
            let headers = call.response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    })
}
