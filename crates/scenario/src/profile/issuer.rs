//! The mock issuer that a target trusts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use diagnostics::{Fields, Node, Problems, Value};

use super::address::{BaseUrl, url};
use super::file;

/// Where the mock issuer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// The mocks are started for this run.
    Started(Mocks),
    /// They run already, by `greenlight serve`.
    Running {
        /// The address of their control interface.
        control: BaseUrl,
        /// A file with the certificate of their authority.
        ca: Option<PathBuf>,
    },
}

/// How the mocks are started. Port 0 is any free one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mocks {
    /// Where the issuer listens over TLS.
    pub listen: SocketAddr,
    /// Where it listens without TLS besides, for servers that cannot be told a private authority; none: nowhere.
    pub http: Option<SocketAddr>,
    /// Where the identity endpoints listen.
    pub imds: SocketAddr,
    /// Under which names it speaks of itself in tokens.
    pub names: IssuerNames,
    /// The file with the directory; none: the one that comes along.
    pub directory: Option<PathBuf>,
    /// The folder in which keys and authority are kept from run to run; none: they are made fresh.
    pub state: Option<PathBuf>,
}

/// Under which names an issuer speaks of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IssuerNames {
    /// Its own address.
    #[default]
    Own,
    /// Entra's public names, for a target that is configured as if for the real one.
    Entra,
}

impl Default for Mocks {
    fn default() -> Self {
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen: free, http: None, imds: free, names: IssuerNames::Own, directory: None, state: None }
    }
}

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Issuer> {
    let fields = problems.fields(node)?;
    let control = fields.optional("control");
    let issuer = if let Some(node) = control {
        let ca = file(&fields, "ca", problems);
        control_url(node, problems).map(|control| Issuer::Running { control, ca })
    } else {
        Some(Issuer::Started(mocks(&fields, problems)))
    };
    fields.finish();
    issuer
}

fn control_url(node: &Node, problems: &Problems) -> Option<BaseUrl> {
    let help = "`greenlight serve` prints the control address when it is ready";
    let (url, path) = url(problems.text(node)?, node, help, problems)?;
    if path != "/" {
        problems.error(node.span, "the control address has no path", "write https://host:port only");
        return None;
    }
    Some(url)
}

fn mocks(fields: &Fields<'_>, problems: &Problems) -> Mocks {
    let address = |key| fields.optional(key).and_then(|node| socket(node, problems));
    let names = [("own", IssuerNames::Own), ("entra", IssuerNames::Entra)];
    let default = Mocks::default();
    Mocks {
        listen: address("listen").unwrap_or(default.listen),
        http: address("http"),
        imds: address("imds").unwrap_or(default.imds),
        names: fields.optional("names").and_then(|node| problems.word(node, &names)).unwrap_or_default(),
        directory: file(fields, "directory", problems),
        state: file(fields, "state", problems),
    }
}

pub(super) fn socket(node: &Node, problems: &Problems) -> Option<SocketAddr> {
    let address = match &node.value {
        Value::Text(text) => text.parse().ok(),
        _ => None,
    };
    if address.is_none() {
        let help = "write address and port, such as \"127.0.0.1:8443\"; port 0 is any free one";
        problems.error(node.span, "this is not an address to listen on", help);
    }
    address
}
