use diagnostics::Source;
use rstest::rstest;
use token::{Forge, Signature};

use super::*;
use crate::issuer::VersionAsked;

const PROFILE: &str = "
target: { url: https://func.example.net }
tenant: contoso
audience: orders
callers:
  listed: { identity: apim }
  unlisted: { client-id: 44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f }
  foreign: { identity: gateway, tenant: fabrikam }
apis: { another-api: billing }
";

fn profile(more: &str) -> Profile {
    let (profile, diagnostics) = Profile::read(&Source::new("profile.yaml", format!("{PROFILE}{more}")), &|_| None);
    profile.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// Client id 11f4..., tenant 72f9..., the v2 issuer.
fn settings() -> Settings {
    let text = include_str!("../../../../fixtures/authsettings.json");
    authsettings::read(&Source::new("authsettings.json", text)).0.unwrap()
}

fn caller(name: &str) -> Recipe {
    Recipe { caller: name.to_owned(), ..Recipe::default() }
}

fn asked(caller: &str, tenant: Option<&str>, audience: Option<&str>, version: Option<VersionAsked>) -> Ask {
    let (tenant, audience) = (tenant.map(str::to_owned), audience.map(str::to_owned));
    Ask { caller: caller.to_owned(), tenant, audience, version, apart: None }
}

#[rstest]
#[case::by_name(caller("listed"), asked("apim", Some("contoso"), Some("orders"), None))]
#[case::by_client_id(
    caller("unlisted"),
    asked("44c9fadd-5e60-4f71-9d82-9a0b1c2d3e4f", Some("contoso"), Some("orders"), None)
)]
#[case::of_another_tenant(caller("foreign"), asked("gateway", Some("fabrikam"), Some("orders"), None))]
#[case::whom_the_profile_does_not_name(caller("batch"), asked("batch", Some("contoso"), Some("orders"), None))]
#[case::for_another_api(
    Recipe { audience: Some("another-api".to_owned()), ..caller("listed") },
    asked("apim", Some("contoso"), Some("billing"), None)
)]
#[case::for_an_audience_written_out(
    Recipe { audience: Some("api://billing".to_owned()), ..caller("listed") },
    asked("apim", Some("contoso"), Some("api://billing"), None)
)]
#[case::by_another_tenant(
    Recipe { tenant: Some("tailspin".to_owned()), ..caller("foreign") },
    asked("gateway", Some("tailspin"), Some("orders"), None)
)]
#[case::of_a_version(
    Recipe { version: TokenVersion::V1, ..caller("listed") },
    asked("apim", Some("contoso"), Some("orders"), Some(VersionAsked::V1))
)]
#[case::of_the_other_version(
    Recipe { version: TokenVersion::Other, ..caller("listed") },
    asked("apim", Some("contoso"), Some("orders"), Some(VersionAsked::V1))
)]
#[case::whatever_is_forged(
    Recipe { forge: Forge { signature: Signature::Keep, ..Forge::default() }, ..caller("listed") },
    asked("apim", Some("contoso"), Some("orders"), None)
)]
fn an_issuer_is_asked_as_the_profile_says(#[case] recipe: Recipe, #[case] ask: Ask) {
    assert_eq!(Roles::new(&profile(""), None).ask(&recipe), ask);
}

#[test]
fn settings_say_what_the_profile_leaves_open() {
    let bare = Profile::bare("https://func.example.net").unwrap();
    let ask = Roles::new(&bare, Some(&settings())).ask(&caller("listed"));
    let (tenant, audience) = ("72f98a3e-5d0c-4c1e-9d6a-0b7c5a1e4f10", "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41");
    assert_eq!(ask, asked("listed", Some(tenant), Some(audience), Some(VersionAsked::V2)));

    let ask = Roles::new(&profile("token-version: 1"), Some(&settings())).ask(&caller("listed"));
    assert_eq!(ask, asked("apim", Some("contoso"), Some("orders"), Some(VersionAsked::V1)), "the profile goes before");

    assert_eq!(Roles::new(&bare, None).ask(&caller("listed")), asked("listed", None, None, None));
}

#[rstest]
#[case("", TokenVersion::Settings, Version::V2)]
#[case("", TokenVersion::Other, Version::V1)]
#[case("token-version: 1", TokenVersion::Settings, Version::V1)]
#[case("token-version: 1", TokenVersion::Other, Version::V2)]
#[case("token-version: 1", TokenVersion::V2, Version::V2)]
#[case("token-version: 2", TokenVersion::V1, Version::V1)]
fn a_word_for_a_version_stands_for_one(#[case] more: &str, #[case] word: TokenVersion, #[case] version: Version) {
    assert_eq!(Roles::new(&profile(more), None).version(word), version);
}
