//! Text that is known before it can be told.

use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use tempfile::SpooledTempFile;

/// So many bytes are kept in memory.
const IN_MEMORY: usize = 1 << 20;

/// What is laid aside until something before it is known: in memory while it is little, in a file without a name where it is much.
pub(crate) struct Aside(BufWriter<SpooledTempFile>);

impl Aside {
    pub(crate) fn new() -> Self {
        Self(BufWriter::new(SpooledTempFile::new(IN_MEMORY)))
    }

    /// How much there is.
    pub(crate) fn position(&mut self) -> io::Result<u64> {
        self.0.stream_position()
    }

    /// Tells it, from a position on.
    pub(crate) fn tell(self, from: u64, output: &mut impl Write) -> io::Result<()> {
        let mut file = self.0.into_inner()?;
        file.seek(SeekFrom::Start(from))?;
        io::copy(&mut file, output).map(drop)
    }
}

impl Write for Aside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
