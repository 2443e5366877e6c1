//! The identity providers of a configuration, as it is written.

use crate::{Configuration, Property};

/// Providers that the platform knows: the name of each, the member of its registration that names the app there, and the member that
/// names the app setting with its secret.
const BUILT_IN: [(&str, &str, &str); 8] = [
    ("azureActiveDirectory", "clientId", "clientSecretSettingName"),
    ("apple", "clientId", "clientSecretSettingName"),
    ("azureStaticWebApps", "clientId", ""),
    ("facebook", "appId", "appSecretSettingName"),
    ("gitHub", "clientId", "clientSecretSettingName"),
    ("google", "clientId", "clientSecretSettingName"),
    ("legacyMicrosoftAccount", "clientId", "clientSecretSettingName"),
    ("twitter", "consumerKey", "consumerSecretSettingName"),
];

/// One provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Provider<'a> {
    /// What `redirectToProvider` calls it.
    pub(crate) name: &'a str,
    /// Its object.
    pub(crate) whole: Property<'a>,
    /// What the provider calls the app.
    pub(crate) id: Property<'a>,
    /// The name of the app setting that holds its secret.
    pub(crate) secret_setting: Property<'a>,
}

impl Provider<'_> {
    /// Whether it is on, as far as the file says. A registration without an id is what an app shows of providers that nobody configured.
    pub(crate) fn is_configured(&self) -> bool {
        let named = self.id.is_unknown() || self.id.text().is_some_and(|id| !id.is_empty());
        named && self.whole.at("enabled").boolean() != Some(false)
    }
}

/// All that are written, whether on or off.
pub(crate) fn providers(configuration: &Configuration) -> Vec<Provider<'_>> {
    let all = configuration.at("identityProviders");
    let built_in = BUILT_IN.into_iter().map(|(name, id, secret)| {
        let whole = all.at(name);
        let registration = whole.at("registration");
        Provider { name, whole, id: registration.at(id), secret_setting: registration.at(secret) }
    });
    let own =
        ["customOpenIdConnectProviders", "openIdConnectProviders"].into_iter().flat_map(|map| all.at(map).members());
    let own = own.map(|(key, node)| {
        let whole = Property::of(node);
        let registration = whole.at("registration");
        Provider {
            name: &key.text,
            whole,
            id: registration.at("clientId"),
            secret_setting: registration.at("clientCredential.clientSecretSettingName"),
        }
    });
    built_in.chain(own).filter(|provider| !provider.whole.is_absent()).collect()
}
