//! Rules about excluded paths: every entry is told of by one of them, and by one only.

use rstest::rstest;

use super::Given;

#[rstest]
#[case::everything("/*", "L-EXCL-BROAD")]
#[case::root("/", "L-EXCL-BROAD")]
#[case::asterisk("*", "L-EXCL-BROAD")]
#[case::doubled("//*", "L-EXCL-BROAD")]
#[case::api("/api", "L-EXCL-BROAD")]
#[case::below_api("/api/*", "L-EXCL-BROAD")]
#[case::api_in_upper_case("/API/*", "L-EXCL-BROAD")]
#[case::api_and_more("/api*", "L-EXCL-BROAD")]
#[case::admin("/admin", "L-EXCL-BROAD")]
#[case::admin_and_more("/admin*", "L-EXCL-BROAD")]
#[case::keys("/admin/host/keys", "L-EXCL-BROAD")]
#[case::endpoints("/.auth", "L-EXCL-BROAD")]
#[case::below_endpoints("/.auth/*", "L-EXCL-BROAD")]
#[case::runtime("/runtime/*", "L-EXCL-RUNTIME")]
#[case::webhooks("/runtime/webhooks*", "L-EXCL-RUNTIME")]
#[case::one_webhook("/runtime/webhooks/eventgrid", "L-EXCL-RUNTIME")]
#[case::inner("/api/*/health", "L-EXCL-PATTERN")]
#[case::suffix("/*.jpg", "L-EXCL-PATTERN")]
#[case::part_of_a_name("/api/health*", "L-EXCL-PATTERN")]
#[case::expression("^/api/(health|ready)$", "L-EXCL-PATTERN")]
#[case::group("/api/(health|ready)", "L-EXCL-PATTERN")]
#[case::no_slash("api/health", "L-EXCL-PATTERN")]
#[case::url("https://orders.example.net/api/health", "L-EXCL-PATTERN")]
#[case::query("/api/health?probe=1", "L-EXCL-PATTERN")]
#[case::empty("", "L-EXCL-PATTERN")]
#[case::health("/api/health", "L-EXCL-ANY")]
#[case::slash_behind("/api/health/", "L-EXCL-ANY")]
#[case::below("/api/public/*", "L-EXCL-ANY")]
#[case::like_admin("/administrators", "L-EXCL-ANY")]
#[case::like_runtime("/runtimes", "L-EXCL-ANY")]
#[case::well_known("/.well-known/security.txt", "L-EXCL-ANY")]
fn an_entry_is_of_one_kind(#[case] entry: &str, #[case] rule: &str) {
    let given = Given::baseline(&[("globalValidation.excludedPaths", &format!("[{entry:?}]"))]);
    let fired: Vec<_> = given.fired().into_iter().filter(|rule| rule.starts_with("L-EXCL")).collect();
    assert_eq!(fired, [rule]);
}

#[rstest]
#[case::left_out("")]
#[case::none("[]")]
#[case::null("null")]
#[case::unknown(r#""[parameters('paths')]""#)]
#[case::member_unknown(r#"["[parameters('path')]"]"#)]
#[case::another_type(r#""/*""#)]
#[case::number("[7]")]
fn nothing_is_said_where_no_path_is_known(#[case] value: &str) {
    let given = Given::baseline(&[("globalValidation.excludedPaths", value)]);
    assert!(!given.fired().iter().any(|rule| rule.starts_with("L-EXCL")));
}

#[test]
fn every_entry_is_told_of() {
    let given = Given::baseline(&[("globalValidation.excludedPaths", r#"["/api/health", "/api/*", "/api/ready"]"#)]);
    let fired: Vec<_> = given.fired().into_iter().filter(|rule| rule.starts_with("L-EXCL")).collect();
    assert_eq!(fired, ["L-EXCL-BROAD", "L-EXCL-ANY", "L-EXCL-ANY"]);
}
