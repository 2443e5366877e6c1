//! What is under test.

use std::net::IpAddr;
use std::path::PathBuf;

use diagnostics::{Key, Node, Problems, Value};

use super::address::{Address, BaseUrl, url};
use super::file;
use super::secret::{self, Secret};
use crate::send::{header_name, header_value, method, path};

/// What is under test, and how to tell that its function answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Where it is.
    pub address: Address,
    /// The path of the function, where a step does not name another.
    pub path: String,
    /// The method that the function takes, where a step does not name another.
    pub method: String,
    /// How to tell that the function answered; none: by any 2xx.
    pub marker: Option<Marker>,
    /// Where the function's answer shows whom it was told is calling; none: it does not.
    pub principal: Option<PrincipalPlace>,
    /// A file with the certificate of the authority that the target's own certificate comes from, beside those of the system.
    pub ca: Option<PathBuf>,
    /// Hosts and where to find them instead of asking DNS.
    pub resolve: Vec<(String, IpAddr)>,
    /// Through which proxy TLS goes; none: the environment decides.
    pub proxy: Option<Proxy>,
    /// What stands before the function.
    pub platform: Platform,
    /// A function on a path that the settings exclude from authentication; none: there is no such path, or nobody said.
    pub excluded: Option<Opening>,
    /// A protected function that asks for a key as well as for a token.
    pub keyed: Option<Opening>,
    /// What `WEBSITE_WARMUP_PATH` names, a path that is answered without authentication; none: there is none, or nobody said.
    pub warm_up: Option<Opening>,
    /// The site that it is deployed by, with a sign-in of its own. That of an app under `azurewebsites.net` is known by its name; none:
    /// there is none, it cannot be reached from here, or nobody said.
    pub scm: Option<BaseUrl>,
    /// Keys of the Functions host by their names: `master`, `host`, `function`, `system`.
    pub keys: Vec<(String, Secret)>,
}

/// Whether TLS goes through a proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// It does not.
    None,
    /// It goes through this one.
    At(BaseUrl),
}

/// The keys of the Functions host that a profile may have.
const KEYS: [&str; 4] = ["master", "host", "function", "system"];

/// Another function of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// Its path.
    pub path: String,
    /// How to tell that it answered; none: by any 2xx.
    pub marker: Option<Marker>,
}

/// A response header that only the function sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// The header's name.
    pub header: String,
    /// Its value; none: any.
    pub value: Option<String>,
}

/// Where an answer shows the principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalPlace {
    /// In a response header of this name.
    Header(String),
    /// In the JSON body, at this pointer (RFC 6901).
    Json(String),
}

/// What stands before the function, as far as it decides how refusals look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// App Service Authentication: its refusals are known to the letter.
    EasyAuth,
    /// Something else that checks tokens, or nobody knows.
    Other,
}

impl Target {
    /// A target of which nothing is known but where it is.
    pub(crate) fn new(address: Address, path: String) -> Self {
        let platform = if address == Address::Reference { Platform::EasyAuth } else { Platform::Other };
        let scm = if let Address::Url(url) = &address { scm_of(url) } else { None };
        Self {
            address,
            path,
            method: "GET".to_owned(),
            marker: None,
            principal: None,
            ca: None,
            resolve: Vec::new(),
            proxy: None,
            platform,
            excluded: None,
            keyed: None,
            warm_up: None,
            scm,
            keys: Vec::new(),
        }
    }
}

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Target> {
    let fields = problems.fields(node)?;
    let address = fields.required("url").and_then(|node| address(node, problems));
    let own_path = fields.optional("path").and_then(|node| Some((node, path(node, problems)?)));
    let own_method = fields.optional("method").and_then(|node| method(node, problems));
    let marker = fields.optional("marker").and_then(|node| marker(node, problems));
    let principal = fields.optional("principal").and_then(|node| principal(node, problems));
    let ca = file(&fields, "ca", problems);
    let resolve = fields.optional("resolve").map(|node| resolve(node, problems)).unwrap_or_default();
    let proxy = fields.optional("proxy").and_then(|node| proxy(node, problems));
    let platforms = [("easy-auth", Platform::EasyAuth), ("other", Platform::Other)];
    let platform = fields.optional("platform").and_then(|node| problems.word(node, &platforms));
    let excluded = fields.optional("excluded").and_then(|node| opening(node, problems));
    let keyed = fields.optional("keyed").and_then(|node| opening(node, problems));
    let warm_up = fields.optional("warm-up").and_then(|node| opening(node, problems));
    let scm = fields.optional("scm").map(|node| scm(node, problems));
    let keys = fields.optional("keys").map(|node| keys(node, problems)).unwrap_or_default();
    fields.finish();

    let (address, url_path) = address?;
    if let Some((node, _)) = own_path.as_ref().filter(|_| url_path != "/") {
        problems.error(node.span, "the path is in `url` too", "keep it in one of the two");
    }
    let mut target = Target::new(address, url_path);
    if let Some((_, path)) = own_path {
        target.path = path;
    }
    target.method = own_method.unwrap_or(target.method);
    target.platform = platform.unwrap_or(target.platform);
    (target.marker, target.principal, target.ca) = (marker, principal, ca);
    (target.resolve, target.proxy) = (resolve, proxy);
    (target.warm_up, target.scm) = (warm_up, scm.unwrap_or(target.scm));
    (target.excluded, target.keyed, target.keys) = (excluded, keyed, keys);
    Some(target)
}

fn address(node: &Node, problems: &Problems) -> Option<(Address, String)> {
    let text = problems.text(node)?;
    if text == "reference" {
        return Some((Address::Reference, "/".to_owned()));
    }
    let help = "or write `reference` for the Function App that comes along";
    let (url, path) = url(text, node, help, problems)?;
    Some((Address::Url(url), path))
}

/// The deployment site of an app with the platform's own name: `NAME.scm.azurewebsites.net`, or with the region between.
fn scm_of(url: &BaseUrl) -> Option<BaseUrl> {
    let (name, rest) = url.host.split_once('.')?;
    let rest_in_small = rest.to_ascii_lowercase();
    let is_ours = rest_in_small == "azurewebsites.net" || rest_in_small.ends_with(".azurewebsites.net");
    (is_ours && !rest_in_small.starts_with("scm.")).then(|| BaseUrl {
        https: true,
        host: format!("{name}.scm.{rest}"),
        port: 443,
    })
}

fn scm(node: &Node, problems: &Problems) -> Option<BaseUrl> {
    let text = problems.text(node)?;
    if text == "none" {
        return None;
    }
    let help = "write https://NAME.scm.azurewebsites.net, or `none`";
    let (address, path) = url(text, node, help, problems)?;
    if path != "/" {
        problems.error(node.span, "the deployment site is named without a path", help);
    }
    Some(address)
}

fn resolve(node: &Node, problems: &Problems) -> Vec<(String, IpAddr)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let one = |(host, node): &(Key, Node)| {
        let address = match &node.value {
            Value::Text(text) => text.parse().ok(),
            _ => None,
        };
        if address.is_none() {
            problems.error(node.span, "this is no IP address", "write one without a port, such as \"10.1.2.3\"");
        }
        Some((host.text.clone(), address?))
    };
    fields.entries().iter().filter_map(one).collect()
}

fn proxy(node: &Node, problems: &Problems) -> Option<Proxy> {
    let text = problems.text(node)?;
    if text == "none" {
        return Some(Proxy::None);
    }
    let help = "write http://host:port, or `none`";
    let (address, path) = url(text, node, help, problems)?;
    if address.https || path != "/" {
        let what = if address.https { "a proxy is spoken to without TLS" } else { "a proxy has no path" };
        problems.error(node.span, what, help);
        return None;
    }
    Some(Proxy::At(address))
}

fn opening(node: &Node, problems: &Problems) -> Option<Opening> {
    let fields = problems.fields(node)?;
    let own_path = fields.required("path").and_then(|node| path(node, problems));
    let marker = fields.optional("marker").and_then(|node| marker(node, problems));
    fields.finish();
    Some(Opening { path: own_path?, marker })
}

fn keys(node: &Node, problems: &Problems) -> Vec<(String, Secret)> {
    let Some(fields) = problems.fields(node) else { return Vec::new() };
    let one = |name| Some((str::to_owned(name), secret::read(fields.optional(name)?, problems)?));
    let keys = KEYS.into_iter().filter_map(one).collect();
    fields.finish();
    keys
}

pub(super) fn marker(node: &Node, problems: &Problems) -> Option<Marker> {
    let fields = problems.fields(node)?;
    let header = fields.required("header").and_then(|node| header_name(problems.text(node)?, node.span, problems));
    let value = fields.optional("value").and_then(|node| header_value(node, problems));
    fields.finish();
    Some(Marker { header: header?, value: value.map(str::to_owned) })
}

fn principal(node: &Node, problems: &Problems) -> Option<PrincipalPlace> {
    let fields = problems.fields(node)?;
    let header = fields.optional("header").and_then(|node| header_name(problems.text(node)?, node.span, problems));
    let json = fields.optional("json").and_then(|node| pointer(node, problems));
    let (span, given) = (fields.span(), fields.entries().len());
    fields.finish();
    if given != 1 {
        problems.error(span, "one place is needed", "write `{ header: name }` or `{ json: /principal/id }`");
    }
    header.map(PrincipalPlace::Header).or(json.map(PrincipalPlace::Json))
}

fn pointer(node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    if text.starts_with('/') {
        return Some(text.to_owned());
    }
    let help = "a JSON pointer starts with a slash: `/principal/id`";
    problems.error(node.span, format!("{text:?} is not a JSON pointer"), help);
    None
}
