//! Headers of proxies that are believed from whoever sends them.

use function_app::{Chain, StageId, stages};
use http::HeaderValue;
use http::header::HOST;

use super::believed::{has, header};
use crate::Defect;
use crate::plant::{before, open_for};

pub(crate) const DEFECTS: &[Defect] = &[
    // Whence a request comes.
    Defect {
        id: "forwarded-loopback-believed",
        title: "A request that was forwarded for the own machine needs no token",
        why: "The first address in X-Forwarded-For is taken for the caller's; it is what the caller wrote.",
        apply: |chain| {
            open_for(chain, |call| {
                let first = header(call, "x-forwarded-for").split(',').next().unwrap_or_default().trim();
                ["127.0.0.1", "::1"].contains(&first)
            })
        },
    },
    Defect {
        id: "last-forwarded-address-believed",
        title: "A request whose last forwarder is the own machine needs no token",
        why: "The last address is the one that the nearest proxy adds; where there is no proxy the client adds it.",
        apply: |chain| {
            open_for(chain, |call| {
                header(call, "x-forwarded-for").rsplit_once(',').is_some_and(|(_, last)| last.trim() == "127.0.0.1")
            })
        },
    },
    Defect {
        id: "private-network-believed",
        title: "A request that was forwarded for a private address needs no token",
        why: "The own network is trusted, and who is in it is read from a header.",
        apply: |chain| open_for(chain, |call| header(call, "x-forwarded-for").starts_with("10.")),
    },
    Defect {
        id: "platform-address-believed",
        title: "A request that was forwarded for the platform's own address needs no token",
        why: "Its probes come from 168.63.129.16, and behind the front end that stands in X-Forwarded-For.",
        apply: |chain| open_for(chain, |call| header(call, "x-forwarded-for") == "168.63.129.16"),
    },
    Defect {
        id: "client-ip-headers-believed",
        title: "A request that names the own machine as its client needs no token",
        why: "A library looks through every header that some proxy uses for the address, and takes the first that it finds.",
        apply: |chain| {
            open_for(chain, |call| {
                let names = ["x-real-ip", "x-client-ip", "x-azure-clientip"];
                names.iter().any(|name| header(call, name) == "127.0.0.1")
            })
        },
    },
    Defect {
        id: "forwarded-for-believed",
        title: "A Forwarded header for the own machine makes a token needless",
        why: "The standard's header is thought to be more trustworthy than those before it.",
        apply: |chain| {
            open_for(chain, |call| {
                ["for=127.0.0.1", "for=\"[::1]\""].iter().any(|local| header(call, "forwarded").contains(local))
            })
        },
    },
    // What host it was sent to.
    Defect {
        id: "forwarded-host-believed",
        title: "X-Forwarded-Host names the app in challenges and redirects",
        why: "The convention for a proxy is switched on, and the app can be reached without the proxy.",
        apply: |chain| named_by(chain, &["x-forwarded-host"]),
    },
    Defect {
        id: "original-host-believed",
        title: "X-Original-Host names the app in challenges and redirects",
        why: "The convention was customised for a gateway, and the app can be reached without it.",
        apply: |chain| named_by(chain, &["x-original-host"]),
    },
    Defect {
        id: "any-host-header-believed",
        title: "Whichever header names a host names the app in challenges and redirects",
        why: "A list of all that some proxy uses is gone through, so that the app works behind each of them.",
        apply: |chain| named_by(chain, &["disguised-host", "x-host", "x-http-host-override"]),
    },
    Defect {
        id: "forwarded-host-in-the-challenge",
        title: "Forwarded names the app in challenges",
        why: "The address for the sign-in is configured; the realm was forgotten, and is made of what the request says.",
        apply: |chain| {
            before(chain, StageId::Decide, stages::decide, |call| {
                if let Some(host) = forwarded_host(header(call, "forwarded")) {
                    call.request.headers.insert(HOST, host);
                }
            })
        },
    },
    Defect {
        id: "forwarded-host-at-sign-in",
        title: "Forwarded names the app in the address to which a sign-in returns",
        why: "A framework that honours RFC 7239 makes absolute addresses of it, whoever sent it.",
        apply: |chain| {
            before(chain, StageId::AuthEndpoints, stages::auth_endpoints, |call| {
                if let Some(host) =
                    forwarded_host(header(call, "forwarded")).filter(|_| call.path.starts_with("/.auth/"))
                {
                    call.request.headers.insert(HOST, host);
                }
            })
        },
    },
    // How it was sent.
    Defect {
        id: "plain-means-inside",
        title: "A request that came over plain HTTP, as a header says, needs no token",
        why: "From outside everything is encrypted, so what is not must come from inside.",
        apply: |chain| {
            open_for(chain, |call| {
                ["x-forwarded-proto", "x-appservice-proto"].iter().any(|name| header(call, name) == "http")
            })
        },
    },
    Defect {
        id: "front-end-means-checked",
        title: "A request with the front end's headers needs no token",
        why: "What came through the front end counts as checked there; it ends TLS and checks nothing.",
        apply: |chain| open_for(chain, |call| has(call, "x-arr-ssl") || header(call, "x-forwarded-proto") == "https"),
    },
];

/// The app goes by what the first of these headers says that is there.
fn named_by(chain: Chain, names: &'static [&'static str]) -> Chain {
    before(chain, StageId::AuthEndpoints, stages::auth_endpoints, |call| {
        if let Some(host) = names.iter().find_map(|name| call.request.headers.get(*name).cloned()) {
            call.request.headers.insert(HOST, host);
        }
    })
}

/// The host in a Forwarded header.
fn forwarded_host(value: &str) -> Option<HeaderValue> {
    value.split(';').find_map(|pair| pair.trim().strip_prefix("host="))?.parse().ok()
}
