//! Many configurations, linted and predicted by one call on one core.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::figure::{Figure, median};
use crate::program::Program;

const COUNT: usize = 1_000;
/// What each file weighs at least, in bytes.
const WEIGHT: usize = 4_000;
const LIMIT_MS: f64 = 1_000.0;
const ROUNDS: usize = 5;

/// Measures a whole call of `greenlight check --predict`, start and output included, that may use one core only.
pub(crate) fn measure(program: &Program) -> Result<Vec<Figure>> {
    let folder = TempDir::new()?;
    for number in 0..COUNT {
        let text = serde_json::to_string_pretty(&configuration(number))?;
        ensure!((WEIGHT..WEIGHT * 7 / 4).contains(&text.len()), "a configuration of {} bytes", text.len());
        fs::write(folder.path().join(format!("app-{number}.json")), text)?;
    }
    let check = || {
        let begun = Instant::now();
        let output = Command::new("taskset")
            .args(["--cpu-list", "0"])
            .arg(program.command().get_program())
            .args(["check", "--predict", "--fail-on", "error"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .context("taskset cannot be called")?;
        let took = begun.elapsed().as_secs_f64() * 1000.0;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(said.matches("app-999.json").count() > 0, "the last configuration does not show in what is said");
        Ok(took)
    };
    check()?;
    let value = median((0..ROUNDS).map(|_| check()).collect::<Result<Vec<f64>>>()?);
    Ok(vec![Figure {
        name: "1,000 configurations, one core",
        value,
        unit: "ms",
        reference: "limit 1 s: each of 4 kB, linted and predicted".to_owned(),
        ratio: Some(value / LIMIT_MS),
        reach: "<= 1.00",
    }])
}

/// What Azure gives for one app: each has ids, lists and paths of its own, and every few one of the classic mistakes.
fn configuration(number: usize) -> Value {
    let id = |of: usize| format!("{:08x}-1111-4222-8333-{:012x}", number * 100 + of, of);
    let ids = |from: usize, count: usize| (from..from + count).map(id).collect::<Vec<_>>();
    let tenant = id(0);
    let version = if number.is_multiple_of(3) { "" } else { "/v2.0" };
    let action = ["Return401", "Return401", "Return403", "RedirectToLoginPage", "AllowAnonymous"][number % 5];
    let audiences = [vec![id(1), format!("api://{}", id(1))], ids(2, 26 + number % 7)].concat();
    json!({
        "id": format!("/subscriptions/{}/resourceGroups/rg/providers/Microsoft.Web/sites/app-{number}/config/authsettingsV2", id(90)),
        "name": "authsettingsV2",
        "type": "Microsoft.Web/sites/config",
        "location": "West Europe",
        "properties": {
            "platform": { "enabled": true, "runtimeVersion": "~1" },
            "globalValidation": {
                "requireAuthentication": true,
                "unauthenticatedClientAction": action,
                "excludedPaths": (0..number % 4).map(|at| format!("/health/{at}")).collect::<Vec<_>>()
            },
            "identityProviders": {
                "azureActiveDirectory": {
                    "enabled": true,
                    "registration": {
                        "openIdIssuer": format!("https://login.microsoftonline.com/{tenant}{version}"),
                        "clientId": id(1),
                        "clientSecretSettingName": "MICROSOFT_PROVIDER_AUTHENTICATION_SECRET"
                    },
                    "login": { "disableWWWAuthenticate": false },
                    "validation": {
                        "jwtClaimChecks": {},
                        "allowedAudiences": audiences,
                        "defaultAuthorizationPolicy": {
                            "allowedPrincipals": { "identities": ids(60, number % 3) },
                            "allowedApplications": ids(30, if number.is_multiple_of(11) { 0 } else { 20 + 3 * (number % 3) })
                        }
                    },
                    "isAutoProvisioned": false
                },
                "facebook": { "enabled": false, "registration": {}, "login": {} },
                "gitHub": { "enabled": false, "registration": {}, "login": {} },
                "google": { "enabled": false, "registration": {}, "login": {}, "validation": {} },
                "legacyMicrosoftAccount": { "enabled": false, "registration": {}, "login": {}, "validation": {} },
                "twitter": { "enabled": false, "registration": {} },
                "apple": { "enabled": false, "registration": {}, "login": {} },
                "azureStaticWebApps": { "enabled": false, "registration": {} }
            },
            "login": {
                "routes": {},
                "tokenStore": { "enabled": true, "tokenRefreshExtensionHours": 72.0, "fileSystem": {}, "azureBlobStorage": {} },
                "preserveUrlFragmentsForLogins": false,
                "allowedExternalRedirectUrls": [],
                "cookieExpiration": { "convention": "FixedTime", "timeToExpiration": "08:00:00" },
                "nonce": { "validateNonce": true, "nonceExpirationInterval": "00:05:00" }
            },
            "httpSettings": { "requireHttps": true, "routes": { "apiPrefix": "/.auth" }, "forwardProxy": { "convention": "NoProxy" } }
        }
    })
}
