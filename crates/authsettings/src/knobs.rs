//! What is not known for certain about App Service Authentication, as named settings with a default each.

use diagnostics::{Node, Problems};

/// What is not known for certain, or known to differ from app to app.
///
/// Defaults are the readings with the best evidence. None of these is a property of authsettingsV2: they say how the
/// platform is taken to behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knobs {
    /// Which platform's bodies and headers refusals have.
    pub os_profile: OsProfile,
    /// What it means that there is no `defaultAuthorizationPolicy` at all.
    pub absent_policy: NoList,
    /// What it means that `allowedApplications` is an empty list.
    pub empty_applications: NoList,
    /// Whether `clientId` is an allowed audience without being listed.
    pub implicit_client_id_audience: bool,
    /// How a token for another audience is answered: 401 or 403.
    pub wrong_audience_status: u16,
    /// Which `iss` values are accepted.
    pub issuer_acceptance: IssuerAcceptance,
    /// What happens where `requireAuthentication` is not true but the action is to refuse.
    pub require_false_with_action: RequireFalseWithAction,
    /// How `excludedPaths` are compared.
    pub excluded_match: ExcludedMatch,
    /// Whether `excludedPaths` are compared without case.
    pub excluded_case_insensitive: bool,
    /// What happens to an invalid token where anonymous requests are allowed.
    pub invalid_token_on_anonymous: InvalidToken,
    /// What happens to an invalid token on an excluded path.
    pub invalid_token_on_excluded: InvalidToken,
    /// Whether `WEBSITE_WARMUP_PATH` opens that path.
    pub warmup_path_open: bool,
    /// How claims are named in `X-MS-CLIENT-PRINCIPAL`.
    pub map_claims: MapClaims,
    /// Who is redirected to a login page.
    pub browser_detection: BrowserDetection,
    /// How far `exp` and `nbf` may be off, in seconds.
    pub clock_skew_s: i64,
    /// How soon keys may be fetched again for an unknown key id, in seconds.
    pub jwks_refresh_min_interval_s: i64,
    /// How often keys are fetched again in any case, in seconds.
    pub jwks_refresh_auto_s: i64,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            os_profile: OsProfile::Linux,
            absent_policy: NoList::AnyApp,
            empty_applications: NoList::AnyApp,
            implicit_client_id_audience: true,
            wrong_audience_status: 401,
            issuer_acceptance: IssuerAcceptance::BothVersionsSameTenant,
            require_false_with_action: RequireFalseWithAction::AnonymousPasses,
            excluded_match: ExcludedMatch::ExactOrStarSuffix,
            excluded_case_insensitive: true,
            invalid_token_on_anonymous: InvalidToken::PassAsAnonymous,
            invalid_token_on_excluded: InvalidToken::PassAsAnonymous,
            warmup_path_open: true,
            map_claims: MapClaims::LibraryMap,
            browser_detection: BrowserDetection::UaMozilla,
            clock_skew_s: 300,
            jwks_refresh_min_interval_s: 300,
            jwks_refresh_auto_s: 12 * 60 * 60,
        }
    }
}

/// Which platform's bodies and headers refusals have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OsProfile {
    /// Empty bodies, `Server: Kestrel`.
    Linux,
    /// The HTML sentence of 58 bytes.
    Windows,
}

/// What a list of applications that is not there means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoList {
    /// Any application may call (as documented).
    AnyApp,
    /// None may (as measured by some).
    DenyAll,
}

/// Which `iss` values are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerAcceptance {
    /// The tenant's v1 and v2 issuers.
    BothVersionsSameTenant,
    /// Only the issuer that the configured metadata names.
    StrictMetadata,
}

/// What happens where `requireAuthentication` is not true but the action is to refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequireFalseWithAction {
    /// Anonymous requests reach the app.
    AnonymousPasses,
    /// The action is carried out.
    ActionApplies,
}

/// How `excludedPaths` are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExcludedMatch {
    /// The very path; or, where the entry ends in `/*`, every path below.
    ExactOrStarSuffix,
    /// Every path that starts with the entry.
    Prefix,
}

/// What happens to an invalid token where a request without one would pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// It counts as no token.
    PassAsAnonymous,
    /// It is refused with 401.
    Refuse,
}

/// How claims are named in `X-MS-CLIENT-PRINCIPAL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapClaims {
    /// By the inbound map of Microsoft's JWT library.
    LibraryMap,
    /// As in the token.
    None,
    /// By the library's map, but `roles` as in the token.
    RolesUnmapped,
}

/// Who is redirected to a login page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserDetection {
    /// Clients whose `User-Agent` starts with `Mozilla`.
    UaMozilla,
    /// Nobody.
    Never,
}

impl Knobs {
    /// Reads a mapping of knobs (`os-profile: windows`); what is left out keeps its default.
    pub fn read(problems: &Problems, node: &Node) -> Self {
        let mut knobs = Self::default();
        let Some(fields) = problems.fields(node) else { return knobs };
        macro_rules! word {
            ($key:literal, $place:ident, $($word:literal => $value:expr),+) => {
                if let Some(value) = fields.optional($key).and_then(|node| problems.word(node, &[$(($word, $value)),+])) {
                    knobs.$place = value;
                }
            };
        }
        word!("os-profile", os_profile, "linux" => OsProfile::Linux, "windows" => OsProfile::Windows);
        word!("absent-policy", absent_policy, "any-app" => NoList::AnyApp, "deny-all" => NoList::DenyAll);
        word!("empty-applications", empty_applications, "any-app" => NoList::AnyApp, "deny-all" => NoList::DenyAll);
        word!("issuer-acceptance", issuer_acceptance,
            "both-versions-same-tenant" => IssuerAcceptance::BothVersionsSameTenant,
            "strict-metadata" => IssuerAcceptance::StrictMetadata);
        word!("require-false-with-action", require_false_with_action,
            "anonymous-passes" => RequireFalseWithAction::AnonymousPasses,
            "action-applies" => RequireFalseWithAction::ActionApplies);
        word!("excluded-match", excluded_match,
            "exact-or-star-suffix" => ExcludedMatch::ExactOrStarSuffix, "prefix" => ExcludedMatch::Prefix);
        word!("invalid-token-on-anonymous", invalid_token_on_anonymous,
            "pass-as-anonymous" => InvalidToken::PassAsAnonymous, "refuse" => InvalidToken::Refuse);
        word!("invalid-token-on-excluded", invalid_token_on_excluded,
            "pass-as-anonymous" => InvalidToken::PassAsAnonymous, "refuse" => InvalidToken::Refuse);
        word!("map-claims", map_claims,
            "library-map" => MapClaims::LibraryMap, "none" => MapClaims::None, "roles-unmapped" => MapClaims::RolesUnmapped);
        word!("browser-detection", browser_detection,
            "ua-mozilla" => BrowserDetection::UaMozilla, "never" => BrowserDetection::Never);
        knobs.implicit_client_id_audience =
            fields.boolean_or("implicit-client-id-audience", knobs.implicit_client_id_audience);
        knobs.excluded_case_insensitive =
            fields.boolean_or("excluded-case-insensitive", knobs.excluded_case_insensitive);
        knobs.warmup_path_open = fields.boolean_or("warmup-path-open", knobs.warmup_path_open);
        if let Some(node) = fields.optional("wrong-audience-status") {
            match problems.integer(node) {
                Some(403) => knobs.wrong_audience_status = 403,
                Some(401) | None => {}
                Some(_) => problems.error(node.span, "a status of 401 or 403 is needed here", "write 401 or 403"),
            }
        }
        for (key, place) in [
            ("clock-skew-s", &mut knobs.clock_skew_s),
            ("jwks-refresh-min-interval-s", &mut knobs.jwks_refresh_min_interval_s),
            ("jwks-refresh-auto-s", &mut knobs.jwks_refresh_auto_s),
        ] {
            let Some(node) = fields.optional(key) else { continue };
            match problems.integer(node) {
                Some(seconds) if seconds >= 0 => *place = seconds,
                Some(_) => problems.error(node.span, "a time cannot be negative", "write seconds, 0 or more"),
                None => {}
            }
        }
        fields.finish();
        knobs
    }
}

#[cfg(test)]
mod tests {
    use super::{Knobs, OsProfile};
    use diagnostics::{Problems, Source, parse};

    fn read(text: &str) -> (Knobs, Vec<String>) {
        let source = Source::new("knobs.yaml", text);
        let node = parse(&source).unwrap();
        let problems = Problems::new(&source);
        let knobs = Knobs::read(&problems, &node);
        (knobs, problems.into_vec().into_iter().map(|one| one.message).collect())
    }

    #[test]
    fn what_is_left_out_keeps_its_default() {
        let (knobs, problems) = read("os-profile: windows\nclock-skew-s: 0\nwrong-audience-status: 403\n");
        let expected =
            Knobs { os_profile: OsProfile::Windows, clock_skew_s: 0, wrong_audience_status: 403, ..Knobs::default() };
        assert_eq!((knobs, problems), (expected, vec![]));
    }

    #[test]
    fn mistakes_are_told() {
        let (knobs, problems) = read("os-profil: windows\nclock-skew-s: -1\nwrong-audience-status: 200\n");
        assert_eq!(knobs, Knobs::default());
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
