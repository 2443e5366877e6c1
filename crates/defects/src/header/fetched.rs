//! Flaws in which a token says where its key is.

use std::sync::Arc;

use authsettings::Fact;
use function_app::published::key_set;
use function_app::stages::find_keys;
use function_app::{Call, Chain, Flow, Jws, PublicKey, Stage, StageFuture, StageId};
use serde_json::Value;

use crate::Defect;

const ISSUER: &str = "login.microsoftonline.com";

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "jku-followed",
        title: "The key set that a token names is fetched and believed",
        why: "The library follows `jku` unless it is told not to (RFC 8725 section 3.10).",
        apply: |chain| following(chain, |call, token| absent(call, token)?.header_text("jku").map(str::to_owned)),
    },
    Defect {
        id: "jku-followed-for-known-keys",
        title: "The key set that a token names goes before the published one",
        why: "The place in the token is taken for the newer one.",
        apply: |chain| following(chain, |_, token| token.header_text("jku").map(str::to_owned)),
    },
    Defect {
        id: "jku-of-the-right-beginning-followed",
        title: "A key set is fetched where its address begins with the issuer's",
        why: "`startsWith` of a host, without what must come behind it.",
        apply: |chain| {
            following(chain, |_, token| {
                let place = token.header_text("jku")?;
                let host = place.split_once("//")?.1;
                host.starts_with(ISSUER).then(|| place.to_owned())
            })
        },
    },
    Defect {
        id: "jku-with-the-issuer-in-it-followed",
        title: "A key set is fetched where the issuer's host stands anywhere in its address",
        why: "`contains` was good enough for both versions of the endpoint.",
        apply: |chain| {
            following(chain, |_, token| {
                let place = token.header_text("jku").filter(|place| place.contains(ISSUER))?;
                // What is behind a blank is what a log line and a shell would take for the address.
                place.split(' ').find(|part| !part.starts_with("https://login")).map(str::to_owned)
            })
        },
    },
    Defect {
        id: "jku-lines-followed",
        title: "A line break in the address of a key set becomes one in the request",
        why: "The request is written by hand, and whoever writes the address writes its Host header.",
        apply: |chain| {
            following(chain, |_, token| {
                let (_, host) = token.header_text("jku")?.split_once("\r\nHost: ")?;
                Some(format!("http://{}/", host.trim_end()))
            })
        },
    },
    Defect {
        id: "jku-relative-followed",
        title: "An address without a scheme is taken for one of the own network",
        why: "Only addresses with a scheme are compared with the list; others are taken for relative ones.",
        apply: |chain| {
            following(chain, |_, token| {
                token.header_text("jku")?.strip_prefix("//").map(|rest| format!("http://{rest}"))
            })
        },
    },
    Defect {
        id: "jku-as-data-followed",
        title: "A key set that stands in its own address is believed",
        why: "The fetching function knows `data:`, and no host that would have to be allowed is in it.",
        apply: |chain| {
            let inline = |_: &Call, token: &Jws| {
                let set = token.header_text("jku").and_then(|place| place.strip_prefix("data:application/json,"));
                set.and_then(|set| key_set(set.as_bytes()).ok()).unwrap_or_default()
            };
            crate::reader::keys_from(chain, inline)
        },
    },
    Defect {
        id: "jku-hosts-denied",
        title: "A key set is fetched from everywhere but the internal hosts that are listed in small letters",
        why: "A list of what is forbidden (`http://`) is compared with case.",
        apply: |chain| {
            following(chain, |_, token| {
                let place = token.header_text("jku")?;
                (!place.starts_with("http://")).then(|| place.replacen("HTTP", "http", 1))
            })
        },
    },
    Defect {
        id: "member-of-any-case-followed",
        title: "The names of header members are compared without case",
        why: "The mapper of the JSON library is set to be lenient, so that `JKU` goes past the filter and is `jku` behind it.",
        apply: |chain| {
            following(chain, |_, token| {
                let named = |(name, _): &(&String, &Value)| *name != "jku" && name.eq_ignore_ascii_case("jku");
                token.header.iter().find(named)?.1.as_str().map(str::to_owned)
            })
        },
    },
    Defect {
        id: "jku-list-followed",
        title: "Of a list of addresses of key sets each is fetched",
        why: "The filter removes `jku` where it is a text; the mapper takes lists for single values.",
        apply: |chain| {
            following(chain, |_, token| token.header.get("jku")?.as_array()?.first()?.as_str().map(str::to_owned))
        },
    },
    Defect {
        id: "jwks-uri-followed",
        title: "The metadata that a token brings along are followed",
        why: "Header and metadata are merged into one set of options.",
        apply: |chain| following(chain, |_, token| token.header_text("jwks_uri").map(str::to_owned)),
    },
    Defect {
        id: "x5u-fetched",
        title: "The certificate that a token names is fetched",
        why: "It is fetched to be logged, and not believed. It is a request from inside the network all the same.",
        apply: |chain| following(chain, |_, token| token.header_text("x5u").map(str::to_owned)),
    },
    Defect {
        id: "x5u-fetched-for-unknown-keys",
        title: "The certificate that a token names is fetched where its key is unknown",
        why: "To find out why a key is unknown.",
        apply: |chain| following(chain, |call, token| absent(call, token)?.header_text("x5u").map(str::to_owned)),
    },
    Defect {
        id: "key-id-fetched",
        title: "A key id that is a URL is fetched",
        why: "Some issuers name their keys by address, and a resolver that knows addresses was taken.",
        apply: |chain| {
            following(chain, |_, token| {
                token.header_text("kid").filter(|kid| kid.starts_with("http")).map(str::to_owned)
            })
        },
    },
    Defect {
        id: "key-id-resolved-as-did",
        title: "A key id that is a decentralised identifier is resolved",
        why: "A library for credentials is used for plain tokens too; did:web is fetched over the network.",
        apply: |chain| {
            following(chain, |_, token| {
                let host = token.header_text("kid")?.strip_prefix("did:web:")?;
                Some(format!("http://{}/{}", host.split('#').next()?, token.header_text("kid")?.len()))
            })
        },
    },
    Defect {
        id: "key-id-appended-to-address",
        title: "A key id is put behind the address of the key server",
        why: "`base + kid`: a key id that begins with two slashes leads to another host.",
        apply: |chain| {
            following(chain, |_, token| {
                token.header_text("kid")?.strip_prefix("//").map(|rest| format!("http://{rest}"))
            })
        },
    },
];

/// The token, where no published key has its id.
fn absent<'a>(call: &Call, token: &'a Jws) -> Option<&'a Jws> {
    call.keys.is_empty().then_some(token)
}

/// Fetches what a token names, and verifies by the keys that are there.
fn following(chain: Chain, place: fn(&Call, &Jws) -> Option<String>) -> Chain {
    chain.replace(StageId::Key, Box::new(Following(place)))
}

struct Following(fn(&Call, &Jws) -> Option<String>);

impl Stage for Following {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        let site = Arc::clone(&call.site);
        Box::pin(async move {
            find_keys(call, &site.published).await;
            let token = call.token.as_ref().filter(|_| call.facts.signed != Fact::No);
            if let Some(place) = token.and_then(|token| (self.0)(call, token))
                && let Ok(fetched) = site.documents.get(&address(&place)).await
            {
                let keys = key_set(&fetched.body).unwrap_or_default();
                call.keys.extend(keys.iter().filter_map(PublicKey::read).map(Arc::new));
            }
            Flow::Continue(())
        })
    }
}

/// Where a URL leads: what stands before an @ is a user, and a fragment stays at home.
fn address(place: &str) -> String {
    let place = place.split('#').next().unwrap_or_default().replace('\\', "/");
    let Some((scheme, rest)) = place.split_once("://") else { return place };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
}
