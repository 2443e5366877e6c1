//! A profile to begin with: what is known is written, the rest stands beside it as comments that say what to write, and why.

use std::fmt::Write as _;

use diagnostics::{Source, Value, parse};
use token::Version;

use crate::send::is_visible;

/// The variable that a drafted profile takes the gateway's subscription key from.
const SUBSCRIPTION_KEY: &str = "GREENLIGHT_SUBSCRIPTION_KEY";
/// The same of the function key of the previous instance.
const FUNCTION_KEY: &str = "GREENLIGHT_PREVIOUS_KEY";

const CREDENTIAL: &str = "\
# How it gets its tokens: managed-identity, workload-identity, github-actions, azure-pipelines, azure-cli, or
    # { client-secret: { env: NAME } } with the variable's name, never the secret. Without one nothing shows that the door opens.
    # credential: managed-identity";

/// What is known when a profile is begun. Whatever is none or empty becomes a comment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// Where the target is, with its path. Without it the profile can be read only once somebody has filled it in.
    pub url: Option<String>,
    /// The file with the settings, as seen from the profile's folder.
    pub settings: Option<String>,
    /// Which of the settings in it, where it holds several.
    pub resource: Option<String>,
    /// The tenant's id.
    pub tenant: Option<String>,
    /// The client id of the target's app registration.
    pub audience: Option<String>,
    /// The version of the tokens that it takes.
    pub token_version: Option<Version>,
    /// The client id of the caller that must get in.
    pub caller: Option<String>,
    /// Client ids of others that the settings let in; they are told.
    pub others: Vec<String>,
    /// Paths that the settings exclude from authentication: the first plain one is taken, the others are told.
    pub excluded: Vec<String>,
    /// Where the gateway in front of it is, with the path.
    pub gateway: Option<String>,
    /// Where the instance is that it replaces, with the path.
    pub previous: Option<String>,
}

impl Draft {
    /// The environment variables that the written profile takes its secrets from.
    pub fn variables(&self) -> Vec<&'static str> {
        let gateway = self.gateway.as_ref().map(|_| SUBSCRIPTION_KEY);
        gateway.into_iter().chain(self.previous.as_ref().map(|_| FUNCTION_KEY)).collect()
    }

    /// The profile, as YAML.
    pub fn render(&self) -> String {
        let parts = [
            "# What is known about a deployed Function App. Only `target.url` is required; the more is known, the more can be proved.\n\
             # What is commented out is not known yet: fill it in and take the `#` away.\n"
                .to_owned(),
            self.target(),
            self.believed(),
            self.callers(),
            "# An API for which the callers can get tokens too: those must not open this one. Real ones are shown to the target only\n\
             # where somebody says that no harm can come of it.\n\
             # apis: { another-api: { audience: api://billing, harmless: true } }\n"
                .to_owned(),
            self.gateway(),
            self.previous(),
            "# How much a run may ask of the target.\n\
             # limits: { requests-per-second: 10, requests: 1000 }\n"
                .to_owned(),
            "# strict: true # the exact status and the challenge fail a case too, instead of warning\n".to_owned(),
        ];
        parts.join("\n")
    }

    fn target(&self) -> String {
        let url = line(
            "url",
            self.url.as_deref(),
            "https://func-orders-02.example.net/api/orders",
            "of the function, with its path",
        );
        let plain = self.excluded.iter().find(|path| is_plain_path(path));
        let others: Vec<&String> = self.excluded.iter().filter(|path| Some(*path) != plain).collect();
        let mut excluded = "  # A function on a path that `excludedPaths` names".to_owned();
        if !others.is_empty() {
            _ = write!(excluded, "; the settings name {} too", listed(&others));
        }
        _ = match plain {
            Some(path) => write!(excluded, ".\n  excluded: {{ path: {} }}", scalar(path)),
            None => write!(excluded, ", where there is one.\n  # excluded: {{ path: /api/health }}"),
        };
        format!(
            "target:\n  {url}\n  \
             # How to tell that the function itself answered: a response header that only it sends. Without one, any 2xx is taken for it.\n  \
             # marker: {{ header: x-function }}\n  \
             # Where its answer shows whom it was told is calling; `{{ header: name }}` or a pointer into the JSON body.\n  \
             # principal: {{ json: /principal/id }}\n\
             {excluded}\n  \
             # A key of the Functions host must open nothing without a token.\n  \
             # keys: {{ function: {{ env: FUNCTION_KEY }} }}\n  \
             platform: easy-auth # refusals are held against App Service Authentication to the letter\n"
        )
    }

    fn believed(&self) -> String {
        let settings = match (&self.settings, &self.resource) {
            (Some(file), Some(resource)) => {
                format!("settings: {{ file: {}, resource: {} }}", scalar(file), scalar(resource))
            }
            (file, _) => {
                line("settings", file.as_deref(), "infra/authsettings.json", "refines how a refusal must look")
            }
        };
        let tenant = line(
            "tenant",
            self.tenant.as_deref(),
            "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10",
            "id of the one whose tokens it takes",
        );
        let audience = line(
            "audience",
            self.audience.as_deref(),
            "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41",
            "client id of its app registration",
        );
        let version = match self.token_version {
            Some(Version::V1) => "token-version: 1",
            Some(Version::V2) => "token-version: 2",
            None => {
                "# token-version: 2 # what the registration asks for; unless given, the one that the issuer in the settings names"
            }
        };
        format!(
            "# What is believed to be deployed, as `az webapp auth show` or a template has it.\n{settings}\n\n\
             {tenant}\n{audience}\n{version}\n\
             # resource: api://orders # its App ID URI, where tokens must be asked for that\n"
        )
    }

    fn callers(&self) -> String {
        let others = if self.others.is_empty() {
            String::new()
        } else {
            format!("# The settings let in {} too.\n", listed(&self.others.iter().collect::<Vec<_>>()))
        };
        let unlisted = "\
# unlisted: # one of the same tenant that the settings do not let in: it must be refused\n  \
  #   client-id: 44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f\n  \
  #   credential: { client-secret: { env: UNLISTED_CLIENT_SECRET } }\n";
        let who = "# Who speaks: `listed` must get in, `unlisted` must not.\n";
        match &self.caller {
            Some(caller) => {
                let caller = scalar(caller);
                format!("{who}{others}callers:\n  listed:\n    client-id: {caller}\n    {CREDENTIAL}\n  {unlisted}")
            }
            None => format!(
                "{who}{others}# callers:\n#   listed:\n#     client-id: 33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e # one that the settings let in\n\
                 #     credential: managed-identity # or {{ client-secret: {{ env: NAME }} }} with the variable's name, never the secret\n"
            ),
        }
    }

    fn gateway(&self) -> String {
        let about =
            "# The gateway in front of it, best its test revision that leads here, and the key of a subscription.\n";
        site(
            about,
            "gateway",
            self.gateway.as_deref(),
            "https://api.example.net/orders;rev=2",
            "subscription-key",
            SUBSCRIPTION_KEY,
        )
    }

    fn previous(&self) -> String {
        let about = "# The instance that it replaces. Its key must open nothing at the new one.\n";
        let example = "https://func-orders-01.example.net/api/orders";
        site(about, "previous", self.previous.as_deref(), example, "function-key", FUNCTION_KEY)
    }
}

fn site(about: &str, name: &str, url: Option<&str>, example: &str, key: &str, variable: &str) -> String {
    match url {
        Some(url) => {
            let url = scalar(url);
            format!(
                "{about}{name}:\n  url: {url}\n  {key}: {{ env: {variable} }} # leave it out where none is asked for\n"
            )
        }
        None => format!("{about}# {name}:\n#   url: {example}\n#   {key}: {{ env: {variable} }}\n"),
    }
}

/// A member: what is known, or an example that is commented out, and what it is.
fn line(key: &str, known: Option<&str>, example: &str, what: &str) -> String {
    match known {
        Some(text) => format!("{key}: {}", scalar(text)),
        None => format!("# {key}: {example} # {what}"),
    }
}

fn listed(texts: &[&String]) -> String {
    texts.iter().map(|text| scalar(text)).collect::<Vec<_>>().join(", ")
}

/// Whether an excluded path is one that can be asked for as it is written: no pattern, nothing that a path cannot have.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/') && path != "/" && is_visible(path) && !path.contains(['*', '?', '#', '{', '}'])
}

/// A text as a YAML scalar: as it is where every reader takes it for that text, in double quotes otherwise.
fn scalar(text: &str) -> String {
    let is_simple = text.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~/:;=".contains(c));
    let node = parse(&Source::new("", text));
    if is_simple && node.is_ok_and(|node| node.value == Value::Text(text.to_owned())) {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            _ if c.is_alphanumeric() => quoted.push(c),
            // Breaks of lines, marks of order and what else a reader could take for something that it is not.
            _ => _ = write!(quoted, "\\U{:08X}", u32::from(c)),
        }
    }
    quoted.push('"');
    quoted
}
