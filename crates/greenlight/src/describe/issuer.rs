//! What is done to the issuer.

use scenario::{Act, Document, KeyChange, Trouble};
use serde_json::Value;

use super::phrase::{code, json, milliseconds, octets};

/// An act in sentences.
pub(super) fn act(act: &Act) -> Vec<String> {
    match act {
        Act::Trouble { document, trouble } => troubled(name(*document), trouble),
        Act::Rotate => {
            vec!["The issuer publishes a new key and signs with it; its old keys stay published.".to_owned()]
        }
        Act::Retire => vec!["The issuer publishes its oldest key no more.".to_owned()],
        Act::Restore => vec!["All trouble with the issuer ends.".to_owned()],
    }
}

fn name(document: Document) -> &'static str {
    match document {
        Document::Jwks => "key set",
        Document::Discovery => "metadata document",
    }
}

fn troubled(document: &str, trouble: &Trouble) -> Vec<String> {
    let how = match trouble {
        Trouble::Status(status) => format!("is answered with the status {status} alone"),
        Trouble::Hang => "is asked for in vain: no answer ever comes".to_owned(),
        Trouble::Reset => "is asked for in vain: the connection is reset".to_owned(),
        Trouble::Delay(delay) => format!("comes {} late", milliseconds(*delay)),
        Trouble::Truncate(bytes) => format!("is cut off after {bytes} bytes"),
        Trouble::Pad(bytes) => format!("has {bytes} blanks behind it"),
        Trouble::Redirect(place) => format!("is a redirect to {}, and there it is", code(place)),
        Trouble::Body { body, media_type } => {
            format!("is {} with status 200, sent as {}", octets(body), code(media_type))
        }
        Trouble::Change(members) => return changed(&format!("The issuer's {document}"), members),
        Trouble::Keys(change) => return keys(change),
        Trouble::Headers(headers) => {
            let headers: Vec<String> = headers.iter().map(|(name, value)| code(&format!("{name}: {value}"))).collect();
            format!("comes with {}", headers.join(" and "))
        }
    };
    vec![format!("The issuer's {document} {how}.")]
}

fn changed(what: &str, members: &[(String, Option<Value>)]) -> Vec<String> {
    let told = |(name, value): &(String, Option<Value>)| match value {
        Some(value) => format!("{what} has {} as {}.", json(value), code(name)),
        None => format!("{what} has no {}.", code(name)),
    };
    members.iter().map(told).collect()
}

fn keys(keys: &KeyChange) -> Vec<String> {
    let KeyChange { change, first, last, fill, without_own } = keys;
    let mut told = Vec::new();
    if *without_own {
        told.push("The issuer's own keys are missing from its key set.".to_owned());
    }
    told.extend(changed("Every key of the issuer's key set", change));
    told.extend(first.iter().map(|key| format!("The key set has, before the issuer's own keys, {}.", json(key))));
    told.extend(last.iter().map(|key| format!("The key set has, behind the issuer's own keys, {}.", json(key))));
    if *fill > 0 {
        told.push(format!("The key set has {fill} more keys, which belong to nobody."));
    }
    if told.is_empty() {
        told.push("The issuer's key set is as ever.".to_owned());
    }
    told
}
