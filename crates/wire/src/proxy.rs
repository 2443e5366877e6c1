use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::WireError;
use crate::origin::Origin;

/// The longest head of a proxy's answer, in bytes.
const LONGEST_HEAD: usize = 16 * 1024;
/// The most header lines it may have.
const HEADER_LINES: usize = 64;

/// A proxy that is asked for a tunnel (CONNECT, RFC 9110 section 9.3.6), through which TLS goes untouched.
///
/// It is shown as `host:port`; its credentials are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    origin: Origin,
    /// The value of `Proxy-Authorization`.
    authorization: Option<String>,
}

impl Proxy {
    /// Reads `http://[user[:password]@]host[:port]`; without a scheme it is the same.
    ///
    /// # Errors
    /// [`WireError::Url`] with what would be right, and without the credentials.
    pub fn parse(url: &str) -> Result<Self, WireError> {
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (user_info, authority) =
            rest.rsplit_once('@').map_or((None, rest), |(user_info, authority)| (Some(user_info), authority));
        let wrong = |reason: &str| WireError::Url {
            url: format!("{scheme}://{}", authority.split(['/', '?', '#']).next().unwrap_or_default()),
            reason: reason.to_owned(),
        };
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(wrong("a proxy is spoken to in plain HTTP: write http://host:port"));
        }
        if authority.contains(['/', '?', '#']) {
            return Err(wrong("a proxy has no path: write http://host:port"));
        }
        let (origin, _) = Origin::parse(&format!("http://{authority}"))?;
        Ok(Self { origin, authorization: user_info.map(basic) })
    }

    /// Where it listens.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Asks for a tunnel to `host:port`. On an error nothing more can be said on this connection.
    pub(crate) async fn tunnel(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        to: &str,
    ) -> Result<(), NoTunnel> {
        let authorization =
            self.authorization.as_ref().map_or_else(String::new, |value| format!("Proxy-Authorization: {value}\r\n"));
        let agent = concat!("greenlight/", env!("CARGO_PKG_VERSION"));
        let request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: {agent}\r\n{authorization}\r\n");
        let closed = |_| NoTunnel("closed the connection without an answer".to_owned(), LOG);
        stream.write_all(request.as_bytes()).await.map_err(closed)?;
        // Byte by byte: what comes behind the head is the target's.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == LONGEST_HEAD {
                return Err(NoTunnel("answered without an end".to_owned(), "is this a proxy?"));
            }
            head.push(stream.read_u8().await.map_err(closed)?);
        }
        let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES];
        let mut answer = httparse::Response::new(&mut lines);
        let is_whole = answer.parse(&head).is_ok_and(|status| status.is_complete());
        match answer.code.filter(|_| is_whole) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(NoTunnel(
                "asks for credentials (407)".to_owned(),
                "write them into its URL, http://user:password@host:port, in the environment variable",
            )),
            Some(status) => {
                let reason = answer.reason.unwrap_or_default();
                Err(NoTunnel(format!("gives no way through ({})", format!("{status} {reason}").trim_end()), LOG))
            }
            None => Err(NoTunnel("gave an answer that is not HTTP/1.1".to_owned(), "is this a proxy?")),
        }
    }
}

const LOG: &str = "look into its log, or go without it (`proxy: none` in a profile)";

/// What a proxy did in place of a tunnel, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoTunnel(pub(crate) String, pub(crate) &'static str);

fn basic(user_info: &str) -> String {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let [user, password] = [user, password].map(|part| percent_decode_str(part).collect::<Vec<u8>>());
    format!("Basic {}", BASE64_STANDARD.encode([user, b":".to_vec(), password].concat()))
}

impl fmt::Display for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin.host_and_port())
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Proxy({self})")
    }
}
