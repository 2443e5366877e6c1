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

/// What a property that is not known may hold: first what a careful team would write, then what would change most. What only makes
/// sense with a value is taken as set, and there is no other.
const POSSIBLE: &[(&str, Holds, Option<Holds>)] = &[
    ("platform.enabled", Holds::Bool(true), Some(Holds::Bool(false))),
    ("globalValidation.requireAuthentication", Holds::Bool(true), Some(Holds::Bool(false))),
    ("globalValidation.unauthenticatedClientAction", Holds::Text("Return401"), Some(Holds::Text("AllowAnonymous"))),
    ("globalValidation.excludedPaths", Holds::Texts(&[]), Some(Holds::Texts(&["/*"]))),
    ("httpSettings.requireHttps", Holds::Bool(true), Some(Holds::Bool(false))),
    ("identityProviders.azureActiveDirectory.enabled", Holds::Bool(true), Some(Holds::Bool(false))),
    (
        "identityProviders.azureActiveDirectory.registration.openIdIssuer",
        Holds::Text(SOME_ISSUER),
        Some(Holds::Text("https://login.microsoftonline.com/common/v2.0")),
    ),
    ("identityProviders.azureActiveDirectory.registration.clientId", Holds::Text(SOME_ID), None),
    (
        "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications",
        Holds::Texts(&[SOME_ID]),
        Some(Holds::Nothing),
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
        if unknown.iter().any(|path| POSSIBLE.iter().any(|(name, ..)| is_above(path, name))) {
            return Vec::new();
        }
        let known = |path: &String| POSSIBLE.iter().find(|(name, ..)| name.eq_ignore_ascii_case(path));
        let open: Vec<_> = unknown.iter().filter_map(known).collect();
        let mut first = self.clone();
        for (path, careful, _) in &open {
            put(&mut first.properties, path, *careful);
        }
        let Some(settings) = first.settings().0 else { return Vec::new() };
        let mut assumed = vec![Assumed { property: None, settings }];
        for (path, _, otherwise) in open {
            let Some(otherwise) = otherwise else { continue };
            let mut turned = first.clone();
            put(&mut turned.properties, path, *otherwise);
            assumed
                .extend(turned.settings().0.map(|settings| Assumed { property: Some((*path).to_owned()), settings }));
        }
        assumed
    }

    /// The properties that the file does not say and that every reading takes as set, such as a client id: one that is left out is a
    /// mistake of whoever deploys, and would change every answer.
    pub fn taken_as_set(&self) -> Vec<&'static str> {
        let unknown = self.unknowns();
        let is_unknown = |name: &str| unknown.iter().any(|(path, _)| path.eq_ignore_ascii_case(name));
        let taken = POSSIBLE.iter().filter(|(name, _, otherwise)| otherwise.is_none() && is_unknown(name));
        taken.map(|(name, ..)| *name).collect()
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
    use crate::{Action, Configuration, Settings, configurations};

    fn assumed(properties: &str) -> Vec<Assumed> {
        configuration(properties).assumed()
    }

    fn configuration(properties: &str) -> Configuration {
        let text = format!(
            r#"{{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","resources":[{{
                "type":"Microsoft.Web/sites/config","name":"orders/authsettingsV2","properties":{properties}}}]}}"#
        );
        let mut reading = configurations(&Source::new("template.json", text));
        assert_eq!(reading.configurations.len(), 1, "{:?}", reading.diagnostics);
        reading.configurations.remove(0)
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
    fn an_app_is_never_without_its_client_id() {
        let properties = r#"{"platform":{"enabled":true},"identityProviders":{"azureActiveDirectory":{"registration":
            {"clientId":"[parameters('clientId')]"}}}}"#;
        let all = assumed(properties);
        assert_eq!(all.len(), 1);
        assert!(all[0].settings.entra.as_ref().is_some_and(|entra| entra.client_id.is_some()));
        let only = ["identityProviders.azureActiveDirectory.registration.clientId"];
        assert_eq!(configuration(properties).taken_as_set(), only);
        assert_eq!(configuration(r#"{"platform":{"enabled":"[parameters('on')]"}}"#).taken_as_set(), [""; 0]);
    }

    #[test]
    fn where_a_whole_part_is_not_known_nothing_is_assumed() {
        assert_eq!(assumed(r#"{"platform":{"enabled":true},"globalValidation":"[variables('rules')]"}"#), []);
    }
}
