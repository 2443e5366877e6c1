//! Flaws in where the issuer's documents are taken from.

use std::time::Duration;

use authsettings::{Authority, Tenant};
use function_app::published::{get, keys, keys_url};
use function_app::{Documents, Fetched};
use serde_json::Value;

use super::source::{Got, fetched};
use crate::Defect;

const ISSUER: &str = "login.microsoftonline.com";

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "metadata-issuer-not-compared",
        title: "The issuer in the metadata is not compared with the configured one",
        why: "The metadata came from the right address, so what they say must be right.",
        apply: |chain| fetched(chain, |fetcher| fetcher.place = |metadata, of| place(metadata, of, |_, _| true)),
    },
    Defect {
        id: "metadata-issuer-compared-by-its-beginning",
        title: "An issuer in the metadata that begins like the configured one is taken for it",
        why: "The configured issuer once lacked the version at its end, and `startsWith` bridged that.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| {
                    place(metadata, of, |issuer, wanted| issuer.is_some_and(|issuer| issuer.starts_with(wanted)))
                }
            })
        },
    },
    Defect {
        id: "metadata-issuer-compared-by-host",
        title: "Of the issuer in the metadata only the host is compared",
        why: "The tenant stands in the address that the metadata are fetched from, it seems enough to know the host.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| {
                    place(metadata, of, |issuer, wanted| {
                        issuer.is_some_and(|issuer| issuer.split('/').take(3).eq(wanted.split('/').take(3)))
                    })
                }
            })
        },
    },
    Defect {
        id: "metadata-issuer-compared-without-case",
        title: "The issuer in the metadata is compared without case",
        why: "Hosts have no case, and nobody wanted to take the address apart.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| {
                    place(metadata, of, |issuer, wanted| {
                        issuer.is_some_and(|issuer| issuer.eq_ignore_ascii_case(wanted))
                    })
                }
            })
        },
    },
    Defect {
        id: "metadata-issuer-compared-without-scheme",
        title: "The issuer in the metadata is compared without its scheme",
        why: "A gateway that ends TLS made `http:` of it, and a workaround for that stayed.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| {
                    place(metadata, of, |issuer, wanted| {
                        let rest = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
                        issuer.is_some_and(|issuer| rest(issuer) == rest(wanted))
                    })
                }
            })
        },
    },
    Defect {
        id: "metadata-issuer-compared-where-it-is",
        title: "Metadata without an issuer are believed",
        why: "`if (metadata.issuer && metadata.issuer !== issuer) throw`: what is missing is not compared.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place =
                    |metadata, of| place(metadata, of, |issuer, wanted| issuer.is_none_or(|issuer| issuer == wanted));
            })
        },
    },
    Defect {
        id: "key-set-fetched-from-anywhere",
        title: "The keys are fetched from wherever the metadata say",
        why: "OpenID Connect Discovery leaves the place to the issuer, so a generic library does too.",
        apply: |chain| fetched(chain, |fetcher| fetcher.place = |metadata, of| elsewhere(metadata, of, |_| true)),
    },
    Defect {
        id: "key-set-place-with-the-issuer-in-it",
        title: "The keys are fetched from an address in which the issuer's host stands anywhere",
        why: "`contains` was good enough for all clouds.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| elsewhere(metadata, of, |place| place.contains(ISSUER));
            })
        },
    },
    Defect {
        id: "key-set-place-of-the-right-beginning",
        title: "The keys are fetched from an address whose host begins with the issuer's",
        why: "`startsWith` of what follows the scheme, without what must come behind the host.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| {
                    elsewhere(metadata, of, |place| {
                        place.split_once("//").is_some_and(|(_, rest)| rest.starts_with(ISSUER))
                    })
                }
            })
        },
    },
    Defect {
        id: "key-set-place-without-scheme",
        title: "An address of the keys without a scheme is taken for one of the issuer's",
        why: "Only addresses with a scheme are compared with the issuer's; others are taken for relative ones.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| elsewhere(metadata, of, |place| place.starts_with("//"));
            })
        },
    },
    Defect {
        id: "key-set-places-denied",
        title: "The keys are fetched from everywhere but from addresses that begin with `http:` in small letters",
        why: "That TLS is asked for is all that is looked at, by a list of what is forbidden.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.place = |metadata, of| elsewhere(metadata, of, |place| place.starts_with("HTTP:"));
            })
        },
    },
    Defect {
        id: "redirects-followed",
        title: "Redirects are followed wherever they lead",
        why: "HTTP clients do so unless they are told not to.",
        apply: |chain| fetched(chain, |fetcher| fetcher.get = |documents, url| following(documents, url, true)),
    },
    Defect {
        id: "redirects-of-keys-followed",
        title: "Redirects of the key set are followed",
        why: "Metadata are fetched by a client of our own making, keys by that of a library.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.get = |documents, url| following(documents, url, url.ends_with("/keys"));
            })
        },
    },
    Defect {
        id: "issuer-not-waited-for",
        title: "The issuer's documents are given up after a tenth of a second",
        why: "The client's time limit is the one for the calls between services of one cluster.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.get = |documents, url| {
                    Box::pin(async move {
                        let patience = Duration::from_millis(100);
                        let answer = tokio::time::timeout(patience, get(documents, url)).await;
                        answer.unwrap_or_else(|_| Err(format!("{url} does not answer")))
                    })
                }
            })
        },
    },
    Defect {
        id: "media-type-insisted-on",
        title: "A key set of another media type than JSON's is refused",
        why: "The client of an API framework compares the media type before it reads, to the letter.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.get = |documents, url| {
                    Box::pin(async move {
                        let fetched = documents.get(url).await?;
                        let media_type = fetched.headers.get("content-type").map(|value| value.as_bytes().to_vec());
                        let right = media_type.is_some_and(|named| named.starts_with(b"application/json"));
                        if right { body(fetched) } else { Err(format!("{url} answers in another media type")) }
                    })
                }
            })
        },
    },
    Defect {
        id: "long-answers-given-up",
        title: "Answers of more than 64 KiB are given up",
        why: "The buffer for the issuer's documents is that large.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| if set.len() > 1 << 16 { Err("too long".to_owned()) } else { keys(set) }
            })
        },
    },
];

/// Where the keys are, with another comparison of the issuer with the one that is wanted.
fn place(metadata: &[u8], of: &Authority, same: fn(Option<&str>, &str) -> bool) -> Result<String, String> {
    let Tenant::Id(tenant) = &of.tenant else { return keys_url(metadata, of) };
    let wanted = of.issuer(tenant, of.version);
    let mut metadata: Value = serde_json::from_slice(metadata).map_err(|error| error.to_string())?;
    if same(metadata["issuer"].as_str(), &wanted) {
        metadata["issuer"] = wanted.into();
    }
    keys_url(metadata.to_string().as_bytes(), of)
}

/// Where the keys are, which may be elsewhere than at the authority.
fn elsewhere(metadata: &[u8], of: &Authority, may: fn(&str) -> bool) -> Result<String, String> {
    let place =
        serde_json::from_slice::<Value>(metadata).ok().and_then(|all| Some(all["jwks_uri"].as_str()?.to_owned()));
    let Some(place) = place.filter(|place| !of.owns(place) && may(place)) else { return keys_url(metadata, of) };
    // As an HTTP client reads it: what is before `@` is a user.
    let host = place.split_once("//").map_or(&*place, |(_, rest)| rest);
    Ok(format!("http://{}", host.split_once('@').map_or(host, |(_, host)| host)))
}

/// Follows one redirect, where that is done.
fn following<'a>(documents: &'a dyn Documents, url: &'a str, follows: bool) -> Got<'a> {
    Box::pin(async move {
        let mut fetched = documents.get(url).await?;
        let location = fetched.headers.get("location").and_then(|place| place.to_str().ok()).map(str::to_owned);
        if let (302, true, Some(place)) = (fetched.status, follows, location) {
            fetched = documents.get(&place).await?;
        }
        body(fetched)
    })
}

fn body(fetched: Fetched) -> Result<bytes::Bytes, String> {
    if fetched.status == 200 { Ok(fetched.body) } else { Err(format!("the answer is a {}", fetched.status)) }
}
