//! Reads one answer: its head by httparse, its body by the framing that the head announces (RFC 9112 section 6.3).

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};

use crate::chunked::Chunked;
use crate::error::Phase;
use crate::sender::SenderConfig;

/// The most header lines an answer may have.
const HEADER_LINES: usize = 256;
/// How much is asked for at once.
const PIECE: usize = 8 * 1024;

/// What bounds the reading.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) first_byte: Instant,
    pub(crate) end: Instant,
    pub(crate) head_bytes: usize,
    pub(crate) body_bytes: usize,
}

/// An answer, whole or as much of it as came within the bounds.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the final answer; interim ones (1xx) are skipped.
    pub head: Head,
    /// Without its transfer coding.
    pub body: Vec<u8>,
    /// The body did not come to its end: too long, too slow, broken off, or not framed as announced.
    pub truncated: bool,
    /// The connection stands exactly behind this answer and may carry another.
    pub reusable: bool,
}

/// The head of a final answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// Status line and headers up to and with the empty line.
    pub bytes: Vec<u8>,
    /// Three digits.
    pub status: u16,
    /// As sent; often empty.
    pub reason: String,
    /// In their order and spelling.
    pub headers: Vec<(String, Vec<u8>)>,
    /// HTTP/1.1, not 1.0.
    persistent: bool,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum NoAnswer {
    /// The connection ended before the head did.
    Closed {
        /// At least one byte had come.
        begun: bool,
        /// None for an orderly close.
        error: Option<io::Error>,
    },
    TimedOut(Phase),
    /// What came is no HTTP/1: its first bytes.
    NotHttp(Vec<u8>),
    HeadTooLong,
}

/// Reads the answer to a request of this method from what is no connection, such as bytes in memory, as a
/// [`Sender`](crate::Sender) reads it from one. None where no head of an answer came.
///
/// It must run where there is a tokio timer.
pub async fn read_answer(stream: impl AsyncRead + Unpin, method: &[u8], config: &SenderConfig) -> Option<Answer> {
    read(stream, method, config.bounds()).await.ok()
}

/// Reads the answer to a request of this method.
pub(crate) async fn read<R: AsyncRead + Unpin>(stream: R, method: &[u8], bounds: Bounds) -> Result<Answer, NoAnswer> {
    let mut reader = Reader { stream, buffer: Vec::new(), heads: 0, bounds };
    let head = loop {
        let head = reader.head().await?;
        reader.heads += head.bytes.len();
        if reader.heads > bounds.head_bytes {
            return Err(NoAnswer::HeadTooLong);
        }
        // Interim answers; 101 is final, for this connection at least.
        if !(100..200).contains(&head.status) || head.status == 101 {
            break head;
        }
    };
    Ok(reader.body(head, method).await)
}

struct Reader<R> {
    stream: R,
    /// What has come and is not used up.
    buffer: Vec<u8>,
    /// Bytes of the heads read so far, interim ones too.
    heads: usize,
    bounds: Bounds,
}

/// What became of waiting for more bytes.
enum More {
    Some,
    End,
    Failed(io::Error),
    Late,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    async fn more(&mut self, deadline: Instant) -> More {
        self.buffer.reserve(PIECE);
        match timeout_at(deadline, self.stream.read_buf(&mut self.buffer)).await {
            Ok(Ok(0)) => More::End,
            Ok(Ok(_)) => More::Some,
            Ok(Err(error)) => More::Failed(error),
            Err(_) => More::Late,
        }
    }

    async fn head(&mut self) -> Result<Head, NoAnswer> {
        let mut scanned = 0;
        loop {
            if !b"HTTP/1.".starts_with(&self.buffer[..self.buffer.len().min(7)]) {
                return Err(self.not_http());
            }
            if let Some(end) = head_end(&self.buffer, scanned) {
                let rest = self.buffer.split_off(end);
                let bytes = std::mem::replace(&mut self.buffer, rest);
                return parse(bytes);
            }
            if self.buffer.len() > self.bounds.head_bytes {
                return Err(NoAnswer::HeadTooLong);
            }
            scanned = self.buffer.len();
            let begun = self.heads + scanned > 0;
            let (deadline, phase) = if begun || self.bounds.end < self.bounds.first_byte {
                (self.bounds.end, Phase::Answer)
            } else {
                (self.bounds.first_byte, Phase::FirstByte)
            };
            match self.more(deadline).await {
                More::Some => {}
                More::End => return Err(NoAnswer::Closed { begun, error: None }),
                More::Failed(error) => return Err(NoAnswer::Closed { begun, error: Some(error) }),
                More::Late => return Err(NoAnswer::TimedOut(phase)),
            }
        }
    }

    fn not_http(&mut self) -> NoAnswer {
        let mut seen = std::mem::take(&mut self.buffer);
        seen.truncate(32);
        NoAnswer::NotHttp(seen)
    }

    async fn body(mut self, head: Head, method: &[u8]) -> Answer {
        let framing = Framing::of(&head, method);
        let persistent = head.persists();
        let mut body = Vec::new();
        let complete = match framing {
            Framing::None => true,
            Framing::Length(length) => self.counted(length, &mut body).await,
            Framing::Chunked => self.chunked(&mut body).await,
            Framing::Close => self.until_close(&mut body).await,
        };
        let truncated = !complete;
        // Bytes behind the answer are nobody's; whoever read on would take them for the next answer.
        let reusable = complete && persistent && framing != Framing::Close && self.buffer.is_empty();
        Answer { head, body, truncated, reusable }
    }

    async fn counted(&mut self, length: u64, body: &mut Vec<u8>) -> bool {
        let wanted = usize::try_from(length).unwrap_or(usize::MAX).min(self.bounds.body_bytes);
        while self.buffer.len() < wanted {
            if !matches!(self.more(self.bounds.end).await, More::Some) {
                break;
            }
        }
        let rest = self.buffer.split_off(self.buffer.len().min(wanted));
        *body = std::mem::replace(&mut self.buffer, rest);
        body.len() as u64 == length
    }

    async fn chunked(&mut self, body: &mut Vec<u8>) -> bool {
        let mut decoder = Chunked::default();
        loop {
            let outcome = decoder.decode(&self.buffer, body);
            if body.len() > self.bounds.body_bytes {
                body.truncate(self.bounds.body_bytes);
                return false;
            }
            let Ok(used) = outcome else { return false };
            self.buffer.drain(..used);
            if decoder.is_done() {
                return true;
            }
            if !matches!(self.more(self.bounds.end).await, More::Some) {
                return false;
            }
        }
    }

    async fn until_close(&mut self, body: &mut Vec<u8>) -> bool {
        let complete = loop {
            if self.buffer.len() > self.bounds.body_bytes {
                self.buffer.truncate(self.bounds.body_bytes);
                break false;
            }
            match self.more(self.bounds.end).await {
                More::Some => {}
                More::End => break true,
                // Many servers end a TLS connection without saying so.
                More::Failed(error) => break error.kind() == io::ErrorKind::UnexpectedEof,
                More::Late => break false,
            }
        };
        *body = std::mem::take(&mut self.buffer);
        complete
    }
}

/// How the end of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    None,
    Length(u64),
    Chunked,
    Close,
}

impl Framing {
    fn of(head: &Head, method: &[u8]) -> Self {
        let tunnel = method == b"CONNECT" && (200..300).contains(&head.status);
        if method == b"HEAD" || tunnel || matches!(head.status, 101 | 204 | 304) {
            return Self::None;
        }
        if let Some(coding) = head.values("transfer-encoding").last() {
            let last = coding.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
            return if last.eq_ignore_ascii_case(b"chunked") { Self::Chunked } else { Self::Close };
        }
        let lengths: Vec<_> = head.values("content-length").collect();
        match lengths[..] {
            // Several that agree are one; a sign or another ornament makes it none.
            [first, ref others @ ..]
                if first.iter().all(u8::is_ascii_digit) && others.iter().all(|one| *one == first) =>
            {
                str::from_utf8(first).ok().and_then(|text| text.parse().ok()).map_or(Self::Close, Self::Length)
            }
            _ => Self::Close,
        }
    }
}

impl Head {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// Whether the server will keep the connection open, and frames without contradiction.
    fn persists(&self) -> bool {
        let says = |word: &[u8]| {
            self.values("connection")
                .any(|value| value.split(|byte| *byte == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(word)))
        };
        let contradicts =
            self.values("transfer-encoding").next().is_some() && self.values("content-length").next().is_some();
        let kept = if self.persistent { !says(b"close") } else { says(b"keep-alive") };
        kept && !contradicts && self.status != 101
    }
}

/// One past the empty line that ends a head; `scanned` bytes are known not to complete one.
fn head_end(buffer: &[u8], scanned: usize) -> Option<usize> {
    let from = scanned.saturating_sub(3);
    let breaks = buffer.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(at, _)| at + 1).find(|end| {
        let before = &buffer[..*end];
        before.ends_with(b"\n\r\n") || before.ends_with(b"\n\n")
    })
}

fn parse(bytes: Vec<u8>) -> Result<Head, NoAnswer> {
    let mut lines = [httparse::EMPTY_HEADER; HEADER_LINES];
    let mut response = httparse::Response::new(&mut lines);
    match response.parse(&bytes) {
        // A status below 100 is none, and nothing that is judged by its hundreds could tell what it means.
        Ok(httparse::Status::Complete(_)) if response.code >= Some(100) => {}
        Err(httparse::Error::TooManyHeaders) => return Err(NoAnswer::HeadTooLong),
        Ok(_) | Err(_) => return Err(NoAnswer::NotHttp(bytes[..bytes.len().min(32)].to_vec())),
    }
    let headers = response.headers.iter().map(|line| (line.name.to_owned(), line.value.to_vec())).collect();
    let (status, persistent) = (response.code.unwrap_or_default(), response.version == Some(1));
    let reason = response.reason.unwrap_or_default().to_owned();
    Ok(Head { bytes, status, reason, headers, persistent })
}
