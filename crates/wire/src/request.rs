use crate::origin::Origin;

/// One request as the bytes that will be sent: `method SP target SP HTTP/1.1`, the headers in their order and spelling, whatever
/// lines are written out, the body. Nothing is checked, added or changed, so that malformed requests can be played too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestBytes {
    /// `GET`.
    pub method: Vec<u8>,
    /// What stands between method and version.
    pub target: Vec<u8>,
    /// What stands in place of `HTTP/1.1`; empty: nothing, and no blank before it, as HTTP/0.9 had it.
    pub version: Option<Vec<u8>>,
    /// Name and value of each header line; they are joined by a colon and a blank.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Lines behind the headers, as they are; each gets its CR LF.
    pub lines: Vec<Vec<u8>>,
    /// What follows the empty line.
    pub body: Vec<u8>,
}

impl RequestBytes {
    /// A request as a well-behaved client would send it: Host, User-Agent, Accept and (where the body or the method calls for it)
    /// Content-Length are added unless `headers` has them.
    pub fn ordinary<N, V>(
        method: &str,
        origin: &Origin,
        target: impl Into<Vec<u8>>,
        headers: impl IntoIterator<Item = (N, V)>,
        body: Vec<u8>,
    ) -> Self
    where
        N: Into<Vec<u8>>,
        V: Into<Vec<u8>>,
    {
        let given: Vec<(Vec<u8>, Vec<u8>)> =
            headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let mut added = vec![
            ("Host", origin.authority()),
            ("User-Agent", concat!("greenlight/", env!("CARGO_PKG_VERSION")).to_owned()),
            ("Accept", "*/*".to_owned()),
        ];
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            added.push(("Content-Length", body.len().to_string()));
        }
        let missing = |name: &str| !given.iter().any(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
        let mut headers: Vec<(Vec<u8>, Vec<u8>)> = added
            .into_iter()
            .filter(|(name, _)| missing(name))
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        headers.extend(given);
        Self { method: method.into(), target: target.into(), headers, body, ..Self::default() }
    }

    /// The bytes as they go over the wire.
    pub fn to_bytes(&self) -> Vec<u8> {
        let named: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        let lines: usize = self.lines.iter().map(|line| line.len() + 2).sum();
        let mut bytes =
            Vec::with_capacity(self.method.len() + self.target.len() + named + lines + self.body.len() + 16);
        let version = self.version.as_deref().unwrap_or(b"HTTP/1.1");
        let blank = if version.is_empty() { b"".as_slice() } else { b" " };
        for part in [&self.method, b" ".as_slice(), &self.target, blank, version, b"\r\n"] {
            bytes.extend_from_slice(part);
        }
        for (name, value) in &self.headers {
            for part in [name, b": ".as_slice(), value, b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Whether every reader agrees where this request ends. After any other one a connection may hold a second request that
    /// nobody meant, so it is not used again. What lines of their own may say is not looked into.
    pub(crate) fn is_well_framed(&self) -> bool {
        let token = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(|byte| is_token(*byte));
        let lengths: Vec<_> = self.values("content-length").collect();
        token(&self.method)
            && self.version.is_none()
            && self.lines.is_empty()
            && !self.target.is_empty()
            && self.target.iter().all(u8::is_ascii_graphic)
            && self.headers.iter().all(|(name, value)| {
                token(name) && value.iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f))
            })
            && self.values("transfer-encoding").next().is_none()
            && self.values("upgrade").next().is_none()
            && match lengths[..] {
                [] => self.body.is_empty(),
                [length] => length == self.body.len().to_string().as_bytes(),
                _ => false,
            }
    }

    /// Whether it can be sent twice without more effect than once (RFC 9110 section 9.2.1).
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method.as_slice(), b"GET" | b"HEAD" | b"OPTIONS")
    }

    /// Whether it asks for the end of the connection.
    pub(crate) fn closes(&self) -> bool {
        self.values("connection").any(|value| value.to_ascii_lowercase().windows(5).any(|word| word == b"close"))
    }

    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value.as_slice())
    }
}

/// RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
