//! The chunked transfer coding (RFC 9112 section 7.1), decoded piece by piece as it arrives.

/// The longest line that announces a chunk, its extensions included.
const SIZE_LINE: usize = 1024;
/// The longest trailer section.
const TRAILERS: usize = 16 * 1024;

/// A decoder in the middle of its work.
#[derive(Debug, Default)]
pub(crate) struct Chunked {
    state: State,
    /// The line that is being read.
    line: Vec<u8>,
    /// Bytes of trailers seen.
    trailers: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Data(u64),
    /// The line break after a chunk's data.
    Break,
    Trailers,
    Done,
}

/// Bytes that are no chunked coding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Chunked {
    /// Decodes what has arrived and says how many bytes of it were used up: all, unless the coding has ended.
    pub(crate) fn decode(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, Malformed> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            if let State::Data(left) = self.state {
                let some = usize::try_from(left).unwrap_or(usize::MAX).min(input.len() - at);
                body.extend_from_slice(&input[at..at + some]);
                at += some;
                // `some` is at most `left`.
                let left = left - some as u64;
                self.state = if left == 0 { State::Break } else { State::Data(left) };
                continue;
            }
            let byte = input[at];
            at += 1;
            if byte == b'\n' {
                self.end_line()?;
            } else {
                self.line.push(byte);
                self.trailers += usize::from(self.state == State::Trailers);
                if self.line.len() > SIZE_LINE && self.state == State::Size || self.trailers > TRAILERS {
                    return Err(Malformed);
                }
                if self.state == State::Break && self.line != b"\r" {
                    return Err(Malformed);
                }
            }
        }
        Ok(at)
    }

    /// Whether the last chunk and the trailers have been read.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn end_line(&mut self) -> Result<(), Malformed> {
        let line = self.line.strip_suffix(b"\r").unwrap_or(&self.line);
        self.state = match self.state {
            State::Size => match size(line)? {
                0 => State::Trailers,
                size => State::Data(size),
            },
            State::Trailers if line.is_empty() => State::Done,
            State::Break => State::Size,
            other => other,
        };
        self.line.clear();
        Ok(())
    }
}

/// The size in a line such as `1a2b;name=value`.
fn size(line: &[u8]) -> Result<u64, Malformed> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(Malformed);
    }
    let text = str::from_utf8(digits).map_err(|_| Malformed)?;
    u64::from_str_radix(text, 16).map_err(|_| Malformed)
}
