//! The SDK's requests, over our own connections.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use azure_core::error::{Error, ErrorKind};
use azure_core::http::headers::Headers;
use azure_core::http::request::Body;
use azure_core::http::{AsyncRawResponse, HttpClient, Method, Request, StatusCode, Url};
use wire::{Client, Fetched, Trust, WireError};

/// Where virtual machines find their identity endpoint.
const IMDS: &str = "169.254.169.254";
/// How long one answer may take, connecting included.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs the errands of credentials.
#[derive(Debug)]
pub(crate) struct Errands {
    client: Client,
    /// Where IMDS is found instead.
    imds: Option<Url>,
    last_trouble: Mutex<Option<String>>,
}

impl Errands {
    pub(crate) fn new(trust: &Trust, imds: Option<&str>) -> Result<Self, WireError> {
        let imds = imds.map(|text| Url::parse(text).map_err(|error| (text, error))).transpose();
        let imds = imds.map_err(|(at, error)| WireError::Failed { at: at.to_owned(), reason: error.to_string() })?;
        Ok(Self { client: Client::new(trust, &[], PATIENCE)?, imds, last_trouble: Mutex::default() })
    }

    /// What went wrong last on the way to whoever was asked.
    pub(crate) fn last_trouble(&self) -> Option<String> {
        self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins anew.
    pub(crate) fn forget_trouble(&self) {
        *self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// GET, as our own errand.
    pub(crate) async fn get(&self, url: &str, headers: &[(&str, &str)]) -> azure_core::Result<Fetched> {
        self.client.get(url, headers).await.map_err(|error| self.trouble(&error))
    }

    fn trouble(&self, error: &WireError) -> Error {
        *self.last_trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
        // What the SDK takes for an error of input or output it tries again, for a minute and more. Only a connection that broke
        // off is better the next time.
        let kind = if matches!(error, WireError::Reset { .. }) { ErrorKind::Io } else { ErrorKind::Other };
        Error::with_message(kind, error.to_string())
    }

    /// Where a request goes.
    fn place(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if let Some(instead) = self.imds.as_ref().filter(|_| url.host_str() == Some(IMDS)) {
            // Both are http URLs with a host: none of these is refused.
            let _ = url.set_scheme(instead.scheme());
            let _ = url.set_host(instead.host_str());
            let _ = url.set_port(instead.port());
        }
        url
    }
}

#[async_trait::async_trait]
impl HttpClient for Errands {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let headers: Vec<_> = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let Body::Bytes(body) = request.body() else {
            return Err(Error::with_message(ErrorKind::Other, "a credential sends no streams"));
        };
        let method = match request.method() {
            Method::Get => "GET",
            Method::Post => "POST",
            other => return Err(Error::with_message(ErrorKind::Other, format!("a credential does not {other:?}"))),
        };
        let url = self.place(request.url());
        let answer = self.client.send(method, url.as_str(), &headers, body.clone()).await;
        let answer = answer.map_err(|error| self.trouble(&error))?;
        self.forget_trouble();
        let mut headers = Headers::new();
        for (name, value) in &answer.headers {
            if let Ok(value) = value.to_str() {
                headers.insert(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(AsyncRawResponse::from_bytes(StatusCode::from(answer.status), headers, answer.body))
    }
}
