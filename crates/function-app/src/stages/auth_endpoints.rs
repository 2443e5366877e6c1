use authsettings::{Answer, Settings};
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use serve::{Response, respond};
use uuid::Uuid;

use crate::{Call, Flow, platform};

/// Answers `/.auth/...` and the protected resource metadata.
///
/// No session is ever made here: signing in leads to the authority and no way back, and whatever needs a session gets 401.
pub fn auth_endpoints(call: &mut Call) -> Flow {
    if call.ask_beforehand() != Some(Answer::Endpoint) {
        return Flow::Continue(());
    }
    let settings = &call.site.settings;
    let profile = settings.knobs.os_profile;
    if call.path == Settings::RESOURCE_METADATA {
        return Flow::Break(resource_metadata(call));
    }
    let endpoint = call.path.get(settings.http.api_prefix.len()..).unwrap_or_default().to_ascii_lowercase();
    Flow::Break(match (endpoint.as_str(), &call.request.method) {
        ("/login/aad", &Method::GET) => match sign_in(call) {
            Some(location) => platform::redirect(profile, 302, &location),
            None => platform::empty(404),
        },
        ("/login/aad" | "/login/aad/callback", &Method::POST) | ("/me" | "/refresh", _) => {
            platform::refusal(profile, 401, None)
        }
        ("/logout", _) => platform::redirect(profile, 302, &format!("{}/logout/complete", settings.http.api_prefix)),
        ("/logout/complete", _) => respond(StatusCode::OK, "text/html", "You have been signed out"),
        _ => platform::empty(404),
    })
}

/// Where a browser goes to sign in. A place to return to is only taken along where it is a path of this app. Browsers read a
/// backslash as a slash and leave out tabs and line breaks, so what has any of them may lead elsewhere.
fn sign_in(call: &Call) -> Option<String> {
    let settings = &call.site.settings;
    let (authority, client_id) = (settings.authority()?, settings.client_id()?);
    let callback = format!("https://{}{}/login/aad/callback", call.host(), settings.http.api_prefix);
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let wanted = call
        .request
        .query()
        .unwrap_or_default()
        .split('&')
        .find_map(|pair| pair.strip_prefix("post_login_redirect_uri="));
    let own = wanted.filter(|wanted| {
        let decoded = percent_encoding::percent_decode_str(wanted).decode_utf8_lossy();
        decoded.starts_with('/')
            && !decoded.starts_with("//")
            && !decoded.contains(|c: char| c == '\\' || c.is_control())
    });
    Some(format!(
        "{}?response_type=code+id_token&redirect_uri={}&client_id={client_id}&scope=openid+profile+email\
         &response_mode=form_post&nonce={}&state=redir%3D{}",
        authority.authorize_endpoint(),
        escape(&callback),
        Uuid::new_v4().simple(),
        own.unwrap_or("%2F"),
    ))
}

/// RFC 9728.
fn resource_metadata(call: &Call) -> Response {
    let settings = &call.site.settings;
    let metadata = json!({
        "resource": format!("https://{}", call.host()),
        "authorization_servers": settings.entra.iter().filter_map(|entra| entra.issuer.as_ref()).collect::<Vec<_>>(),
        "scopes_supported": settings.app.resource_metadata_scopes,
    });
    respond(StatusCode::OK, "application/json", metadata.to_string())
}
