//! What tokens may be asked for. A real token is worth what its audience lets its bearer do: it is shown to the target, so it must
//! be for the target, or for an API of which somebody said that no harm can come of it.

use diagnostics::{Key, Node, Problems, Value};

/// Another API, by the name that scenarios give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// The name.
    pub name: String,
    /// Its client id or App ID URI.
    pub audience: String,
    /// Whether real tokens for it may be got and shown to the target.
    pub harmless: bool,
}

/// Domains under which Microsoft's own APIs have their App ID URIs, in all clouds.
/// <https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure>,
/// <https://learn.microsoft.com/azure/china/resources-developer-guide>
const DOMAINS: [&str; 27] = [
    "azconfig.azure.cn",
    "azconfig.io",
    "azure.cn",
    "azure.com",
    "azure.net",
    "azure.us",
    "azuredatabricks.net",
    "azuresynapse.net",
    "azuresynapse.us",
    "chinacloudapi.cn",
    "cloudapi.de",
    "dynamics.com",
    "graph.microsoft.us",
    "loganalytics.io",
    "loganalytics.us",
    "microsoft.com",
    "microsoft.us",
    "microsoftazure.de",
    "microsoftonline.com",
    "microsoftonline.us",
    "office.com",
    "office.net",
    "office365.com",
    "office365.us",
    "sharepoint.com",
    "usgovcloudapi.net",
    "windows.net",
];

/// Client ids of Microsoft's own APIs beside those of [`ENDINGS`].
/// <https://learn.microsoft.com/troubleshoot/entra/entra-id/governance/verify-first-party-apps-sign-in>
const CLIENT_IDS: [&str; 11] = [
    "022907d3-0f1b-48f7-badc-1ba6abab6d66", // Azure SQL
    "123cd850-d9df-40bd-94d5-c9f07b7fa203", // Azure Database for PostgreSQL, MySQL and MariaDB
    "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d", // Databricks
    "499b84ac-1321-427f-aa17-267ca6975798", // Azure DevOps
    "797f4846-ba00-4fd7-ba43-dac1f8f63013", // Azure Resource Manager
    "80369ed6-5f11-4dd9-bef3-692475845e77", // Event Hubs
    "80a10ef9-8168-493d-abf9-3297c4ef6e3c", // Service Bus
    "a232010e-820c-4083-83bb-3ace5fc29d0b", // Cosmos DB
    "ca7f3f0b-7d91-482c-8e09-c5d840d0eac5", // Log Analytics
    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", // Key Vault
    "e406a681-f3d4-42a8-90b6-c2b029497af1", // Storage
];

/// How client ids of Microsoft's directory and Office services end: `00000003-0000-0000-c000-000000000000` is Graph.
const ENDINGS: [&str; 2] = ["-0000-0000-c000-000000000000", "-0000-0ff1-ce00-000000000000"];

pub(super) fn read(key: &Key, node: &Node, problems: &Problems) -> Option<Api> {
    let name = key.text.clone();
    let Value::Map(_) = &node.value else {
        let audience = problems.text(node)?.to_owned();
        return Some(Api { name, audience, harmless: false });
    };
    let fields = problems.fields(node)?;
    let audience = fields.required("audience");
    let harmless = fields.boolean_or("harmless", false);
    fields.finish();
    let audience = if harmless { asked(audience?, problems)? } else { problems.text(audience?)?.to_owned() };
    Some(Api { name, audience, harmless })
}

/// A client id or App ID URI for which real tokens are asked.
pub(super) fn asked(node: &Node, problems: &Problems) -> Option<String> {
    let text = problems.text(node)?;
    if is_of_microsoft(text) {
        let help = "a token for it could do anything that its caller may; name an API of your own";
        problems.error(
            node.span,
            format!("{text:?} is an API of Microsoft's: no token for it is ever shown to a target"),
            help,
        );
        return None;
    }
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/".contains(c));
    if !plain {
        let help = "write the client id of its registration, or its App ID URI, such as `api://orders`";
        problems.error(node.span, format!("{text:?} is neither a client id nor an App ID URI"), help);
    }
    plain.then(|| text.to_owned())
}

/// Whether a text names an API of Microsoft's anywhere in it, however it is dressed: `SPN:`, a port, a path, capital letters.
fn is_of_microsoft(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
    parts.any(|part| {
        let part = part.trim_matches('.');
        let is_below =
            |domain: &&str| part.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        DOMAINS.iter().any(is_below)
            || CLIENT_IDS.contains(&part)
            || ENDINGS.iter().any(|ending| part.ends_with(ending))
    })
}
