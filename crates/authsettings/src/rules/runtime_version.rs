use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-RUNTIME",
    level: Level::Warning,
    title: "the runtime version is none that exists",
    why: "`~1` is the newest version of App Service Authentication, and `1.6.3` would be one of its versions. Where a version that is asked \
          for does not exist the platform takes the newest and says nothing, so the pin that somebody relies on is none.",
    example: r#"{ "platform": { "enabled": true, "runtimeVersion": "~2" } }"#,
    fix: "Write platform.runtimeVersion: ~1 (Terraform: runtime_version), or leave it out.",
    sources: &["Microsoft Learn: Manage the API and runtime versions of App Service authentication"],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let version = subject.configuration.at("platform.runtimeVersion");
    let (Some(text), Some(span)) = (version.text(), version.span()) else { return };
    if !text.is_empty() && text != "~1" && !is_pinned(text) {
        findings.at(span, format!("`{text}` is no runtime version; the newest is used"), "write `~1`, or leave it out");
    }
}

/// `1.6.3`.
fn is_pinned(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::newest(r#""~1""#, false)]
    #[case::pinned(r#""1.6.3""#, false)]
    #[case::left_out("", false)]
    #[case::empty(r#""""#, false)]
    #[case::null("null", false)]
    #[case::not_known(r#""[parameters('version')]""#, false)]
    #[case::wrong_type("1", false)]
    #[case::of_the_functions_host(r#""~4""#, true)]
    #[case::two_parts(r#""1.6""#, true)]
    #[case::word(r#""latest""#, true)]
    #[case::letter(r#""1.6.x""#, true)]
    fn a_version_that_does_not_exist_is_told(#[case] version: &str, #[case] fires: bool) {
        assert_eq!(Given::baseline(&[("platform.runtimeVersion", version)]).fires("L-RUNTIME"), fires);
    }
}
