//! Headers that stand in for a token because only the platform, a proxy or a framework is thought to send them.

use function_app::{Call, Jws};

use crate::Defect;
use crate::plant::open_for;

pub(crate) const DEFECTS: &[Defect] = &[
    // Certificates and gateways.
    Defect {
        id: "certificate-header-believed",
        title: "A client certificate in the front end's header stands in for a token",
        why: "The front end is thought to have verified it; where certificates are not switched on it passes on what a client sends.",
        apply: |chain| open_for(chain, |call| has(call, "x-arr-clientcert")),
    },
    Defect {
        id: "certificate-verdict-believed",
        title: "A header that says that a certificate was verified stands in for a token",
        why: "The proxy before the app sets it, and does not take away one that is there.",
        apply: |chain| open_for(chain, |call| header(call, "x-ssl-client-verify") == "SUCCESS"),
    },
    Defect {
        id: "certificate-headers-believed",
        title: "A client certificate in any proxy's header stands in for a token",
        why: "The app is to work behind every proxy, so it looks for the certificate wherever one of them puts it.",
        apply: |chain| {
            open_for(chain, |call| {
                ["client-cert", "x-forwarded-client-cert", "ms-aspnetcore-clientcert"]
                    .iter()
                    .any(|name| has(call, name))
            })
        },
    },
    Defect {
        id: "front-door-believed",
        title: "A request that bears the id of a Front Door needs no token",
        why: "The rules of the gateway are thought to be enough, and its id to be a secret.",
        apply: |chain| open_for(chain, |call| has(call, "x-azure-fdid")),
    },
    Defect {
        id: "front-door-probe-believed",
        title: "A request that says that it is a probe of Front Door needs no token",
        why: "Its probes get 401 and take the app for dead.",
        apply: |chain| open_for(chain, |call| header(call, "x-fd-healthprobe") == "1"),
    },
    Defect {
        id: "api-management-believed",
        title: "A request that seems to come through API Management needs no token",
        why: "Who has a subscription has been checked there; the app only sees that a key was sent.",
        apply: |chain| {
            open_for(chain, |call| has(call, "ocp-apim-subscription-key") || header(call, "via").contains("apim"))
        },
    },
    // Users.
    Defect {
        id: "remote-user-believed",
        title: "A header for the user stands in for a token",
        why: "The app came from a server that signs users in by itself and names them so.",
        apply: |chain| open_for(chain, |call| has(call, "remote-user") || has(call, "x-forwarded-user")),
    },
    Defect {
        id: "sign-in-proxy-believed",
        title: "The user header of any sign-in proxy stands in for a token",
        why: "A library knows the headers of all of them, and is on by default.",
        apply: |chain| {
            open_for(chain, |call| {
                ["x-auth-request-user", "x-webauth-user", "x-authenticated-user"].iter().any(|name| has(call, name))
            })
        },
    },
    // What the platform tells itself.
    Defect {
        id: "probe-token-not-compared",
        title: "Any token of the platform's probes stands in for one of the issuer",
        why: "It is looked whether the header is there and not empty; nobody compares it with what it should be.",
        apply: |chain| {
            open_for(chain, |call| {
                let token = header(call, "x-ms-auth-internal-token");
                !token.is_empty() && token != OF_NOTHING
            })
        },
    },
    Defect {
        id: "probe-token-without-key",
        title: "The token of the platform's probes is compared with one made without a key",
        why: "The setting with the key is not there, and an empty one is as good to the hash.",
        apply: |chain| open_for(chain, |call| header(call, "x-ms-auth-internal-token") == OF_NOTHING),
    },
    Defect {
        id: "probe-token-empty",
        title: "An empty token of the platform's probes is right",
        why: "Where the setting with the key is not there the expected token is empty as well, and both are equal.",
        apply: |chain| open_for(chain, |call| call.request.header("x-ms-auth-internal-token") == Some("")),
    },
    Defect {
        id: "site-token-not-verified",
        title: "A site token is read and not verified",
        why: "Only the platform can make one, so nobody looks at who made this one.",
        apply: |chain| open_for(chain, |call| Jws::read(header(call, "x-ms-site-token")).is_some()),
    },
    Defect {
        id: "unsigned-site-token",
        title: "A site token without a signature is accepted",
        why: "The verifier of the issuer's tokens is strict; the other one has a switch for tests.",
        apply: |chain| {
            open_for(chain, |call| {
                Jws::read(header(call, "x-ms-site-token")).is_some_and(|token| token.header_text("alg") == Some("none"))
            })
        },
    },
    Defect {
        id: "restricted-token-not-compared",
        title: "Any restricted site token makes a token of the issuer needless",
        why: "The calls of the scaling controller bear one, and were refused.",
        apply: |chain| open_for(chain, |call| has(call, "x-ms-site-restricted-token")),
    },
    Defect {
        id: "server-module-believed",
        title: "The headers of the server module stand in for a token",
        why: "They come with requests from the web server in front, which has signed the user in; here nothing stands in front.",
        apply: |chain| {
            open_for(chain, |call| has(call, "ms-aspnetcore-token") || has(call, "ms-aspnetcore-winauthtoken"))
        },
    },
    // What frameworks tell themselves.
    Defect {
        id: "subrequest-not-checked",
        title: "A request that calls itself a subrequest is not checked again",
        why: "The framework marks its own requests by a header with the name of what has run already.",
        apply: |chain| {
            open_for(chain, |call| header(call, "x-middleware-subrequest").split('/').next_back() == Some("middleware"))
        },
    },
    Defect {
        id: "nested-subrequest-not-checked",
        title: "A request that calls itself deeply nested is not checked again",
        why: "The check ends a recursion after five times, by the count in a header, and lets the request pass.",
        apply: |chain| open_for(chain, |call| header(call, "x-middleware-subrequest").split(':').count() >= 5),
    },
    Defect {
        id: "mesh-header-believed",
        title: "A request that calls itself internal to the mesh needs no token",
        why: "The proxy of the mesh sets the header; the app is also reached past it.",
        apply: |chain| open_for(chain, |call| header(call, "x-envoy-internal") == "true"),
    },
    Defect {
        id: "rendered-error-not-checked",
        title: "A request that calls itself the rendering of a page that was checked is not checked",
        why: "The router calls the renderer over HTTP and hands on by headers what it has found out.",
        apply: |chain| open_for(chain, |call| has(call, "x-invoke-path")),
    },
    // Probes.
    Defect {
        id: "health-check-by-agent",
        title: "A request with the user agent of a health check needs no token",
        why: "The health check got 401, and its user agent was the quickest way to let it in.",
        apply: |chain| open_for(chain, |call| header(call, "user-agent").contains("HealthCheck")),
    },
    Defect {
        id: "probes-by-agent",
        title: "A request with the user agent of another probe needs no token",
        why: "A list of user agents that belong to machines is let through.",
        apply: |chain| {
            open_for(chain, |call| {
                ["AlwaysOn", "kube-probe/"].iter().any(|agent| header(call, "user-agent").starts_with(agent))
            })
        },
    },
];

/// SHA-256 of nothing, in base64.
const OF_NOTHING: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// A header's first value.
pub(super) fn header<'a>(call: &'a Call, name: &str) -> &'a str {
    call.request.header(name).unwrap_or_default()
}

pub(super) fn has(call: &Call, name: &str) -> bool {
    call.request.headers.contains_key(name)
}
