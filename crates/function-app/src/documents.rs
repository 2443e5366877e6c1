//! Where the authority's documents come from.

use std::future::Future;
use std::pin::Pin;

pub use wire::Fetched;

/// An answer of the authority, or why there was none.
pub type Document<'a> = Pin<Box<dyn Future<Output = Result<Fetched, String>> + Send + 'a>>;

/// Fetches the authority's documents: metadata and keys.
pub trait Documents: Send + Sync + 'static {
    /// The answer to a GET, whatever its status. Redirects are not followed, and bodies are bounded.
    fn get<'a>(&'a self, url: &'a str) -> Document<'a>;
}

impl Documents for wire::Client {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        Box::pin(async move { wire::Client::get(self, url, &[]).await.map_err(|error| error.to_string()) })
    }
}
