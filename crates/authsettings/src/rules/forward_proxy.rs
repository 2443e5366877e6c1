use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-PROXY",
    level: Level::Warning,
    title: "host and scheme are taken from headers that a caller can write",
    why: "Standard reads X-Forwarded-Host and X-Forwarded-Proto, Custom reads headers that you name, and both send the browser back to \
          whatever host stands there after a login. That is right behind Front Door or Application Gateway, and only where nobody can \
          reach the app past them. Bearer tokens do not need it at all. Custom without names reads nothing, and names without Custom \
          are never read.",
    example: r#"{ "httpSettings": { "forwardProxy": { "convention": "Standard" } } }"#,
    fix: "Write httpSettings.forwardProxy.convention: NoProxy (Terraform: forward_proxy_convention), or make sure that only the proxy \
          reaches the app. With Custom, name both headers.",
    sources: &[
        "Microsoft Learn: Authentication and authorization in Azure App Service, Considerations when using Azure Front Door",
        "github.com/MicrosoftDocs/azure-docs/issues/89845",
    ],
    check,
};

const CONVENTION: &str = "httpSettings.forwardProxy.convention";
const NAMES: [&str; 2] =
    ["httpSettings.forwardProxy.customHostHeaderName", "httpSettings.forwardProxy.customProtoHeaderName"];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    let called = |path| configuration.form.name_of(path);
    let convention = configuration.at(CONVENTION);
    let is = |word: &str| convention.text().is_some_and(|text| text.eq_ignore_ascii_case(word));
    let given = |path: &&str| {
        let name = configuration.at(path);
        name.is_unknown() || name.text().is_some_and(|text| !text.is_empty())
    };
    let direct = "write `NoProxy`, unless the proxy is the only one who reaches the app";
    match convention.span() {
        Some(span) if is("Standard") => {
            findings.at(span, "host and scheme are taken from `X-Forwarded-Host` and `X-Forwarded-Proto`", direct);
        }
        Some(span) if is("Custom") => match NAMES.iter().find(|path| !given(path)) {
            Some(missing) => {
                let help = format!("name the header as `{}`, or write `NoProxy`", called(missing));
                findings.at(span, format!("`Custom` names no header: `{}` is left out", called(missing)), help);
            }
            None => findings.at(span, "host and scheme are taken from headers that a caller can write", direct),
        },
        _ if convention.is_unknown() => {}
        _ => {
            let named = NAMES
                .iter()
                .map(|path| configuration.at(path))
                .find(|name| name.text().is_some_and(|text| !text.is_empty()));
            if let Some(span) = named.and_then(crate::Property::span) {
                let help = format!("leave it out, or write `Custom` as `{}`", called(CONVENTION));
                findings.at(span, "this header is never read: the convention is not `Custom`", help);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::standard(r#"{"convention": "Standard"}"#, "X-Forwarded-Host")]
    #[case::custom(
        r#"{"convention": "custom", "customHostHeaderName": "X-Host", "customProtoHeaderName": "X-Proto"}"#,
        "a caller can write"
    )]
    #[case::custom_without_names(r#"{"convention": "Custom"}"#, "customHostHeaderName` is left out")]
    #[case::custom_with_one(
        r#"{"convention": "Custom", "customHostHeaderName": "X-Host"}"#,
        "customProtoHeaderName` is left out"
    )]
    #[case::empty_name(r#"{"convention": "Custom", "customHostHeaderName": ""}"#, "customHostHeaderName` is left out")]
    #[case::name_not_known(
        r#"{"convention": "Custom", "customHostHeaderName": "[variables('h')]", "customProtoHeaderName": "X-Proto"}"#,
        "a caller can write"
    )]
    #[case::names_for_nothing(r#"{"convention": "NoProxy", "customHostHeaderName": "X-Host"}"#, "never read")]
    #[case::names_alone(r#"{"customProtoHeaderName": "X-Proto"}"#, "never read")]
    fn who_trusts_headers_is_told(#[case] proxy: &str, #[case] told: &str) {
        let given = Given::baseline(&[("httpSettings.forwardProxy", proxy)]);
        assert_eq!(given.fired().iter().filter(|rule| **rule == "L-PROXY").count(), 1);
        assert!(given.told("L-PROXY").contains(told), "{}", given.told("L-PROXY"));
    }

    #[rstest]
    #[case::no_proxy(r#"{"convention": "noproxy", "customHostHeaderName": ""}"#)]
    #[case::nothing("{}")]
    #[case::null("null")]
    #[case::not_known(r#"{"convention": "[parameters('proxy')]", "customHostHeaderName": "X-Host"}"#)]
    #[case::all_not_known(r#""[parameters('proxy')]""#)]
    fn who_trusts_none_is_passed_over(#[case] proxy: &str) {
        assert!(!Given::baseline(&[("httpSettings.forwardProxy", proxy)]).fires("L-PROXY"));
    }
}
