//! Who answers, when, and what answers tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use authsettings::{Answer, Credential, Fact, Kind};
use function_app::{Call, Chain, Flow, StageId, platform, stages};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

use crate::Defect;
use crate::plant::{after, answer, open_for};

pub(crate) const DEFECTS: &[Defect] = &[
    // When.
    Defect {
        id: "open-until-keys-are-known",
        title: "Until the issuer's keys are known nobody is asked for a token",
        why: "The app must answer its probes while it starts, and so it answers everybody.",
        apply: |chain| {
            let known = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&known);
            let chain = after(chain, StageId::Signature, stages::signature, move |call| {
                if call.facts.signed == Fact::Yes {
                    seen.store(true, Ordering::Relaxed);
                }
            });
            open_for(chain, move |call| call.facts.credential == Credential::None && !known.load(Ordering::Relaxed))
        },
    },
    Defect {
        id: "first-token-not-verified",
        title: "The first token after a start is not verified",
        why: "It makes the keys be fetched, in the background, and nothing is there yet to verify it by.",
        apply: |chain| {
            let fetched = AtomicBool::new(false);
            after(chain, StageId::Signature, stages::signature, move |call| {
                if call.token.is_some() && !fetched.swap(true, Ordering::Relaxed) {
                    call.facts.signed = Fact::Yes;
                }
            })
        },
    },
    // Who.
    Defect {
        id: "refused-with-success",
        title: "A refusal is a page with status 200",
        why: "A proxy replaces errors by its own page and forgets the status; whoever counts failures sees none.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                if call.response.status() == StatusCode::UNAUTHORIZED {
                    *call.response.status_mut() = StatusCode::OK;
                    tell(call, "Please sign in.");
                }
            })
        },
    },
    Defect {
        id: "host-refuses-for-the-platform",
        title: "Who has no token is refused by the host, as if a key were missing",
        why: "The platform lets everybody pass, and a filter in the host makes up for it, as long as it is not forgotten.",
        apply: |chain| {
            answer(chain, StageId::Decide, |call| match call.ask(&call.facts) {
                Answer::Refused { kind: Kind::Unauthenticated, .. } => Flow::Break(platform::empty(401)),
                _ => stages::decide(call),
            })
        },
    },
    Defect {
        id: "app-forbids-for-the-platform",
        title: "Who is not on the list is refused by the app",
        why: "The platform has no list, and each function has to look at its callers by itself.",
        apply: |chain| {
            answer(chain, StageId::Decide, |call| match call.ask(&call.facts) {
                Answer::Refused { kind: Kind::Forbidden, .. } => Flow::Break(platform::empty(403)),
                _ => stages::decide(call),
            })
        },
    },
    Defect {
        id: "routes-told-to-strangers",
        title: "A stranger is told which routes there are",
        why: "The router comes before the check, and says 404 to what it does not know.",
        apply: |chain| {
            answer(chain, StageId::RequireHttps, |call| {
                if call.path.starts_with("/api/")
                    && let Flow::Break(missing) = stages::host_route(call)
                {
                    return Flow::Break(missing);
                }
                call.route = None;
                stages::require_https(call)
            })
        },
    },
    Defect {
        id: "missing-key-is-a-missing-token",
        title: "Where a key is missing the caller is asked for a token",
        why: "One page is made for everything that is refused; a caller with a good token goes to look for a better one.",
        apply: |chain| {
            answer(chain, StageId::HostKey, |call| match stages::host_key(call) {
                Flow::Break(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => {
                    let settings = &call.site.settings;
                    let challenge = format!("Bearer realm=\"{}\"", call.host());
                    Flow::Break(platform::refusal(settings.knobs.os_profile, 401, Some(&challenge)))
                }
                other => other,
            })
        },
    },
    // What they tell.
    Defect {
        id: "trace-of-unreadable-token",
        title: "A token that cannot be read is answered with a stack trace",
        why: "The library throws, and the page for developers is on.",
        apply: |chain| {
            telling(
                chain,
                |call| call.facts.readable == Fact::No,
                "System.ArgumentException: IDX12741: JWT must have three segments\n   at System.IdentityModel.Tokens.Jwt.ReadJwtToken()",
            )
        },
    },
    Defect {
        id: "trace-of-expired-token",
        title: "An expired token is answered with the library's exception",
        why: "Expiry is common, so its message is shown to help callers.",
        apply: |chain| {
            telling(chain, |call| call.facts.expired == Fact::Yes, "SecurityTokenExpiredException: the token expired")
        },
    },
    Defect {
        id: "settings-told",
        title: "A wrong audience is answered with the settings that it was compared with",
        why: "It is the most common mistake of honest callers, and the settings show what would be right.",
        apply: |chain| {
            telling(
                chain,
                |call| call.facts.signed == Fact::Yes && call.response.status() != StatusCode::OK,
                "WEBSITE_AUTH_ALLOWED_AUDIENCES does not name the audience",
            )
        },
    },
    Defect {
        id: "number-in-the-challenge",
        title: "The challenge tells the library's error number",
        why: "`error_description` is meant for developers, and the message of the exception is put there.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                if call.facts.signed == Fact::No {
                    let text =
                        "Bearer error=\"invalid_token\", error_description=\"IDX10511: signature validation failed\"";
                    call.response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(text));
                }
            })
        },
    },
    Defect {
        id: "version-told",
        title: "Every answer tells what serves it, with the version",
        why: "The framework does so unless it is told not to.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                let name = HeaderName::from_static("x-powered-by");
                call.response.headers_mut().insert(name, HeaderValue::from_static("Servant/2.1.4"));
            })
        },
    },
    Defect {
        id: "trace-of-missing-route",
        title: "A route that does not exist is answered with a stack trace",
        why: "The router throws, and the page for developers is on.",
        apply: |chain| {
            telling(
                chain,
                |call| call.response.status() == StatusCode::NOT_FOUND,
                "System.InvalidOperationException: no such route\n   at Microsoft.Azure.WebJobs.Script.Find()",
            )
        },
    },
    Defect {
        id: "long-credential-fails",
        title: "A long credential is a server error",
        why: "It does not fit into the buffer that was made for it.",
        apply: |chain| {
            answer(chain, StageId::ReadToken, |call| match call.bearer.as_deref() {
                Some(bearer) if bearer.len() >= 4000 => Flow::Break(platform::empty(500)),
                _ => stages::read_token(call),
            })
        },
    },
    Defect {
        id: "other-scheme-fails",
        title: "A credential of another scheme is a server error",
        why: "The code behind the check takes the scheme for granted.",
        apply: |chain| {
            answer(chain, StageId::ReadToken, |call| match call.facts.credential {
                Credential::OtherScheme => Flow::Break(platform::empty(500)),
                _ => stages::read_token(call),
            })
        },
    },
    Defect {
        id: "credential-repeated",
        title: "A refusal repeats the credential that it refuses",
        why: "It was meant to help in finding out what was sent; what is sent may be markup, or nearly a true token.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                let sent = call.request.header("authorization").unwrap_or_default().to_owned();
                if call.response.status() == StatusCode::UNAUTHORIZED {
                    tell(call, &format!("not accepted: {sent}"));
                }
            })
        },
    },
    Defect {
        id: "token-in-the-challenge",
        title: "The challenge repeats the token",
        why: "`error_description` is meant for developers, and the message of the exception is put there, token and all.",
        apply: |chain| {
            after(chain, StageId::Answer, stages::answer, |call| {
                let described = call.bearer.as_ref().filter(|_| call.facts.readable == Fact::No);
                let text =
                    described.map(|token| format!("Bearer error=\"invalid_token\", error_description=\"{token}\""));
                if let Some(text) = text.and_then(|text| HeaderValue::try_from(text).ok()) {
                    call.response.headers_mut().insert(WWW_AUTHENTICATE, text);
                }
            })
        },
    },
];

/// Puts a text into the answer.
fn tell(call: &mut Call, text: &str) {
    *call.response.body_mut() = text.to_owned().into();
    call.response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
}

/// Answers tell this where this holds.
fn telling(chain: Chain, holds: fn(&Call) -> bool, text: &'static str) -> Chain {
    after(chain, StageId::Answer, stages::answer, move |call| {
        if holds(call) {
            tell(call, text);
        }
    })
}
