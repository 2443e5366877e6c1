//! The sign-in routes: whom they tell what, where they lead, and what falls through them.

use authsettings::Answer;
use function_app::{Call, Chain, Flow, Jws, StageId, platform, stages};
use http::header::{COOKIE, LOCATION};
use http::{HeaderValue, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::json;
use serve::respond;

use crate::Defect;
use crate::plant::{answer, open_for, without};

pub(crate) const DEFECTS: &[Defect] = &[
    // What falls through.
    Defect {
        id: "sign-in-routes-left-to-the-app",
        title: "Everything below /.auth goes to the app, unchecked",
        why: "The sign-in needs no token, so the prefix is let through; nothing answers there, and the app has a route for the rest.",
        apply: |chain| falling_through(chain, |call| below(call).map(|_| "/api/orders".to_owned())),
    },
    Defect {
        id: "unknown-sign-in-routes-fall-through",
        title: "What is not known below /.auth goes to the app, unchecked",
        why: "The module answers what is its own and lets the rest pass, which the check then takes for its own.",
        apply: |chain| {
            falling_through(chain, |call| {
                let known = ["", "/me", "/refresh", "/logout", "/logout/complete", "/login/aad", "/login/aad/callback"];
                below(call).filter(|rest| !known.contains(&rest.as_str())).map(|_| "/api/orders".to_owned())
            })
        },
    },
    Defect {
        id: "sign-in-prefix-cut-off",
        title: "The prefix /.auth is cut off and the rest goes to the app, unchecked",
        why: "A proxy has a rule for the prefix that leads to the app's root.",
        apply: |chain| falling_through(chain, |call| below(call).filter(|rest| rest.starts_with("/api/"))),
    },
    Defect {
        id: "callback-fails-without-state",
        title: "The end of a sign-in is a server error where nothing was begun",
        why: "The state is taken apart without a look whether it is there.",
        apply: |chain| failing(chain, |rest| rest == "/login/aad/callback"),
    },
    Defect {
        id: "logout-fails-without-session",
        title: "Signing out is a server error for those who are not signed in",
        why: "The session that is to be ended is taken for granted.",
        apply: |chain| failing(chain, |rest| rest == "/logout"),
    },
    Defect {
        id: "sign-in-fails-without-place",
        title: "Signing in is a server error where no place to return to is named",
        why: "The parameter is documented, so it is taken for granted.",
        apply: |chain| {
            answer(chain, StageId::AuthEndpoints, |call| match below(call).as_deref() {
                Some("/login/aad") if call.request.query().is_none() => Flow::Break(platform::empty(500)),
                _ => stages::auth_endpoints(call),
            })
        },
    },
    Defect {
        id: "bare-prefix-fails",
        title: "The bare prefix /.auth is a server error",
        why: "What stands behind the prefix is taken apart without a look whether anything does.",
        apply: |chain| failing(chain, str::is_empty),
    },
    // Who is told what.
    Defect {
        id: "identity-of-somebody-else-shown",
        title: "Who is signed in is told from a cache, to everybody",
        why: "A cache before the app keeps the answer by its path alone.",
        apply: |chain| showing(chain, |_| Some(("user_id", "somebody@contoso.example".to_owned()))),
    },
    Defect {
        id: "tokens-refreshed-for-everybody",
        title: "A refresh gives the stored tokens to everybody",
        why: "The token store is asked for the last entry where there is no session to ask for.",
        apply: |chain| {
            answer(chain, StageId::AuthEndpoints, |call| match below(call).as_deref() {
                Some("/refresh") => Flow::Break(shown("access_token", "of somebody else")),
                _ => stages::auth_endpoints(call),
            })
        },
    },
    Defect {
        id: "identity-of-headers-shown",
        title: "Who is signed in is told from the headers of the request",
        why: "The route reads what the platform would have set, before anybody has taken away what the client did.",
        apply: |chain| {
            let names = ["x-ms-client-principal-name", "x-ms-token-aad-access-token"];
            let chain = without(chain, StageId::StripIdentityHeaders);
            showing(chain, move |call| {
                names.iter().find_map(|name| Some(("user_claims", call.request.header(name)?.to_owned())))
            })
        },
    },
    Defect {
        id: "identity-of-cookie-shown",
        title: "Who is signed in is told from the cookie as it is",
        why: "The cookie is thought to be the platform's own, so it is repeated where it cannot be read.",
        apply: |chain| showing(chain, |call| Some(("user_claims", call.request.header(COOKIE.as_str())?.to_owned()))),
    },
    Defect {
        id: "identity-of-unverified-token-shown",
        title: "Who is signed in is told from a token that nobody has verified",
        why: "The route stands before the check, and a token is easily taken apart.",
        apply: |chain| {
            showing(chain, |call| {
                let token = Jws::read(call.request.header("authorization")?.strip_prefix("Bearer ")?)?;
                Some(("user_claims", token.claim_text("name")?.to_owned()))
            })
        },
    },
    // Where they lead.
    Defect {
        id: "return-anywhere",
        title: "A sign-in leads wherever its link says",
        why: "The place is taken along and followed; the list of allowed ones is not asked.",
        apply: |chain| returning(chain, |_, _| true),
    },
    Defect {
        id: "return-to-slash",
        title: "A sign-in leads to whatever begins with a slash",
        why: "That is taken for a path; two slashes begin a host.",
        apply: |chain| returning(chain, |place, _| decoded(place).starts_with('/')),
    },
    Defect {
        id: "return-checked-as-sent",
        title: "The place to return to is checked before it is decoded",
        why: "What looks like a path of this app becomes another host's name when it is decoded.",
        apply: |chain| {
            returning(chain, |place, _| place.starts_with('/') && !place.starts_with("//") && !place.contains('\\'))
        },
    },
    Defect {
        id: "return-with-backslash",
        title: "A sign-in leads to a slash and a backslash",
        why: "Browsers take a backslash for a slash; the check does not.",
        apply: |chain| {
            returning(chain, |place, _| {
                let place = decoded(place);
                place.starts_with('/') && !place.starts_with("//") && !place.contains(char::is_control)
            })
        },
    },
    Defect {
        id: "return-with-control-characters",
        title: "A sign-in leads to a slash and a tab",
        why: "Browsers leave tabs and line breaks out of addresses; the check does not.",
        apply: |chain| {
            returning(chain, |place, _| {
                let place = decoded(place);
                place.starts_with('/') && !place.starts_with("//") && !place.contains('\\')
            })
        },
    },
    Defect {
        id: "return-by-prefix",
        title: "A sign-in leads to whatever begins with the own address",
        why: "Behind the host's name another one may go on, or the name may be that of a user.",
        apply: |chain| returning(chain, |place, host| decoded(place).starts_with(&format!("https://{host}"))),
    },
    Defect {
        id: "return-by-mention",
        title: "A sign-in leads to whatever mentions the own host",
        why: "The own address may come with or without a scheme, so it is looked for anywhere.",
        apply: |chain| returning(chain, |place, host| place.contains(host)),
    },
    Defect {
        id: "return-without-slashes",
        title: "A sign-in leads to whatever has no `://`",
        why: "That is taken for relative; browsers find a host in `https:host` and in `//host` as well.",
        apply: |chain| returning(chain, |place, _| !decoded(place).contains("://")),
    },
    Defect {
        id: "return-to-script",
        title: "A sign-in leads to whatever does not begin with http",
        why: "Other schemes are not thought of, and one of them runs what stands behind it.",
        apply: |chain| {
            returning(chain, |place, _| {
                let place = decoded(place);
                !place.starts_with("http") && !place.starts_with(['/', '\\'])
            })
        },
    },
    Defect {
        id: "second-name-not-checked",
        title: "A second parameter for the place to return to is not checked",
        why: "An older name is still read, behind the check of the newer one.",
        apply: |chain| following(chain, "/login/aad", "post_login_redirect_url="),
    },
    Defect {
        id: "last-place-followed",
        title: "Of two places to return to the first is checked and the last followed",
        why: "Two parts of the code read the query, each in its own way.",
        apply: |chain| {
            answer(chain, StageId::AuthEndpoints, |call| {
                let places = call.request.query().unwrap_or_default().split('&');
                let mut places = places.filter_map(|pair| pair.strip_prefix("post_login_redirect_uri="));
                match (places.next(), places.next_back()) {
                    (Some(first), Some(last)) if first.starts_with('/') && below(call).is_some() => {
                        Flow::Break(to(last))
                    }
                    _ => stages::auth_endpoints(call),
                }
            })
        },
    },
    Defect {
        id: "sign-out-anywhere",
        title: "Signing out leads wherever its link says",
        why: "Nothing is lost by then, one may think; the page looks like the app's own and asks to sign in again.",
        apply: |chain| following(chain, "/logout", "post_logout_redirect_uri="),
    },
    Defect {
        id: "signed-out-anywhere",
        title: "The page behind signing out leads wherever its link says",
        why: "The parameter was checked on the way here, and can be given here as well.",
        apply: |chain| following(chain, "/logout/complete", "post_logout_redirect_uri="),
    },
    Defect {
        id: "failed-sign-in-anywhere",
        title: "A sign-in that failed leads wherever its state says",
        why: "The state is only verified where there is a code to redeem.",
        apply: |chain| following(chain, "/login/aad/callback", "state=redir%3D"),
    },
];

/// What stands behind the prefix of the sign-in routes, in small letters.
pub(super) fn below(call: &Call) -> Option<String> {
    let endpoint = call.ask_beforehand() == Some(Answer::Endpoint);
    endpoint.then(|| call.path.get(call.site.settings.http.api_prefix.len()..).unwrap_or_default().to_ascii_lowercase())
}

/// Some requests for sign-in routes go to another path of the app instead, and nobody asks them for a token.
fn falling_through(chain: Chain, leads: fn(&Call) -> Option<String>) -> Chain {
    const FELL: &str = "it fell through the sign-in routes";
    let chain = answer(chain, StageId::AuthEndpoints, move |call| match leads(call) {
        Some(path) => {
            call.note(FELL);
            call.request.method = Method::GET;
            call.retarget(path);
            Flow::Continue(())
        }
        None => stages::auth_endpoints(call),
    });
    open_for(chain, |call| call.notes.iter().any(|note| note == FELL))
}

fn failing(chain: Chain, fails: fn(&str) -> bool) -> Chain {
    answer(chain, StageId::AuthEndpoints, move |call| {
        if below(call).is_some_and(|rest| fails(&rest)) {
            return Flow::Break(platform::empty(500));
        }
        stages::auth_endpoints(call)
    })
}

/// The route that shows who is signed in shows this.
fn showing(chain: Chain, shows: impl Fn(&Call) -> Option<(&'static str, String)> + Send + Sync + 'static) -> Chain {
    answer(chain, StageId::AuthEndpoints, move |call| {
        let me = below(call).as_deref() == Some("/me");
        match shows(call).filter(|_| me) {
            Some((name, value)) => Flow::Break(shown(name, &value)),
            None => stages::auth_endpoints(call),
        }
    })
}

fn shown(name: &str, value: &str) -> serve::Response {
    respond(StatusCode::OK, "application/json", json!([{ name: value, "provider_name": "aad" }]).to_string())
}

fn decoded(place: &str) -> String {
    percent_decode_str(place).decode_utf8_lossy().into_owned()
}

/// The value of a query's parameter, which is named with what stands before the value.
fn parameter<'a>(call: &'a Call, named: &str) -> Option<&'a str> {
    call.request.query()?.split('&').find_map(|pair| pair.strip_prefix(named))
}

/// A sign-in takes places along of which this holds, given the own host.
fn returning(chain: Chain, allowed: fn(&str, &str) -> bool) -> Chain {
    answer(chain, StageId::AuthEndpoints, move |call| {
        let place = parameter(call, "post_login_redirect_uri=").filter(|place| allowed(place, call.host()));
        match place.filter(|_| below(call).as_deref() == Some("/login/aad")) {
            Some(place) => Flow::Break(to(place)),
            None => stages::auth_endpoints(call),
        }
    })
}

/// A route leads to the place in a parameter, wherever it is.
fn following(chain: Chain, route: &'static str, named: &'static str) -> Chain {
    answer(chain, StageId::AuthEndpoints, move |call| {
        match parameter(call, named).filter(|_| below(call).as_deref() == Some(route)) {
            Some(place) => Flow::Break(to(place)),
            None => stages::auth_endpoints(call),
        }
    })
}

fn to(place: &str) -> serve::Response {
    let mut response = platform::empty(302);
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}
