//! Profiles that are begun for somebody: whatever is known, they are read as what they say.

use std::path::Path;

use diagnostics::Source;
use proptest::option;
use proptest::prelude::*;
use scenario::{Address, BaseUrl, Draft, Identity, Platform, Profile, Secret, SettingsFile};
use token::Version;

/// Reads what was drafted, without a variable in the environment.
fn read(draft: &Draft) -> Profile {
    let text = draft.render();
    let (profile, diagnostics) = Profile::read(&Source::new("greenlight.yaml", text.as_str()), &|_| None);
    assert_eq!(diagnostics, [], "{text}");
    profile.expect("a profile")
}

fn url() -> impl Strategy<Value = String> {
    "https?://[a-z0-9][a-z0-9.-]{0,12}(:[1-9][0-9]{0,3})?(/[!-\"$->@-~]{0,12})?"
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~\\n\\t\u{85}\u{2028}\u{feff}é]{1,24}",
        prop::sample::select(vec!["null", "~", "true", "0123", "1e3", "a: b", "- x", "a #b", "'", "---", "{ env: X }"])
            .prop_map(str::to_owned),
        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-9[0-9a-f]{3}-[0-9a-f]{12}",
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    let audience = "[A-Za-z0-9._~:/-]{1,20}"; // too short for one of Microsoft's own
    let version = prop::sample::select(vec![None, Some(Version::V1), Some(Version::V2)]);
    let texts = || prop::collection::vec(text(), 0..3);
    let paths = prop::collection::vec(prop_oneof![text(), "/[!-~]{0,12}"], 0..4);
    let known = (url(), option::of((text(), option::of(text()))), option::of(text()), option::of(audience), version);
    let others = (option::of(text()), texts(), paths, option::of(url()), option::of(url()));
    (known, others).prop_map(|((url, settings, tenant, audience, token_version), others)| {
        let (caller, others, excluded, gateway, previous) = others;
        let url = Some(url);
        let (settings, resource) = settings.unzip();
        let resource = resource.flatten();
        Draft { url, settings, resource, tenant, audience, token_version, caller, others, excluded, gateway, previous }
    })
}

proptest! {
    #[test]
    fn a_draft_is_read_as_what_it_says(draft in draft()) {
        let profile = read(&draft);
        let (base, path) = BaseUrl::parse(draft.url.as_deref().unwrap()).unwrap();
        prop_assert_eq!((&profile.target.address, &profile.target.path), (&Address::Url(base), &path));
        prop_assert_eq!(profile.target.platform, Platform::EasyAuth);
        let resource = draft.resource.clone();
        let believed = draft.settings.map(|file| SettingsFile { file: Path::new("").join(file), resource });
        prop_assert_eq!(&profile.settings, &believed);
        prop_assert_eq!(&profile.tenant, &draft.tenant);
        prop_assert_eq!(&profile.audience, &draft.audience);
        prop_assert_eq!(profile.token_version, draft.token_version);
        let callers: Vec<_> = profile.callers.iter().map(|one| (one.role.as_str(), one.identity.clone())).collect();
        let listed: Vec<_> = draft.caller.into_iter().map(|id| ("listed", Identity::ClientId(id))).collect();
        prop_assert_eq!(callers, listed);
        if let Some(excluded) = &profile.target.excluded {
            prop_assert!(draft.excluded.contains(&excluded.path) && !excluded.path.contains('*'));
        } else {
            prop_assert!(draft.excluded.iter().all(|path| path != "/api/health"));
        }
        for (site, url, variable) in [
            (&profile.gateway, &draft.gateway, "GREENLIGHT_SUBSCRIPTION_KEY"),
            (&profile.previous, &draft.previous, "GREENLIGHT_PREVIOUS_KEY"),
        ] {
            let said = site.as_ref().map(|site| (site.url.clone(), site.path.clone().unwrap_or("/".to_owned())));
            prop_assert_eq!(said, url.as_ref().map(|url| BaseUrl::parse(url).unwrap()));
            let key = site.as_ref().and_then(|site| site.key.clone());
            prop_assert_eq!(key, url.as_ref().map(|_| Secret::Env(variable.to_owned())));
        }
    }
}

#[test]
fn with_nothing_but_an_address_the_rest_is_commented_out() {
    let draft = Draft { url: Some("https://func-orders-02.example.net/api/orders".to_owned()), ..Draft::default() };
    let mut bare = Profile::bare("https://func-orders-02.example.net/api/orders").unwrap();
    bare.target.platform = Platform::EasyAuth;
    assert_eq!(read(&draft), bare);
    assert!(draft.variables().is_empty());
    insta::assert_snapshot!(draft.render());
}

#[test]
fn without_an_address_it_says_what_is_missing() {
    let source = Source::new("greenlight.yaml", Draft::default().render());
    let (profile, diagnostics) = Profile::read(&source, &|_| None);
    assert_eq!(profile, None);
    assert!(diagnostics.iter().any(|one| one.message.contains("url")), "{diagnostics:?}");
}

#[test]
fn of_excluded_paths_the_first_plain_one_is_taken() {
    let excluded = ["/", "/public/*", "/api/health", "/api/ready"].map(str::to_owned).to_vec();
    let draft = Draft { url: Some("https://app.example.net".to_owned()), excluded, ..Draft::default() };
    assert_eq!(read(&draft).target.excluded.map(|one| one.path).as_deref(), Some("/api/health"));
    assert!(draft.render().contains("; the settings name /, \"/public/*\", /api/ready too."));
}

/// What a comment of a draft shows can be taken as it is: every example is one that the profile takes.
#[test]
fn what_is_commented_out_is_taken_once_the_mark_is_away() {
    let text = Draft::default().render();
    let is_member = |line: &str| {
        let rest = line.trim_start().trim_start_matches("# ").trim_start();
        let key = rest.split(':').next().unwrap_or_default();
        !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '-') && rest.contains(':')
    };
    let uncomment = |line: &str| {
        let is_comment = line.trim_start().starts_with("# ");
        if is_comment { line.replacen("# ", "", 1) } else { line.to_owned() }
    };
    let uncommented: Vec<String> = text.lines().filter(|line| is_member(line)).map(uncomment).collect();
    let (profile, diagnostics) = Profile::read(&Source::new("greenlight.yaml", uncommented.join("\n")), &|_| None);
    assert_eq!(diagnostics, [], "{}", uncommented.join("\n"));
    let profile = profile.unwrap();
    assert!(
        profile.gateway.is_some() && profile.previous.is_some() && profile.strict && profile.target.keys.len() == 1
    );
    assert!(profile.caller("listed").is_some_and(|caller| caller.credential.is_some()));
}
