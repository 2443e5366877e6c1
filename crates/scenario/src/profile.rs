//! What is known about a target.

mod address;
mod api;
mod believed;
mod caller;
mod credential;
mod draft;
mod environment;
mod issuer;
mod limits;
mod secret;
mod sink;
mod site;
mod target;
mod waiver;

pub use address::{Address, AddressError, BaseUrl};
pub use api::Api;
pub use believed::SettingsFile;
pub use caller::{Caller, Identity};
pub use credential::{Credential, UserAssigned};
pub use draft::Draft;
pub use issuer::{Issuer, IssuerNames, Mocks};
pub use limits::Limits;
pub use secret::Secret;
pub use sink::Sink;
pub use site::Site;
pub use target::{Marker, Opening, Platform, PrincipalPlace, Proxy, Target};
pub use waiver::{Waived, is_case};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use diagnostics::{Diagnostic, Fields, Key, Node, Problems, Source, parse};
use token::Version;

use crate::read::CONSENTS;
use crate::scenario::{Consent, Scenario};
use crate::send::Door;

/// What is known about a target, and what a run against it may do.
///
/// Paths are as the profile's file sees them, joined to its folder. Of secrets it says where they come from,
/// never what they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What is under test.
    pub target: Target,
    /// The gateway in front of it; none: nobody named one.
    pub gateway: Option<Site>,
    /// The instance that it replaces; none: nobody named one.
    pub previous: Option<Site>,
    /// The authentication settings that are believed to be in force.
    pub settings: Option<SettingsFile>,
    /// The tenant whose tokens the target takes: its id.
    pub tenant: Option<String>,
    /// The client id of the target's app registration.
    pub audience: Option<String>,
    /// The App ID URI for which real tokens are asked; none: they are asked for `audience`.
    pub resource: Option<String>,
    /// Where the real tenant's tokens are asked for; none: at the public cloud's authority, or where the environment says.
    pub authority: Option<BaseUrl>,
    /// A file with the certificate that the authority's own comes from, trusted beside those of the system.
    pub authority_ca: Option<PathBuf>,
    /// The version of the tokens that the registration asks for; none: the one that the issuer in the settings names.
    pub token_version: Option<Version>,
    /// Who fills the roles of scenarios, in written order.
    pub callers: Vec<Caller>,
    /// Other APIs by the names that scenarios give them.
    pub apis: Vec<Api>,
    /// The mock issuer that the target trusts; none: it trusts a real one only.
    pub issuer: Option<Issuer>,
    /// How much a run may ask of the target.
    pub limits: Limits,
    /// Where the target could call back to; none: on this machine, where the target is on it too.
    pub sink: Option<Sink>,
    /// What the target's owner has agreed to.
    pub consent: Vec<Consent>,
    /// Whether what merely should hold fails a case too.
    pub strict: bool,
    /// The cases without which a gate does not open, by scenario or case; none: those that a gate asks for by itself.
    pub required: Option<Vec<String>>,
    /// Failures that somebody answers for, for a time.
    pub waivers: Vec<Waived>,
}

impl Profile {
    /// What is known when there is nothing but an address, as `--target` gives it. A path in the address is the target's path.
    pub fn bare(url: &str) -> Result<Self, AddressError> {
        let (url, path) = BaseUrl::parse(url)?;
        Ok(Self {
            target: Target::new(Address::Url(url), path),
            gateway: None,
            previous: None,
            settings: None,
            tenant: None,
            audience: None,
            resource: None,
            authority: None,
            authority_ca: None,
            token_version: None,
            callers: Vec::new(),
            apis: Vec::new(),
            issuer: None,
            limits: Limits::default(),
            sink: None,
            consent: Vec::new(),
            strict: false,
            required: None,
            waivers: Vec::new(),
        })
    }

    /// Reads a profile. None where it has an error; warnings alone do not spoil it. `environment` knows the variables that stand in
    /// place of texts; those of secrets are not asked for.
    pub fn read(source: &Arc<Source>, environment: &dyn Fn(&str) -> Option<String>) -> (Option<Self>, Vec<Diagnostic>) {
        let mut node = match parse(source) {
            Ok(node) => node,
            Err(diagnostic) => return (None, vec![diagnostic]),
        };
        let problems = Problems::new(source);
        environment::fill(&mut node, environment, &problems);
        if problems.any_error() {
            return (None, problems.into_vec());
        }
        let profile = problems.fields(&node).and_then(|fields| profile(fields, &problems));
        (profile.filter(|_| !problems.any_error()), problems.into_vec())
    }

    /// Whether it names what a scenario needs beside the target.
    pub fn has(&self, scenario: &Scenario) -> bool {
        match scenario.needs_beside() {
            Some(Door::Gateway) => self.gateway.is_some(),
            Some(Door::Previous) => self.previous.is_some(),
            _ => true,
        }
    }

    /// Who fills a role.
    pub fn caller(&self, role: &str) -> Option<&Caller> {
        self.callers.iter().find(|caller| caller.role == role)
    }

    /// Another API, by the name that scenarios give it.
    pub fn api(&self, name: &str) -> Option<&Api> {
        self.apis.iter().find(|api| api.name == name)
    }
}

fn profile(fields: Fields<'_>, problems: &Problems) -> Option<Profile> {
    let target = fields.required("target").and_then(|node| target::read(node, problems));
    let gateway = fields.optional("gateway").and_then(|node| site::read(node, "subscription-key", problems));
    let previous = fields.optional("previous").and_then(|node| site::read(node, "function-key", problems));
    let versions = |node: &Node| version(node, problems);
    let settings = fields.optional("settings").and_then(|node| believed::read(node, problems));
    let tenant = fields.optional_text("tenant");
    let audience = fields.optional("audience").and_then(|node| api::asked(node, problems));
    let resource = fields.optional("resource").and_then(|node| api::asked(node, problems));
    let authority = fields.optional("authority").and_then(|node| authority(node, problems));
    let authority_ca = file(&fields, "authority-ca", problems);
    let token_version = fields.optional("token-version").and_then(versions);
    let callers = fields.optional("callers").map(|node| named(node, problems, caller::read)).unwrap_or_default();
    let apis = fields.optional("apis").map(|node| named(node, problems, api::read)).unwrap_or_default();
    let issuer = fields.optional("issuer").and_then(|node| issuer::read(node, problems));
    let limits = fields.optional("limits").map(|node| limits::read(node, problems)).unwrap_or_default();
    let sink = fields.optional("sink").and_then(|node| sink::read(node, problems));
    let consent = fields.optional("consent").map(|node| consent(node, problems)).unwrap_or_default();
    let strict = fields.boolean_or("strict", false);
    let required = fields.optional("required").map(|node| problems.texts(node));
    let waivers = fields.optional("waivers").and_then(|node| problems.list(node)).unwrap_or_default();
    let waivers = waivers.iter().filter_map(|node| waiver::read(node, problems)).collect();
    fields.finish();
    let target = target?;
    Some(Profile {
        target,
        gateway,
        previous,
        settings,
        tenant,
        audience,
        resource,
        authority,
        authority_ca,
        token_version,
        callers,
        apis,
        issuer,
        limits,
        sink,
        consent,
        strict,
        required,
        waivers,
    })
}

fn consent(node: &Node, problems: &Problems) -> Vec<Consent> {
    let items = problems.list(node).unwrap_or_default();
    items.iter().filter_map(|item| problems.word(item, &CONSENTS)).collect()
}

fn version(node: &Node, problems: &Problems) -> Option<Version> {
    match problems.integer(node)? {
        1 => Some(Version::V1),
        2 => Some(Version::V2),
        other => {
            problems.error(node.span, format!("{other} is not a token version"), "write 1 or 2");
            None
        }
    }
}

fn authority(node: &Node, problems: &Problems) -> Option<BaseUrl> {
    let help = "such as `https://login.microsoftonline.us`; the tenant is named by `tenant`";
    let (url, path) = address::url(problems.text(node)?, node, help, problems)?;
    if !url.https || path != "/" {
        let message = "an authority is an https address without a path";
        problems.error(node.span, message, help);
        return None;
    }
    Some(url)
}

/// The members of a mapping whose keys the user chooses.
fn named<T>(node: &Node, problems: &Problems, read: fn(&Key, &Node, &Problems) -> Option<T>) -> Vec<T> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    fields.entries().iter().filter_map(|(key, node)| read(key, node, problems)).collect()
}

/// The path of a file, as seen from the profile's own folder.
fn file(fields: &Fields<'_>, key: &'static str, problems: &Problems) -> Option<PathBuf> {
    fields.optional_text(key).map(|path| beside(&path, problems))
}

/// A path, as seen from the profile's own folder.
fn beside(path: &str, problems: &Problems) -> PathBuf {
    Path::new(&problems.source().name).parent().unwrap_or(Path::new("")).join(path)
}
