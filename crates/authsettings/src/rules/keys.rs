use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-KEYS",
    level: Level::Warning,
    title: "a functions key is still in use beside tokens",
    why: "Importing a Function App into API Management makes a host key, a named value and a header. After the move to managed identity \
          they are a leftover secret that nobody renews. And a function at authLevel function or admin asks for its key although the token \
          was good: its 401 looks like a refused token, but has no WWW-Authenticate.",
    example: r#"{ "properties": { "platform": { "enabled": true } }, "resources": [{ "type": "Microsoft.ApiManagement/service/apis/policies", "properties": { "value": "<inbound><set-header name=\"x-functions-key\"><value>{{orders-key}}</value></set-header></inbound>" } }] }"#,
    fix: "Take the key out of policies, backends and named values, delete the host key apim-..., and set authLevel to anonymous once \
          authentication is required.",
    sources: &[
        "Microsoft Learn: Import an Azure function app as an API in Azure API Management",
        "Azure/azure-functions-host, src/WebJobs.Script.WebHost/Middleware/FunctionInvocationMiddleware.cs",
    ],
    check,
};

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    if configuration.at("platform.enabled").boolean() != Some(true) {
        return;
    }
    for key in &configuration.surroundings.keys {
        let message = format!("{}, although tokens open the function", key.text);
        findings.at(key.span, message, "take it out, and delete the key");
    }
    for function in &configuration.surroundings.functions {
        if ["function", "admin"].iter().any(|level| function.level.eq_ignore_ascii_case(level)) {
            let message = format!("the function `{}` asks for a key as well as a token", function.name);
            findings.note(
                function.span,
                message,
                "write `anonymous`: the platform has authenticated the caller by then",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use crate::{Function, Passage};
    use diagnostics::{Level, Span};
    use rstest::rstest;

    const PLACE: Span = Span { start: 0, end: 1 };

    #[rstest]
    #[case::on("true", true)]
    #[case::off("false", false)]
    fn a_key_beside_tokens_is_told(#[case] enabled: &str, #[case] fires: bool) {
        let key = Passage { text: "a policy sends `code`".to_owned(), span: PLACE };
        let given = Given::baseline(&[("platform.enabled", enabled)]);
        assert_eq!(given.with(|one| one.surroundings.keys.push(key)).fires("L-KEYS"), fires);
    }

    #[rstest]
    #[case::key("Function", true)]
    #[case::master_key("admin", true)]
    #[case::none("anonymous", false)]
    #[case::not_known("[parameters('level')]", false)]
    fn a_function_that_wants_both_is_worth_a_note(#[case] level: &str, #[case] fires: bool) {
        let function = Function { name: "list".to_owned(), level: level.to_owned(), span: PLACE };
        let given = Given::baseline(&[]).with(|one| one.surroundings.functions.push(function));
        assert_eq!(given.levels("L-KEYS"), vec![Level::Note; usize::from(fires)]);
    }
}
