use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::error::WireError;

/// Where a request goes: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    https: bool,
    /// In lower case; an IPv6 address without brackets.
    host: String,
    port: u16,
}

impl Origin {
    /// An origin of known parts. An IPv6 address may have its brackets.
    pub fn new(https: bool, host: &str, port: u16) -> Self {
        let host = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        Self { https, host: host.to_ascii_lowercase(), port }
    }

    /// Splits a URL into its origin and the rest, the request target, of which nothing is changed. A fragment, which is never
    /// sent, is dropped, and an empty path becomes `/`.
    ///
    /// # Errors
    /// [`WireError::Url`] with what would be right.
    pub fn parse(url: &str) -> Result<(Self, String), WireError> {
        let wrong = |reason: &str| WireError::Url { url: without_secrets(url), reason: reason.to_owned() };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("it has no scheme; begin with https://"))?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong("its scheme is neither https nor http")),
        };
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(wrong("it holds a user name or password; leave them out"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if let Some(inner) = host.strip_prefix('[') {
            let address = inner.strip_suffix(']').and_then(|inner| inner.parse::<Ipv6Addr>().ok());
            address.ok_or_else(|| wrong("what stands in brackets is no IPv6 address"))?;
        } else if host.is_empty() {
            return Err(wrong("it has no host"));
        } else if host.contains(':') {
            return Err(wrong("an IPv6 address goes into brackets: [::1]"));
        } else if !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
            return Err(wrong("its host has characters that no host name has; write other alphabets as xn--..."));
        }
        let port = match port {
            None | Some("") => default_port(https),
            Some(port) => {
                port.parse().ok().filter(|port| *port != 0).ok_or_else(|| wrong("its port is not 1 to 65535"))?
            }
        };
        let target = target.split_once('#').map_or(target, |(before, _)| before);
        let slash = if target.starts_with(['/', '\\']) { "" } else { "/" };
        Ok((Self::new(https, host, port), format!("{slash}{target}")))
    }

    /// Whether it speaks TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, the scheme's own if the URL had none.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a Host header says: the port only where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.has_default_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// Both, whatever the port is.
    pub(crate) fn host_and_port(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{host}:{}", self.port)
    }

    pub(crate) fn has_default_port(&self) -> bool {
        self.port == default_port(self.https)
    }

    /// The address that the host already is.
    pub(crate) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }
}

fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// A URL fit for a message: neither query (a function key may be in it) nor user name and password.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@') {
        Some(at) => format!("{}{}", &url[..start], &url[start + at + 1..]),
        None => url.to_owned(),
    }
}
