//! Kinds of callers, as a reviewer would tell them apart.

use authsettings::{Claim, Credential, Fact, Facts};
use scenario::Send;

use super::request::{Seen, Sight};

/// A kind of caller, by the one thing that sets it apart from the listed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Says nothing of who it is.
    WithoutToken,
    /// Brings a key of the Functions host and no token.
    KeyAlone,
    /// Names somebody in identity headers and brings no token.
    SpoofedHeaders,
    /// Brings a token elsewhere than in the `Authorization` header.
    TokenElsewhere,
    /// Brings a credential of another scheme.
    OtherScheme,
    /// Brings something that is no token, or that no key verifies.
    ForgedToken,
    /// Its token has expired.
    Expired,
    /// Its token is not valid yet.
    Premature,
    /// Its token is another tenant's.
    OtherTenant,
    /// Its token is of another issuer.
    OtherIssuer,
    /// Its token is meant for another API.
    OtherAudience,
    /// Its token names no audience, issuer or tenant.
    Unnamed,
    /// Its application is not listed.
    UnlistedApplication,
    /// Its token names no application.
    WithoutApplication,
    /// It is not listed itself.
    UnlistedPrincipal,
    /// It is in a group, and not listed itself.
    ByGroup,
    /// Everything is as it should be.
    Listed,
    /// Asks the excluded path without a token.
    ExcludedPath,
    /// Asks an endpoint of the platform.
    Endpoint,
    /// Asks another path than the function's without a token.
    OtherPath,
}

impl Class {
    /// What a row is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::WithoutToken => "callers without a token",
            Self::KeyAlone => "callers with a Functions key and no token",
            Self::SpoofedHeaders => "callers with identity headers and no token",
            Self::TokenElsewhere => "callers whose token is not in the Authorization header",
            Self::OtherScheme => "credentials of another scheme",
            Self::ForgedToken => "forged tokens, and what is none",
            Self::Expired => "tokens that have expired",
            Self::Premature => "tokens that are not valid yet",
            Self::OtherTenant => "tokens of another tenant",
            Self::OtherIssuer => "tokens whose issuer is not the tenant's",
            Self::OtherAudience => "tokens for another API",
            Self::Unnamed => "tokens that lack a claim",
            Self::UnlistedApplication => "tokens of an application that is not listed",
            Self::WithoutApplication => "tokens that name no application",
            Self::UnlistedPrincipal => "tokens of a principal that is not listed",
            Self::ByGroup => "tokens of a group",
            Self::Listed => "tokens of the listed caller",
            Self::ExcludedPath => "callers without a token, on the excluded path",
            Self::Endpoint => "callers of the platform's own endpoints",
            Self::OtherPath => "callers without a token, on other paths",
        }
    }

    /// The kind of caller that sends this; none where more than one thing is special about it, or readers differ over it.
    pub(super) fn of(send: &Send, sight: &Sight) -> Option<Self> {
        let Seen::Plainly { path, .. } = &sight.target else { return None };
        let [reading] = sight.readings.as_slice() else { return None };
        if path.to_ascii_lowercase().starts_with("/.auth") {
            return Some(Self::Endpoint);
        }
        match (reading.facts.credential, path.as_str()) {
            (Credential::None, "${target.path}") => Some(without_token(send)),
            (Credential::None, "${target.excluded}") => Some(Self::ExcludedPath),
            (Credential::None, _) => Some(Self::OtherPath),
            (_, path) if path != "${target.path}" => None,
            (Credential::OtherScheme, _) => Some(Self::OtherScheme),
            (Credential::Bearer, _) if reading.facts.signed == Fact::No => Some(Self::ForgedToken),
            (Credential::Bearer, _) => {
                let recipe = send.token.as_ref()?;
                by_token(&recipe.caller, recipe.audience.is_some(), &reading.facts)
            }
        }
    }
}

fn without_token(send: &Send) -> Class {
    let named = |test: fn(&str) -> bool| send.headers.iter().any(|(name, _)| test(&name.to_ascii_lowercase()));
    let query = send.query.as_ref().map(ToString::to_string).unwrap_or_default();
    if send.token.is_some() {
        Class::TokenElsewhere
    } else if named(|name| name == "x-functions-key") || query.split('&').any(|pair| pair.starts_with("code=")) {
        Class::KeyAlone
    } else if named(|name| name.starts_with("x-ms-client-principal") || name.starts_with("x-ms-token-")) {
        Class::SpoofedHeaders
    } else {
        Class::WithoutToken
    }
}

/// By what differs from a token of the listed caller; none where that is more than one thing, or cannot be told.
fn by_token(caller: &str, other_audience: bool, facts: &Facts) -> Option<Class> {
    let issued = |claim: &Claim<String>, name: &str| *claim == Claim::Is(format!("${{issued.{name}}}"));
    let is = |claim: &Claim<String>, text: &str| *claim == Claim::Is(text.to_owned());
    let mut found = Vec::new();
    if facts.readable != Fact::Yes || facts.signed != Fact::Yes {
        return None;
    }
    match (facts.expired, facts.premature) {
        (Fact::No, Fact::No) => {}
        (Fact::Yes, Fact::No | Fact::Unknown) => found.push(Class::Expired),
        (Fact::No, Fact::Yes) => found.push(Class::Premature),
        _ => return None,
    }
    match caller {
        "listed" => {}
        "unlisted" => found.push(Class::UnlistedApplication),
        "foreign" => found.push(Class::OtherTenant),
        _ => return None,
    }
    let own_audience =
        ["${issued.aud}", "${target.audience}"].iter().any(|own| facts.audience == Claim::Is(vec![(*own).to_owned()]));
    match &facts.audience {
        _ if other_audience => found.push(Class::OtherAudience),
        Claim::Unknown => return None,
        Claim::Absent => found.push(Class::Unnamed),
        Claim::Is(_) if !own_audience => found.push(Class::OtherAudience),
        Claim::Is(_) => {}
    }
    match (&facts.issuer, &facts.tenant) {
        (Claim::Unknown, _) | (_, Claim::Unknown) => return None,
        (issuer, tenant) if issued(issuer, "iss") && issued(tenant, "tid") => {}
        (Claim::Absent, _) | (_, Claim::Absent) => found.push(Class::Unnamed),
        (_, tenant) if issued(tenant, "tid") => found.push(Class::OtherIssuer),
        _ => found.push(Class::OtherTenant),
    }
    match &facts.client {
        Claim::Unknown => return None,
        Claim::Absent => found.push(Class::WithoutApplication),
        client if issued(client, "azp") || issued(client, "appid") || is(client, "${caller.listed}") => {}
        Claim::Is(_) => found.push(Class::UnlistedApplication),
    }
    let by_group = facts.groups != Claim::Is(vec![super::payload::ISSUED_GROUPS.to_owned()]);
    match &facts.object {
        Claim::Unknown => return None,
        object if issued(object, "oid") => {}
        _ if by_group => found.push(Class::ByGroup),
        _ => found.push(Class::UnlistedPrincipal),
    }
    match found.as_slice() {
        [] => Some(Class::Listed),
        [one] => Some(*one),
        _ => None,
    }
}
