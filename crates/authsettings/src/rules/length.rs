use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-LEN",
    level: Level::Warning,
    title: "a list is longer than the platform takes",
    why: "Audiences and identities may have 500 characters together, and WEBSITE_AUTH_AAD_ALLOWED_TENANTS ten tenants. What becomes of the \
          rest is not documented: a caller at the end of the list may be refused.",
    example: r#"{ "properties": {}, "appSettings": { "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": "00000000-0000-4000-8000-000000000000,11111111-0000-4000-8000-000000000000,22222222-0000-4000-8000-000000000000,33333333-0000-4000-8000-000000000000,44444444-0000-4000-8000-000000000000,55555555-0000-4000-8000-000000000000,66666666-0000-4000-8000-000000000000,77777777-0000-4000-8000-000000000000,88888888-0000-4000-8000-000000000000,99999999-0000-4000-8000-000000000000,aaaaaaaa-0000-4000-8000-000000000000" } }"#,
    fix: "List fewer: one audience is enough for one API, and a group can stand for many identities.",
    sources: &["Microsoft Learn: Configure your App Service or Azure Functions app to use Microsoft Entra sign-in"],
    check,
};

/// Characters that all members of a list may have together.
const LONGEST: usize = 500;
const MOST_TENANTS: usize = 10;
const LISTS: [&str; 2] = [
    "identityProviders.azureActiveDirectory.validation.allowedAudiences",
    "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities",
];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    for path in LISTS {
        let list = configuration.at(path);
        let length: usize = list.texts().map(|(text, _)| text.chars().count()).sum();
        if let (true, Some(span)) = (length > LONGEST, list.span()) {
            let message =
                format!("`{}` has {length} characters; {LONGEST} is the most", configuration.form.name_of(path));
            findings.at(span, message, "list fewer; what is beyond may not count");
        }
    }
    let tenants = configuration.app_setting("WEBSITE_AUTH_AAD_ALLOWED_TENANTS");
    let count = tenants.text().map_or(0, |text| text.split(',').filter(|tenant| !tenant.trim().is_empty()).count());
    if let (true, Some(span)) = (count > MOST_TENANTS, tenants.span()) {
        findings.at(
            span,
            format!("{count} tenants are allowed; {MOST_TENANTS} is the most"),
            "list fewer; what is beyond may not count",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::most(500, false)]
    #[case::longer(501, true)]
    fn a_long_list_is_told(#[case] length: usize, #[case] fires: bool) {
        let list = format!(r#"["{}", "{}", "[parameters('more')]"]"#, "a".repeat(250), "b".repeat(length - 250));
        assert_eq!(Given::baseline(&[("validation.allowedAudiences", &list)]).fires("L-LEN"), fires);
        let principals = format!(r#"{{"identities": {list}}}"#);
        let path = "validation.defaultAuthorizationPolicy.allowedPrincipals";
        assert_eq!(Given::baseline(&[(path, &principals)]).fires("L-LEN"), fires);
    }

    #[rstest]
    #[case::most(10, false)]
    #[case::more(11, true)]
    fn many_tenants_are_told(#[case] count: usize, #[case] fires: bool) {
        let tenants = vec!["t"; count].join(", ");
        let settings = format!(r#"{{"WEBSITE_AUTH_AAD_ALLOWED_TENANTS": "{tenants},"}}"#);
        assert_eq!(Given::baseline(&[("appSettings", &settings)]).fires("L-LEN"), fires);
    }
}
