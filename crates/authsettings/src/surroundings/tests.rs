use diagnostics::{Node, Source, Span, Value, parse_json};
use rstest::rstest;

use super::keys::key_in_policy;
use super::{Surroundings, surround};
use crate::{Configuration, Form, Host};

/// What the resources of a template or, if there is a `planned_values`, a plan say around the configuration of an app.
fn around(text: &str, name: &str, app: &str, slot: Option<&str>) -> Surroundings {
    let source = Source::new("around.json", text);
    let root = parse_json(&source).unwrap();
    let mut configuration = Configuration {
        source,
        name: name.to_owned(),
        form: Form::Template,
        host: Host { app: app.to_owned(), slot: slot.map(str::to_owned), is_function_app: None },
        conditional: None,
        absent: false,
        removed: false,
        span: Span::default(),
        properties: Node { value: Value::Map(Vec::new()), span: Span::default() },
        app_settings: Vec::new(),
        surroundings: Surroundings::default(),
    };
    surround(&root, std::slice::from_mut(&mut configuration));
    configuration.surroundings
}

fn site(properties: &str) -> Surroundings {
    let text = format!(
        r#"{{"resources": [
            {{"type": "Microsoft.Web/sites", "name": "invoices", "properties": {{"publicNetworkAccess": "Enabled", "httpsOnly": true}}}},
            {{"type": "Microsoft.Web/sites", "name": "Orders", "condition": "[c]", "properties": {properties}}}]}}"#
    );
    around(&text, "orders", "orders", None)
}

#[rstest]
#[case::open(r#"{"publicNetworkAccess": "enabled"}"#, true, Some(false))]
#[case::closed(r#"{"publicNetworkAccess": "Disabled"}"#, false, Some(false))]
#[case::not_said("{}", false, Some(false))]
#[case::expression(r#"{"publicNetworkAccess": "[parameters('p')]", "siteConfig": "[variables('s')]"}"#, false, None)]
#[case::in_its_configuration(r#"{"siteConfig": {"publicNetworkAccess": "Enabled"}}"#, true, Some(false))]
#[case::one_address(r#"{"siteConfig": {"ipSecurityRestrictions": [{"ipAddress": "10.0.0.0/8"}]}}"#, false, Some(true))]
#[case::any_address(
    r#"{"siteConfig": {"ipSecurityRestrictions": [{"ipAddress": "Any", "action": "Allow"}]}}"#,
    false,
    Some(false)
)]
#[case::denied(r#"{"siteConfig": {"ipSecurityRestrictionsDefaultAction": "Deny"}}"#, false, Some(true))]
#[case::addresses_not_known(r#"{"siteConfig": {"ipSecurityRestrictions": "[parameters('ips')]"}}"#, false, None)]
fn the_network_of_the_app_itself_is_read(
    #[case] properties: &str,
    #[case] open: bool,
    #[case] restricted: Option<bool>,
) {
    let around = site(properties);
    assert_eq!((around.public_network.is_some(), around.ip_restricted, around.https_only), (open, restricted, None));
    assert!(around.condition.is_some());
}

#[test]
fn the_app_of_a_plan_is_found_by_its_address() {
    let values = r#"{"https_only": true, "public_network_access_enabled": true, "function_app_id": null,
        "sticky_settings": [{"app_setting_names": ["SECRET"]}],
        "site_config": [{"ip_restriction": [], "ip_restriction_default_action": "Deny"}]}"#;
    let text = format!(
        r#"{{"planned_values": {{"root_module": {{"child_modules": [{{"resources": [
            {{"address": "module.a.azurerm_linux_function_app.this", "type": "azurerm_linux_function_app", "values": {{}}}},
            {{"address": "module.b.azurerm_linux_function_app.this", "type": "azurerm_linux_function_app", "values": {values}}}]}}]}}}},
            "resource_changes": [{{"type": "x", "values": {{}}}}],
            "configuration": {{"root_module": {{"resources": [{{"provisioners": [{{"type": "local-exec",
                "expressions": {{"command": {{"constant_value": "az webapp auth update"}}}}}}]}}]}}}}}}"#
    );
    let found = around(&text, "module.b.azurerm_linux_function_app.this", "orders", None);
    assert_eq!((found.https_only, found.ip_restricted, found.public_network.is_some()), (Some(true), Some(true), true));
    assert_eq!(found.sticky_settings.as_deref(), Some(&["SECRET".to_owned()][..]));
    assert_eq!(found.scripts.iter().map(|script| script.text.as_str()).collect::<Vec<_>>(), ["az webapp auth update"]);
    let other = around(&text, "module.a.azurerm_linux_function_app.this", "orders", None);
    assert_eq!((other.https_only, other.public_network), (None, None));
}

#[rstest]
#[case::names(r#"["A", "B"]"#, Some(2))]
#[case::expression(r#"["A", "[parameters('name')]"]"#, None)]
#[case::no_list(r#""[variables('names')]""#, None)]
fn sticky_settings_are_known_or_not(#[case] names: &str, #[case] count: Option<usize>) {
    let text = format!(
        r#"{{"resources": [{{"type": "Microsoft.Web/sites/config", "name": "[format('{{0}}/{{1}}', parameters('app'), 'slotConfigNames')]",
            "properties": {{"appSettingNames": {names}}}}}]}}"#
    );
    assert_eq!(around(&text, "x", "parameters('app')", None).sticky_settings.map(|names| names.len()), count);
}

#[test]
fn the_functions_of_an_app_are_read_in_both_forms() {
    let text = r#"{"resources": [
        {"type": "Microsoft.Web/sites/functions", "name": "orders/list", "properties": {"config": {"bindings": [
            {"type": "timerTrigger"}, {"type": "httpTrigger", "authLevel": "anonymous"}]}}},
        {"type": "Microsoft.Web/sites/functions", "name": "invoices/list", "properties": {"config": {"bindings": [{"authLevel": "admin"}]}}},
        {"type": "azurerm_function_app_function", "values": {"name": "add", "function_app_id": "/x/sites/orders",
            "config_json": "{\"bindings\": [{\"type\": \"httpTrigger\", \"authLevel\": \"function\"}]}"}},
        {"type": "azurerm_function_app_function", "values": {"name": "no", "function_app_id": "/x/sites/invoices", "config_json": "{}"}}]}"#;
    let told = |slot| {
        let functions = around(text, "orders", "orders", slot).functions;
        functions.into_iter().map(|function| format!("{} {}", function.name, function.level)).collect::<Vec<_>>()
    };
    assert_eq!(told(None), ["list anonymous", "add function"]);
    assert_eq!(told(Some("staging")), [""; 0]);
}

#[rstest]
#[case::header(
    r#"<set-header name="x-functions-key" exists-action="override"><value>k</value></set-header>"#,
    Some("`x-functions-key`")
)]
#[case::single_quotes("<set-header name='X-Functions-Key'><value>k</value></set-header>", Some("`x-functions-key`"))]
#[case::removed(r#"<set-header name="x-functions-key" exists-action="delete" />"#, None)]
#[case::query(r#"<set-query-parameter name="code"><value>{{key}}</value></set-query-parameter>"#, Some("`code`"))]
#[case::address(r#"<set-backend-service base-url="https://x/api?code={{key}}" />"#, Some("`code`"))]
#[case::comment(r#"<!-- <set-header name="x-functions-key"> --><base />"#, None)]
#[case::comment_that_is_not_closed(r#"<base /><!-- <set-header name="x-functions-key">"#, None)]
#[case::another_header(r#"<set-header name="x-request-id"><value>?</value></set-header>"#, None)]
#[case::status(r#"<return-response><set-status code="401" /></return-response>"#, None)]
fn a_policy_that_sends_a_key_is_known(#[case] policy: &str, #[case] how: Option<&str>) {
    assert_eq!(key_in_policy(policy), how);
}

#[test]
fn keys_are_found_wherever_api_management_keeps_them() {
    let text = r#"{"resources": [
        {"type": "Microsoft.ApiManagement/service/namedValues", "name": "apim/Orders-Key", "properties": {"displayName": "Orders-Key"}},
        {"type": "azurerm_api_management_named_value", "values": {"display_name": "invoices-key"}},
        {"type": "Microsoft.ApiManagement/service/backends", "properties": {"credentials": {"header": {"x-functions-key": ["{{orders-key}}"]}}}},
        {"type": "azurerm_api_management_backend", "values": {"credentials": [{"query": {"code": "x"}}]}},
        {"type": "azurerm_api_management_api_policy", "values": {"xml_content": "<set-header name=\"x-functions-key\" />"}},
        {"type": "Microsoft.Web/sites/config", "properties": {"value": "<set-header name=\"x-functions-key\" />"}}]}"#;
    let keys = around(text, "orders", "orders", None).keys;
    let told: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
    let expected = [
        "the named value `Orders-Key` holds a key",
        "a backend sends `x-functions-key`",
        "a backend sends `code`",
        "a policy sends `x-functions-key`",
    ];
    assert_eq!(told, expected);
}

#[test]
fn the_condition_of_a_deployment_around_an_app_is_the_apps() {
    let text = r#"{"resources": [{"type": "Microsoft.Resources/deployments", "condition": "[c]", "properties": {"template": {"resources": [
        {"type": "Microsoft.Web/sites", "name": "orders", "properties": {}}]}}}]}"#;
    let span = around(text, "orders", "orders", None).condition.unwrap();
    assert_eq!(&text[span.start..span.end], "\"[c]\"");
}
