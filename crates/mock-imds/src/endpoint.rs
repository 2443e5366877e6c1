use http::StatusCode;
use mock_entra::Secret;
use serve::{Request, Response, Service, respond};
use uuid::Uuid;

use crate::arc::Challenge;
use crate::identities::Served;
use crate::tokens::Tokens;
use crate::{app_service, arc, imds};

/// Where App Service's endpoint is, as on the real machines.
pub(crate) const APP_SERVICE: &str = "/msi/token";
/// Where the Arc agent's is; the agent's own path is taken by IMDS.
pub(crate) const ARC: &str = "/arc/metadata/identity/oauth2/token";

/// All endpoints of one resource.
pub(crate) struct Endpoints {
    pub(crate) served: Served,
    pub(crate) tokens: Tokens,
    pub(crate) identity_header: Secret,
    pub(crate) challenge: Option<Challenge>,
}

impl Service for Endpoints {
    async fn call(&self, request: Request) -> Response {
        let path = request.path().to_ascii_lowercase();
        // One client appends a slash, others differ in case; the real endpoints do not mind.
        match (path.strip_suffix('/').unwrap_or(&path), &self.challenge) {
            ("/metadata/identity/oauth2/token", _) => imds::token(self, &request).await,
            ("/metadata/identity/info", _) => imds::info(self, &request),
            (APP_SERVICE, _) => app_service::token(self, &request).await,
            (ARC, Some(challenge)) => arc::token(self, challenge, &request).await,
            (path, _) if path.starts_with("/metadata") => imds::not_found(),
            _ => respond(StatusCode::NOT_FOUND, "text/plain", NOTHING),
        }
    }
}

const NOTHING: &str = "nothing is here; this mock answers GET /metadata/identity/oauth2/token (IMDS), /msi/token (App Service) and, if it \
                       was given a folder for the key, /arc/metadata/identity/oauth2/token (Azure Arc)\n";

/// The id by which a client wants to find its request again.
pub(crate) fn correlation_id(request: &Request) -> Option<&str> {
    request.header("x-ms-client-request-id").filter(|id| Uuid::try_parse(id).is_ok())
}
