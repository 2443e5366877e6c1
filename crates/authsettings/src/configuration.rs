//! An auth configuration as a file holds it: before it is typed, with the place of every value.

use std::sync::Arc;

use diagnostics::{Key, Node, Source, Span, Value};

use crate::Surroundings;

/// One auth configuration that was found in a file.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The file.
    pub source: Arc<Source>,
    /// What the file calls it: `module.orders.azurerm_linux_function_app.this`, `func-orders/staging`; empty where it has no name.
    pub name: String,
    /// In which form it was written.
    pub form: Form,
    /// What it protects, as far as the file says.
    pub host: Host,
    /// The condition that the whole of it depends on, where there is one: `condition` of a template's resource or of a deployment around
    /// it. A plan of Terraform is what its conditions have come to, and has none.
    pub conditional: Option<Span>,
    /// Whether the file has the app and no authentication for it: the properties are empty. Told of Function Apps of a template, a
    /// plan or a state, so that none passes as good because nothing is said of it.
    pub absent: bool,
    /// Where the file takes away an authentication that was there before (a Terraform plan).
    pub removed: bool,
    /// Where it stands.
    pub span: Span,
    /// The tree of authsettingsV2, in its names whatever the form: the members of `properties`. What the file does not say is
    /// [`Value::Unknown`].
    pub properties: Node,
    /// The app settings beside it, where the file has them.
    pub app_settings: Vec<(Key, Node)>,
    /// What else the file says of the app and of those who call it.
    pub surroundings: Surroundings,
}

/// The form in which a configuration was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An ARM resource, the body of a PUT, or the bare properties.
    Resource,
    /// The file that `platform.configFilePath` names.
    File,
    /// A resource of an ARM template, compiled Bicep among them.
    Template,
    /// V1 settings, as ARM has them or as `az webapp auth show` prints them without its extension.
    V1,
    /// `auth_settings_v2` of a Terraform plan or state.
    Terraform,
    /// `auth_settings` of a Terraform plan or state, which is V1.
    TerraformV1,
    /// An `azapi` resource of a Terraform plan or state.
    Azapi,
}

/// What a configuration protects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Host {
    /// Name or address of the app, without its slot.
    pub app: String,
    /// The slot; none is production.
    pub slot: Option<String>,
    /// Whether it is known to be a Function App, to be something else, or not known.
    pub is_function_app: Option<bool>,
}

/// One property of a configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Property<'a> {
    /// It is left out, or null.
    Absent,
    /// It is there, and the file does not say its value.
    Unknown(Span),
    /// It has a value, of whatever type.
    Is(&'a Node),
}

impl Form {
    /// Whether it is V1, translated.
    pub fn is_v1(self) -> bool {
        matches!(self, Self::V1 | Self::TerraformV1)
    }
}

impl Configuration {
    /// A property by its path, such as `globalValidation.excludedPaths`. Names are compared without case, as the platform does.
    pub fn at(&self, path: &str) -> Property<'_> {
        Property::of(&self.properties).at(path)
    }

    /// Whether it is meant as the whole of an authentication, so that what it leaves out is missing. Not so where it only says that
    /// authentication is off (an app that was never configured), where it gives way to a file (`platform.configFilePath`), and where
    /// the file takes it away.
    pub fn is_whole(&self) -> bool {
        let enabled = self.at("platform.enabled");
        let is_off = enabled.is_absent() || enabled.boolean() == Some(false);
        let is_bare = self.at("globalValidation").is_empty() && self.at("identityProviders").is_empty();
        !(self.removed || (is_off && is_bare)) && self.at("platform.configFilePath").is_empty()
    }

    /// An app setting by its name, which has case.
    pub fn app_setting(&self, name: &str) -> Property<'_> {
        let found = self.app_settings.iter().find(|(key, _)| key.text == name);
        found.map_or(Property::Absent, |(_, node)| Property::of(node))
    }

    /// Where a property stands, or where the nearest of those around it does: for saying that it is missing.
    pub fn nearest(&self, path: &str) -> Span {
        let mut node = &self.properties;
        let mut span = self.span;
        for name in path.split('.') {
            let Value::Map(entries) = &node.value else { break };
            let Some((key, inner)) = entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name)) else { break };
            (node, span) = (inner, key.span);
        }
        span
    }
}

impl<'a> Property<'a> {
    /// A value as a property.
    pub fn of(node: &'a Node) -> Self {
        match node.value {
            Value::Null => Self::Absent,
            Value::Unknown => Self::Unknown(node.span),
            _ => Self::Is(node),
        }
    }

    /// A property inside it, by its path. Names are compared without case, as the platform does.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        path.split('.').fold(self, |outer, name| match outer {
            Self::Is(Node { value: Value::Map(entries), .. }) => entries
                .iter()
                .find(|(key, _)| key.text.eq_ignore_ascii_case(name))
                .map_or(Self::Absent, |(_, inner)| Self::of(inner)),
            Self::Unknown(span) => Self::Unknown(span),
            _ => Self::Absent,
        })
    }

    /// Whether it is left out.
    pub fn is_absent(self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether the file does not say its value.
    pub fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether it holds nothing: it is left out, or an empty text or list, or a mapping of which all members are so. What is not known
    /// may hold something.
    pub fn is_empty(self) -> bool {
        match self {
            Self::Absent => true,
            Self::Unknown(_) => false,
            Self::Is(node) => match &node.value {
                Value::Text(text) => text.is_empty(),
                Value::List(items) => items.is_empty(),
                Value::Map(entries) => entries.iter().all(|(_, inner)| Property::of(inner).is_empty()),
                _ => false,
            },
        }
    }

    /// Whether not all of it is known: its value, or a member of its list.
    pub fn is_open(self) -> bool {
        self.is_unknown() || self.list().iter().any(|item| item.value == Value::Unknown)
    }

    /// Its value, if that is true or false.
    pub fn boolean(self) -> Option<bool> {
        match self {
            Self::Is(Node { value: Value::Bool(value), .. }) => Some(*value),
            _ => None,
        }
    }

    /// Its value, if that is text.
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Is(Node { value: Value::Text(text), .. }) => Some(text),
            _ => None,
        }
    }

    /// The members of an object with their names; none of anything else.
    pub fn members(self) -> &'a [(Key, Node)] {
        match self {
            Self::Is(Node { value: Value::Map(entries), .. }) => entries,
            _ => &[],
        }
    }

    /// Its members, if it is a list; none otherwise.
    pub fn list(self) -> &'a [Node] {
        match self {
            Self::Is(Node { value: Value::List(items), .. }) => items,
            _ => &[],
        }
    }

    /// Whether it is a list.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Is(Node { value: Value::List(_), .. }))
    }

    /// The first member of a list: the one block of a kind that Terraform writes as a list.
    #[must_use]
    pub fn first(self) -> Self {
        match self {
            Self::Unknown(span) => Self::Unknown(span),
            _ => self.list().first().map_or(Self::Absent, Self::of),
        }
    }

    /// The texts in it with their places, if it is a list; members that are no text are left out.
    pub fn texts(self) -> impl Iterator<Item = (&'a str, Span)> {
        self.list().iter().filter_map(|item| match &item.value {
            Value::Text(text) => Some((text.as_str(), item.span)),
            _ => None,
        })
    }

    /// Where it stands.
    pub fn span(self) -> Option<Span> {
        match self {
            Self::Absent => None,
            Self::Unknown(span) => Some(span),
            Self::Is(node) => Some(node.span),
        }
    }
}
