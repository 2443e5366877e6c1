use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

/// Why there is no answer. Every message names the address and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// A URL that cannot be used.
    #[error("URL `{url}` cannot be used: {reason}")]
    Url {
        /// Without its query.
        url: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A CA certificate that was given cannot be read.
    #[error("a CA certificate that was given cannot be used: {0}; give PEM files with `BEGIN CERTIFICATE`")]
    Trust(String),
    /// The host has no address.
    #[error("{at}: its host name cannot be resolved ({reason}); check the spelling, or the DNS of this machine")]
    Resolve {
        /// The origin.
        at: String,
        /// What the resolver said.
        reason: String,
    },
    /// Nobody listens there.
    #[error("{at}: connection refused; nothing listens there: start it, or check host and port")]
    Refused {
        /// The origin, and the address where it is another.
        at: String,
    },
    /// The network does not lead there, or another failure to connect.
    #[error("{at}: cannot connect: {reason}; check host, port, network and firewall")]
    Unreachable {
        /// The origin, and the address where it is another.
        at: String,
        /// What the system said.
        reason: String,
    },
    /// The proxy gave no way to the target.
    #[error("{at}: the proxy {proxy} {reason}; {advice}")]
    Proxy {
        /// The origin.
        at: String,
        /// Host and port.
        proxy: String,
        /// What it did.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// The TLS handshake failed.
    #[error("{at}: {reason}; {advice}")]
    Tls {
        /// The origin, and the address where it is another.
        at: String,
        /// What failed.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// A bound was reached.
    #[error("{at}: timed out after {:.1} s while {phase}; it may be hung or still starting: try again, or allow more time", after.as_secs_f64())]
    TimedOut {
        /// The origin, and the address where it is another.
        at: String,
        /// What was waited for.
        phase: Phase,
        /// How long.
        after: Duration,
    },
    /// The connection ended before an answer did.
    #[error("{at}: {reason}; try again, and look into the log of whatever listens there")]
    Reset {
        /// The origin, and the address where it is another.
        at: String,
        /// How it ended.
        reason: String,
    },
    /// What came back is no HTTP/1 answer.
    #[error("{at}: the answer is not HTTP/1.1, it begins with \"{seen}\"; {}", not_http_advice(seen))]
    NotHttp {
        /// The origin, and the address where it is another.
        at: String,
        /// The first bytes, escaped.
        seen: String,
    },
    /// An answer to an errand of ours, or the head of any answer, is longer than it may be.
    #[error("{at}: the answer's {part} is longer than {limit} bytes or has too many lines; is this the right address?")]
    TooLong {
        /// The origin, and the address where it is another.
        at: String,
        /// Head or body.
        part: &'static str,
        /// In bytes.
        limit: usize,
    },
    /// The HTTP client could not be made or has failed in a way that none of the others is.
    #[error("{at}: {reason}")]
    Failed {
        /// The origin.
        at: String,
        /// The whole chain of causes.
        reason: String,
    },
}

/// What was waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Name resolution and TCP.
    Connect,
    /// TLS.
    Handshake,
    /// The first byte of an answer.
    FirstByte,
    /// The rest of it.
    Answer,
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Connect => "connecting",
            Self::Handshake => "shaking hands for TLS",
            Self::FirstByte => "waiting for the first byte of an answer",
            Self::Answer => "waiting for the whole answer",
        })
    }
}

impl WireError {
    /// Names a failed TLS handshake. The cause may be TLS's own or the socket's.
    pub(crate) fn handshake(at: String, host: &str, error: &(dyn Error + 'static)) -> Self {
        if let Some(tls) = find::<rustls::Error>(error) {
            let (reason, advice) = explain(host, tls);
            return Self::Tls { at, reason, advice };
        }
        let reason = format!("the TLS handshake broke off: {}", chain(error));
        Self::Tls { at, reason, advice: "does HTTPS listen there? check the port and the server's log" }
    }

    /// Names a failure of an established or attempted connection by its root cause.
    pub(crate) fn connection(at: String, host: &str, error: &(dyn Error + 'static)) -> Self {
        if find::<rustls::Error>(error).is_some() {
            return Self::handshake(at, host, error);
        }
        let reason = chain(error);
        match find::<io::Error>(error).map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused { at },
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof) => {
                Self::Reset { at, reason: format!("the connection was closed without an answer ({reason})") }
            }
            _ => Self::Failed { at, reason },
        }
    }
}

/// An error and all its causes in one line, each named once.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = next.source();
    }
    text
}

/// The deepest cause of one type. An [`io::Error`] hides the error that it wraps from `source`, so it is opened.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let inner: Option<&'a (dyn Error + 'static)> = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    };
    inner.and_then(find::<E>).or_else(|| error.downcast_ref::<E>())
}

fn explain(host: &str, error: &rustls::Error) -> (String, &'static str) {
    use rustls::Error as Tls;
    let reason = format!("TLS failed: {error}");
    match error {
        Tls::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => (
            format!("the certificate of {host} is not trusted: UnknownIssuer"),
            "name its CA: `--ca FILE`, or `ca` in a profile",
        ),
        Tls::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            (format!("the certificate of {host} has expired"), "renew it, and check this machine's clock")
        }
        Tls::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            (format!("the certificate of {host} is not valid yet"), "check this machine's clock")
        }
        Tls::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => (
            format!("the certificate is not for {host} but for {}", names(presented)),
            "check the host in the URL, or the certificate bound to it",
        ),
        Tls::InvalidCertificate(error) => {
            (format!("the certificate of {host} is not accepted: {error}"), "give the target a certificate for servers")
        }
        Tls::InvalidMessage(_) => (reason, "it does not speak TLS there: is it plain http://?"),
        Tls::AlertReceived(_) | Tls::PeerIncompatible(_) | Tls::NoApplicationProtocol => {
            (reason, "it must offer TLS 1.2 or 1.3 and HTTP/1.1 for this host name without a client certificate")
        }
        _ => (reason, "look into the log of whatever listens there"),
    }
}

/// Names as rustls shows them, `DnsName("a")` and `IpAddress(::1)`, in plain words.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| {
        let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
        inner.trim_matches('"').to_owned()
    };
    match presented {
        [] => "no name at all".to_owned(),
        some => some.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

fn not_http_advice(seen: &str) -> &'static str {
    if seen.starts_with("\\x15\\x03") { "it speaks TLS: use https:// in the URL" } else { "is this the right port?" }
}
