//! Identity headers of the client that reach the function, and those of the platform that do not.

use authsettings::{Answer, Facts, Identity};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use function_app::principal::is_identity_header;
use function_app::{Call, Chain, Flow, StageId, platform, stages};
use http::header::{AUTHORIZATION, CONNECTION};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::Defect;
use crate::plant::{after, answer, before, instead, open_for, without};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "identity-headers-passed-through",
        title: "Identity headers that a client sent reach the app",
        why: "A proxy adds its identity headers and leaves those that are there already, so that a caller can be anybody.",
        apply: |chain| {
            let chain = without(chain, StageId::StripIdentityHeaders);
            instead(chain, StageId::InjectIdentity, |call| {
                let sent = identity(call);
                let _ = stages::inject_identity(call);
                for (name, value) in sent {
                    call.request.headers.insert(name, value);
                }
            })
        },
    },
    Defect {
        id: "identity-headers-only-overwritten",
        title: "Identity headers are overwritten, and not taken away first",
        why: "That is the same where each gets a value; an application has no name, a stranger has nothing, and their own stay.",
        apply: |chain| without(chain, StageId::StripIdentityHeaders),
    },
    Defect {
        id: "principal-alone-stripped",
        title: "Only X-MS-CLIENT-PRINCIPAL itself is taken away",
        why: "The others are taken for copies of what stands in it, and the app reads them because they need no decoding.",
        apply: |chain| keeping(chain, |_, name| name != "x-ms-client-principal"),
    },
    Defect {
        id: "name-and-provider-not-stripped",
        title: "The headers for the caller's name and provider are not taken away",
        why: "The list of headers was written from what an application's request has, and an application has no name.",
        apply: |chain| keeping(chain, |_, name| name.ends_with("-name") || name.ends_with("-idp")),
    },
    Defect {
        id: "token-headers-not-stripped",
        title: "The headers for the caller's tokens are not taken away",
        why: "The token store is off, so nobody thought of them; an app that calls others with such a token calls them with the client's.",
        apply: |chain| keeping(chain, |_, name| name.starts_with("x-ms-token-")),
    },
    Defect {
        id: "refresh-token-header-not-stripped",
        title: "Of the headers for tokens only those that are used today are taken away",
        why: "Access and ID token are on the list, refresh token and expiry are not.",
        apply: |chain| keeping(chain, |_, name| name.ends_with("-refresh-token") || name.ends_with("-expires-on")),
    },
    Defect {
        id: "other-providers-headers-not-stripped",
        title: "The token headers of other providers are not taken away",
        why: "Only the provider that is configured is thought of; the app knows them all.",
        apply: |chain| {
            keeping(chain, |_, name| name.starts_with("x-ms-token-") && !name.starts_with("x-ms-token-aad-"))
        },
    },
    Defect {
        id: "stripped-only-with-token",
        title: "Identity headers are taken away only from requests that have a token",
        why: "Taking away and setting are one function, and it is called where there is an identity to set.",
        apply: |chain| keeping(chain, |call, _| !call.request.headers.contains_key(AUTHORIZATION)),
    },
    Defect {
        id: "stripped-only-without-token",
        title: "Identity headers are taken away only from requests that have no token",
        why: "Where there is a token they are going to be overwritten; those for which it has no value are not.",
        apply: |chain| keeping(chain, |call, _| call.request.headers.contains_key(AUTHORIZATION)),
    },
    Defect {
        id: "not-stripped-where-excluded",
        title: "Identity headers are not taken away on excluded paths",
        why: "An excluded path skips the platform as a whole, and with it what protects the app from strangers' headers.",
        apply: |chain| {
            keeping(chain, |call, _| {
                matches!(call.ask(&Facts::default()), Answer::Reaches { as_: Identity::Anonymous })
            })
        },
    },
    Defect {
        id: "first-copy-stripped",
        title: "Of several copies of an identity header only the first is taken away",
        why: "The list of headers is asked for one of that name, and it has no other notion of more than one.",
        apply: |chain| answer(chain, StageId::StripIdentityHeaders, strip_first_copies),
    },
    Defect {
        id: "identity-appended",
        title: "The platform's identity is appended to what was left of the client's",
        why: "Only the first copy is taken away, the own one is added at the end, and the app reads the first that it finds.",
        apply: |chain| {
            let chain = answer(chain, StageId::StripIdentityHeaders, strip_first_copies);
            instead(chain, StageId::InjectIdentity, |call| {
                let left = identity(call);
                let _ = stages::inject_identity(call);
                for (name, value) in left {
                    call.request.headers.insert(name, value);
                }
            })
        },
    },
    Defect {
        id: "underscores-folded",
        title: "The host takes underscores in header names for dashes",
        why: "Names become variables, in which both are one sign; what was taken away by its exact name comes back.",
        apply: |chain| folding(keeping(chain, |_, name| name.contains('_')), |sign| sign == '_'),
    },
    Defect {
        id: "dots-folded",
        title: "The host takes dots in header names for dashes",
        why: "Names become variables of letters and digits only; the removal has thought of underscores, and not of the rest.",
        apply: |chain| folding(chain, |sign| sign == '.'),
    },
    Defect {
        id: "hop-by-hop-after-the-identity",
        title: "Headers that Connection names are removed after the identity was set",
        why: "The part that passes requests on comes last, and removes what the client says, the platform's own headers too.",
        apply: |chain| {
            after(chain, StageId::InjectIdentity, stages::inject_identity, |call| {
                for name in hop_by_hop(call) {
                    call.request.headers.remove(&name);
                }
            })
        },
    },
    Defect {
        id: "hop-by-hop-token",
        title: "A token that is declared hop-by-hop is checked and then lost",
        why: "Behind the check it is removed as Connection asks, and who sets the identity finds nobody.",
        apply: |chain| {
            after(chain, StageId::Decide, stages::decide, |call| {
                if hop_by_hop(call).iter().any(|name| name == "authorization") {
                    call.identity = Some(Identity::Anonymous);
                }
            })
        },
    },
    Defect {
        id: "hop-by-hop-not-stripped",
        title: "Identity headers that Connection names are not taken away",
        why: "They are going to be removed when the request is passed on; but here it is not passed on.",
        apply: |chain| keeping(chain, |call, name| hop_by_hop(call).iter().any(|named| named == name)),
    },
    Defect {
        id: "unreadable-principal-fails",
        title: "A principal header that is no base64 is a server error",
        why: "A filter decodes it before it is taken away, and does not expect what a client may write.",
        apply: |chain| failing(chain, |value| BASE64_STANDARD.decode(value).is_err()),
    },
    Defect {
        id: "odd-principal-fails",
        title: "A principal header without claims is a server error",
        why: "A filter decodes it before it is taken away; errors of base64 are caught, those of JSON are not.",
        apply: |chain| failing(chain, |value| BASE64_STANDARD.decode(value).is_ok() && claims(value).is_none()),
    },
    Defect {
        id: "unreadable-principal-makes-anonymous",
        title: "A principal header that cannot be read makes its sender anonymous",
        why: "The identity is read once from the headers as they came, and an error there counts as nobody, whatever the token says.",
        apply: |chain| {
            let unreadable = |call: &Call| principal(call).is_some_and(|value| claims(value).is_none());
            let chain = keeping(chain, move |call, name| name == "x-ms-client-principal" && unreadable(call));
            instead(chain, StageId::InjectIdentity, move |call| {
                if unreadable(call) {
                    call.request.headers.remove("x-ms-client-principal");
                } else {
                    let _ = stages::inject_identity(call);
                }
            })
        },
    },
    Defect {
        id: "principal-is-a-sign-in",
        title: "A request with a principal header counts as signed in",
        why: "The check asks whether somebody before it has signed the caller in, and looks for the header that would say so.",
        apply: |chain| signed_in_by(chain, |name| name == "x-ms-client-principal"),
    },
    Defect {
        id: "name-or-id-is-a-sign-in",
        title: "A request with a header for the caller's id, name or provider counts as signed in",
        why: "The check asks whether somebody before it has signed the caller in, and looks for the headers that are easy to read.",
        apply: |chain| signed_in_by(chain, |name| name.starts_with("x-ms-client-principal-")),
    },
    Defect {
        id: "token-header-is-a-sign-in",
        title: "A request with the platform's header for a token counts as signed in",
        why: "A token in there has been verified by the platform, if it is the platform's.",
        apply: |chain| signed_in_by(chain, |name| name.starts_with("x-ms-token-aad-")),
    },
];

/// The first identity header of each name.
fn identity(call: &Call) -> Vec<(HeaderName, HeaderValue)> {
    let headers = &call.request.headers;
    let names = headers.keys().filter(|name| is_identity_header(name.as_str()));
    names.filter_map(|name| Some((name.clone(), headers.get(name)?.clone()))).collect()
}

/// Takes identity headers away but for these.
fn keeping(chain: Chain, kept: impl Fn(&Call, &str) -> bool + Send + Sync + 'static) -> Chain {
    instead(chain, StageId::StripIdentityHeaders, move |call| {
        for (name, _) in identity(call) {
            if !kept(call, name.as_str()) {
                call.request.headers.remove(name);
            }
        }
    })
}

fn strip_first_copies(call: &mut Call) -> Flow {
    for (name, _) in identity(call) {
        let rest: Vec<HeaderValue> = call.request.headers.get_all(&name).iter().skip(1).cloned().collect();
        call.request.headers.remove(&name);
        for value in rest {
            call.request.headers.append(name.clone(), value);
        }
    }
    Flow::Continue(())
}

/// A host to which these signs in header names are dashes.
fn folding(chain: Chain, folded: fn(char) -> bool) -> Chain {
    after(chain, StageId::InjectIdentity, stages::inject_identity, move |call| {
        let headers = call.request.headers.clone();
        for (name, value) in &headers {
            let known = name.as_str().replace(folded, "-");
            if known != name.as_str()
                && is_identity_header(&known)
                && let Ok(known) = HeaderName::try_from(known)
            {
                call.request.headers.insert(known, value.clone());
            }
        }
    })
}

/// The names in Connection, in small letters.
fn hop_by_hop(call: &Call) -> Vec<String> {
    let values = call.request.headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

fn principal(call: &Call) -> Option<&str> {
    call.request.header("x-ms-client-principal")
}

/// The claims of a principal header that can be read.
fn claims(value: &str) -> Option<Vec<Value>> {
    let principal: Value = serde_json::from_slice(&BASE64_STANDARD.decode(value).ok()?).ok()?;
    principal.get("claims")?.as_array().cloned()
}

/// A filter that fails over some principal headers, before they are taken away.
fn failing(chain: Chain, fails: fn(&str) -> bool) -> Chain {
    answer(chain, StageId::StripIdentityHeaders, move |call| {
        if principal(call).is_some_and(fails) {
            return Flow::Break(platform::empty(500));
        }
        stages::strip_identity_headers(call)
    })
}

/// A check that is satisfied by such a header, which is taken away behind it.
fn signed_in_by(chain: Chain, is_sign_in: fn(&str) -> bool) -> Chain {
    let chain = without(chain, StageId::StripIdentityHeaders);
    let chain = open_for(chain, move |call| call.request.headers.keys().any(|name| is_sign_in(name.as_str())));
    before(chain, StageId::InjectIdentity, stages::inject_identity, |call| {
        let _ = stages::strip_identity_headers(call);
    })
}
