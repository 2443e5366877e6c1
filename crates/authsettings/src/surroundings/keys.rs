//! How API Management holds or sends a functions key.

use std::collections::HashSet;

use super::Passage;
use super::resources::Resource;

/// How a resource of API Management holds or sends one. `apps` are the names of the file's apps: an import makes a named value
/// `<app>-key`.
pub(super) fn functions_key(resource: &Resource<'_>, apps: &HashSet<String>) -> Option<Passage> {
    let body = resource.body;
    let policy = Passage::of(body.at("value")).or_else(|| Passage::of(body.at("xml_content")));
    if let Some(policy) = policy.filter(|policy| policy.text.contains('<')) {
        let how = key_in_policy(&policy.text)?;
        return Some(Passage { text: format!("a policy sends {how}"), span: policy.span });
    }
    let credentials = body.at("credentials");
    let credentials = if credentials.is_list() { credentials.first() } else { credentials };
    for (place, name) in [("header", "x-functions-key"), ("query", "code")] {
        if let Some(span) = credentials.at(place).at(name).span() {
            return Some(Passage { text: format!("a backend sends `{name}`"), span });
        }
    }
    if !resource.kind.to_ascii_lowercase().ends_with("/namedvalues") && !resource.kind.ends_with("_named_value") {
        return None;
    }
    let names = ["displayName", "display_name", "name"].into_iter().map(|path| body.at(path));
    let name = names.chain([resource.whole.at("name")]).find_map(Passage::of)?;
    let app = name.text.to_ascii_lowercase().strip_suffix("-key").map(str::to_owned)?;
    let own = apps.contains(&app);
    own.then(|| Passage { text: format!("the named value `{}` holds a key", name.text), span: name.span })
}

/// How a policy sends a functions key. What removes one is no sending.
pub(super) fn key_in_policy(policy: &str) -> Option<&'static str> {
    let policy = without_comments(&policy.to_ascii_lowercase());
    let sets = |tag: &str, element: &str, name: &str| {
        let named =
            [format!("name=\"{name}\""), format!("name='{name}'")].iter().any(|attribute| tag.contains(attribute));
        tag.starts_with(element) && named && !tag.contains("delete")
    };
    let tags: Vec<&str> = policy.split('<').filter_map(|tag| tag.split('>').next()).collect();
    if tags.iter().any(|tag| sets(tag, "set-header", "x-functions-key")) {
        return Some("`x-functions-key`");
    }
    let in_address = ["?code=", "&code=", "&amp;code="].iter().any(|key| policy.contains(key));
    (in_address || tags.iter().any(|tag| sets(tag, "set-query-parameter", "code"))).then_some("`code`")
}

fn without_comments(text: &str) -> String {
    let mut pieces = text.split("<!--");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |kept, piece| kept + piece.split_once("-->").map_or("", |(_, rest)| rest))
}
