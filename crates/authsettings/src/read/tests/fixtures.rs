//! Every file of fixtures/configurations, as it is read.

use std::fmt::Write as _;
use std::sync::Arc;

use diagnostics::{Diagnostic, Level, Source, Value, render};
use rstest::rstest;

use crate::{AppSettings, Configuration, Form, Property, Reading, Settings, configurations, read, read_named};

macro_rules! fixture {
    ($name:literal) => {
        Source::new($name, include_str!(concat!("../../../../../fixtures/configurations/", $name)))
    };
}

/// The settings that every secure fixture comes to.
fn baseline() -> Settings {
    let (settings, diagnostics) = read(&fixture!("put-body.json"));
    assert_eq!(diagnostics, []);
    settings.unwrap()
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn told(diagnostics: &[Diagnostic]) -> String {
    let mut told = String::new();
    for one in diagnostics {
        let _ = writeln!(told, "  {} at {}: {}", level(one.level), one.place(), one.message);
    }
    told
}

/// What is read, in a few lines.
fn account(source: &Arc<Source>) -> String {
    let Reading { configurations, diagnostics } = configurations(source);
    let mut account = String::new();
    for one in &configurations {
        let words = &one.source.text[one.span.start..one.span.end];
        let (line, _) = one.source.line_column(one.span.start);
        let _ = writeln!(account, "`{}` {:?} line {line} {words}", one.name, one.form);
        let slot = one.host.slot.as_deref().unwrap_or("-");
        let _ = writeln!(account, "  app `{}` slot {slot} function app {:?}", one.host.app, one.host.is_function_app);
        for (says, word) in
            [(one.conditional.is_some(), "conditional"), (one.absent, "absent"), (one.removed, "removed")]
        {
            if says {
                let _ = writeln!(account, "  {word}");
            }
        }
        for (key, node) in &one.app_settings {
            let _ = writeln!(account, "  app setting {} {}", key.text, node.kind());
        }
        for (path, span) in one.unknowns() {
            let _ = writeln!(account, "  unknown {path}: {}", &one.source.text[span.start..span.end]);
        }
    }
    account + &told(&diagnostics)
}

#[rstest]
#[case::get("get", fixture!("get.json"))]
#[case::get_list("get_list", fixture!("get-list.json"))]
#[case::put_body("put_body", fixture!("put-body.json"))]
#[case::properties("properties", fixture!("properties.json"))]
#[case::yaml("yaml", fixture!("settings.yaml"))]
#[case::file("file", fixture!("file.json"))]
#[case::cli_v2("cli_v2", fixture!("cli-v2.json"))]
#[case::template("template", fixture!("template.json"))]
#[case::template_symbolic("template_symbolic", fixture!("template-symbolic.json"))]
#[case::template_module("template_module", fixture!("template-module.json"))]
#[case::template_linked("template_linked", fixture!("template-linked.json"))]
#[case::template_unprotected("template_unprotected", fixture!("template-unprotected.json"))]
#[case::plan("plan", fixture!("plan.json"))]
#[case::plan_unknown("plan_unknown", fixture!("plan-unknown.json"))]
#[case::plan_removed("plan_removed", fixture!("plan-removed.json"))]
#[case::plan_azapi("plan_azapi", fixture!("plan-azapi.json"))]
#[case::plan_azapi_update("plan_azapi_update", fixture!("plan-azapi-update.json"))]
#[case::state("state", fixture!("state.json"))]
#[case::state_v1("state_v1", fixture!("state-v1.json"))]
#[case::raw_state("raw_state", fixture!("terraform.tfstate"))]
#[case::cli_v1("cli_v1", fixture!("cli-v1.json"))]
#[case::cli_v1_unconfigured("cli_v1_unconfigured", fixture!("cli-v1-unconfigured.json"))]
#[case::cli_v1_of_v2("cli_v1_of_v2", fixture!("cli-v1-of-v2.json"))]
#[case::get_v1("get_v1", fixture!("get-v1.json"))]
#[case::container_app("container_app", fixture!("container-app.json"))]
#[case::site("site", fixture!("site.json"))]
#[case::terraform_language("terraform_language", fixture!("main.tf"))]
#[case::bicep_language("bicep_language", fixture!("main.bicep"))]
fn a_file_is_read_as_what_it_is(#[case] name: &str, #[case] source: Arc<Source>) {
    insta::assert_snapshot!(name, account(&source));
}

/// The only difference that a form may make: app settings beside the configuration.
#[rstest]
#[case::get(fixture!("get.json"), None)]
#[case::get_list(fixture!("get-list.json"), None)]
#[case::properties(fixture!("properties.json"), None)]
#[case::yaml(fixture!("settings.yaml"), None)]
#[case::file(fixture!("file.json"), None)]
#[case::cli_v2(fixture!("cli-v2.json"), None)]
#[case::cli_v2_by_slot(fixture!("cli-v2.json"), Some("staging"))]
#[case::template(fixture!("template.json"), Some("func-orders"))]
#[case::template_slot(fixture!("template.json"), Some("func-orders/staging"))]
#[case::nested_template(fixture!("template-symbolic.json"), Some("func-billing"))]
#[case::module(fixture!("template-module.json"), None)]
#[case::plan(fixture!("plan.json"), Some("func-orders"))]
#[case::plan_by_address(fixture!("plan.json"), Some("module.orders.azurerm_linux_function_app.this"))]
#[case::plan_slot(fixture!("plan.json"), Some("staging"))]
#[case::state(fixture!("state.json"), None)]
#[case::azapi(fixture!("plan-azapi.json"), Some("azapi_resource.auth"))]
#[case::azapi_text(fixture!("plan-azapi.json"), Some("func-billing"))]
#[case::both_versions(fixture!("state-v1.json"), Some("func-both"))]
fn the_same_settings_are_the_same_in_every_form(#[case] source: Arc<Source>, #[case] name: Option<&str>) {
    let (settings, diagnostics) = read_named(&source, name);
    let errors: Vec<_> = diagnostics.iter().filter(|one| one.level == Level::Error).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(Settings { app: AppSettings::default(), ..settings.unwrap() }, baseline());
}

/// A tree without its places and without the order of its members.
fn shape(value: &Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.iter().map(|item| at_start(shape(&item.value))).collect()),
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries
                .iter()
                .map(|(key, node)| {
                    (
                        diagnostics::Key { text: key.text.clone(), span: diagnostics::Span::default() },
                        at_start(shape(&node.value)),
                    )
                })
                .collect();
            entries.sort_by(|a, b| a.0.text.cmp(&b.0.text));
            Value::Map(entries)
        }
        value => value.clone(),
    }
}

fn at_start(value: Value) -> diagnostics::Node {
    diagnostics::Node { value, span: diagnostics::Span::default() }
}

fn named(source: &Arc<Source>, name: &str) -> Configuration {
    let found = configurations(source).configurations;
    let names: Vec<String> = found.iter().map(|one| one.name.clone()).collect();
    found.into_iter().find(|one| one.name == name).unwrap_or_else(|| panic!("{name} is not among {names:?}"))
}

#[test]
fn terraform_comes_to_the_very_body_that_its_provider_sends() {
    let sent = named(&fixture!("plan.json"), "module.orders.azurerm_linux_function_app.this");
    let body = named(&fixture!("put-body.json"), "");
    assert_eq!(shape(&sent.properties.value), shape(&body.properties.value));
}

#[test]
fn what_terraform_leaves_out_is_sent_as_its_provider_sends_it() {
    let text = r#"{"format_version":"1.2","planned_values":{"root_module":{"resources":[{"address":"azurerm_linux_function_app.this",
        "mode":"managed","type":"azurerm_linux_function_app","values":{"name":"f","auth_settings_v2":[{"active_directory_v2":[
        {"client_id":"x","tenant_auth_endpoint":"y","allowed_identities":["i"],"login_parameters":{"prompt":"login"}}],
        "custom_oidc_v2":[{"name":"partner","client_id":"z"}],"login":[{"token_store_path":"/home/tokens"}]}]}}]}}}"#;
    let configuration = named(&Source::new("plan.json", text), "azurerm_linux_function_app.this");
    let is = |path: &str, expected: &Value| match configuration.at(path) {
        Property::Is(node) => assert_eq!(shape(&node.value), *expected, "{path}"),
        other => panic!("{path} is {other:?}"),
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let list = |one: &str| Value::List(vec![at_start(text(one))]);
    is("platform.enabled", &Value::Bool(false));
    is("globalValidation.requireAuthentication", &Value::Bool(false));
    is("globalValidation.unauthenticatedClientAction", &text("RedirectToLoginPage"));
    is("login.tokenStore.enabled", &Value::Bool(true));
    is("identityProviders.azureActiveDirectory.login.loginParameters", &list("prompt=login"));
    is(
        "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedPrincipals.identities",
        &list("i"),
    );
    is(
        "identityProviders.customOpenIdConnectProviders.partner.registration.clientCredential.clientSecretSettingName",
        &text("PARTNER_PROVIDER_AUTHENTICATION_SECRET"),
    );
    let absent = "identityProviders.azureActiveDirectory.validation.defaultAuthorizationPolicy.allowedApplications";
    assert!(configuration.at(absent).is_absent());
    // What was not written has the place of its block's name.
    let span = configuration.at("platform.enabled").span().unwrap();
    assert_eq!(&configuration.source.text[span.start..span.end], "\"auth_settings_v2\"");
}

#[test]
fn v1_settings_keep_the_places_of_their_words() {
    let configuration = named(&fixture!("cli-v1.json"), "func-orders");
    assert_eq!(configuration.form, Form::V1);
    let words = |path: &str| {
        let span = configuration.at(path).span().unwrap_or_else(|| panic!("{path} is not there"));
        configuration.source.text[span.start..span.end].to_owned()
    };
    assert_eq!(words("globalValidation.unauthenticatedClientAction"), "\"RedirectToLoginPage\"");
    assert_eq!(words("globalValidation.requireAuthentication"), "\"RedirectToLoginPage\"");
    let applications = "identityProviders.azureActiveDirectory.validation.jwtClaimChecks.allowedClientApplications";
    assert!(words(applications).starts_with("\"{\\\"allowed_groups\\\""), "{}", words(applications));
    assert_eq!(configuration.at(applications).texts().count(), 1);
    let (settings, diagnostics) = configuration.settings();
    assert_eq!(diagnostics, []);
    let entra = settings.unwrap().entra.unwrap();
    assert_eq!((entra.allowed_audiences.len(), entra.claim_checks.client_applications.len()), (1, 1));
}

#[rstest]
#[case::several(fixture!("template.json"), None)]
#[case::no_such(fixture!("plan.json"), Some("production"))]
#[case::unprotected(fixture!("template-unprotected.json"), None)]
#[case::unprotected_by_name(fixture!("plan-removed.json"), Some("func-fresh"))]
#[case::wrong_types(fixture!("wrong-types.json"), None)]
#[case::broken(fixture!("plan-azapi-update.json"), None)]
#[case::v1(fixture!("cli-v1.json"), None)]
#[case::unknown(fixture!("plan-unknown.json"), Some("func-orders"))]
fn what_a_reader_is_told(#[case] source: Arc<Source>, #[case] name: Option<&str>) {
    let (settings, diagnostics) = read_named(&source, name);
    assert_eq!(settings.is_none(), diagnostics.iter().any(|one| one.level == Level::Error));
    insta::with_settings!({ description => format!("{} {}", source.name, name.unwrap_or_default()) }, {
        insta::assert_snapshot!(format!("told_{}_{}", source.name.replace('.', "_"), name.unwrap_or("one")), render(&diagnostics, false));
    });
}

#[rstest]
#[case::template(fixture!("template.json"), &["c2VjcmV0"])]
#[case::plan(fixture!("plan.json"), &["secret-of-the-fixture"])]
#[case::state(fixture!("state.json"), &["secret-of-the-fixture"])]
#[case::state_v1(fixture!("state-v1.json"), &["secret-of-the-fixture"])]
#[case::get_v1(fixture!("get-v1.json"), &["secret-of-the-fixture"])]
#[case::marked(fixture!("plan-unknown.json"), &["login.microsoftonline.com/72f98a3e"])]
fn a_secret_is_nowhere_in_what_is_read(#[case] source: Arc<Source>, #[case] secrets: &[&str]) {
    let reading = configurations(&source);
    assert!(!reading.configurations.is_empty());
    let told: Vec<_> = reading.configurations.iter().map(|one| (one, one.settings())).collect();
    let all = format!("{told:?} {:?}", reading.diagnostics);
    for secret in secrets {
        assert!(source.text.contains(secret));
        let at = all.find(secret);
        assert_eq!(at.map(|at| &all[at.saturating_sub(300)..at]), None, "{secret}");
    }
}

#[test]
fn a_linter_sees_what_is_wrong_where_no_settings_can_be_made() {
    let configuration = named(&fixture!("wrong-types.json"), "");
    assert_eq!(configuration.settings().0, None);
    assert_eq!(configuration.at("platform.enabled").text(), Some("true"));
    assert!(matches!(configuration.at("identityProviders.azureActiveDirectory.issuer"), Property::Is(_)));
    assert!(matches!(configuration.at("login"), Property::Is(_)));
}

/// The names of those that are absent, and what is told.
fn unprotected(text: &str) -> (Vec<String>, Vec<String>) {
    let reading = configurations(&Source::new("any.json", text));
    let absent = reading.configurations.into_iter().filter(|one| one.absent).map(|one| one.name).collect();
    (absent, reading.diagnostics.into_iter().map(|one| one.message).collect())
}

#[rstest]
#[case::certain("func-b", "func-a/authsettingsV2", &["func-b"], 0)]
#[case::its_own("func-a", "func-a/authsettingsV2", &[], 0)]
#[case::app_by_expression("[parameters('app')]", "func-a/authsettingsV2", &[], 1)]
#[case::settings_by_expression("func-b", "[format('{0}/authsettingsV2', parameters('app'))]", &[], 1)]
#[case::same_expression("[parameters('app')]", "[concat(parameters('app'), '/authsettingsV2')]", &[], 0)]
fn an_app_is_unprotected_only_where_the_names_are_certain(
    #[case] app: &str,
    #[case] settings: &str,
    #[case] absent: &[&str],
    #[case] told: usize,
) {
    let text = r#"{"resources": [{"type": "Microsoft.Web/sites", "name": "APP", "kind": "functionapp"},
        {"type": "Microsoft.Web/sites/config", "name": "SETTINGS", "properties": {"platform": {"enabled": true}}}]}"#;
    let (found, diagnostics) = unprotected(&text.replace("APP", app).replace("SETTINGS", settings));
    assert_eq!(
        (found, diagnostics.len()),
        (absent.iter().map(|name| (*name).to_owned()).collect(), told),
        "{diagnostics:?}"
    );
}

#[rstest]
#[case::function_app("functionapp,linux", 1)]
#[case::logic_app("functionapp,workflowapp", 0)]
#[case::web_app("app,linux", 0)]
#[case::unknown("[parameters('kind')]", 0)]
fn only_function_apps_are_told_to_be_unprotected(#[case] kind: &str, #[case] expected: usize) {
    let text = r#"{"resources": [{"type": "Microsoft.Web/sites", "name": "f", "kind": "KIND"}]}"#;
    assert_eq!(unprotected(&text.replace("KIND", kind)).0.len(), expected);
}

#[rstest]
#[case::met("true", false)]
#[case::never("false", true)]
#[case::open("\"[parameters('protect')]\"", true)]
#[case::null("null", false)]
fn settings_under_a_condition_are_conditional(#[case] condition: &str, #[case] expected: bool) {
    let text = r#"{"resources": [{"type": "Microsoft.Resources/deployments", "condition": CONDITION, "properties": {"template": {"resources":
        [{"type": "Microsoft.Web/sites/config", "name": "f/authsettingsV2", "properties": {}}]}}}]}"#;
    let found = configurations(&Source::new("any.json", text.replace("CONDITION", condition))).configurations;
    assert_eq!(found[0].conditional.is_some(), expected);
}

#[test]
fn a_secret_within_json_in_a_text_hides_the_whole_text() {
    let body = r#"{\"kind\":\"functionapp\",\"properties\":{\"siteConfig\":{\"appSettings\":[{\"name\":\"KEY\",\"value\":\"hunter2\"}]}}}"#;
    let text = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{{"address":"azapi_resource.app","type":"azapi_resource",
        "values":{{"type":"Microsoft.Web/sites@2024-11-01","name":"f","body":"{body}"}}}}]}}}}}}"#
    );
    let found = configurations(&Source::new("plan.json", text)).configurations;
    assert!(found[0].absent && found[0].app_setting("KEY").is_unknown());
    assert!(!format!("{found:?}").contains("hunter2"));
}
