use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a listener could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Another program listens there.
    #[error(
        "port {} is taken: another program listens on {address}, where {name} should; stop that program or choose another port (0 takes a free one)",
        address.port()
    )]
    Taken {
        /// What should have listened.
        name: &'static str,
        /// Where.
        address: SocketAddr,
    },
    /// The system refused the address for another reason.
    #[error("{name} cannot listen on {address}: {source}; {}", bind_advice(source))]
    Bind {
        /// What should have listened.
        name: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A certificate or its key cannot be made or used.
    #[error("the server certificate cannot be used: {0}")]
    Certificate(String),
    /// A file of the state folder cannot be read or written.
    #[error("state file {}: {source}; give a folder that you own and can write to", path.display())]
    State {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the state folder could have been read by others.
    #[error("state file {} can be read by other users; delete it and let a new one be made", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// A fault rule that cannot be played.
    #[error("fault rule {number}: {reason}")]
    Fault {
        /// Which rule, from 1.
        number: usize,
        /// What is wrong with it and what would be right.
        reason: String,
    },
}

fn bind_advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied => "ports below 1024 need privileges, choose a higher one",
        io::ErrorKind::AddrNotAvailable => "no interface of this machine has that address, choose 127.0.0.1",
        _ => "choose another address or port",
    }
}
