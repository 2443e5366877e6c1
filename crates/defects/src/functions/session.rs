//! Tokens that are exchanged for a session, and should not be.

use authsettings::{Claim, Fact};
use function_app::{Call, Chain, Flow, Jws, Stage, StageFuture, StageId, stages};
use http::header::SET_COOKIE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use serve::{Response, respond};

use super::sign_in::below;
use crate::Defect;
use crate::plant::answer;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "session-for-any-token",
        title: "Whatever is posted as a token is exchanged for a session",
        why: "The token was got from the authority by the client's own library, which has looked at it already.",
        apply: |chain| session(chain, |call| posted(call).is_some_and(|token| !token.is_empty())),
    },
    Defect {
        id: "session-for-unverified-token",
        title: "A token is exchanged for a session by its claims, its signature unread",
        why: "Claims are needed to make the session and are read at once; the library that reads them does not verify.",
        apply: |chain| {
            session(chain, |call| {
                let token = posted(call).and_then(|token| Jws::read(&token));
                token.is_some_and(|token| token.claim_text("aud") == call.site.settings.client_id())
            })
        },
    },
    Defect {
        id: "session-for-empty-token",
        title: "An empty token is exchanged for a session",
        why: "It is looked whether the member is there; an empty text is nothing to verify.",
        apply: |chain| session(chain, |call| posted(call).as_deref() == Some("")),
    },
    Defect {
        id: "session-for-nothing",
        title: "A sign-in without a token is exchanged for a session",
        why: "Nothing went wrong, since there was nothing to verify.",
        apply: |chain| {
            session(chain, |call| serde_json::from_slice::<Value>(&call.request.body).is_ok() && posted(call).is_none())
        },
    },
    Defect {
        id: "session-whatever-the-audience",
        title: "A true token for another API is exchanged for a session",
        why: "The sign-in is for the whole tenant, and signature, tenant and time are thought to say enough.",
        apply: |chain| exchanging(chain, |call| is_own_tenant(call) && call.facts.expired == Fact::No),
    },
    Defect {
        id: "session-whatever-the-tenant",
        title: "A true token of another tenant is exchanged for a session",
        why: "The authority's keys are the same for all tenants, and issuer and tenant are not compared.",
        apply: |chain| exchanging(chain, |call| is_for_app(call) && call.facts.expired == Fact::No),
    },
    Defect {
        id: "session-for-expired-token",
        title: "An expired token is exchanged for a session",
        why: "The session has its own end, so the token's is not looked at.",
        apply: |chain| exchanging(chain, |call| is_for_app(call) && is_own_tenant(call)),
    },
    Defect {
        id: "callback-not-verified",
        title: "The end of a sign-in believes the token that it is brought",
        why: "It comes from the authority, by way of a browser, which may be anybody's.",
        apply: |chain| ending(chain, "id_token="),
    },
    Defect {
        id: "code-not-redeemed",
        title: "The end of a sign-in believes that there is a code, and does not redeem it",
        why: "Redeeming is left to the background, and the session is made at once so that the page comes quickly.",
        apply: |chain| ending(chain, "code="),
    },
];

/// The token in a posted JSON document.
fn posted(call: &Call) -> Option<String> {
    let body: Value = serde_json::from_slice(&call.request.body).ok()?;
    ["access_token", "id_token"].iter().find_map(|name| Some(body.get(name)?.as_str()?.to_owned()))
}

fn is_sign_in(call: &Call) -> bool {
    call.request.method == Method::POST && below(call).as_deref() == Some("/login/aad")
}

fn is_for_app(call: &Call) -> bool {
    let own = call.site.settings.client_id();
    matches!(&call.facts.audience, Claim::Is(audience) if audience.iter().any(|one| Some(one.as_str()) == own))
}

fn is_own_tenant(call: &Call) -> bool {
    matches!(&call.facts.tenant, Claim::Is(tenant) if Some(tenant) == call.site.settings.tenant().as_ref())
}

fn granted() -> Response {
    let body = json!({ "authenticationToken": "greenlight", "user": { "userId": "sid:greenlight" } });
    respond(StatusCode::OK, "application/json", body.to_string())
}

/// Sign-ins of which this holds get a session.
fn session(chain: Chain, gets: fn(&Call) -> bool) -> Chain {
    answer(chain.reading_bodies(), StageId::AuthEndpoints, move |call| {
        if is_sign_in(call) && gets(call) { Flow::Break(granted()) } else { stages::auth_endpoints(call) }
    })
}

/// The end of a sign-in that brings this makes a session.
fn ending(chain: Chain, brings: &'static str) -> Chain {
    answer(chain.reading_bodies(), StageId::AuthEndpoints, move |call| {
        let brought = String::from_utf8_lossy(&call.request.body).split('&').any(|pair| pair.starts_with(brings));
        if !brought || below(call).as_deref() != Some("/login/aad/callback") {
            return stages::auth_endpoints(call);
        }
        let mut response = function_app::platform::empty(302);
        response.headers_mut().insert(SET_COOKIE, HeaderValue::from_static("AppServiceAuthSession=greenlight"));
        Flow::Break(response)
    })
}

/// Tokens that a key of the authority has signed, and of which this holds besides, are exchanged for a session.
fn exchanging(chain: Chain, holds: fn(&Call) -> bool) -> Chain {
    chain.reading_bodies().replace(StageId::AuthEndpoints, Box::new(Exchange(holds)))
}

struct Exchange(fn(&Call) -> bool);

impl Stage for Exchange {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(async move {
            if is_sign_in(call) {
                call.bearer = posted(call);
                stages::read_token(call)?;
                stages::algorithm(call)?;
                let kid = call.token.as_ref().and_then(|token| token.header_text("kid")).map(str::to_owned);
                let published = call.site.published.keys(call.request.at).await;
                call.keys = published.iter().filter(|key| key.kid() == kid.as_deref()).cloned().collect();
                for stage in [stages::signature, stages::audience, stages::expiry, stages::caller] {
                    stage(call)?;
                }
                if call.facts.signed == Fact::Yes && (self.0)(call) {
                    return Flow::Break(granted());
                }
            }
            stages::auth_endpoints(call)
        })
    }
}
