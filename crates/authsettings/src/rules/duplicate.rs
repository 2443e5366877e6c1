use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::schema::{Kind, PROPERTIES};

pub(super) const RULE: Rule = Rule {
    id: "L-DUP",
    level: Level::Note,
    title: "a list says something twice",
    why: "It does no harm, but one of the two was probably meant to be something else: another caller who is now missing.",
    example: r#"{ "globalValidation": { "excludedPaths": ["/api/health", "/api/health"] } }"#,
    fix: "Keep one of the two, or write what the other was meant to be.",
    sources: &["Microsoft.Web/sites/config authsettingsV2"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    for (path, _) in PROPERTIES.iter().filter(|(_, kind)| *kind == Kind::Texts) {
        let texts: Vec<_> = configuration.at(path).texts().collect();
        for (at, (text, span)) in texts.iter().enumerate() {
            if texts[..at].iter().any(|(earlier, _)| earlier == text) {
                let message = format!("`{text}` stands twice in `{}`", configuration.form.name_of(path));
                findings.at(*span, message, "keep one of the two, or write what this was meant to be");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::audiences("validation.allowedAudiences", r#"["a", "b", "a", "a"]"#, 2)]
    #[case::paths("globalValidation.excludedPaths", r#"["/a", "/A"]"#, 0)]
    #[case::addresses("login.allowedExternalRedirectUrls", r#"["https://a", "https://a"]"#, 1)]
    #[case::not_known("validation.allowedAudiences", r#"["[parameters('a')]", "[parameters('a')]"]"#, 0)]
    #[case::wrong_type("validation.allowedAudiences", "[1, 1]", 0)]
    #[case::null("validation.allowedAudiences", "null", 0)]
    fn what_stands_twice_is_told(#[case] path: &str, #[case] list: &str, #[case] times: usize) {
        let fired = Given::baseline(&[(path, list)]).fired();
        assert_eq!(fired.iter().filter(|rule| **rule == "L-DUP").count(), times);
    }
}
