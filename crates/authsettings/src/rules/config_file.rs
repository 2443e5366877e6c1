use diagnostics::Level;

use super::{Findings, Rule, Subject};
use crate::Form;

pub(super) const RULE: Rule = Rule {
    id: "L-FILE",
    level: Level::Warning,
    title: "a file in the deployed app takes the place of these settings",
    why: "Where platform.configFilePath is set, what counts is the file of that name in the app's own content, and not what stands here. \
          Who may deploy code may then change who gets in, and a swap takes the file along into the other slot.",
    example: r#"{ "platform": { "enabled": true, "configFilePath": "auth.json" } }"#,
    fix: "Take platform.configFilePath out (Terraform: config_file_path), or hand the file it names to greenlight check as well. On Linux \
          the path must be absolute: /home/site/wwwroot/auth.json.",
    sources: &["Microsoft Learn: File-based configuration in Azure App Service authentication"],
    check,
};

const PATH: &str = "platform.configFilePath";

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let path = configuration.at(PATH);
    let (Some(text), Some(span)) = (path.text(), path.span()) else { return };
    let handed_in = subject.all.iter().any(|other| other.form == Form::File);
    if !text.is_empty() && configuration.form != Form::File && !handed_in {
        let help = format!("hand that file in as well, or leave `{}` out", configuration.form.name_of(PATH));
        findings.at(
            span,
            format!("what counts is the file `{text}` in the deployed app, and not these settings"),
            help,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Form;
    use rstest::rstest;

    #[rstest]
    #[case::file(r#""auth.json""#, true)]
    #[case::empty(r#""""#, false)]
    #[case::null("null", false)]
    #[case::not_known(r#""[parameters('file')]""#, false)]
    fn settings_that_do_not_count_are_told(#[case] path: &str, #[case] fires: bool) {
        let given = || Given::baseline(&[("platform.configFilePath", path)]);
        assert_eq!(given().fires("L-FILE"), fires);
        assert!(!given().beside(Given::baseline(&[]).form(Form::File)).fires("L-FILE"), "the file has been handed in");
        assert!(!given().form(Form::File).fires("L-FILE"), "the file itself counts");
    }
}
