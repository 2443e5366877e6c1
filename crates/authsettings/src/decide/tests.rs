use proptest::prelude::*;
use rstest::rstest;

use super::{Decider, Request, decide, decide_beforehand};
use crate::{
    Action, Answer, AppSettings, AuthorizationPolicy, Claim, Credential, ExcludedMatch, Fact, Facts, Identity,
    InvalidToken, IssuerAcceptance, Kind, NoList, Reason, RequireFalseWithAction, Settings, fixture,
};

const TENANT: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
const FOREIGN: &str = "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d";
const ORDERS: &str = "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41";
const LISTED: &str = "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e";
const OBJECT: &str = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f";
const GROUP: &str = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d";
const CHALLENGE: &str = "Bearer realm=\"func.example.net\" \
    authorization_uri=\"https://login.microsoftonline.com/72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10/oauth2/v2.0/authorize\" \
    resource_id=\"11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41\"";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64)";

fn is(text: &str) -> Claim<String> {
    Claim::Is(text.to_owned())
}

fn issuer(tenant: &str) -> Claim<String> {
    Claim::Is(format!("https://login.microsoftonline.com/{tenant}/v2.0"))
}

/// The facts of a token that the fixture's settings let in.
fn listed() -> Facts {
    Facts {
        credential: Credential::Bearer,
        readable: Fact::Yes,
        signed: Fact::Yes,
        expired: Fact::No,
        premature: Fact::No,
        issuer: issuer(TENANT),
        audience: Claim::Is(vec![ORDERS.to_owned()]),
        client: is(LISTED),
        object: is(OBJECT),
        tenant: is(TENANT),
        groups: Claim::Absent,
    }
}

fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = listed();
    change(&mut facts);
    facts
}

fn to(path: &str) -> Request<'_> {
    Request { https: true, path, query: None, host: "func.example.net", user_agent: Some("curl/8.14.1") }
}

/// An answer in a word or two: `caller`, `anonymous`, or the status and why.
fn word(answer: &Answer) -> String {
    match answer {
        Answer::Reaches { as_: Identity::Caller } => "caller".to_owned(),
        Answer::Reaches { as_: Identity::Anonymous } => "anonymous".to_owned(),
        Answer::Refused { status, reason, .. } => format!("{status}.{} {reason:?}", reason.sub_status()),
        Answer::Redirect { status, location } => format!("{status} {location}"),
        Answer::Endpoint => "endpoint".to_owned(),
        Answer::Depends(what) => format!("depends on {what}"),
    }
}

#[track_caller]
fn check(settings: &Settings, facts: &Facts, path: &str, expected: &str) {
    assert_eq!(word(&decide(settings, facts, &to(path))), expected);
}

// What is answered under the default settings to each kind of credential.
#[rstest]
#[case::no_credential(Facts::default(), "401.71 NoCredential")]
#[case::other_scheme(Facts { credential: Credential::OtherScheme, ..Facts::default() }, "401.71 OtherScheme")]
#[case::unreadable(Facts { credential: Credential::Bearer, readable: Fact::No, ..Facts::default() }, "401.83 Unreadable")]
#[case::bad_signature(with(|facts| facts.signed = Fact::No), "401.83 NotSigned")]
#[case::expired(with(|facts| facts.expired = Fact::Yes), "401.83 Expired")]
#[case::not_yet_valid(with(|facts| facts.premature = Fact::Yes), "401.83 Premature")]
#[case::other_tenant(with(|facts| (facts.issuer, facts.tenant) = (issuer(FOREIGN), is(FOREIGN))), "401.83 WrongIssuer")]
#[case::no_issuer(with(|facts| facts.issuer = Claim::Absent), "401.83 WrongIssuer")]
#[case::contradicting_tenant(with(|facts| facts.tenant = is(FOREIGN)), "401.83 WrongIssuer")]
#[case::wrong_audience(with(|facts| facts.audience = Claim::Is(vec!["api://billing".to_owned()])), "401.83 WrongAudience")]
#[case::uri_is_not_implicit(with(|facts| facts.audience = Claim::Is(vec![format!("api://{ORDERS}")])), "401.83 WrongAudience")]
#[case::no_audience(with(|facts| facts.audience = Claim::Absent), "401.83 WrongAudience")]
#[case::empty_audience(with(|facts| facts.audience = Claim::Is(vec![])), "401.83 WrongAudience")]
#[case::one_of_two_audiences(with(|facts| facts.audience = Claim::Is(vec!["x".to_owned(), ORDERS.to_owned()])), "caller")]
#[case::unlisted(with(|facts| facts.client = is(OBJECT)), "403.76 ApplicationNotAllowed")]
#[case::upper_case_client(with(|facts| facts.client = is(&LISTED.to_uppercase())), "403.76 ApplicationNotAllowed")]
#[case::no_client(with(|facts| facts.client = Claim::Absent), "403.76 ApplicationNotAllowed")]
#[case::listed(listed(), "caller")]
#[case::bad_and_unlisted(with(|facts| (facts.signed, facts.client) = (Fact::No, is(OBJECT))), "401.83 NotSigned")]
fn every_credential_has_its_answer(#[case] facts: Facts, #[case] expected: &str) {
    check(&fixture(), &facts, "/api/orders", expected);
    check(&fixture(), &facts, "/no/such/function", expected);
}

#[test]
fn a_refusal_of_an_unknown_caller_challenges_to_the_letter() {
    let answer = decide(&fixture(), &Facts::default(), &to("/api/orders"));
    let expected = Answer::Refused {
        kind: Kind::Unauthenticated,
        status: 401,
        challenge: Some(CHALLENGE.to_owned()),
        location: None,
        reason: Reason::NoCredential,
    };
    assert_eq!(answer, expected);
}

#[test]
fn a_refusal_of_a_known_caller_does_not_challenge() {
    let answer = decide(&fixture(), &with(|facts| facts.client = Claim::Absent), &to("/"));
    let expected = Answer::Refused {
        kind: Kind::Forbidden,
        status: 403,
        challenge: None,
        location: None,
        reason: Reason::ApplicationNotAllowed,
    };
    assert_eq!(answer, expected);
}

// requireAuthentication and unauthenticatedClientAction: without a token, with a bad one, with an unlisted one.
#[rstest]
#[case::redirect(true, Action::RedirectToLoginPage, ["401.71", "401.83", "403.76"])]
#[case::return401(true, Action::Return401, ["401.71", "401.83", "403.76"])]
#[case::return403(true, Action::Return403, ["403.71", "403.83", "403.76"])]
#[case::allow(true, Action::AllowAnonymous, ["anonymous", "anonymous", "403.76"])]
#[case::not_required(false, Action::AllowAnonymous, ["anonymous", "anonymous", "403.76"])]
#[case::contradiction(false, Action::Return401, ["anonymous", "anonymous", "403.76"])]
#[case::contradiction_403(false, Action::Return403, ["anonymous", "anonymous", "403.76"])]
#[case::contradiction_redirect(false, Action::RedirectToLoginPage, ["anonymous", "anonymous", "403.76"])]
fn actions_say_how_strangers_are_answered(#[case] required: bool, #[case] action: Action, #[case] expected: [&str; 3]) {
    let mut settings = fixture();
    settings.validation.require_authentication = required;
    settings.validation.action = action;
    let facts = [Facts::default(), with(|facts| facts.signed = Fact::No), with(|facts| facts.client = Claim::Absent)];
    for (facts, expected) in facts.iter().zip(expected) {
        let answer = word(&decide(&settings, facts, &to("/api/orders")));
        assert_eq!(answer.split(' ').next(), Some(expected), "{answer}");
    }
    assert_eq!(word(&decide(&settings, &listed(), &to("/api/orders"))), "caller");
}

#[rstest]
#[case::action_applies(RequireFalseWithAction::ActionApplies, Action::Return401, "401.71 NoCredential")]
#[case::action_applies_to_none(RequireFalseWithAction::ActionApplies, Action::AllowAnonymous, "anonymous")]
#[case::default(RequireFalseWithAction::AnonymousPasses, Action::Return401, "anonymous")]
fn whether_the_action_applies_unless_required_is_a_knob(
    #[case] knob: RequireFalseWithAction,
    #[case] action: Action,
    #[case] expected: &str,
) {
    let mut settings = fixture();
    settings.validation.require_authentication = false;
    settings.validation.action = action;
    settings.knobs.require_false_with_action = knob;
    check(&settings, &Facts::default(), "/api/orders", expected);
}

#[rstest]
#[case::browser(Some(BROWSER), Some("/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Forders%3Fa%3D1%26b"), None)]
#[case::tool(Some("curl/8.14.1"), None, None)]
#[case::none(None, None, None)]
#[case::provider(
    Some(BROWSER),
    Some("/.auth/login/github?post_login_redirect_uri=%2Fapi%2Forders%3Fa%3D1%26b"),
    Some("github")
)]
#[case::entra(
    Some(BROWSER),
    Some("/.auth/login/aad?post_login_redirect_uri=%2Fapi%2Forders%3Fa%3D1%26b"),
    Some("azureactivedirectory")
)]
fn only_browsers_are_redirected(
    #[case] user_agent: Option<&str>,
    #[case] expected: Option<&str>,
    #[case] provider: Option<&str>,
) {
    let mut settings = fixture();
    settings.validation.action = Action::RedirectToLoginPage;
    settings.validation.redirect_to_provider = provider.map(str::to_owned);
    let request = Request { user_agent, query: Some("a=1&b"), ..to("/api/orders") };
    let Answer::Refused { status, challenge, location, .. } = decide(&settings, &Facts::default(), &request) else {
        panic!("a stranger was let in")
    };
    assert_eq!(location.as_deref(), expected);
    let (expected_status, expected_challenge) = if expected.is_some() { (302, None) } else { (401, Some(CHALLENGE)) };
    assert_eq!((status, challenge.as_deref()), (expected_status, expected_challenge));
}

#[test]
fn switched_off_means_open() {
    let mut settings = fixture();
    settings.enabled = false;
    check(&settings, &Facts::default(), "/api/orders", "anonymous");
    check(&settings, &Facts::default(), "/.auth/me", "anonymous");
    settings.app = AppSettings { auth_enabled: Some(true), ..AppSettings::default() };
    check(&settings, &Facts::default(), "/api/orders", "401.71 NoCredential");
    settings.enabled = true;
    settings.app.auth_enabled = Some(false);
    check(&settings, &Facts::default(), "/api/orders", "anonymous");
}

#[test]
fn http_is_sent_to_https_before_anything_else() {
    let request = Request { https: false, query: Some("x=%20"), host: "func.example.net:80", ..to("/api/%6Frders") };
    let mut settings = fixture();
    assert_eq!(word(&decide(&settings, &listed(), &request)), "302 https://func.example.net/api/%6Frders?x=%20");
    settings.http.require_https = false;
    assert_eq!(word(&decide(&settings, &listed(), &request)), "caller");
}

#[rstest]
#[case("/.auth", "endpoint")]
#[case("/.auth/me", "endpoint")]
#[case("/.AUTH/login/aad", "endpoint")]
#[case("/api/../.auth/me", "endpoint")]
#[case("/.authors", "401.71 NoCredential")]
#[case("/.well-known/oauth-protected-resource", "401.71 NoCredential")]
fn the_platform_has_endpoints_of_its_own(#[case] path: &str, #[case] expected: &str) {
    check(&fixture(), &Facts::default(), path, expected);
}

#[test]
fn the_prefix_of_the_endpoints_can_be_moved_and_metadata_switched_on() {
    let mut settings = fixture();
    settings.http.api_prefix = "/signin".to_owned();
    settings.app.resource_metadata_scopes = Some(vec![]);
    check(&settings, &Facts::default(), "/signin/me", "endpoint");
    check(&settings, &Facts::default(), "/.auth/me", "401.71 NoCredential");
    check(&settings, &Facts::default(), "/.well-known/oauth-protected-resource", "endpoint");
}

#[rstest]
#[case::exact("/api/health", "/api/health", true)]
#[case::case("/api/health", "/api/HEALTH", true)]
#[case::slash("/api/health", "/api/health/", false)]
#[case::longer("/api/health", "/api/healthz", false)]
#[case::below("/api/health", "/api/health/x", false)]
#[case::star("/api/health/*", "/api/health/x/y", true)]
#[case::star_folder("/api/health/*", "/api/health/", true)]
#[case::star_itself("/api/health/*", "/api/health", false)]
#[case::star_longer("/api/health/*", "/api/healthz", false)]
#[case::climbing_out("/api/health/*", "/api/health/../orders", false)]
#[case::climbing_out_escaped("/api/health/*", "/api/health/%2e%2e/orders", false)]
#[case::escaped_slash("/api/health/*", "/api/health%2f..%2forders", false)]
#[case::climbing_in("/api/health", "/x/../api/health", true)]
#[case::matrix("/api/health", "/api/health;x", false)]
#[case::everything("/*", "/api/orders", true)]
#[case::inner_star("/api/*/health", "/api/x/health", false)]
#[case::nul("/api/*", "/api/health%00", false)]
fn excluded_paths_are_compared_in_canonical_form(#[case] entry: &str, #[case] path: &str, #[case] open: bool) {
    let mut settings = fixture();
    settings.validation.excluded_paths = vec![entry.to_owned()];
    check(&settings, &Facts::default(), path, if open { "anonymous" } else { "401.71 NoCredential" });
}

#[test]
fn how_excluded_paths_are_compared_is_a_knob() {
    let mut settings = fixture();
    settings.validation.excluded_paths = vec!["/api/health".to_owned()];
    settings.knobs.excluded_match = ExcludedMatch::Prefix;
    check(&settings, &Facts::default(), "/api/healthz", "anonymous");
    settings.knobs.excluded_case_insensitive = false;
    check(&settings, &Facts::default(), "/api/HEALTH", "401.71 NoCredential");
}

#[test]
fn a_token_on_an_excluded_path_is_still_looked_at() {
    let mut settings = fixture();
    settings.validation.excluded_paths = vec!["/api/health".to_owned()];
    let expired = with(|facts| facts.expired = Fact::Yes);
    check(&settings, &listed(), "/api/health", "caller");
    check(&settings, &with(|facts| facts.client = Claim::Absent), "/api/health", "403.76 ApplicationNotAllowed");
    check(&settings, &expired, "/api/health", "anonymous");
    settings.knobs.invalid_token_on_excluded = InvalidToken::Refuse;
    check(&settings, &expired, "/api/health", "401.83 Expired");
    check(&settings, &Facts::default(), "/api/health", "anonymous");
}

#[test]
fn an_invalid_token_where_anonymous_passes_is_a_knob() {
    let mut settings = fixture();
    settings.validation.action = Action::AllowAnonymous;
    settings.knobs.invalid_token_on_anonymous = InvalidToken::Refuse;
    check(&settings, &with(|facts| facts.expired = Fact::Yes), "/api/orders", "401.83 Expired");
    check(&settings, &Facts::default(), "/api/orders", "anonymous");
}

#[test]
fn the_warm_up_path_is_never_refused() {
    let mut settings = fixture();
    settings.app.warmup_path = Some("/health".to_owned());
    for facts in [Facts::default(), with(|facts| facts.signed = Fact::No), with(|facts| facts.client = Claim::Absent)] {
        check(&settings, &facts, "/Health", "anonymous");
    }
    check(&settings, &listed(), "/health", "caller");
    check(&settings, &Facts::default(), "/health/x", "401.71 NoCredential");
    settings.knobs.warmup_path_open = false;
    check(&settings, &Facts::default(), "/health", "401.71 NoCredential");
}

// The authorization policy: applications, identities and groups that are allowed, the caller's groups, the answer.
#[rstest]
#[case::unlisted_identity(None, &["x"], &[], &[], "403.76 PrincipalNotAllowed")]
#[case::listed_identity(None, &[OBJECT], &[], &[], "caller")]
#[case::unlisted_group(None, &[], &["x"], &[GROUP], "403.76 PrincipalNotAllowed")]
#[case::listed_group(None, &[], &["x", GROUP], &[GROUP], "caller")]
#[case::groups_or_identities(None, &["x"], &[GROUP], &[GROUP], "caller")]
#[case::identities_or_groups(None, &[OBJECT], &["x"], &[], "caller")]
#[case::application_and_principal(Some(&[LISTED][..]), &["x"], &[], &[], "403.76 PrincipalNotAllowed")]
#[case::principal_and_application(Some(&["x"][..]), &[OBJECT], &[], &[], "403.76 ApplicationNotAllowed")]
#[case::both(Some(&[LISTED][..]), &[OBJECT], &[], &[], "caller")]
#[case::empty_list(Some(&[][..]), &[], &[], &[], "caller")]
#[case::no_list(None, &[], &[], &[], "caller")]
fn the_policy_is_and_between_kinds_and_or_between_principals(
    #[case] applications: Option<&[&str]>,
    #[case] identities: &[&str],
    #[case] groups: &[&str],
    #[case] member_of: &[&str],
    #[case] expected: &str,
) {
    let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
    let mut settings = fixture();
    settings.entra.as_mut().unwrap().policy = Some(AuthorizationPolicy {
        applications: applications.map(owned),
        identities: owned(identities),
        groups: owned(groups),
    });
    check(&settings, &with(|facts| facts.groups = Claim::Is(owned(member_of))), "/", expected);
}

#[test]
fn what_no_list_means_is_a_knob() {
    let mut settings = fixture();
    settings.entra.as_mut().unwrap().policy = None;
    check(&settings, &listed(), "/", "caller");
    settings.knobs.absent_policy = NoList::DenyAll;
    check(&settings, &listed(), "/", "403.76 ApplicationNotAllowed");
    settings.entra.as_mut().unwrap().policy = Some(AuthorizationPolicy::default());
    check(&settings, &listed(), "/", "caller");
    settings.entra.as_mut().unwrap().policy.as_mut().unwrap().applications = Some(vec![]);
    check(&settings, &listed(), "/", "caller");
    settings.knobs.empty_applications = NoList::DenyAll;
    check(&settings, &listed(), "/", "403.76 ApplicationNotAllowed");
}

#[test]
fn claim_checks_come_on_top_of_the_policy() {
    let mut settings = fixture();
    settings.entra.as_mut().unwrap().claim_checks.client_applications = vec!["x".to_owned()];
    check(&settings, &listed(), "/", "403.76 ClientCheckFailed");
    settings.entra.as_mut().unwrap().claim_checks.client_applications = vec![LISTED.to_owned()];
    check(&settings, &listed(), "/", "caller");
    settings.entra.as_mut().unwrap().claim_checks.groups = vec![GROUP.to_owned()];
    check(&settings, &listed(), "/", "403.76 GroupCheckFailed");
    check(&settings, &with(|facts| facts.groups = Claim::Is(vec![GROUP.to_owned()])), "/", "caller");
}

#[test]
fn tenants_and_service_principals_can_be_required() {
    let mut settings = fixture();
    settings.entra.as_mut().unwrap().issuer = Some("https://login.microsoftonline.com/common/v2.0".to_owned());
    let foreign = with(|facts| (facts.issuer, facts.tenant) = (issuer(FOREIGN), is(FOREIGN)));
    check(&settings, &foreign, "/", "caller");
    settings.app.allowed_tenants = vec![TENANT.to_owned()];
    check(&settings, &foreign, "/", "403.76 TenantNotAllowed");
    check(&settings, &listed(), "/", "caller");
    settings.app.require_client_service_principal = true;
    check(&settings, &with(|facts| facts.object = Claim::Absent), "/", "403.76 NoServicePrincipal");
    settings.app.require_client_service_principal = false;
    settings.entra.as_mut().unwrap().policy.as_mut().unwrap().identities = vec![OBJECT.to_owned()];
    check(&settings, &with(|facts| facts.object = Claim::Absent), "/", "403.76 NoServicePrincipal");
}

#[test]
fn audiences_are_compared_to_the_letter() {
    let mut settings = fixture();
    settings.entra.as_mut().unwrap().allowed_audiences = vec!["api://orders".to_owned()];
    for (audience, expected) in [
        ("api://orders", "caller"),
        (ORDERS, "caller"),
        ("api://orders/", "401.83 WrongAudience"),
        ("API://orders", "401.83 WrongAudience"),
        ("api://orders.evil", "401.83 WrongAudience"),
    ] {
        check(&settings, &with(|facts| facts.audience = Claim::Is(vec![audience.to_owned()])), "/", expected);
    }
    settings.knobs.implicit_client_id_audience = false;
    check(&settings, &listed(), "/", "401.83 WrongAudience");
    settings.knobs.wrong_audience_status = 403;
    check(&settings, &listed(), "/", "403.83 WrongAudience");
}

#[rstest]
#[case::no_entra(|settings: &mut Settings| settings.entra = None)]
#[case::no_issuer(|settings: &mut Settings| settings.entra.as_mut().unwrap().issuer = None)]
#[case::odd_issuer(|settings: &mut Settings| {
    settings.entra.as_mut().unwrap().issuer = Some(format!("https://login.microsoftonline.com/v2.0/{TENANT}/"));
})]
fn without_a_usable_registration_no_token_counts(#[case] change: fn(&mut Settings)) {
    let mut settings = fixture();
    change(&mut settings);
    check(&settings, &listed(), "/", "401.74 NoProvider");
}

#[test]
fn a_token_of_the_other_version_is_a_knob() {
    let v1 = with(|facts| facts.issuer = Claim::Is(format!("https://sts.windows.net/{TENANT}/")));
    let mut settings = fixture();
    check(&settings, &v1, "/", "caller");
    settings.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata;
    check(&settings, &v1, "/", "401.83 WrongIssuer");
}

// An unknown fact shows only where it matters.
#[rstest]
#[case::matters(with(|facts| facts.audience = Claim::Unknown), "depends on the audience")]
#[case::does_not_matter(with(|facts| (facts.audience, facts.expired) = (Claim::Unknown, Fact::Yes)), "401.83 WrongAudience")]
#[case::other_status(with(|facts| (facts.audience, facts.client) = (Claim::Unknown, Claim::Absent)), "depends on the audience")]
#[case::not_looked_at(with(|facts| facts.groups = Claim::Unknown), "caller")]
fn unknown_facts_show_where_they_matter(#[case] facts: Facts, #[case] expected: &str) {
    check(&fixture(), &facts, "/", expected);
}

fn facts() -> impl Strategy<Value = Facts> {
    let fact = || prop_oneof![Just(Fact::Yes), Just(Fact::No), Just(Fact::Unknown)];
    let claim =
        |values: Vec<Claim<String>>| proptest::sample::select([values, vec![Claim::Absent, Claim::Unknown]].concat());
    let list = |values: &[&str]| {
        let some = values.iter().map(|&one| Claim::Is(vec![one.to_owned()])).collect::<Vec<_>>();
        proptest::sample::select([some, vec![Claim::Is(vec![]), Claim::Absent, Claim::Unknown]].concat())
    };
    let credential =
        prop_oneof![1 => Just(Credential::None), 1 => Just(Credential::OtherScheme), 8 => Just(Credential::Bearer)];
    (
        (credential, fact(), fact(), fact(), fact()),
        claim(vec![issuer(TENANT), issuer(FOREIGN)]),
        list(&[ORDERS, "api://billing"]),
        claim(vec![is(LISTED), is(OBJECT)]),
        claim(vec![is(OBJECT), is("x")]),
        claim(vec![is(TENANT), is(FOREIGN)]),
        list(&[GROUP, "x"]),
    )
        .prop_map(
            |((credential, readable, signed, expired, premature), issuer, audience, client, object, tenant, groups)| {
                Facts {
                    credential,
                    readable,
                    signed,
                    expired,
                    premature,
                    issuer,
                    audience,
                    client,
                    object,
                    tenant,
                    groups,
                }
            },
        )
}

fn settings() -> impl Strategy<Value = Settings> {
    let actions = [Action::RedirectToLoginPage, Action::AllowAnonymous, Action::Return401, Action::Return403];
    let issuers = [TENANT, "common", "contoso.example", "v2.0"];
    let policy = (
        proptest::option::of(proptest::sample::subsequence(vec![LISTED.to_owned()], 0..=1)),
        proptest::sample::subsequence(vec![OBJECT.to_owned()], 0..=1),
        proptest::sample::subsequence(vec![GROUP.to_owned()], 0..=1),
    )
        .prop_map(|(applications, identities, groups)| AuthorizationPolicy { applications, identities, groups });
    (
        (any::<bool>(), proptest::sample::select(actions.to_vec()), proptest::sample::select(issuers.to_vec())),
        proptest::option::of(policy),
        proptest::sample::subsequence(vec![TENANT.to_owned()], 0..=1),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        proptest::sample::subsequence(vec![GROUP.to_owned()], 0..=1),
    )
        .prop_map(
            |((required, action, tenant), policy, tenants, (excluded, warm_up, forbidden, refuse, strict), groups)| {
                let mut settings = fixture();
                settings.validation.require_authentication = required;
                settings.validation.action = action;
                if excluded {
                    settings.validation.excluded_paths = vec!["/a".to_owned()];
                }
                let entra = settings.entra.as_mut().unwrap();
                entra.issuer = Some(format!("https://login.microsoftonline.com/{tenant}/v2.0"));
                entra.policy = policy;
                entra.claim_checks.groups = groups;
                settings.app.allowed_tenants = tenants;
                settings.app.warmup_path = warm_up.then(|| "/b".to_owned());
                settings.knobs.wrong_audience_status = if forbidden { 403 } else { 401 };
                if refuse {
                    settings.knobs.invalid_token_on_anonymous = InvalidToken::Refuse;
                    settings.knobs.invalid_token_on_excluded = InvalidToken::Refuse;
                }
                if strict {
                    settings.knobs.issuer_acceptance = IssuerAcceptance::StrictMetadata;
                }
                settings
            },
        )
}

/// A place in [`Facts`].
type Place<T> = fn(&mut Facts) -> &mut T;

/// Every way to make one unknown fact known.
fn settle(facts: &Facts) -> Vec<Facts> {
    fn each<T: Clone + Default + PartialEq>(facts: &Facts, places: &[Place<T>], values: &[T]) -> Vec<Facts> {
        let all = places.iter().flat_map(|place| values.iter().map(move |value| (place, value)));
        all.filter_map(|(place, value)| {
            let mut settled = facts.clone();
            let before = std::mem::replace(place(&mut settled), value.clone());
            (before == T::default()).then_some(settled)
        })
        .collect()
    }
    let facts_of: &[Place<Fact>] = &[
        |facts| &mut facts.readable,
        |facts| &mut facts.signed,
        |facts| &mut facts.expired,
        |facts| &mut facts.premature,
    ];
    let texts: &[Place<Claim<String>>] =
        &[|facts| &mut facts.issuer, |facts| &mut facts.client, |facts| &mut facts.object, |facts| &mut facts.tenant];
    let lists: &[Place<Claim<Vec<String>>>] = &[|facts| &mut facts.audience, |facts| &mut facts.groups];
    let text_values = [Claim::Absent, is(TENANT), is(LISTED), is(OBJECT), issuer(TENANT), issuer(FOREIGN)];
    let list_values = [Claim::Absent, Claim::Is(vec![ORDERS.to_owned()]), Claim::Is(vec![GROUP.to_owned()])];
    let settled = each(facts, facts_of, &[Fact::Yes, Fact::No]).into_iter();
    settled.chain(each(facts, texts, &text_values)).chain(each(facts, lists, &list_values)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is answered while a fact is unknown is still answered once it is known; only `Depends` may become anything.
    #[test]
    fn knowing_more_never_contradicts(settings in settings(), facts in facts(), path in "/[abc]") {
        let answer = decide(&settings, &facts, &to(&path));
        for settled in settle(&facts) {
            let then = decide(&settings, &settled, &to(&path));
            prop_assert!(matches!(answer, Answer::Depends(_)) || answer.same(&then), "{answer:?} became {then:?} by {settled:?}");
        }
    }

    /// Nothing but valid facts makes a caller, and nobody passes a closed door.
    #[test]
    fn nobody_becomes_a_caller_by_accident(settings in settings(), facts in facts(), path in "/[abc]") {
        let answer = decide(&settings, &facts, &to(&path));
        if answer == (Answer::Reaches { as_: Identity::Caller }) {
            prop_assert_eq!((facts.readable, facts.signed, facts.expired, facts.premature), (Fact::Yes, Fact::Yes, Fact::No, Fact::No));
            prop_assert_eq!(&facts.audience, &listed().audience);
            prop_assert!(matches!(facts.issuer, Claim::Is(_)));
        }
        if settings.validation.require_authentication && settings.validation.action != Action::AllowAnonymous && path == "/c" {
            prop_assert_ne!(answer, Answer::Reaches { as_: Identity::Anonymous });
        }
    }

    /// What was decided before changes nothing, whoever asked and by whatever host.
    #[test]
    fn many_requests_are_decided_as_each_by_itself(
        settings in settings(),
        asked in proptest::collection::vec((facts(), "/[abc]", "[ab]"), 2..4),
    ) {
        let decider = Decider::new(&settings);
        for (facts, path, host) in &asked {
            let request = Request { host, ..to(path) };
            prop_assert_eq!(decider.decide(facts, &request), decide(&settings, facts, &request));
        }
    }

    /// What is decided beforehand nothing that is presented changes, and whatever else is to HTTPS or an endpoint was decided then.
    #[test]
    fn beforehand_is_what_nothing_presented_changes(
        settings in settings(),
        facts in facts(),
        enabled in any::<bool>(),
        https in any::<bool>(),
        path in "/([abc]|[.]auth/me)",
    ) {
        let settings = Settings { enabled, ..settings };
        let request = Request { https, ..to(&path) };
        let answer = decide(&settings, &facts, &request);
        match decide_beforehand(&settings, &request) {
            Some(beforehand) => prop_assert_eq!(answer, beforehand),
            None => prop_assert!(enabled && !matches!(answer, Answer::Redirect { .. } | Answer::Endpoint), "{:?}", answer),
        }
    }

    #[test]
    fn any_path_is_answered(path in "\\PC*", host in "\\PC*", query in proptest::option::of("\\PC*")) {
        let request = Request { https: true, path: &path, query: query.as_deref(), host: &host, user_agent: None };
        decide(&fixture(), &Facts::default(), &request);
    }
}
