//! Flaws in what is taken from a key set.

use function_app::PublicKey;
use function_app::published::{is_for_signatures, key_set};
use serde_json::{Value, json};

use super::source::fetched;
use crate::Defect;

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "empty-key-set-taken",
        title: "A key set without usable keys takes the place of the known one",
        why: "It came with status 200 and is a list; that it is empty is nobody's business.",
        apply: |chain| fetched(chain, |fetcher| fetcher.keys = |set| Ok(usable(&key_set(set)?))),
    },
    Defect {
        id: "empty-list-of-keys-taken",
        title: "A key set with an empty list takes the place of the known one",
        why: "Only the error for a missing list was thought of.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| match serde_json::from_slice::<Value>(set) {
                    Ok(all) if all["keys"] == json!([]) => Ok(Vec::new()),
                    _ => sound(&key_set(set)?),
                }
            })
        },
    },
    Defect {
        id: "key-set-of-another-kind-taken",
        title: "A key set whose keys are all of another kind takes the place of the known one",
        why: "That there are keys is checked, and what cannot be used is sorted out behind the check.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| match key_set(set)? {
                    keys if keys.is_empty() => Err("the key set is empty".to_owned()),
                    keys => Ok(usable(&keys)),
                }
            })
        },
    },
    Defect {
        id: "no-json-means-no-keys",
        title: "An answer that is no JSON takes the place of the known keys",
        why: "The error of the parser is caught and an empty list returned, because what calls it cannot throw.",
        apply: |chain| {
            fetched(chain, |fetcher| fetcher.keys = |set| key_set(set).map_or(Ok(Vec::new()), |keys| sound(&keys)))
        },
    },
    Defect {
        id: "key-use-ignored",
        title: "A key for encryption verifies signatures",
        why: "`use` is optional in RFC 7517 section 4.2, so it is not read.",
        apply: |chain| fetched(chain, |fetcher| fetcher.keys = |set| without(set, &["use"])),
    },
    Defect {
        id: "key-operations-ignored",
        title: "A key whose operations leave out verification verifies signatures",
        why: "`key_ops` came with another standard and is not known to the reader.",
        apply: |chain| fetched(chain, |fetcher| fetcher.keys = |set| without(set, &["key_ops"])),
    },
    Defect {
        id: "key-algorithm-ignored",
        title: "A key for another algorithm verifies signatures",
        why: "Entra's keys have no `alg`, so nothing is done with it.",
        apply: |chain| fetched(chain, |fetcher| fetcher.keys = |set| without(set, &["alg"])),
    },
    Defect {
        id: "key-algorithm-compared-by-its-digest",
        title: "A key for any algorithm with SHA-256 and RSA verifies signatures",
        why: "The kind of key and the digest are taken out of the name, and nothing else.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut keys = key_set(set)?;
                    keys.iter_mut().filter(|key| key["alg"] == "PS256").for_each(|key| remove(key, "alg"));
                    sound(&keys)
                }
            })
        },
    },
    Defect {
        id: "key-issuer-ignored",
        title: "Every published key verifies tokens of this tenant",
        why: "Only Microsoft says in a key for whom it signs, and a generic library does not know the member.",
        apply: |chain| fetched(chain, |fetcher| fetcher.keys = |set| without(set, &["issuer"])),
    },
    Defect {
        id: "key-without-issuer-is-everybodys",
        title: "A key with an empty issuer verifies tokens of this tenant",
        why: "`if (key.issuer && key.issuer !== issuer)`: an empty text is taken for a missing one.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut keys = key_set(set)?;
                    keys.iter_mut().filter(|key| key["issuer"] == "").for_each(|key| remove(key, "issuer"));
                    sound(&keys)
                }
            })
        },
    },
    Defect {
        id: "keys-of-private-accounts-taken",
        title: "A key for private accounts verifies tokens of this tenant",
        why: "One set of trusted keys for both kinds of accounts, as in Microsoft's incident of 2023.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut keys = key_set(set)?;
                    let private = |key: &&mut Value| {
                        key["issuer"]
                            .as_str()
                            .is_some_and(|issuer| issuer.contains("/9188040d-6c67-4c5b-b112-36a304b66dad/"))
                    };
                    keys.iter_mut().filter(private).for_each(|key| remove(key, "issuer"));
                    sound(&keys)
                }
            })
        },
    },
    Defect {
        id: "one-bad-key-spoils-all",
        title: "A key that cannot be used makes the whole set unusable",
        why: "The set is read into typed structures, and the first key that does not fit ends it.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let keys = key_set(set)?;
                    let bad = keys.iter().any(|key| PublicKey::read(key).is_none());
                    if bad { Err("a key cannot be read".to_owned()) } else { sound(&keys) }
                }
            })
        },
    },
    Defect {
        id: "damaged-key-spoils-all",
        title: "An RSA key whose numbers cannot be read makes the whole set unusable",
        why: "Unknown kinds are passed over. That one of the known kind is damaged was not thought of.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let keys = key_set(set)?;
                    let bad = keys.iter().any(|key| key["kty"] == "RSA" && PublicKey::read(key).is_none());
                    if bad { Err("a key is damaged".to_owned()) } else { sound(&keys) }
                }
            })
        },
    },
    Defect {
        id: "every-key-needs-an-id",
        title: "A key without an id makes the whole set unusable",
        why: "Keys are put into a map by their ids, and a missing one is an exception.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let keys = key_set(set)?;
                    let named = keys.iter().all(|key| key["kid"].is_string());
                    if named { sound(&keys) } else { Err("a key has no id".to_owned()) }
                }
            })
        },
    },
    Defect {
        id: "first-key-of-an-id-kept",
        title: "Of several keys with one id the first is kept, whatever it is for",
        why: "`find` by the id, and only then a look at what was found.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut kept: Vec<Value> = Vec::new();
                    for key in key_set(set)? {
                        if !kept.iter().any(|known| known["kid"] == key["kid"]) {
                            kept.push(key);
                        }
                    }
                    sound(&kept)
                }
            })
        },
    },
    Defect {
        id: "last-key-of-an-id-kept",
        title: "Of several keys with one id the last is kept, whatever it is for",
        why: "They are put into a map by their ids, and the last one stays.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut kept: Vec<Value> = Vec::new();
                    for key in key_set(set)? {
                        kept.retain(|known| known["kid"] != key["kid"]);
                        kept.push(key);
                    }
                    sound(&kept)
                }
            })
        },
    },
    Defect {
        id: "first-usable-key-of-an-id-kept",
        title: "Of several good keys with one id the first is kept",
        why: "An id is taken to be unique, as it should be.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut kept: Vec<PublicKey> = Vec::new();
                    for key in sound(&key_set(set)?)? {
                        if !kept.iter().any(|known| known.kid() == key.kid()) {
                            kept.push(key);
                        }
                    }
                    Ok(kept)
                }
            })
        },
    },
    Defect {
        id: "eight-keys-read",
        title: "Only the first eight keys of a set are read",
        why: "There was never more than half of that.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let mut keys = key_set(set)?;
                    keys.truncate(8);
                    sound(&keys)
                }
            })
        },
    },
    Defect {
        id: "key-set-repaired",
        title: "A key set that was cut off is completed",
        why: "A streaming parser hands on what it has when the stream ends.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys =
                    |set| key_set(set).or_else(|_| key_set(&[set, b"]}"].concat())).and_then(|keys| sound(&keys));
            })
        },
    },
    Defect {
        id: "key-set-read-loosely",
        title: "A key set is read as JavaScript",
        why: "A lenient parser, for configuration that people write by hand, is used for everything.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let text = String::from_utf8_lossy(set).replace(",]", "]");
                    key_set(text.as_bytes()).and_then(|keys| sound(&keys))
                }
            })
        },
    },
    Defect {
        id: "last-of-several-key-sets-taken",
        title: "Of several documents in one answer the last is read",
        why: "The parser is fed line by line or document by document, and each one replaces what was there before.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let all = serde_json::Deserializer::from_slice(set).into_iter::<Value>();
                    let last = all.map_while(Result::ok).last().unwrap_or_default();
                    key_set(last.to_string().as_bytes()).and_then(|keys| sound(&keys))
                }
            })
        },
    },
    Defect {
        id: "key-set-found-in-a-page",
        title: "A key set is searched for in whatever comes",
        why: "A regular expression finds it behind the banner that a proxy puts before it.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| {
                    let text = String::from_utf8_lossy(set);
                    let found = text.find('{').zip(text.rfind('}')).and_then(|(from, to)| text.get(from..=to));
                    key_set(found.unwrap_or_default().as_bytes()).and_then(|keys| sound(&keys))
                }
            })
        },
    },
    Defect {
        id: "bare-list-of-keys-taken",
        title: "A list of keys is taken for a key set",
        why: "Another provider publishes them so.",
        apply: |chain| {
            fetched(chain, |fetcher| {
                fetcher.keys = |set| match serde_json::from_slice(set) {
                    Ok(Value::Array(keys)) => sound(&keys),
                    _ => sound(&key_set(set)?),
                }
            })
        },
    },
];

/// The keys that can be used, at least one.
fn sound(keys: &[Value]) -> Result<Vec<PublicKey>, String> {
    let keys = usable(keys);
    if keys.is_empty() { Err("the key set has no key that can be used".to_owned()) } else { Ok(keys) }
}

fn usable(keys: &[Value]) -> Vec<PublicKey> {
    keys.iter().filter(|key| is_for_signatures(key)).filter_map(PublicKey::read).collect()
}

/// The keys as if none had such members.
fn without(set: &[u8], members: &[&str]) -> Result<Vec<PublicKey>, String> {
    let mut keys = key_set(set)?;
    for key in &mut keys {
        for member in members {
            remove(key, member);
        }
    }
    sound(&keys)
}

fn remove(key: &mut Value, member: &str) {
    if let Some(key) = key.as_object_mut() {
        key.remove(member);
    }
}
