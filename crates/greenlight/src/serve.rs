//! `greenlight serve`: the mocks for any language, until it is asked to stop.

use std::fs;
use std::path::PathBuf;

use function_app::FunctionApp;
use mock_imds::DEFAULT_IDENTITY_HEADER;
use runner::{Mocks, MocksConfig};
use serde_json::{Value, json};
use serve::{ServerConfig, system_clock};
use token::Names;

use crate::arguments::{self, Mock, Serve};
use crate::exit::Exit;
use crate::mocks;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Starts the mocks, says where they are, and waits.
pub(crate) async fn serve(arguments: &Serve, terminal: &Terminal) -> Result<Exit, Trouble> {
    let stop = mocks::asked_to_stop();
    let wanted = |mock: Mock| arguments.only.is_empty() || arguments.only.contains(&mock);
    let started = mocks::start_mocks(config(arguments, wanted(Mock::Imds))?, terminal).await?;
    let function = if wanted(Mock::Function) { Some(function(&started, arguments, terminal).await?) } else { None };
    let ca = Authority::write(&started, arguments.state.clone())?;
    let ready = Ready { mocks: &started, function: function.as_ref(), ca: &ca.file };
    if arguments.json {
        terminal::output(&format!("{}\n", ready.json()));
    } else {
        terminal::output(&ready.text());
    }
    stop.await;
    if let Some(function) = function {
        function.stop().await;
    }
    started.stop().await;
    Ok(Exit::Passed)
}

fn config(arguments: &Serve, imds: bool) -> Result<MocksConfig, Trouble> {
    let control_token = match &arguments.control_token_env {
        None => None,
        Some(name) => Some(std::env::var(name).map_err(|_| {
            Trouble::usage(format!("the environment variable {name} is not set"))
                .hint("it holds the token that opens the control API")
        })?),
    };
    Ok(MocksConfig {
        entra: arguments.entra,
        entra_http: arguments.entra_http,
        imds: imds.then_some(arguments.imds),
        names: (arguments.names == arguments::Names::Entra).then_some(Names::Entra),
        state: arguments.state.as_deref().map(mocks::state).transpose()?,
        tls: arguments.tls.as_deref().map(mocks::tls).transpose()?,
        control_token: control_token.map(mock_entra::Secret::new),
        ..MocksConfig::new(mocks::directory(arguments.directory.as_deref())?, system_clock())
    })
}

/// The reference app. The settings that come along name Entra's public issuer; where the mock goes by its own address they follow.
async fn function(started: &Mocks, arguments: &Serve, terminal: &Terminal) -> Result<FunctionApp, Trouble> {
    let mut settings = mocks::settings(arguments.settings.as_deref(), terminal)?;
    if let (Names::Own(url), None) = (started.entra.names().await, &arguments.settings) {
        let issuer = settings.entra.as_mut().and_then(|entra| entra.issuer.as_mut());
        if let Some(issuer) = issuer {
            *issuer = issuer.replace(Names::Entra.authority(), url);
        }
    }
    if !arguments.function.ip().to_canonical().is_loopback() {
        terminal.warn(&format!(
            "the reference Function App listens on {}, where other machines can reach it",
            arguments.function
        ));
    }
    mocks::reference(started, settings, ServerConfig::new("function app", arguments.function)).await
}

/// The file with the authority's certificate, for clients to trust.
struct Authority {
    file: PathBuf,
    /// Made for this start only.
    passing: Option<PathBuf>,
}

impl Authority {
    fn write(started: &Mocks, state: Option<PathBuf>) -> Result<Self, Trouble> {
        if let Some(folder) = state {
            return Ok(Self { file: folder.join("ca.pem"), passing: None });
        }
        let folder = std::env::temp_dir().join(format!("greenlight-{}", std::process::id()));
        let file = folder.join("ca.pem");
        fs::create_dir_all(&folder).and_then(|()| fs::write(&file, started.authority.pem())).map_err(|error| {
            Trouble::fault(format!("{} cannot be written: {error}", file.display()))
                .hint("give a folder with `--state`")
        })?;
        Ok(Self { file, passing: Some(folder) })
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        if let Some(folder) = &self.passing {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// What is ready, and where.
struct Ready<'a> {
    mocks: &'a Mocks,
    function: Option<&'a FunctionApp>,
    ca: &'a PathBuf,
}

impl Ready<'_> {
    /// One line for programs.
    fn json(&self) -> Value {
        let imds = self.mocks.imds.as_ref().map(|imds| {
            json!({
                "url": imds.url(),
                "identity_endpoint": imds.app_service_url(),
                "identity_header": DEFAULT_IDENTITY_HEADER,
                "arc_endpoint": imds.arc_url(),
            })
        });
        json!({
            "entra": {
                "url": self.mocks.entra.url(),
                "http": self.mocks.entra.plain_url(),
                "control": format!("{}/_greenlight", self.mocks.entra.url()),
                "ca": self.ca,
            },
            "imds": imds,
            "function": self.function.map(|function| json!({ "url": format!("{}/api/orders", function.url()) })),
        })
    }

    /// What to set, for people and for each SDK. Secrets of the directory are named by their place, never shown.
    fn text(&self) -> String {
        [self.addresses(), self.for_clients(), self.for_managed_identities(), "Ready. Ctrl-C stops it.\n".to_owned()]
            .join("\n")
    }

    fn addresses(&self) -> String {
        let (entra, (tenant, name)) = (self.mocks.entra.url(), self.tenant());
        let plain = self.mocks.entra.plain_url().map(|http| ("Without TLS", format!("{http}/{tenant}/v2.0")));
        let imds = self.mocks.imds.as_ref();
        let lines = [
            Some(("Entra issuer", format!("{entra}/{tenant}/v2.0  (tenant {name})"))),
            plain,
            Some(("Control API", format!("{entra}/_greenlight/status"))),
            Some(("Authority", self.ca.display().to_string())),
            imds.map(|imds| ("IMDS", imds.url())),
            imds.map(|imds| ("App Service MSI", imds.app_service_url())),
            self.function.map(|function| ("Function App", format!("{}/api/orders", function.url()))),
        ];
        lines.into_iter().flatten().fold(String::new(), |text, (what, place)| text + &format!("{what:<16} {place}\n"))
    }

    fn for_clients(&self) -> String {
        let (entra, ca, (tenant, _)) = (self.mocks.entra.url(), self.ca.display(), self.tenant());
        format!(
            "\
For client secrets, certificates and federated tokens, in every SDK
  AZURE_AUTHORITY_HOST={entra}/  AZURE_TENANT_ID={tenant}
  AZURE_CLIENT_ID and AZURE_CLIENT_SECRET: from the directory file
So that the SDK trusts the authority
  Python  REQUESTS_CA_BUNDLE={ca}
  Node    NODE_EXTRA_CA_CERTS={ca}
  Rust, Go, .NET on Linux  SSL_CERT_FILE={ca}
So that the SDK does not ask login.microsoftonline.com about this address
  Python    disable_instance_discovery=True
  Node      disableInstanceDiscovery: true
  Go, .NET  DisableInstanceDiscovery = true
  Rust      nothing to set
"
        )
    }

    fn for_managed_identities(&self) -> String {
        let Some(imds) = &self.mocks.imds else { return String::new() };
        let (app_service, imds) = (imds.app_service_url(), imds.url());
        format!(
            "\
For managed identities
  as in App Service, in every SDK        IDENTITY_ENDPOINT={app_service} IDENTITY_HEADER={DEFAULT_IDENTITY_HEADER}
  as on a VM, in Python, Node and .NET   AZURE_POD_IDENTITY_AUTHORITY_HOST={imds}
"
        )
    }

    /// Id and name of the first tenant.
    fn tenant(&self) -> (&str, &str) {
        let tenant = self.mocks.entra.issuer().directory().tenants().first();
        tenant.map_or(("", ""), |tenant| (tenant.id.as_str(), tenant.name.as_str()))
    }
}
