//! The Azure Arc agent: before it gives a token, the caller must show that it can read a file that only privileged users can.

use std::path::{Path, PathBuf};

use http::{HeaderValue, StatusCode, header};
use mock_entra::Secret;
use serde_json::json;
use serve::{Request, Response, ServeError, StateFolder};
use uuid::Uuid;

use crate::endpoint::Endpoints;
use crate::imds;

/// The challenge: a file and what is in it. The file goes when the mock does.
pub(crate) struct Challenge {
    file: PathBuf,
    key: Secret,
    /// `WWW-Authenticate`.
    header: HeaderValue,
}

impl Challenge {
    /// Writes a new key file, readable by its owner only, into a folder.
    pub(crate) fn new(folder: &Path) -> Result<Self, ServeError> {
        let failed = |path: &Path, source| ServeError::State { path: path.to_owned(), source };
        // Clients compare the folder with the agent's own, so it is named in full.
        let folder = std::path::absolute(folder).map_err(|source| failed(folder, source))?;
        let header = |file: &Path| HeaderValue::try_from(format!("Basic realm={}", file.display()));
        let name = format!("{}.key", Uuid::new_v4());
        let key = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let state = StateFolder::open(folder)?;
        let file = state.path(&name);
        let header = header(&file).map_err(|error| failed(&file, std::io::Error::other(error)))?;
        state.write(&name, key.as_bytes())?;
        Ok(Self { file, key: Secret::new(key), header })
    }

    /// Whether a request shows what is in the file.
    fn met(&self, request: &Request) -> Option<bool> {
        let presented = request.header("authorization")?.strip_prefix("Basic ")?;
        Some(self.key.matches(presented))
    }
}

impl Drop for Challenge {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

/// `/arc/metadata/identity/oauth2/token`.
pub(crate) async fn token(endpoints: &Endpoints, challenge: &Challenge, request: &Request) -> Response {
    let query = match imds::admit(request) {
        Ok(query) => query,
        Err(refusal) => return imds::answer(Err(refusal)),
    };
    let description = match challenge.met(request) {
        Some(true) => return imds::answer(imds::issue(endpoints, request, &query).await),
        None => "Missing Basic Authorization header",
        // The words are undocumented.
        Some(false) => "Invalid Basic Authorization header",
    };
    let body = json!({"error": "unauthorized_client", "error_description": description, "error_codes": [401]});
    let mut response = imds::answer(Err((StatusCode::UNAUTHORIZED, body)));
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.header.clone());
    response
}
