use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use reqwest::{RequestBuilder, redirect};

use crate::error::{Phase, WireError, chain};
use crate::origin::Origin;
use crate::trust::Trust;

/// The longest answer to an errand, in bytes. Key sets and discovery documents have a few thousand.
const LONGEST: usize = 4 * 1024 * 1024;

/// A well-behaved client for our own errands: discovery, keys, tokens, control. No redirects, no proxy, no cookies.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    patience: Duration,
}

/// The answer to an errand.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// Whatever it is; an error status is an answer too.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Client {
    /// A client that finds the named hosts at the given addresses (a port in the URL goes before the map's) and waits `patience`
    /// for a whole answer, connecting included.
    ///
    /// # Errors
    /// [`WireError::Trust`] if a CA certificate cannot be read.
    pub fn new(trust: &Trust, addresses: &[(String, SocketAddr)], patience: Duration) -> Result<Self, WireError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.client_config()?.0)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(patience)
            .user_agent(concat!("greenlight/", env!("CARGO_PKG_VERSION")));
        for (host, address) in addresses {
            builder = builder.resolve(&host.to_ascii_lowercase(), *address);
        }
        let http = builder
            .build()
            .map_err(|error| WireError::Failed { at: "the HTTP client".to_owned(), reason: chain(&error) })?;
        Ok(Self { http, patience })
    }

    /// GET.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Fetched, WireError> {
        self.run(url, self.http.get(url), headers).await
    }

    /// POST of a form, percent-encoded.
    pub async fn post_form(
        &self,
        url: &str,
        pairs: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Result<Fetched, WireError> {
        self.run(url, self.http.post(url).form(pairs), headers).await
    }

    /// POST of a JSON value.
    pub async fn post_json(
        &self,
        url: &str,
        value: &serde_json::Value,
        headers: &[(&str, &str)],
    ) -> Result<Fetched, WireError> {
        self.run(url, self.http.post(url).json(value), headers).await
    }

    /// DELETE.
    pub async fn delete(&self, url: &str, headers: &[(&str, &str)]) -> Result<Fetched, WireError> {
        self.run(url, self.http.delete(url), headers).await
    }

    /// Any method, with a body as it is.
    ///
    /// # Errors
    /// [`WireError::Failed`] for a method that is none.
    pub async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Fetched, WireError> {
        let known = Method::from_bytes(method.as_bytes()).map_err(|_| WireError::Failed {
            at: "the HTTP client".to_owned(),
            reason: format!("{method:?} is not a method"),
        })?;
        self.run(url, self.http.request(known, url).body(body), headers).await
    }

    async fn run(
        &self,
        url: &str,
        mut request: RequestBuilder,
        headers: &[(&str, &str)],
    ) -> Result<Fetched, WireError> {
        let (origin, _) = Origin::parse(url)?;
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let named = |error: reqwest::Error| self.name(&origin, error);
        let mut answer = request.send().await.map_err(named)?;
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(named)? {
            if body.len() + piece.len() > LONGEST {
                return Err(WireError::TooLong { at: origin.to_string(), part: "body", limit: LONGEST });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Fetched { status: answer.status().as_u16(), headers: answer.headers().clone(), body: body.freeze() })
    }

    fn name(&self, origin: &Origin, error: reqwest::Error) -> WireError {
        let at = origin.to_string();
        // A URL may bear a secret in its query.
        let error = error.without_url();
        let reason = chain(&error);
        if error.is_timeout() {
            let phase = if error.is_connect() { Phase::Connect } else { Phase::Answer };
            return WireError::TimedOut { at, phase, after: self.patience };
        }
        // What follows reqwest tells in words only.
        if reason.contains("dns error") {
            return WireError::Resolve { at, reason };
        }
        if reason.contains("connection closed before message completed") {
            return WireError::Reset { at, reason: "the connection was closed without an answer".to_owned() };
        }
        WireError::connection(at, origin.host(), &error)
    }
}
