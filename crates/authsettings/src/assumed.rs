//! Settings of which a file does not say everything: what they may turn out to be.

use diagnostics::{Node, Value};

use crate::{Configuration, Settings};

/// A way in which what the file does not say may turn out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumed {
    /// The property that turns out otherwise than in the first reading, such as `platform.enabled`; none in the first.
    pub property: Option<String>,
    /// The settings, if it does.
    pub settings: Settings,
}

/// What a property that is not known may hold: first what a careful team would write, then what would change most.
const POSSIBLE: &[(&str, [Holds; 2])] = &[
    ("platform.enabled", [Holds::Bool(true), Holds::Bool(false)]),
    ("globalValidation.requireAuthentication", [Holds::Bool(true), Holds::Bool(false)]),
    ("globalValidation.unauthenticatedClientAction", [Holds::Text("Return401"), Holds::Text("AllowAnonymous")]),
    ("globalValidation.excludedPaths", [Holds::Texts(&[]), Holds::Texts(&["/*"])]),
    ("httpSettings.requireHttps", [Holds::Bool(true), Holds::Bool(false)]),
    ("identityProviders.azureActiveDirectory.enabled", [Holds::Bool(true), Holds::Bool(false)]),
    (
        "identityProviders.azureActiveDirectory.registration.openIdIssuer",
        [Holds::Text(SOME_ISSUER), Holds::Text("https://login.microsoftonline.com/common/v2.0")],
    ),
    ("identityProviders.azureActiveDirectory.registration.clientId", [Holds::Text(SOME_ID), Holds::Nothing]),
    (
        "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications",
        [Holds::Texts(&[SOME_ID]), Holds::Nothing],
    ),
];

/// Ids of nobody in particular: who reads settings takes from them whoever is listed.
const SOME_ID: &str = "7f0c2d5e-84b1-4a63-9e27-d16b3c80f59a";
const SOME_ISSUER: &str = "https://login.microsoftonline.com/38a5c1e7-0d4b-4f92-8b63-c7f2e9145d08/v2.0";

#[derive(Clone, Copy)]
enum Holds {
    Nothing,
    Bool(bool),
    Text(&'static str),
    Texts(&'static [&'static str]),
}

impl Configuration {
    /// The settings in each way in which they may turn out: once with everything that the file does not say as a careful team would
    /// write it, then with one property otherwise at a time. One reading where the file says everything; none where it cannot be
    /// read, or where what is not known is as large as a part of the tree.
    pub fn assumed(&self) -> Vec<Assumed> {
        let unknown: Vec<String> = self.unknowns().into_iter().map(|(path, _)| path).collect();
        let known = |path: &str| POSSIBLE.iter().find(|(name, _)| name.eq_ignore_ascii_case(path));
        if unknown.iter().any(|path| POSSIBLE.iter().any(|(name, _)| is_above(path, name))) {
            return Vec::new();
        }
        let mut first = self.clone();
        for (path, [careful, _]) in unknown.iter().filter_map(|path| known(path)) {
            put(&mut first.properties, path, *careful);
        }
        let Some(settings) = first.settings().0 else { return Vec::new() };
        let mut assumed = vec![Assumed { property: None, settings }];
        for (path, [_, otherwise]) in unknown.iter().filter_map(|path| known(path)) {
            let mut turned = first.clone();
            put(&mut turned.properties, path, *otherwise);
            assumed
                .extend(turned.settings().0.map(|settings| Assumed { property: Some((*path).to_owned()), settings }));
        }
        assumed
    }
}

/// Whether one path names a part of the tree that holds the other.
fn is_above(path: &str, of: &str) -> bool {
    path == "properties"
        || (of.len() > path.len() && of[..path.len()].eq_ignore_ascii_case(path) && of.as_bytes()[path.len()] == b'.')
}

fn put(node: &mut Node, path: &str, holds: Holds) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let Value::Map(entries) = &mut node.value else { return };
    let Some((_, inner)) = entries.iter_mut().find(|(key, _)| key.text.eq_ignore_ascii_case(name)) else { return };
    match rest {
        Some(rest) => put(inner, rest, holds),
        None => inner.value = holds.value(inner),
    }
}

impl Holds {
    fn value(self, at: &Node) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        match self {
            Self::Nothing => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Text(value) => text(value),
            Self::Texts(values) => {
                Value::List(values.iter().map(|one| Node { value: text(one), span: at.span }).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use diagnostics::Source;

    use super::Assumed;
    use crate::{Action, Settings, configurations};

    fn assumed(properties: &str) -> Vec<Assumed> {
        let text = format!(
            r#"{{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","resources":[{{
                "type":"Microsoft.Web/sites/config","name":"orders/authsettingsV2","properties":{properties}}}]}}"#
        );
        let reading = configurations(&Source::new("template.json", text));
        assert_eq!(reading.configurations.len(), 1, "{:?}", reading.diagnostics);
        reading.configurations[0].assumed()
    }

    #[test]
    fn what_the_file_says_is_read_once() {
        let all = assumed(r#"{"platform":{"enabled":true}}"#);
        assert_eq!(all.len(), 1);
        assert!(all[0].settings.enabled && all[0].property.is_none());
    }

    #[test]
    fn each_unknown_turns_out_in_two_ways() {
        let all = assumed(
            r#"{"platform":{"enabled":"[parameters('on')]"},"globalValidation":{"requireAuthentication":true,
                "unauthenticatedClientAction":"[parameters('action')]"}}"#,
        );
        let told = |one: &Assumed| (one.property.clone(), one.settings.enabled, one.settings.validation.action);
        assert_eq!(
            all.iter().map(told).collect::<Vec<_>>(),
            [
                (None, true, Action::Return401),
                (Some("platform.enabled".to_owned()), false, Action::Return401),
                (Some("globalValidation.unauthenticatedClientAction".to_owned()), true, Action::AllowAnonymous),
            ]
        );
    }

    #[test]
    fn a_list_that_is_not_known_may_hold_somebody_or_be_left_out() {
        let all = assumed(
            r#"{"platform":{"enabled":true},"identityProviders":{"azureActiveDirectory":{"validation":
                {"defaultAuthorizationPolicy":{"allowedApplications":"[parameters('callers')]"}}}}}"#,
        );
        let listed = |settings: &Settings| settings.entra.clone()?.policy?.applications.map(|list| list.len());
        assert_eq!(all.iter().map(|one| listed(&one.settings)).collect::<Vec<_>>(), [Some(1), None]);
    }

    #[test]
    fn where_a_whole_part_is_not_known_nothing_is_assumed() {
        assert_eq!(assumed(r#"{"platform":{"enabled":true},"globalValidation":"[variables('rules')]"}"#), []);
    }
}
