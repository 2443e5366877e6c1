use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-ANON-NOAUTH",
    level: Level::Error,
    title: "an anonymous function is open to everybody",
    why: "A function may be at authLevel anonymous because the platform authenticates in front of it. Where App Service Authentication is \
          off, or lets anonymous requests pass, nothing does, and everybody may call it.",
    example: r#"{ "name": "orders/authsettingsV2", "properties": { "platform": { "enabled": false } }, "resources": [{ "type": "Microsoft.Web/sites/functions", "name": "orders/list", "properties": { "config": { "bindings": [{ "type": "httpTrigger", "authLevel": "anonymous" }] } } }] }"#,
    fix: "Switch authentication on and require it, or set the function's authLevel to function until then.",
    sources: &[
        "Microsoft Learn: Azure Functions HTTP trigger, authLevel",
        "PagoPA DX: APIM and Function App authentication with Entra ID",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let enabled = configuration.at("platform.enabled");
    let action = configuration.at("globalValidation.unauthenticatedClientAction");
    let why = if enabled.is_absent() || enabled.boolean() == Some(false) {
        "authentication is off"
    } else if action.text().is_some_and(|text| text.eq_ignore_ascii_case("AllowAnonymous")) {
        "anonymous requests pass"
    } else {
        return;
    };
    for function in &configuration.surroundings.functions {
        if function.level.eq_ignore_ascii_case("anonymous") {
            let message = format!("the function `{}` is open to everybody: it is anonymous, and {why}", function.name);
            findings.at(function.span, message, "require authentication, or write `function` until it is required");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::Function;
    use diagnostics::Span;
    use rstest::rstest;

    #[rstest]
    #[case::off("Anonymous", ("platform.enabled", "false"), true)]
    #[case::nothing_says_that_it_is_on("anonymous", ("platform.enabled", ""), true)]
    #[case::anonymous("anonymous", ("globalValidation.unauthenticatedClientAction", r#""AllowAnonymous""#), true)]
    #[case::key("function", ("platform.enabled", "false"), false)]
    #[case::required("anonymous", ("platform.enabled", "true"), false)]
    #[case::not_known("anonymous", ("platform.enabled", r#""[parameters('on')]""#), false)]
    #[case::level_not_known("[parameters('level')]", ("platform.enabled", "false"), false)]
    fn an_open_function_is_told(#[case] level: &str, #[case] change: (&str, &str), #[case] fires: bool) {
        let function = Function { name: "list".to_owned(), level: level.to_owned(), span: Span { start: 0, end: 1 } };
        let given = Given::baseline(&[change]).with(|one| one.surroundings.functions.push(function));
        assert_eq!(given.fires("L-ANON-NOAUTH"), fires);
    }
}
