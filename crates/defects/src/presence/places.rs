//! Flaws in where a credential is looked for, and in what happens where there is none.

use authsettings::Credential;
use function_app::{Call, Chain, Flow, StageId, platform, stages};
use http::header::AUTHORIZATION;

use crate::Defect;
use crate::plant::{after, answer, open_for, without};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "unauthenticated-let-through",
        title: "A request without a token reaches the app",
        why: "Authentication is on but not required: whoever sends no token is not asked for one.",
        apply: |chain| open_for(chain, |call| call.facts.credential != Credential::Bearer),
    },
    Defect {
        id: "header-there-is-enough",
        title: "An empty Authorization header is enough",
        why: "The gateway refuses requests without the header, and the app asks whether it is there.",
        apply: |chain| {
            open_for(chain, |call| {
                call.request.headers.contains_key(AUTHORIZATION) && call.facts.credential == Credential::None
            })
        },
    },
    Defect {
        id: "other-schemes-let-through",
        title: "A credential of another scheme is left to the app",
        why: "The platform looks at bearer tokens only and takes the rest for the app's business; the app has none.",
        apply: |chain| open_for(chain, |call| call.facts.credential == Credential::OtherScheme),
    },
    Defect {
        id: "unreadable-let-through",
        title: "A token that cannot be read is left to the app",
        why: "Opaque tokens are looked up by the app, or were before it was rewritten.",
        apply: |chain| open_for(chain, |call| call.facts.credential == Credential::Bearer && call.token.is_none()),
    },
    Defect {
        id: "words-for-nothing-let-through",
        title: "The words for nothing count as no token, and none is asked for",
        why: "A client's `null` was let through so that its public pages would load.",
        apply: |chain| {
            open_for(chain, |call| {
                let words = ["null", "undefined", "false", "0", "none"];
                call.bearer.as_deref().is_some_and(|bearer| words.contains(&bearer))
            })
        },
    },
    Defect {
        id: "short-tokens-crash",
        title: "A token that is too short brings the app down",
        why: "The reader takes what stands behind the first dot, and there is none.",
        apply: |chain| {
            crashes(chain, |call| {
                call.bearer.as_deref().is_some_and(|bearer| !bearer.is_empty() && !bearer.contains('.'))
            })
        },
    },
    Defect {
        id: "split-at-blanks-crashes",
        title: "A header of other than two words brings the app down",
        why: "The header is split at its blanks, and the second part taken by its number.",
        apply: |chain| {
            crashes(chain, |call| {
                let value = call.request.header("authorization").unwrap_or_default();
                !value.is_empty()
                    && value.split(' ').filter(|word| !word.is_empty()).count() == value.split(' ').count()
                    && value.split(' ').count() != 2
                    || value.contains("  ")
                    || value.contains('\t')
            })
        },
    },
    Defect {
        id: "two-headers-crash",
        title: "Two Authorization headers bring the app down",
        why: "The collection is asked for its single value, and throws.",
        apply: |chain| crashes(chain, |call| call.request.headers.get_all(AUTHORIZATION).iter().count() > 1),
    },
    Defect {
        id: "token-in-query",
        title: "A token is taken from the query",
        why: "RFC 6750 section 2.3 allows it and a library does it unasked; such tokens end up in logs and referrers.",
        apply: |chain| also_from(chain, |call| from_query(call, &["access_token"])),
    },
    Defect {
        id: "token-in-query-for-sockets",
        title: "A token is taken from the query under the names that sockets use",
        why: "Browsers cannot set headers on a WebSocket, so its client writes the token into the address, and every route takes it.",
        apply: |chain| also_from(chain, |call| from_query(call, &["token", "bearer", "jwt", "auth_token"])),
    },
    Defect {
        id: "id-token-in-query",
        title: "An ID token is taken from the query",
        why: "The sign-in page comes back with it in the address.",
        apply: |chain| also_from(chain, |call| from_query(call, &["id_token", "authenticationToken"])),
    },
    Defect {
        id: "authorization-in-query",
        title: "The Authorization header may stand in the query",
        why: "A client that could not set headers was helped.",
        apply: |chain| also_from(chain, |call| from_query(call, &["authorization"])),
    },
    Defect {
        id: "token-in-form",
        title: "A token is taken from a form",
        why: "RFC 6750 section 2.2 allows it, and a form on another site can be sent by anybody's browser.",
        apply: |chain| {
            also_from(chain.reading_bodies(), |call| {
                let body = std::str::from_utf8(&call.request.body).ok()?;
                body.split('&').find_map(|pair| pair.strip_prefix("access_token=")).map(str::to_owned)
            })
        },
    },
    Defect {
        id: "token-in-json-body",
        title: "A token is taken from a JSON body",
        why: "The sign-in endpoint takes tokens so, and shares its code with everything else.",
        apply: |chain| {
            also_from(chain.reading_bodies(), |call| {
                let body: serde_json::Value = serde_json::from_slice(&call.request.body).ok()?;
                body.get("access_token")?.as_str().map(str::to_owned)
            })
        },
    },
    Defect {
        id: "token-in-own-headers",
        title: "A token is taken from a header of the team's own",
        why: "The gateway uses Authorization for itself, so tokens travel beside it.",
        apply: |chain| {
            also_from(chain, |call| from_header(call, &["x-access-token", "x-auth-token", "token", "access-token"]))
        },
    },
    Defect {
        id: "token-in-forwarded-headers",
        title: "A token is taken from where proxies leave it",
        why: "A proxy in front moves Authorization away, and anybody can write such a header.",
        apply: |chain| {
            also_from(chain, |call| {
                from_header(call, &["x-authorization", "x-original-authorization", "x-forwarded-access-token"])
            })
        },
    },
    Defect {
        id: "token-of-session-headers",
        title: "A token is taken from the platform's own token headers",
        why: "With the token store on, the app reads them; where nobody strips them, anybody writes them.",
        apply: |chain| {
            also_from(without(chain, StageId::StripIdentityHeaders), |call| {
                from_header(call, &["x-ms-token-aad-access-token", "x-ms-token-aad-id-token"])
            })
        },
    },
    Defect {
        id: "token-as-session-token",
        title: "An access token is taken for a session token",
        why: "X-ZUMO-AUTH is read like Authorization.",
        apply: |chain| also_from(chain, |call| from_header(call, &["x-zumo-auth"])),
    },
    Defect {
        id: "token-for-the-proxy",
        title: "A token that is meant for a proxy is taken",
        why: "Proxy-Authorization is copied to Authorization where the latter is missing.",
        apply: |chain| also_from(chain, |call| from_header(call, &["proxy-authorization"])),
    },
    Defect {
        id: "token-in-answer-headers",
        title: "A token is taken from headers that belong to answers and other protocols",
        why: "The list of places to look grew with every client.",
        apply: |chain| {
            also_from(chain, |call| {
                from_header(call, &["authentication", "www-authenticate", "sec-websocket-protocol"])
            })
        },
    },
    Defect {
        id: "token-in-cookie",
        title: "A token is taken from a cookie",
        why: "The single-page app keeps its token there, and browsers send it along with whatever another site makes them send.",
        apply: |chain| also_from(chain, |call| from_cookie(call, &["access_token", "token", "jwt"])),
    },
    Defect {
        id: "id-token-in-cookie",
        title: "A token is taken from the cookies of a sign-in library",
        why: "The library's own cookies are accepted for its callbacks, and for everything else with them.",
        apply: |chain| also_from(chain, |call| from_cookie(call, &["Authorization", "id_token"])),
    },
    Defect {
        id: "session-header-believed",
        title: "A session token is believed because it is there",
        why: "Its signature is the platform's business, and this is not the platform.",
        apply: |chain| {
            open_for(chain, |call| {
                call.request
                    .header("x-zumo-auth")
                    .is_some_and(|token| !token.is_empty() && !token.starts_with("Bearer "))
            })
        },
    },
    Defect {
        id: "unsigned-session-believed",
        title: "A session token that says it is not signed is believed",
        why: "Emulators make such tokens, and the code came from one.",
        apply: |chain| {
            open_for(chain, |call| {
                call.request.header("x-zumo-auth").is_some_and(|token| token.starts_with("eyJhbGciOiJub25lI"))
            })
        },
    },
    Defect {
        id: "session-header-present",
        title: "An empty session header means that somebody has signed in",
        why: "The app asks whether the header is there.",
        apply: |chain| open_for(chain, |call| call.request.header("x-zumo-auth") == Some("")),
    },
    Defect {
        id: "session-cookie-believed",
        title: "A session cookie is believed because it is there",
        why: "The cookie is encrypted, so nobody looks into it.",
        apply: |chain| {
            open_for(chain, |call| {
                call.request.header("cookie").is_some_and(|cookie| cookie.starts_with("AppServiceAuthSession="))
            })
        },
    },
    Defect {
        id: "foreign-session-cookie-believed",
        title: "The cookies of other platforms' sessions are believed",
        why: "The emulator for static sites and the framework's own sign-in are both still wired in.",
        apply: |chain| {
            open_for(chain, |call| {
                let cookie = call.request.header("cookie").unwrap_or_default();
                cookie.starts_with("StaticWebAppsAuthCookie=") || cookie.starts_with(".AspNetCore.Cookies=")
            })
        },
    },
];

/// Looks for a token elsewhere too, where the header has none.
fn also_from(chain: Chain, place: fn(&Call) -> Option<String>) -> Chain {
    after(chain, StageId::FindToken, stages::find_token, move |call| {
        if call.facts.credential == Credential::None
            && let Some(found) = place(call)
        {
            call.facts.credential = Credential::Bearer;
            call.bearer = Some(found);
        }
    })
}

fn from_query(call: &Call, names: &[&str]) -> Option<String> {
    let pairs = call.request.query()?.split('&');
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned())
}

fn from_header(call: &Call, names: &[&str]) -> Option<String> {
    let value = names.iter().find_map(|name| call.request.header(name))?;
    Some(value.strip_prefix("Bearer ").unwrap_or(value).to_owned())
}

fn from_cookie(call: &Call, names: &[&str]) -> Option<String> {
    let mut cookies = call.request.header("cookie")?.split("; ").filter_map(|cookie| cookie.split_once('='));
    cookies.find(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned())
}

/// Answers 500 before a token is looked for, where this holds.
fn crashes(chain: Chain, crashes: fn(&Call) -> bool) -> Chain {
    let chain = after(chain, StageId::FindToken, stages::find_token, |_| {});
    answer(chain, StageId::ReadToken, move |call| {
        if crashes(call) { Flow::Break(platform::empty(500)) } else { stages::read_token(call) }
    })
}
