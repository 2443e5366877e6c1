//! What profiles say.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use diagnostics::Source;
use rstest::rstest;
use scenario::{
    Address, AddressError, BaseUrl, Credential, Identity, Issuer, IssuerNames, Limits, Marker, Platform,
    PrincipalPlace, Profile, Proxy, Secret, SettingsFile, UserAssigned,
};
use token::Version;

use crate::files::{path, source};

fn read(text: &str) -> Profile {
    let (profile, diagnostics) = Profile::read(&Source::new("infra/profile.yaml", text), &|_| None);
    assert_eq!(diagnostics, []);
    profile.expect("a profile")
}

#[test]
fn the_reference_profile_names_all_that_the_scenarios_speak_of() {
    let (profile, diagnostics) = Profile::read(&source("fixtures/profiles/reference.yaml"), &|_| None);
    assert_eq!(diagnostics, []);
    let profile = profile.expect("a profile");
    assert_eq!((profile.target.address, profile.target.platform), (Address::Reference, Platform::EasyAuth));
    assert_eq!(
        profile.target.marker,
        Some(Marker { header: "x-function".to_owned(), value: Some("orders".to_owned()) })
    );
    assert_eq!(profile.target.principal, Some(PrincipalPlace::Json("/principal/id".to_owned())));
    assert_eq!(profile.token_version, Some(Version::V2));
    assert!(path("").join(profile.settings.expect("settings").file).exists());
    let Some(Issuer::Started(mocks)) = profile.issuer else { panic!("mocks of its own") };
    assert_eq!(mocks.names, IssuerNames::Entra);
    assert!(path("").join(mocks.directory.expect("a directory")).exists());

    let profile = Profile::read(&source("fixtures/profiles/reference.yaml"), &|_| None).0.expect("a profile");
    let (scenarios, _) = scenario::read(&crate::files::scenarios());
    for case in scenarios.iter().flat_map(scenario::Scenario::cases) {
        for recipe in case.recipes() {
            assert!(profile.caller(&recipe.caller).is_some(), "{} of {}", recipe.caller, case.id);
            assert!(recipe.audience.as_deref().is_none_or(|name| profile.api(name).is_some()), "{}", case.id);
        }
    }
}

#[test]
fn the_example_of_a_deployed_target_is_read() {
    let (profile, diagnostics) = Profile::read(&source("fixtures/profiles/deployed.yaml"), &|_| None);
    assert_eq!(diagnostics, []);
    let profile = profile.expect("a profile");
    let secret = Secret::Env("UNLISTED_CLIENT_SECRET".to_owned());
    assert_eq!(profile.caller("unlisted").expect("unlisted").credential, Some(Credential::ClientSecret(secret)));
    assert_eq!(profile.limits.requests_per_second, Some(10));
    assert_eq!(profile.issuer, None);
}

#[test]
fn what_is_left_out_has_its_default() {
    let profile = read("target: { url: 'https://func.example.net/api/orders' }");
    assert_eq!((profile.target.path.as_str(), profile.target.method.as_str()), ("/api/orders", "GET"));
    assert_eq!((profile.target.platform, profile.limits, profile.strict), (Platform::Other, Limits::default(), false));
    assert_eq!(profile, Profile::bare("https://func.example.net/api/orders").expect("an address"));
}

#[test]
fn settings_are_one_resource_of_a_file() {
    let profile = read("{ target: { url: reference }, settings: { file: plan.json, resource: func-orders/staging } }");
    let settings = SettingsFile { file: "infra/plan.json".into(), resource: Some("func-orders/staging".to_owned()) };
    assert_eq!(profile.settings, Some(settings));
}

#[test]
fn paths_are_as_the_profile_sees_them() {
    let profile = read(
        "{ target: { url: reference, ca: /etc/ca.pem }, settings: ../auth.json, issuer: { control: 'https://localhost:8443', ca: ca.pem } }",
    );
    let settings = SettingsFile { file: "infra/../auth.json".into(), resource: None };
    assert_eq!(profile.settings, Some(settings));
    assert_eq!(profile.target.ca.as_deref(), Some(Path::new("/etc/ca.pem")));
    let Some(Issuer::Running { control, ca }) = profile.issuer else { panic!("running mocks") };
    assert_eq!(
        (control.to_string().as_str(), ca.as_deref()),
        ("https://localhost:8443", Some(Path::new("infra/ca.pem")))
    );
}

#[test]
fn all_of_the_rest_is_read() {
    let profile = read(
        "{ target: { url: 'http://[::1]:8080', path: /x, method: POST, principal: { header: x-who }, platform: easy-auth },
           callers: { listed: { client-id: abc, tenant: t, credential: workload-identity }, other: { identity: o, credential: { token: { env: T } } } },
           issuer: { listen: '127.0.0.1:8443', http: '127.0.0.1:8080', imds: '[::1]:0', state: keys },
           limits: { requests: 5, concurrency: 2, connect-ms: 100, answer-ms: 200, body-bytes: 300 }, token-version: 1, strict: true }",
    );
    assert_eq!(profile.target.address, Address::Url(BaseUrl { https: false, host: "[::1]".to_owned(), port: 8080 }));
    assert_eq!(profile.target.principal, Some(PrincipalPlace::Header("x-who".to_owned())));
    assert_eq!(profile.callers[0].identity, Identity::ClientId("abc".to_owned()));
    assert_eq!(profile.callers[0].credential, Some(Credential::WorkloadIdentity));
    assert_eq!(profile.callers[1].credential, Some(Credential::Token(Secret::Env("T".to_owned()))));
    let Some(Issuer::Started(mocks)) = &profile.issuer else { panic!("mocks of its own") };
    assert_eq!(
        (mocks.listen.port(), mocks.http.map(|http| http.port()), mocks.imds.is_ipv6()),
        (8443, Some(8080), true)
    );
    assert_eq!(mocks.state.as_deref(), Some(Path::new("infra/keys")));
    let limits = Limits {
        requests_per_second: None,
        requests: Some(5),
        concurrency: 2,
        connect: Duration::from_millis(100),
        answer: Duration::from_millis(200),
        body_bytes: 300,
        ..Limits::default()
    };
    assert_eq!((profile.limits, profile.token_version, profile.strict), (limits, Some(Version::V1), true));
}

#[rstest]
#[case("managed-identity", Credential::ManagedIdentity(None))]
#[case("{ managed-identity: { client-id: a } }", Credential::ManagedIdentity(Some(UserAssigned::ClientId("a".to_owned()))))]
#[case("{ managed-identity: { object-id: a } }", Credential::ManagedIdentity(Some(UserAssigned::ObjectId("a".to_owned()))))]
#[case("{ managed-identity: { resource-id: a } }", Credential::ManagedIdentity(Some(UserAssigned::ResourceId("a".to_owned()))))]
#[case("github-actions", Credential::GitHubActions)]
#[case("azure-pipelines", Credential::AzurePipelines { service_connection: None })]
#[case("{ azure-pipelines: { service-connection: a } }", Credential::AzurePipelines { service_connection: Some("a".to_owned()) })]
#[case("azure-cli", Credential::AzureCli)]
#[case("{ client-secret: { file: secret.txt } }", Credential::ClientSecret(Secret::File("infra/secret.txt".into())))]
#[case(
    "{ token: { command: [vault, read, token] } }",
    Credential::Token(Secret::Command(vec!["vault".to_owned(), "read".to_owned(), "token".to_owned()]))
)]
#[case("{ certificate: { file: c.pem } }", Credential::Certificate { file: "infra/c.pem".into(), key: None })]
#[case(
    "{ certificate: { file: /c.pem, key: { env: KEY } } }",
    Credential::Certificate { file: "/c.pem".into(), key: Some(Secret::Env("KEY".to_owned())) }
)]
fn credentials_are_read(#[case] text: &str, #[case] expected: Credential) {
    let text =
        format!("{{ target: {{ url: reference }}, callers: {{ listed: {{ client-id: a, credential: {text} }} }} }}");
    assert_eq!(read(&text).callers[0].credential, Some(expected));
}

#[test]
fn what_real_tokens_are_asked_for_is_read() {
    let profile = read(
        "{ target: { url: reference }, audience: 11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41, resource: api://orders,
           authority: 'https://login.microsoftonline.us/', authority-ca: ca.pem,
           callers: { listed: { client-id: a, kept: kept.jwt } },
           apis: { written: https://management.azure.com/, plain: { audience: billing }, own: { audience: api://billing, harmless: true } } }",
    );
    assert_eq!(profile.resource.as_deref(), Some("api://orders"));
    assert_eq!(profile.authority.as_ref().map(BaseUrl::to_string).as_deref(), Some("https://login.microsoftonline.us"));
    assert_eq!(profile.authority_ca.as_deref(), Some(Path::new("infra/ca.pem")));
    assert_eq!(profile.callers[0].kept.as_deref(), Some(Path::new("infra/kept.jwt")));
    let harmless: Vec<_> = profile.apis.iter().map(|api| (api.name.as_str(), api.harmless)).collect();
    assert_eq!(harmless, [("written", false), ("plain", false), ("own", true)]);
}

// A token for any of these could do in the caller's name whatever the caller may.
#[rstest]
#[case("https://graph.microsoft.com")]
#[case("https://graph.microsoft.com/.default")]
#[case("HTTPS://Graph.Microsoft.COM/")]
#[case("https://graph.microsoft.com.")]
#[case("https://graph.microsoft.com:443")]
#[case("https://user:word@graph.microsoft.com")]
#[case("https://dod-graph.microsoft.us")]
#[case("https://microsoftgraph.chinacloudapi.cn")]
#[case("00000003-0000-0000-c000-000000000000")]
#[case("api://00000003-0000-0000-C000-000000000000")]
#[case("spn:00000002-0000-0ff1-ce00-000000000000")]
#[case("https://graph.windows.net")]
#[case("https://management.azure.com/")]
#[case("https://management.core.windows.net//")]
#[case("https://management.usgovcloudapi.net")]
#[case("https://management.core.chinacloudapi.cn")]
#[case("797f4846-ba00-4fd7-ba43-dac1f8f63013")]
#[case("https://vault.azure.net")]
#[case("https://vault.azure.cn")]
#[case("https://vault.usgovcloudapi.net")]
#[case("https://my-vault.vault.azure.net")]
#[case("cfa8b339-82a2-471a-a3c9-0fc0be7a4093/.default")]
#[case("https://storage.azure.com/")]
#[case("https://account.blob.core.windows.net")]
#[case("e406a681-f3d4-42a8-90b6-c2b029497af1")]
#[case("https://database.windows.net/")]
#[case("https://database.chinacloudapi.cn/")]
#[case("022907d3-0f1b-48f7-badc-1ba6abab6d66")]
#[case("https://ossrdbms-aad.database.windows.net")]
#[case("https://servicebus.azure.net")]
#[case("https://cosmos.azure.com")]
#[case("499b84ac-1321-427f-aa17-267ca6975798")]
#[case("https://outlook.office365.com")]
#[case("graph.microsoft.com")]
fn no_token_is_asked_for_an_api_of_microsofts(#[case] audience: &str) {
    for text in [
        format!("apis: {{ another-api: {{ audience: \"{audience}\", harmless: true }} }}"),
        format!("audience: \"{audience}\""),
        format!("resource: \"{audience}\""),
    ] {
        let source = Source::new("profile.yaml", format!("target: {{ url: reference }}\n{text}\n"));
        let (profile, diagnostics) = Profile::read(&source, &|_| None);
        assert_eq!(profile, None, "{text}");
        let told: Vec<_> = diagnostics.iter().map(|one| one.message.as_str()).collect();
        assert!(matches!(told[..], [told] if told.contains("is an API of Microsoft's")), "{text}: {told:?}");
    }
}

#[rstest]
#[case("11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41")]
#[case("api://orders")]
#[case("https://contoso.example/graph.microsoft.com.orders")]
#[case("https://func-orders.azurewebsites.net")]
#[case("https://notazure.com")]
#[case("https://contoso.onmicrosoft.com/orders")]
fn tokens_are_asked_for_apis_of_ones_own(#[case] audience: &str) {
    let profile = read(&format!(
        "{{ target: {{ url: reference }}, audience: '{audience}', apis: {{ a: {{ audience: '{audience}', harmless: true }} }} }}"
    ));
    assert_eq!(profile.audience.as_deref(), Some(audience));
}

#[rstest]
#[case("https://host", "https://host", "/")]
#[case("https://host:443/", "https://host", "/")]
#[case("https://host:8443/a/b;rev=2", "https://host:8443", "/a/b;rev=2")]
#[case("http://127.0.0.1:80", "http://127.0.0.1", "/")]
#[case("https://[::1]:1/x", "https://[::1]:1", "/x")]
fn addresses_are_read(#[case] text: &str, #[case] base: &str, #[case] path: &str) {
    let (url, own_path) = BaseUrl::parse(text).expect("an address");
    assert_eq!((url.to_string().as_str(), own_path.as_str()), (base, path));
}

#[rstest]
#[case("host", AddressError::Scheme)]
#[case("ftp://host", AddressError::Scheme)]
#[case("https://", AddressError::Malformed)]
#[case("https:///path", AddressError::Malformed)]
#[case("https://ho st", AddressError::Malformed)]
#[case("https://host:0", AddressError::Malformed)]
#[case("https://host:99999", AddressError::Malformed)]
#[case("https://host:", AddressError::Malformed)]
#[case("https://[::1", AddressError::Malformed)]
#[case("https://[nonsense]", AddressError::Malformed)]
#[case("https://host/a b", AddressError::Malformed)]
#[case("https://user:word@host", AddressError::UserInfo)]
#[case("https://host/?code=1", AddressError::BeyondPath)]
#[case("https://host#x", AddressError::BeyondPath)]
fn what_is_no_address_is_refused(#[case] text: &str, #[case] expected: AddressError) {
    assert_eq!(BaseUrl::parse(text), Err(expected));
    assert_eq!(Profile::bare(text), Err(expected));
}

#[test]
fn what_stands_around_the_target_is_read() {
    let text = "\
target: { url: { env: NEW }, path: /api/orders, ca: { env: CA } }
gateway: { url: 'https://apim.example.net/orders;rev=2/health', subscription-key: { env: APIM_KEY } }
previous: { url: https://old.example.net, path: /api/orders, method: POST, function-key: { env: OLD_KEY } }
required: [valid-caller, 'key-alone[send=function]']
waivers: [{ case: who-refused, owner: ann@example.net, until: 2027-01-31, reason: the host's own page }]
";
    let variables = |name: &str| match name {
        "NEW" => Some("https://new.example.net".to_owned()),
        "CA" => Some("/etc/ca.pem".to_owned()),
        // A secret is for whoever uses it.
        _ => panic!("{name} is asked for"),
    };
    let (profile, diagnostics) = Profile::read(&Source::new("infra/profile.yaml", text), &variables);
    assert_eq!(diagnostics, []);
    let profile = profile.expect("a profile");
    assert_eq!(
        profile.target.address,
        Address::Url(BaseUrl { https: true, host: "new.example.net".into(), port: 443 })
    );
    assert_eq!(profile.target.ca.as_deref(), Some(Path::new("/etc/ca.pem")));
    let (gateway, previous) = (profile.gateway.expect("a gateway"), profile.previous.expect("a previous instance"));
    assert_eq!(
        (gateway.path.as_deref(), gateway.key),
        (Some("/orders;rev=2/health"), Some(Secret::Env("APIM_KEY".into())))
    );
    assert_eq!((previous.path.as_deref(), previous.method.as_deref()), (Some("/api/orders"), Some("POST")));
    assert_eq!(profile.required.expect("a list").len(), 2);
    let waived = &profile.waivers[0];
    assert_eq!((waived.waiver.until.as_str(), waived.covers("who-refused", "x=1")), ("2027-01-31", true));
}

#[rstest]
#[case("key-alone", "key-alone", "send=function", true)]
#[case("key-alone[send=function]", "key-alone", "send=function", true)]
#[case("key-alone[send=function]", "key-alone", "send=master", false)]
#[case("key-alone", "key-alone-at-keyed", "", false)]
#[case("key-alone-at-keyed", "key-alone", "", false)]
fn a_case_is_meant_by_its_scenario_or_by_its_own_name(
    #[case] name: &str,
    #[case] id: &str,
    #[case] variant: &str,
    #[case] meant: bool,
) {
    assert_eq!(scenario::is_case(name, id, variant), meant);
}

#[test]
fn a_variable_that_is_not_set_is_told_where_it_is_named() {
    let (profile, diagnostics) = Profile::read(&Source::new("p.yaml", "target: { url: { env: NEW_URL } }"), &|_| None);
    assert_eq!((profile, diagnostics[0].place().as_str()), (None, "p.yaml:1:23"));
    assert_eq!(diagnostics[0].message, "the environment variable NEW_URL is not set");
}

#[test]
fn the_way_to_a_target_is_read() {
    let profile = read(
        "{ target: { url: https://func.example.net, resolve: { func.example.net: 10.1.2.3, 'b.example': '::1' }, proxy: none },
           limits: { back-off-s: 5 }, consent: [unsafe-methods] }",
    );
    let resolve = [("func.example.net", "10.1.2.3"), ("b.example", "::1")];
    let resolve = resolve.map(|(host, ip)| (host.to_owned(), ip.parse::<IpAddr>().expect("an address")));
    assert_eq!((profile.target.resolve, profile.target.proxy), (resolve.to_vec(), Some(Proxy::None)));
    assert_eq!(profile.limits.back_off, Duration::from_secs(5));
    let profile = read("{ target: { url: https://func.example.net, proxy: 'http://proxy.example:3128' } }");
    let at = BaseUrl { https: false, host: "proxy.example".to_owned(), port: 3128 };
    assert_eq!(profile.target.proxy, Some(Proxy::At(at)));
}

#[rstest]
#[case("url: https://func-orders.azurewebsites.net/api/orders", Some("https://func-orders.scm.azurewebsites.net"))]
#[case(
    "url: https://func-a1b2.WestEurope-01.azurewebsites.net",
    Some("https://func-a1b2.scm.WestEurope-01.azurewebsites.net")
)]
#[case("url: https://func.scm.azurewebsites.net", None)]
#[case("url: https://azurewebsites.net", None)]
#[case("url: https://func.example.net", None)]
#[case("url: https://func.example.net, scm: https://deploy.example.net", Some("https://deploy.example.net"))]
#[case("url: https://func.azurewebsites.net, scm: none", None)]
fn the_deployment_site_is_known_by_the_apps_name(#[case] target: &str, #[case] expected: Option<&str>) {
    let profile = read(&format!("target: {{ {target}, warm-up: {{ path: /api/warm }} }}"));
    assert_eq!(profile.target.scm.map(|url| url.to_string()).as_deref(), expected);
    assert_eq!(profile.target.warm_up.map(|door| door.path).as_deref(), Some("/api/warm"));
}
