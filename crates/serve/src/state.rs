use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::ServeError;

/// A folder for keys that outlive a run. What is in it is readable by its owner only.
#[derive(Debug, Clone)]
pub struct StateFolder {
    path: PathBuf,
}

impl StateFolder {
    /// Opens the folder, making it (and its parents) if need be.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, ServeError> {
        let path = path.into();
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(&path) {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(ServeError::State { path, source }),
        }
    }

    /// Where a file of this name is or would be.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A file's bytes, or none if it does not exist.
    ///
    /// # Errors
    /// [`ServeError::NotPrivate`] if others can read or write it: what it holds is no secret any more.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ServeError> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(_) if !private(&path) => Err(ServeError::NotPrivate { path }),
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ServeError::State { path, source }),
        }
    }

    /// Writes a file, whole or not at all: a reader never sees half of it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), ServeError> {
        let path = self.path(name);
        let fresh = self.path(&format!(".{name}.{}", std::process::id()));
        write_private(&fresh, bytes)
            .and_then(|()| fs::rename(&fresh, &path))
            .map_err(|source| ServeError::State { path, source })
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // A file left by a crashed run could have other permissions; a new one cannot.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

#[cfg(unix)]
fn private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode().trailing_zeros() >= 6)
}

/// Elsewhere the folder inherits what the owner's profile allows.
#[cfg(not(unix))]
fn private(_: &Path) -> bool {
    true
}
