use std::fmt;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::origin::Origin;

/// A version of TLS that our TLS does not speak any more: its first message is made by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.0 (RFC 2246).
    V1_0,
    /// TLS 1.1 (RFC 4346).
    V1_1,
}

/// What a server answered to a first message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hello {
    /// It chose a version and went on: the handshake would succeed. The version, `TLS 1.0`.
    Taken(String),
    /// It did not, and how: an alert, or the end of the connection.
    Refused(String),
}

impl TlsVersion {
    /// As the protocol writes it.
    fn bytes(self) -> [u8; 2] {
        match self {
            Self::V1_0 => [3, 1],
            Self::V1_1 => [3, 2],
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::V1_0 => "TLS 1.0",
            Self::V1_1 => "TLS 1.1",
        })
    }
}

/// Kinds of records, and of handshake messages in them.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
/// What alerts of a refusal say.
const HANDSHAKE_FAILURE: u8 = 40;
const PROTOCOL_VERSION: u8 = 70;

/// Begins a handshake. The error is what came, where that is no answer of TLS.
pub(crate) async fn greet(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    origin: &Origin,
    version: TlsVersion,
) -> Result<Hello, Vec<u8>> {
    let name = origin.ip().is_none().then(|| origin.host());
    let ended = || Ok(Hello::Refused("the connection was closed".to_owned()));
    if stream.write_all(&client_hello(version, name)).await.is_err() {
        return ended();
    }
    // A record's head (kind, version, length), then an alert's level and description, or the kind of a handshake message; behind that
    // its length and the version that the server chose.
    let mut answer = Vec::new();
    let come = fill(&mut stream, &mut answer, 7).await;
    if come && answer[0] == HANDSHAKE && answer[5] == SERVER_HELLO {
        fill(&mut stream, &mut answer, 11).await;
    }
    match answer[..] {
        [] => ended(),
        [ALERT, 3, _, _, _, _, PROTOCOL_VERSION] => Ok(Hello::Refused("alert: protocol version".to_owned())),
        [ALERT, 3, _, _, _, _, HANDSHAKE_FAILURE] => Ok(Hello::Refused("alert: handshake failure".to_owned())),
        [ALERT, 3, _, _, _, _, description] => Ok(Hello::Refused(format!("alert {description}"))),
        [HANDSHAKE, 3, _, _, _, SERVER_HELLO, _, _, _, major, minor] => Ok(Hello::Taken(named(major, minor))),
        _ => Err(answer),
    }
}

/// Reads until so many bytes have come; whether they have.
async fn fill(stream: &mut (impl AsyncRead + Unpin), answer: &mut Vec<u8>, wanted: usize) -> bool {
    while answer.len() < wanted {
        match stream.read_u8().await {
            Ok(byte) => answer.push(byte),
            Err(_) => return false,
        }
    }
    true
}

fn named(major: u8, minor: u8) -> String {
    match (major, minor) {
        (3, 0) => "SSL 3.0".to_owned(),
        (3, minor) => format!("TLS 1.{}", minor - 1),
        _ => format!("version {major}.{minor}"),
    }
}

/// What a client of that time offered: common ciphers, the name of the host, two curves.
fn client_hello(version: TlsVersion, name: Option<&str>) -> Vec<u8> {
    // ECDHE and RSA with AES and 3DES in CBC mode, which are all that these versions have in common with servers of today.
    const CIPHERS: [u8; 16] =
        [0xc0, 0x13, 0xc0, 0x14, 0xc0, 0x09, 0xc0, 0x0a, 0x00, 0x2f, 0x00, 0x35, 0x00, 0x0a, 0x00, 0xff];
    // The curves P-256 and P-384, and points without compression (RFC 8422 section 5.1).
    const CURVES: [u8; 14] = [0, 10, 0, 6, 0, 4, 0, 23, 0, 24, 0, 11, 0, 2];
    const POINTS: [u8; 2] = [1, 0];
    let mut extensions = Vec::new();
    if let Some(name) = name {
        // One name, of the kind 0 (RFC 6066 section 3).
        let entry = [&[0][..], &sized::<2>(name.as_bytes())].concat();
        extensions.extend([0, 0]);
        extensions.extend(sized::<2>(&sized::<2>(&entry)));
    }
    extensions.extend(CURVES);
    extensions.extend(POINTS);
    let body = [
        &version.bytes()[..],
        // In place of random bytes: nothing is ever encrypted.
        b"greenlight asks for an old TLS  ",
        // No session.
        &[0],
        &sized::<2>(&CIPHERS),
        // No compression.
        &[1, 0],
        &sized::<2>(&extensions),
    ]
    .concat();
    let message = [&[CLIENT_HELLO][..], &sized::<3>(&body)].concat();
    [&[HANDSHAKE, 3, 1][..], &sized::<2>(&message)].concat()
}

/// Bytes behind their length, which is written in so many bytes.
fn sized<const WIDTH: usize>(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    [&length[length.len() - WIDTH..], bytes].concat()
}
