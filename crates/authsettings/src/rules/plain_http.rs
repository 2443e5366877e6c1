use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-HTTP",
    level: Level::Error,
    title: "tokens are taken over plain HTTP",
    why: "A bearer token opens the function for whoever has it. Without requireHttps it may cross the network in clear text, unless the \
          app itself is set to HTTPS Only.",
    example: r#"{ "httpSettings": { "requireHttps": false } }"#,
    fix: "Leave httpSettings.requireHttps out or write true (Terraform: require_https), and switch HTTPS Only on for the app.",
    sources: &["Microsoft.Web/sites/config authsettingsV2, httpSettings.requireHttps", "RFC 6750 section 5.3"],
    check,
};

const REQUIRE: &str = "httpSettings.requireHttps";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let require = configuration.at(REQUIRE);
    if let (Some(false), Some(span)) = (require.boolean(), require.span())
        && configuration.surroundings.https_only != Some(true)
    {
        let help = format!("write {}, or leave it out", configuration.form.assign(REQUIRE, "true"));
        findings.at(span, "tokens are taken over plain HTTP, where everybody on the way can read them", help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::plain("false", None, true)]
    #[case::the_app_does_not_either("false", Some(false), true)]
    #[case::the_app_does("false", Some(true), false)]
    #[case::required("true", None, false)]
    #[case::left_out("", None, false)]
    #[case::null("null", None, false)]
    #[case::text_is_of_the_wrong_type(r#""false""#, None, false)]
    #[case::not_known(r#""[parameters('https')]""#, None, false)]
    fn tokens_over_plain_http_are_told(#[case] require: &str, #[case] https_only: Option<bool>, #[case] fires: bool) {
        let given = Given::baseline(&[("httpSettings.requireHttps", require)]);
        assert_eq!(given.with(|one| one.surroundings.https_only = https_only).fires("L-HTTP"), fires);
    }
}
