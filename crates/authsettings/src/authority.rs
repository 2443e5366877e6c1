//! What `openIdIssuer` names: an authority, a tenant and a token version.

use std::borrow::Cow;

use crate::{Claim, Fact, IssuerAcceptance};

/// The tenant of consumers' accounts, which `consumers` stands for.
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Entra's clouds: the host in `openIdIssuer`; the origins of v2 issuers, of v1 issuers, and of the challenge's authorize endpoint.
///
/// Source: Entra's access token claims reference for the issuers, published captures for the challenge.
const CLOUDS: [[&str; 4]; 7] = [
    [
        "login.microsoftonline.com",
        "https://login.microsoftonline.com",
        "https://sts.windows.net",
        "https://login.microsoftonline.com",
    ],
    [
        "login.microsoft.com",
        "https://login.microsoftonline.com",
        "https://sts.windows.net",
        "https://login.microsoftonline.com",
    ],
    ["login.windows.net", "https://login.microsoftonline.com", "https://sts.windows.net", "https://login.windows.net"],
    ["sts.windows.net", "https://login.microsoftonline.com", "https://sts.windows.net", "https://login.windows.net"],
    [
        "login.microsoftonline.us",
        "https://login.microsoftonline.us",
        "https://sts.windows.net",
        "https://login.microsoftonline.us",
    ],
    [
        "login.partner.microsoftonline.cn",
        "https://login.partner.microsoftonline.cn",
        "https://sts.chinacloudapi.cn",
        "https://login.partner.microsoftonline.cn",
    ],
    [
        "sts.chinacloudapi.cn",
        "https://login.partner.microsoftonline.cn",
        "https://sts.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
    ],
];

/// Version of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenVersion {
    /// `ver` 1.0, issuer `https://sts.windows.net/<tenant>/`.
    V1,
    /// `ver` 2.0, issuer `https://login.microsoftonline.com/<tenant>/v2.0`.
    V2,
}

/// The tenant part of `openIdIssuer`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// One tenant by its id, in lower case.
    Id(String),
    /// One tenant by a domain; only the authority knows its id.
    Domain(String),
    /// Any tenant (`common`, `organizations`).
    Any,
}

/// What `openIdIssuer` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Scheme and host of v2 issuers.
    login: Cow<'static, str>,
    /// Scheme and host of v1 issuers.
    sts: Cow<'static, str>,
    /// Scheme and host of the authorize endpoint that the challenge names.
    authorize: Cow<'static, str>,
    /// The tenant as written.
    segment: String,
    /// The tenant.
    pub tenant: Tenant,
    /// The version whose metadata it names: v2 where it ends in `/v2.0`.
    pub version: TokenVersion,
}

impl Authority {
    /// Reads `openIdIssuer`. None where no metadata can be found below it, for instance because tenant and version are in
    /// the wrong order. A slash at the end does not matter.
    ///
    /// A host that is none of Entra's (a mock's own URL) is taken to issue v1 and v2 tokens under one name.
    pub fn parse(issuer: &str) -> Option<Self> {
        let (scheme, rest) = issuer.split_once("://")?;
        if !matches!(scheme, "https" | "http") {
            return None;
        }
        let mut segments = rest.strip_suffix('/').unwrap_or(rest).split('/');
        let (host, segment) = (segments.next()?, segments.next()?);
        let version = match (segments.next(), segments.next()) {
            (None, _) => TokenVersion::V1,
            (Some("v2.0"), None) => TokenVersion::V2,
            _ => return None,
        };
        if host.is_empty() || segment.is_empty() || matches!(segment, "v1.0" | "v2.0") || segment.contains(['{', '}']) {
            return None;
        }
        let tenant = match segment.to_ascii_lowercase() {
            any if matches!(any.as_str(), "common" | "organizations") => Tenant::Any,
            consumers if consumers == "consumers" => Tenant::Id(CONSUMERS.to_owned()),
            id if is_guid(&id) => Tenant::Id(id),
            domain => Tenant::Domain(domain),
        };
        let cloud = CLOUDS.iter().find(|[name, ..]| host.eq_ignore_ascii_case(name));
        let [login, sts, authorize] = match cloud {
            Some([_, origins @ ..]) if scheme == "https" => origins.map(Cow::Borrowed),
            Some([_, origins @ ..]) => origins.map(|origin| Cow::Owned(origin.replacen("https", scheme, 1))),
            None => [(); 3].map(|()| Cow::Owned(format!("{scheme}://{host}"))),
        };
        Some(Self { login, sts, authorize, segment: segment.to_owned(), tenant, version })
    }

    /// The issuer of a tenant's tokens of one version, to the letter.
    pub fn issuer(&self, tenant: &str, version: TokenVersion) -> String {
        let (origin, end) = self.around_the_tenant(version);
        format!("{origin}/{tenant}{end}")
    }

    /// What stands in an issuer before its tenant, and behind it.
    fn around_the_tenant(&self, version: TokenVersion) -> (&str, &'static str) {
        match version {
            TokenVersion::V1 => (&self.sts, "/"),
            TokenVersion::V2 => (&self.login, "/v2.0"),
        }
    }

    /// Whether a text is [`Self::issuer`], to the letter.
    fn is_issuer(&self, text: &str, tenant: &str, version: TokenVersion) -> bool {
        let (origin, end) = self.around_the_tenant(version);
        let between = text.strip_prefix(origin).and_then(|rest| rest.strip_prefix('/')?.strip_suffix(end));
        between == Some(tenant)
    }

    /// Whether a token's `iss` and `tid` belong to this authority. `iss` is compared to the letter.
    ///
    /// With one tenant `tid` may be missing but must not contradict; with any tenant it is what the issuer is made of.
    pub fn accepts(&self, issuer: &Claim<String>, tid: &Claim<String>, acceptance: IssuerAcceptance) -> Fact {
        let versions: &[TokenVersion] = match acceptance {
            IssuerAcceptance::BothVersionsSameTenant => &[TokenVersion::V1, TokenVersion::V2],
            IssuerAcceptance::StrictMetadata => &[self.version],
        };
        let of = |tenant: &str| issuer.test(|iss| versions.iter().any(|version| self.is_issuer(iss, tenant, *version)));
        match (&self.tenant, tid) {
            (Tenant::Id(id), Claim::Absent) => of(id),
            (Tenant::Id(id), tid) => of(id).and(tid.test(|tid| tid == id)),
            (Tenant::Any, Claim::Is(tid)) => of(tid),
            (Tenant::Any, Claim::Absent) => Fact::No,
            (Tenant::Any, Claim::Unknown) | (Tenant::Domain(_), _) => issuer.test(|_| true).and(Fact::Unknown),
        }
    }

    /// The tenant as it stands in `openIdIssuer`.
    pub fn segment(&self) -> &str {
        &self.segment
    }

    /// Whether a URL is one of this authority's own, by scheme and host.
    pub fn owns(&self, url: &str) -> bool {
        [&self.login, &self.sts, &self.authorize]
            .into_iter()
            .any(|origin| url.strip_prefix(&**origin).is_some_and(|rest| rest.starts_with('/')))
    }

    /// The authorize endpoint: the challenge names it, and a login redirect goes there.
    pub fn authorize_endpoint(&self) -> String {
        format!("{}/{}/oauth2/v2.0/authorize", self.authorize, self.segment)
    }
}

/// Whether a host is one under which Entra, in any of its clouds, publishes metadata.
pub(crate) fn is_entra(host: &str) -> bool {
    CLOUDS.iter().any(|[name, ..]| host.eq_ignore_ascii_case(name))
}

/// Whether a text is written as Entra writes its ids: 32 hexadecimal digits in five groups.
pub(crate) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::{Authority, Tenant, TokenVersion};
    use crate::{Claim, Fact, IssuerAcceptance};
    use rstest::rstest;

    const TID: &str = "72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10";
    const OTHER: &str = "a5c1f0d2-8b3e-4f6a-9c7d-1e2f3a4b5c6d";

    #[rstest]
    #[case::v2("https://login.microsoftonline.com/{t}/v2.0", TokenVersion::V2)]
    #[case::slash("https://login.microsoftonline.com/{t}/v2.0/", TokenVersion::V2)]
    #[case::v1("https://login.microsoftonline.com/{t}", TokenVersion::V1)]
    #[case::sts("https://sts.windows.net/{t}/", TokenVersion::V1)]
    #[case::sts_without_slash("https://sts.windows.net/{t}", TokenVersion::V1)]
    #[case::sts_v2("https://sts.windows.net/{t}/v2.0", TokenVersion::V2)]
    #[case::old_host("https://login.windows.net/{t}", TokenVersion::V1)]
    #[case::upper_case("https://LOGIN.microsoftonline.com/72F98A3E-5d0c-4c1e-9d6a-0b7c5a1e4f10/v2.0", TokenVersion::V2)]
    fn every_spelling_of_one_tenant(#[case] issuer: &str, #[case] version: TokenVersion) {
        let authority = Authority::parse(&issuer.replace("{t}", TID)).unwrap();
        assert_eq!((&authority.tenant, authority.version), (&Tenant::Id(TID.to_owned()), version));
        assert_eq!(authority.issuer(TID, TokenVersion::V1), format!("https://sts.windows.net/{TID}/"));
        assert_eq!(authority.issuer(TID, TokenVersion::V2), format!("https://login.microsoftonline.com/{TID}/v2.0"));
    }

    #[rstest]
    #[case::order("https://login.microsoftonline.com/v2.0/{t}/")]
    #[case::placeholder("https://login.microsoftonline.com/{tenantid}/v2.0")]
    #[case::no_tenant("https://login.microsoftonline.com/")]
    #[case::double_slash("https://login.microsoftonline.com//{t}/v2.0")]
    #[case::other_version("https://login.microsoftonline.com/{t}/v1.0")]
    #[case::too_long("https://login.microsoftonline.com/{t}/v2.0/x")]
    #[case::no_scheme("login.microsoftonline.com/{t}/v2.0")]
    #[case::text("placeholder")]
    fn what_names_no_metadata_is_refused(#[case] issuer: &str) {
        assert_eq!(Authority::parse(&issuer.replace("{t}", TID)), None);
    }

    #[test]
    fn a_mock_issues_both_versions_under_its_own_name() {
        let authority = Authority::parse(&format!("https://localhost:8443/{TID}/v2.0")).unwrap();
        assert_eq!(authority.issuer(TID, TokenVersion::V1), format!("https://localhost:8443/{TID}/"));
        assert_eq!(authority.issuer(TID, TokenVersion::V2), format!("https://localhost:8443/{TID}/v2.0"));
    }

    #[rstest]
    #[case::own_v2("v2", TID, "login.microsoftonline.com/{t}/v2.0", Fact::Yes, Fact::Yes)]
    #[case::own_v1("v2", TID, "sts.windows.net/{t}/", Fact::Yes, Fact::No)]
    #[case::v1_under_v1("v1", TID, "sts.windows.net/{t}/", Fact::Yes, Fact::Yes)]
    #[case::missing_slash("v1", TID, "sts.windows.net/{t}", Fact::No, Fact::No)]
    #[case::added_slash("v2", TID, "login.microsoftonline.com/{t}/v2.0/", Fact::No, Fact::No)]
    #[case::upper_case("v2", TID, "LOGIN.microsoftonline.com/{t}/v2.0", Fact::No, Fact::No)]
    #[case::userinfo("v2", TID, "login.microsoftonline.com@evil/{t}/v2.0", Fact::No, Fact::No)]
    #[case::foreign("v2", OTHER, "login.microsoftonline.com/{o}/v2.0", Fact::No, Fact::No)]
    #[case::foreign_tid("v2", OTHER, "login.microsoftonline.com/{t}/v2.0", Fact::No, Fact::No)]
    #[case::foreign_iss("v2", TID, "login.microsoftonline.com/{o}/v2.0", Fact::No, Fact::No)]
    #[case::any("any", OTHER, "login.microsoftonline.com/{o}/v2.0", Fact::Yes, Fact::Yes)]
    #[case::any_but_tid("any", TID, "login.microsoftonline.com/{o}/v2.0", Fact::No, Fact::No)]
    #[case::domain("domain", TID, "login.microsoftonline.com/{t}/v2.0", Fact::Unknown, Fact::Unknown)]
    fn issuers_are_compared_to_the_letter(
        #[case] configured: &str,
        #[case] tid: &str,
        #[case] iss: &str,
        #[case] both: Fact,
        #[case] strict: Fact,
    ) {
        let configured = match configured {
            "v1" => format!("https://login.microsoftonline.com/{TID}"),
            "any" => "https://login.microsoftonline.com/common/v2.0".to_owned(),
            "domain" => "https://login.microsoftonline.com/contoso.example/v2.0".to_owned(),
            _ => format!("https://login.microsoftonline.com/{TID}/v2.0"),
        };
        let authority = Authority::parse(&configured).unwrap();
        let iss = Claim::Is(format!("https://{}", iss.replace("{t}", TID).replace("{o}", OTHER)));
        let tid = Claim::Is(tid.to_owned());
        assert_eq!(authority.accepts(&iss, &tid, IssuerAcceptance::BothVersionsSameTenant), both);
        assert_eq!(authority.accepts(&iss, &tid, IssuerAcceptance::StrictMetadata), strict);
    }

    #[rstest]
    #[case::login("https://login.microsoftonline.com/{t}/discovery/v2.0/keys", true)]
    #[case::sts("https://sts.windows.net/{t}/keys", true)]
    #[case::plain("http://login.microsoftonline.com/{t}/keys", false)]
    #[case::longer("https://login.microsoftonline.com.evil.example/keys", false)]
    #[case::userinfo("https://login.microsoftonline.com@evil.example/keys", false)]
    #[case::foreign("https://evil.example/login.microsoftonline.com/", false)]
    fn an_authority_knows_its_own_urls(#[case] url: &str, #[case] expected: bool) {
        let authority = Authority::parse(&format!("https://login.microsoftonline.com/{TID}/v2.0")).unwrap();
        assert_eq!(authority.owns(url), expected);
    }

    #[test]
    fn without_tid_one_tenant_is_still_known_by_its_issuer_but_any_tenant_is_not() {
        let iss = Claim::Is(format!("https://login.microsoftonline.com/{TID}/v2.0"));
        for (tenant, expected) in [(TID, Fact::Yes), ("common", Fact::No)] {
            let authority = Authority::parse(&format!("https://login.microsoftonline.com/{tenant}/v2.0")).unwrap();
            assert_eq!(authority.accepts(&iss, &Claim::Absent, IssuerAcceptance::StrictMetadata), expected);
        }
    }
}
