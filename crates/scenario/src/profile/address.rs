//! Where a target is.

use std::fmt;

use diagnostics::{Node, Problems};

/// Where a target is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The reference Function App, started for this run.
    Reference,
    /// Somewhere else.
    Url(BaseUrl),
}

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    /// Whether it is `https`.
    pub https: bool,
    /// The host, as written; an IPv6 address in its brackets.
    pub host: String,
    /// The port, as written or the scheme's own.
    pub port: u16,
}

/// Why a text is not the address of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Another scheme, or none.
    #[error("the address must start with https:// or http://")]
    Scheme,
    /// A user or a password before the host.
    #[error("the address must not have a user name or password in it")]
    UserInfo,
    /// A query or a fragment behind the path.
    #[error("the address must end with its path, without `?` or `#`")]
    BeyondPath,
    /// Anything else that no URL has.
    #[error("the address is not a URL: write https://host, https://host:port or https://host/path")]
    Malformed,
}

impl BaseUrl {
    /// Reads `https://host[:port][/path]`. The path is `/` where none is written.
    pub fn parse(text: &str) -> Result<(Self, String), AddressError> {
        let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(AddressError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(AddressError::BeyondPath);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(AddressError::UserInfo);
        }
        if !path.chars().all(|c| c.is_ascii_graphic()) {
            return Err(AddressError::Malformed);
        }
        let (host, port) = host_and_port(authority, if https { 443 } else { 80 }).ok_or(AddressError::Malformed)?;
        let path = if path.is_empty() { "/" } else { path };
        Ok((Self { https, host: host.to_owned(), port }, path.to_owned()))
    }
}

fn host_and_port(authority: &str, default: u16) -> Option<(&str, u16)> {
    let end_of_host = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(end_of_host);
    let is_host = match host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) => digits.parse().ok().filter(|port| *port > 0)?,
        None if port.is_empty() => default,
        None => return None,
    };
    is_host.then_some((host, port))
}

/// As a URL, without a slash at the end and without the scheme's own port.
impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, own) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == own { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Reads an address and its path, or reports why it is none.
pub(super) fn url(text: &str, node: &Node, help: &str, problems: &Problems) -> Option<(BaseUrl, String)> {
    match BaseUrl::parse(text) {
        Ok(read) => return Some(read),
        // What stands before the host or behind the path may be a password or a function key.
        Err(error @ (AddressError::UserInfo | AddressError::BeyondPath)) => {
            problems.secret(node.span);
            problems.error(node.span, error.to_string(), "take it out");
        }
        Err(error) => problems.error(node.span, error.to_string(), help),
    }
    None
}
