//! Where the authority's documents come from.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

/// A document, or why it could not be had.
pub type Document<'a> = Pin<Box<dyn Future<Output = Result<Bytes, String>> + Send + 'a>>;

/// Fetches the authority's documents: metadata and keys.
pub trait Documents: Send + Sync + 'static {
    /// The body of a GET that was answered 200. Redirects are not followed, and bodies are bounded.
    fn get<'a>(&'a self, url: &'a str) -> Document<'a>;
}

impl Documents for wire::Client {
    fn get<'a>(&'a self, url: &'a str) -> Document<'a> {
        Box::pin(async move {
            let fetched = wire::Client::get(self, url, &[]).await.map_err(|error| error.to_string())?;
            if fetched.status == 200 { Ok(fetched.body) } else { Err(format!("{url} answers {}", fetched.status)) }
        })
    }
}
