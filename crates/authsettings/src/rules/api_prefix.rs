use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-PREFIX",
    level: Level::Note,
    title: "the endpoints of authentication are not below /.auth",
    why: "Documentation, client libraries, and the redirect addresses of registrations all assume /.auth. Another prefix works as long as \
          everybody knows of it; one that ends in a slash makes addresses with two.",
    example: r#"{ "httpSettings": { "routes": { "apiPrefix": "/auth/" } } }"#,
    fix: "Leave httpSettings.routes.apiPrefix out (Terraform: http_route_api_prefix), or write /.auth.",
    sources: &["Microsoft.Web/sites/config authsettingsV2, httpSettings.routes.apiPrefix"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let prefix = subject.configuration.at("httpSettings.routes.apiPrefix");
    let (Some(text), Some(span)) = (prefix.text(), prefix.span()) else { return };
    if text.trim_end_matches('/') == "/.auth" && text != "/.auth" {
        findings.at(span, format!("`{text}` ends in a slash, and every address below it gets two"), "write `/.auth`");
    } else if !text.is_empty() && text != "/.auth" {
        let help = "write `/.auth`, or see to it that every client and every registration knows of this prefix";
        findings.at(span, format!("authentication answers below `{text}`, where no tool looks for it"), help);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::usual(r#""/.auth""#, false)]
    #[case::left_out("", false)]
    #[case::empty(r#""""#, false)]
    #[case::not_known(r#""[parameters('prefix')]""#, false)]
    #[case::slash(r#""/.auth/""#, true)]
    #[case::another(r#""/login""#, true)]
    #[case::another_case(r#""/.Auth""#, true)]
    fn an_unusual_prefix_is_told(#[case] prefix: &str, #[case] fires: bool) {
        assert_eq!(Given::baseline(&[("httpSettings.routes.apiPrefix", prefix)]).fires("L-PREFIX"), fires);
    }
}
