//! What holds for every file.

use diagnostics::{Level, Source, render};
use proptest::prelude::*;
use rstest::rstest;

use crate::{Expected, Settings, Subject, configurations, lint, read};

/// Reads a text in every way there is.
fn survives(text: &str) {
    let source = Source::new("any.json", text);
    let reading = configurations(&source);
    if reading.configurations.is_empty() {
        assert!(reading.diagnostics.iter().any(|one| one.level == Level::Error), "a clean bill for {text}");
    }
    for one in &reading.configurations {
        let (settings, diagnostics) = one.settings();
        assert_eq!(settings.is_none(), diagnostics.iter().any(|one| one.level == Level::Error));
        one.unknowns();
        render(&diagnostics, false);
        let expected = Expected::default();
        lint(&Subject { configuration: one, all: &reading.configurations, expected: &expected });
    }
    render(&reading.diagnostics, false);
    read(&source);
}

/// The names that the readers look for, so that any tree has a chance to mean something to them.
const NAMES: &[&str] = &[
    "properties",
    "resources",
    "type",
    "name",
    "id",
    "kind",
    "condition",
    "configs",
    "parameters",
    "value",
    "template",
    "body",
    "values",
    "platform",
    "enabled",
    "globalValidation",
    "identityProviders",
    "azureActiveDirectory",
    "login",
    "httpSettings",
    "registration",
    "validation",
    "siteConfig",
    "appSettings",
    "app_settings",
    "auth_settings",
    "auth_settings_v2",
    "active_directory_v2",
    "client_id",
    "custom_oidc_v2",
    "planned_values",
    "format_version",
    "root_module",
    "child_modules",
    "address",
    "resource_changes",
    "change",
    "after_unknown",
    "sensitive_values",
    "before",
    "configuration",
    "expressions",
    "references",
    "unauthenticatedClientAction",
    "configVersion",
    "aadClaimsAuthorization",
    "parent_id",
];

const TEXTS: &[&str] = &[
    "",
    "authsettingsV2",
    "f/authsettingsV2",
    "authsettings",
    "f/s/appsettings",
    "Microsoft.Web/sites",
    "Microsoft.Web/sites/config",
    "Microsoft.Web/sites/slots",
    "config",
    "Microsoft.Resources/deployments",
    "Microsoft.Web/sites/config@2024-11-01",
    "functionapp",
    "[parameters('x')]",
    "[format('{0}/authsettingsV2', variables('é'))]",
    "[",
    "[]",
    "[concat(",
    "azurerm_linux_function_app",
    "azurerm_linux_function_app_slot",
    "azurerm_function_app",
    "azapi_resource",
    "azapi_update_resource",
    "azapi_resource.a",
    "{\"properties\": {}}",
    "{",
    "/x/sites/f/slots/s",
    "é",
    "v2",
    "Return401",
    "managed",
];

fn any_tree() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        (-2_i64..100).prop_map(|value| value.to_string()),
        prop::sample::select(TEXTS).prop_map(|text| format!("{text:?}")),
    ];
    leaf.prop_recursive(7, 96, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            3 => prop::collection::btree_map(prop::sample::select(NAMES), inner, 0..6).prop_map(|entries| {
                let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
        ]
    })
}

/// A tree of authsettingsV2, right or wrong.
fn any_settings() -> impl Strategy<Value = String> {
    let switch = prop::sample::select(&["true", "false", "null", "\"true\"", "1"][..]);
    let action =
        prop::sample::select(&["\"Return401\"", "\"AllowAnonymous\"", "\"return403\"", "\"x\"", "null", "[]"][..]);
    let list = prop::sample::select(&["[]", "[\"a\"]", "[\"a\",\"b\"]", "null", "\"a\"", "[1]"][..]);
    (switch.clone(), switch, action, list.clone(), list).prop_map(|(on, required, action, paths, audiences)| {
        format!(
            r#"{{"platform":{{"enabled":{on}}},"globalValidation":{{"requireAuthentication":{required},"unauthenticatedClientAction":{action},
            "excludedPaths":{paths}}},"identityProviders":{{"azureActiveDirectory":{{"registration":{{"clientId":"c"}},
            "validation":{{"allowedAudiences":{audiences}}}}}}}}}"#
        )
    })
}

const ENVELOPES: &[&str] = &[
    r#"{"properties": %}"#,
    r#"{"name": "authsettingsV2", "type": "Microsoft.Web/sites/config", "properties": %}"#,
    r#"[{"id": "/x/sites/f/config/authsettingsV2", "name": "authsettingsV2", "properties": %}]"#,
    r#"{"resources": [{"type": "Microsoft.Web/sites", "name": "f", "kind": "functionapp", "resources":
        [{"type": "config", "name": "AuthSettingsV2", "properties": %}]}]}"#,
    r#"{"resources": {"auth": {"type": "Microsoft.Web/sites/slots/config", "name": "f/s/authsettingsV2", "properties": %}}}"#,
    r#"{"resources": [{"type": "Microsoft.Resources/deployments", "name": "d", "properties": {"template": {"resources":
        [{"type": "Microsoft.Web/sites/config", "name": "[concat(variables('f'), '/authsettingsV2')]", "properties": %}]}}}]}"#,
    r#"{"$schema": "x", "parameters": {"configs": {"value": [{"name": "authsettingsV2", "properties": %}]}}}"#,
    r#"{"format_version": "1.2", "planned_values": {"root_module": {"child_modules": [{"resources": [{"address": "azapi_resource.a",
        "type": "azapi_resource", "values": {"type": "Microsoft.Web/sites/config@x", "name": "authsettingsV2", "body": {"properties": %}}}]}]}}}"#,
];

fn settings(text: &str) -> (Option<Settings>, Vec<String>) {
    let (settings, diagnostics) = read(&Source::new("any.json", text));
    (settings, diagnostics.into_iter().map(|one| one.message).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_tree_is_too_strange(tree in any_tree()) {
        survives(&tree);
    }

    #[test]
    fn no_tree_is_too_strange_within_a_plan(tree in any_tree(), marks in any_tree()) {
        survives(&format!(
            r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{{"address":"a.b","mode":"managed",
            "type":"azurerm_linux_function_app","values":{{"name":"f","auth_settings_v2":[{tree}],"auth_settings":{tree},"app_settings":{marks}}},
            "sensitive_values":{marks}}}]}}}},"resource_changes":[{{"address":"a.b","change":{{"before":{tree},"after_unknown":
            {{"auth_settings_v2":[{marks}],"app_settings":{tree}}}}}}}]}}"#
        ));
    }

    #[test]
    fn what_is_wrapped_is_the_same_inside(tree in any_settings()) {
        let bare = settings(&tree);
        for envelope in ENVELOPES {
            prop_assert_eq!(&settings(&envelope.replace('%', &tree)), &bare, "{}", envelope);
        }
    }
}

#[rstest]
#[case::null("null")]
#[case::number("7")]
#[case::text("\"authsettingsV2\"")]
#[case::list("[]")]
#[case::nested_list("[[{}]]")]
#[case::no_properties(r#"{"name": "authsettingsV2"}"#)]
#[case::null_properties(r#"{"name": "authsettingsV2", "properties": null}"#)]
#[case::properties_of_another_type(r#"{"name": "authsettingsV2", "properties": 3}"#)]
#[case::null_members(
    r#"{"platform": null, "globalValidation": null, "identityProviders": null, "login": null, "httpSettings": null}"#
)]
#[case::no_values(r#"{"format_version": "1.2", "planned_values": null}"#)]
#[case::no_modules(
    r#"{"format_version": "1.2", "planned_values": {"root_module": {"resources": [null, {}, {"address": "x"}]}}}"#
)]
#[case::changes_only(r#"{"format_version": "1.2", "resource_changes": []}"#)]
#[case::broken("{\"properties\": {")]
#[case::duplicate(r#"{"platform": {}, "platform": {}}"#)]
#[case::empty("")]
fn nothing_is_never_a_clean_bill(#[case] text: &str) {
    survives(text);
}

#[test]
fn deep_nesting_is_refused_or_survived() {
    for depth in [100, 127, 200, 100_000] {
        survives(&format!("{}{}", "{\"resources\":[".repeat(depth), "]}".repeat(depth)));
        survives(&format!("{}1{}", "{\"platform\":".repeat(depth), "}".repeat(depth)));
    }
}

#[test]
fn ten_megabytes_come_to_an_end() {
    let resource = |at: usize| {
        format!(
            r#"{{"address":"azurerm_linux_function_app.a{at}","mode":"managed","type":"azurerm_linux_function_app","values":{{"name":"f{at}",
            "app_settings":{{"SECRET":"x"}},"auth_settings_v2":[{{"auth_enabled":true,"active_directory_v2":[{{"client_id":"c"}}]}}]}}}}"#
        )
    };
    let resources: Vec<String> = (0..45_000).map(resource).collect();
    let plan = format!(
        r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"resources":[{}]}}}}}}"#,
        resources.join(",")
    );
    assert!(plan.len() > 10_000_000);
    assert_eq!(configurations(&Source::new("plan.json", plan)).configurations.len(), 45_000);

    let members: Vec<String> = (0..20_000).map(|at| format!("\"no-member-of-these-settings-{at}\":1")).collect();
    let flat = Source::new("flat.json", format!(r#"{{"platform":{{"enabled":true}},{}}}"#, members.join(",")));
    let reading = configurations(&flat);
    assert_eq!(reading.configurations[0].unknowns(), []);
    assert_eq!(reading.configurations[0].settings().1.len(), 20_000);
}
