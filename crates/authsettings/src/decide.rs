//! How App Service Authentication answers a request: one pure, total function.

use std::cell::OnceCell;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    Action, Answer, Authority, BrowserDetection, Credential, ExcludedMatch, Fact, Facts, Identity, InvalidToken, Kind,
    NoList, Reason, RequireFalseWithAction, Settings, canonical_path,
};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A request, as far as the decision looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Whether it came over HTTPS.
    pub https: bool,
    /// The path as it was received, before any decoding and without the query.
    pub path: &'a str,
    /// The query as it was received.
    pub query: Option<&'a str>,
    /// The `Host` header.
    pub host: &'a str,
    /// The `User-Agent` header.
    pub user_agent: Option<&'a str>,
}

/// How the platform answers.
///
/// Where a fact is unknown and matters, the answer is [`Answer::Depends`]; where it does not matter, because every value
/// of it leads to the same answer, it does not show.
pub fn decide(settings: &Settings, facts: &Facts, request: &Request<'_>) -> Answer {
    Decider::new(settings).decide(facts, request)
}

/// How the platform answers whatever is presented: it lets everything pass, sends to HTTPS or answers itself. None: that depends on
/// what is presented.
pub fn decide_beforehand(settings: &Settings, request: &Request<'_>) -> Option<Answer> {
    beforehand(settings, request, &canonical_path(request.path).unwrap_or_default())
}

fn beforehand(settings: &Settings, request: &Request<'_>, path: &str) -> Option<Answer> {
    if !settings.enabled() {
        return Some(Answer::Reaches { as_: Identity::Anonymous });
    }
    if settings.http.require_https && !request.https {
        return Some(to_https(request));
    }
    is_endpoint(settings, path).then_some(Answer::Endpoint)
}

/// Settings by which many requests are decided: what stands in them is read once.
pub struct Decider<'a> {
    settings: &'a Settings,
    authority: Option<Authority>,
    /// What refusals say, for the host that was asked first.
    challenge: OnceCell<(String, Option<String>)>,
}

impl<'a> Decider<'a> {
    /// Reads what decisions need.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, authority: settings.authority(), challenge: OnceCell::new() }
    }

    /// As [`decide`].
    pub fn decide(&self, facts: &Facts, request: &Request<'_>) -> Answer {
        let path = canonical_path(request.path).unwrap_or_default();
        if let Some(answer) = beforehand(self.settings, request, &path) {
            return answer;
        }
        let gate = Gate { by: self, request, door: Door::at(self.settings, &path) };
        match facts.credential {
            Credential::None => gate.anonymous(Reason::NoCredential),
            Credential::OtherScheme => gate.anonymous(Reason::OtherScheme),
            Credential::Bearer => gate.bearer(facts, &CHECKS),
        }
    }

    fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }

    fn challenge(&self, host: &str) -> Option<String> {
        let challenge = || self.settings.challenge_by(self.authority(), host);
        match self.challenge.get_or_init(|| (host.to_owned(), challenge())) {
            (known, said) if known == host => said.clone(),
            _ => challenge(),
        }
    }
}

fn to_https(request: &Request<'_>) -> Answer {
    let host = request.host.strip_suffix(":80").unwrap_or(request.host);
    let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
    Answer::Redirect { status: 302, location: format!("https://{host}{}{query}", request.path) }
}

fn is_endpoint(settings: &Settings, path: &str) -> bool {
    let prefix = settings.http.api_prefix.as_str();
    let below = path.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
        && matches!(path.as_bytes().get(prefix.len()), None | Some(b'/'));
    below || (settings.app.resource_metadata_scopes.is_some() && path == Settings::RESOURCE_METADATA)
}

/// What happens on a path to those who have no valid token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    /// The unauthenticated client action.
    Closed(Action),
    /// They pass: the settings let anonymous requests in everywhere.
    Open,
    /// They pass: the path is excluded.
    Excluded,
    /// Everybody passes: the path is the warm-up path.
    WarmUp,
}

impl Door {
    fn at(settings: &Settings, path: &str) -> Self {
        let (validation, knobs) = (&settings.validation, &settings.knobs);
        if validation.excluded_paths.iter().any(|entry| is_excluded(settings, entry, path)) {
            return Self::Excluded;
        }
        let warm_up = settings.app.warmup_path.as_deref().filter(|_| knobs.warmup_path_open);
        if warm_up
            .is_some_and(|warm_up| warm_up.trim_start_matches('/').eq_ignore_ascii_case(path.trim_start_matches('/')))
        {
            return Self::WarmUp;
        }
        let applies = validation.require_authentication
            || knobs.require_false_with_action == RequireFalseWithAction::ActionApplies;
        match validation.action {
            Action::AllowAnonymous => Self::Open,
            action if applies => Self::Closed(action),
            _ => Self::Open,
        }
    }
}

fn is_excluded(settings: &Settings, entry: &str, path: &str) -> bool {
    let knobs = &settings.knobs;
    let same = |one: &str, other: &str| {
        if knobs.excluded_case_insensitive { one.eq_ignore_ascii_case(other) } else { one == other }
    };
    let begins = |start: &str| path.get(..start.len()).is_some_and(|own| same(own, start));
    match (entry.strip_suffix("/*"), knobs.excluded_match) {
        (Some(folder), _) => begins(folder) && path[folder.len()..].starts_with('/'),
        (None, ExcludedMatch::ExactOrStarSuffix) => same(path, entry),
        (None, ExcludedMatch::Prefix) => begins(entry),
    }
}

/// One thing that must hold of a bearer token.
struct Check {
    /// Its name, for [`Answer::Depends`].
    what: &'static str,
    holds: fn(&Decider<'_>, &Facts) -> Fact,
    /// Whether the caller counts as unknown or as known but not allowed where it does not hold.
    kind: Kind,
    reason: Reason,
}

/// What must hold of a bearer token, in the order in which it is looked at.
const CHECKS: [Check; 13] = [
    valid("the registration", |by, _| by.authority.is_some().into(), Reason::NoProvider),
    valid("whether the token can be read", |_, facts| facts.readable, Reason::Unreadable),
    valid("whether the signature verifies", |_, facts| facts.signed, Reason::NotSigned),
    valid("the issuer", accepts_issuer, Reason::WrongIssuer),
    valid("the audience", |by, facts| accepts_audience(by.settings, facts), Reason::WrongAudience),
    valid("whether the token has expired", |_, facts| facts.expired.not(), Reason::Expired),
    valid("whether the token is valid already", |_, facts| facts.premature.not(), Reason::Premature),
    allowed("the tenant", |by, facts| tenant_allowed(by.settings, facts), Reason::TenantNotAllowed),
    allowed("the object id", |by, facts| service_principal(by.settings, facts), Reason::NoServicePrincipal),
    allowed("the client", |by, facts| application_allowed(by.settings, facts), Reason::ApplicationNotAllowed),
    allowed("the object id or groups", |by, facts| principal_allowed(by.settings, facts), Reason::PrincipalNotAllowed),
    allowed("the client", |by, facts| client_check(by.settings, facts), Reason::ClientCheckFailed),
    allowed("the groups", |by, facts| group_check(by.settings, facts), Reason::GroupCheckFailed),
];

const fn valid(what: &'static str, holds: fn(&Decider<'_>, &Facts) -> Fact, reason: Reason) -> Check {
    Check { what, holds, kind: Kind::Unauthenticated, reason }
}

const fn allowed(what: &'static str, holds: fn(&Decider<'_>, &Facts) -> Fact, reason: Reason) -> Check {
    Check { what, holds, kind: Kind::Forbidden, reason }
}

fn accepts_issuer(by: &Decider<'_>, facts: &Facts) -> Fact {
    let acceptance = by.settings.knobs.issuer_acceptance;
    by.authority().map_or(Fact::No, |authority| authority.accepts(&facts.issuer, &facts.tenant, acceptance))
}

fn accepts_audience(settings: &Settings, facts: &Facts) -> Fact {
    facts.audience.test(|audience| audience.iter().any(|one| settings.audiences().any(|known| known == one)))
}

fn tenant_allowed(settings: &Settings, facts: &Facts) -> Fact {
    let tenants = &settings.app.allowed_tenants;
    if tenants.is_empty() { Fact::Yes } else { facts.tenant.test(|tenant| tenants.contains(tenant)) }
}

/// A list of identities implies that a service principal is required.
fn service_principal(settings: &Settings, facts: &Facts) -> Fact {
    let policy = settings.entra.as_ref().and_then(|entra| entra.policy.as_ref());
    let identities = policy.is_some_and(|policy| !policy.identities.is_empty());
    if settings.app.require_client_service_principal || identities { facts.object.test(|_| true) } else { Fact::Yes }
}

fn application_allowed(settings: &Settings, facts: &Facts) -> Fact {
    let no_list = |meaning| Fact::from(meaning == NoList::AnyApp);
    let Some(policy) = settings.entra.as_ref().and_then(|entra| entra.policy.as_ref()) else {
        return no_list(settings.knobs.absent_policy);
    };
    match policy.applications.as_deref() {
        None => Fact::Yes,
        Some([]) => no_list(settings.knobs.empty_applications),
        Some(applications) => facts.client.test(|client| applications.contains(client)),
    }
}

/// Within the principals one list is enough; a list that is empty counts for nothing.
fn principal_allowed(settings: &Settings, facts: &Facts) -> Fact {
    let Some(policy) = settings.entra.as_ref().and_then(|entra| entra.policy.as_ref()) else { return Fact::Yes };
    if policy.identities.is_empty() && policy.groups.is_empty() {
        return Fact::Yes;
    }
    let identity = facts.object.test(|object| policy.identities.contains(object));
    identity.or(facts.groups.test(|groups| groups.iter().any(|group| policy.groups.contains(group))))
}

fn client_check(settings: &Settings, facts: &Facts) -> Fact {
    match settings.entra.as_ref().map(|entra| entra.claim_checks.client_applications.as_slice()) {
        None | Some([]) => Fact::Yes,
        Some(clients) => facts.client.test(|client| clients.contains(client)),
    }
}

fn group_check(settings: &Settings, facts: &Facts) -> Fact {
    match settings.entra.as_ref().map(|entra| entra.claim_checks.groups.as_slice()) {
        None | Some([]) => Fact::Yes,
        Some(allowed) => facts.groups.test(|groups| groups.iter().any(|group| allowed.contains(group))),
    }
}

/// The answers for one request, once it is known how its path treats strangers.
struct Gate<'a> {
    by: &'a Decider<'a>,
    request: &'a Request<'a>,
    door: Door,
}

impl Gate<'_> {
    /// Follows the checks to the first that does not hold. Where one is unknown, both ways are followed.
    fn bearer(&self, facts: &Facts, checks: &[Check]) -> Answer {
        let Some((check, rest)) = checks.split_first() else {
            return Answer::Reaches { as_: Identity::Caller };
        };
        let failed = || match check.kind {
            Kind::Unauthenticated => self.invalid(check.reason),
            Kind::Forbidden => self.forbidden(check.reason),
        };
        match (check.holds)(self.by, facts) {
            Fact::Yes => self.bearer(facts, rest),
            Fact::No => failed(),
            Fact::Unknown => {
                let failed = failed();
                if failed.same(&self.bearer(facts, rest)) { failed } else { Answer::Depends(check.what) }
            }
        }
    }

    /// There is no token.
    fn anonymous(&self, reason: Reason) -> Answer {
        match self.door {
            Door::Closed(action) => self.refuse(action, reason),
            Door::Open | Door::Excluded | Door::WarmUp => Answer::Reaches { as_: Identity::Anonymous },
        }
    }

    /// There is a token, and it does not count.
    fn invalid(&self, reason: Reason) -> Answer {
        let knobs = &self.by.settings.knobs;
        match (self.door, knobs.invalid_token_on_anonymous, knobs.invalid_token_on_excluded) {
            (Door::Open, InvalidToken::Refuse, _) | (Door::Excluded, _, InvalidToken::Refuse) => {
                self.refuse(Action::Return401, reason)
            }
            _ => self.anonymous(reason),
        }
    }

    /// The token counts, but its bearer is not allowed. Excluded paths and `AllowAnonymous` do not help: they are for those
    /// who bring no token.
    fn forbidden(&self, reason: Reason) -> Answer {
        match self.door {
            Door::WarmUp => Answer::Reaches { as_: Identity::Anonymous },
            Door::Closed(_) | Door::Open | Door::Excluded => refused(Kind::Forbidden, 403, reason),
        }
    }

    fn refuse(&self, action: Action, reason: Reason) -> Answer {
        let kind = Kind::Unauthenticated;
        if reason == Reason::WrongAudience && self.by.settings.knobs.wrong_audience_status == 403 {
            return refused(kind, 403, reason);
        }
        match (action, self.login_page()) {
            (Action::Return403, _) => refused(kind, 403, reason),
            (Action::RedirectToLoginPage, Some(location)) => {
                Answer::Refused { kind, status: 302, challenge: None, location: Some(location), reason }
            }
            _ => {
                let challenge = self.by.challenge(self.request.host);
                Answer::Refused { kind, status: 401, challenge, location: None, reason }
            }
        }
    }

    /// Where a browser signs in; none for other clients, or where there is nowhere to.
    fn login_page(&self) -> Option<String> {
        let Self { by: Decider { settings, .. }, request, .. } = self;
        let mozilla = request.user_agent.is_some_and(|agent| agent.starts_with("Mozilla"));
        if !mozilla || settings.knobs.browser_detection == BrowserDetection::Never {
            return None;
        }
        let provider = match settings.validation.redirect_to_provider.as_deref() {
            Some(provider) if !provider.eq_ignore_ascii_case("azureActiveDirectory") => provider,
            _ => settings.entra.as_ref().map(|_| "aad")?,
        };
        let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
        let back = format!("{}{query}", request.path);
        let back = utf8_percent_encode(&back, RESERVED);
        Some(format!("{}/login/{provider}?post_login_redirect_uri={back}", settings.http.api_prefix))
    }
}

fn refused(kind: Kind, status: u16, reason: Reason) -> Answer {
    Answer::Refused { kind, status, challenge: None, location: None, reason }
}

#[cfg(test)]
mod tests;
