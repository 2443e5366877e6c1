//! `greenlight serve`: the mocks for any language, until it is asked to stop.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use authsettings::Settings;
use function_app::{FunctionApp, Upstream};
use mock_imds::DEFAULT_IDENTITY_HEADER;
use runner::{Mocks, MocksConfig};
use serde_json::{Value, json};
use serve::{CONTROL, is_exposed, system_clock};
use tempfile::TempDir;
use token::Names;

use crate::arguments::{self, Mock, Serve};
use crate::exit::Exit;
use crate::files;
use crate::mocks::{self, Given, Reference};
use crate::settings;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Starts the mocks, says where they are, and waits.
pub(crate) async fn serve(arguments: &Serve, terminal: &Terminal) -> Result<Exit, Trouble> {
    let stop = mocks::asked_to_stop();
    let wanted = |mock: Mock| arguments.only.is_empty() || arguments.only.contains(&mock);
    let given = arguments.tls.as_deref().map(Given::read).transpose()?;
    // Whatever is wrong in a file is told before anything is started.
    let settings = if wanted(Mock::Function) { Some(settings(arguments, terminal)?) } else { None };
    let upstream = arguments.upstream.as_deref().map(|url| upstream(url, settings.as_ref(), terminal)).transpose()?;
    let started = mocks::start_mocks(config(arguments, given.as_ref(), wanted(Mock::Imds))?, terminal).await?;
    let function = match settings {
        Some(settings) => {
            let reference = reference(&started, settings, arguments, given.as_ref()).await?;
            Some(function(&reference, arguments, upstream, terminal).await?)
        }
        None => None,
    };
    let ca = Authority::write(&started, arguments)?;
    let ready = Ready { mocks: &started, function: function.as_ref(), ca: &ca.file };
    if arguments.json {
        terminal::output(&format!("{}\n", ready.json()));
    } else {
        terminal::output(&ready.text());
    }
    stop.await;
    if let Some(function) = function {
        function.app.stop().await;
    }
    started.stop().await;
    Ok(Exit::Passed)
}

fn config(arguments: &Serve, given: Option<&Given>, imds: bool) -> Result<MocksConfig, Trouble> {
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
        arc_keys: arguments.arc_keys.clone(),
        names: (arguments.names == arguments::Names::Entra).then_some(Names::Entra),
        state: arguments.state.as_deref().map(mocks::state).transpose()?,
        tls: given.map(|given| given.tls.clone()),
        control_token: control_token.map(mock_entra::Secret::new),
        ..MocksConfig::new(mocks::directory(arguments.directory.as_deref())?, system_clock())
    })
}

fn settings(arguments: &Serve, terminal: &Terminal) -> Result<Settings, Trouble> {
    let source = files::given_or(arguments.protection.settings.as_deref(), files::SETTINGS)?;
    settings::read(&source, None, &arguments.protection, terminal)
}

/// What stands behind the platform, by its URL; whatever keeps it from answering will be told.
fn upstream(url: &str, settings: Option<&Settings>, terminal: &Terminal) -> Result<Upstream, Trouble> {
    let Some(settings) = settings else {
        return Err(Trouble::usage("--upstream stands behind the Function App, and that is not started")
            .hint("write `--only function`, or leave `--only` out"));
    };
    let tell = terminal.clone();
    let upstream = Upstream::new(url, Upstream::PATIENCE, move |line| tell.warn(line)).map_err(|error| {
        Trouble::usage(format!("--upstream: {error}"))
            .hint("write where the host listens, such as http://localhost:7071")
    })?;
    if !settings.enabled() {
        terminal.warn("authentication is off in these settings: everything reaches the upstream, with whatever identity a client writes");
    }
    Ok(upstream)
}

/// How the app is set up. The settings that come along name Entra's public issuer; where the mock goes by its own address they
/// follow.
async fn reference(
    started: &Mocks,
    mut settings: Settings,
    arguments: &Serve,
    given: Option<&Given>,
) -> Result<Reference, Trouble> {
    if let (Names::Own(url), None) = (started.entra.names().await, &arguments.protection.settings) {
        let issuer = settings.entra.as_mut().and_then(|entra| entra.issuer.as_mut());
        if let Some(issuer) = issuer {
            *issuer = issuer.replace(Names::Entra.authority(), url);
        }
    }
    Reference::new(started, settings, given)
}

/// The app, or its platform alone before a host that runs elsewhere.
async fn function(
    reference: &Reference,
    arguments: &Serve,
    upstream: Option<Upstream>,
    terminal: &Terminal,
) -> Result<Function, Trouble> {
    let (address, url) = (arguments.function, upstream.as_ref().map(Upstream::url));
    if is_exposed(address) {
        let what =
            url.as_ref().map_or("the reference Function App".to_owned(), |url| format!("Easy Auth in front of {url}"));
        terminal.warn(&format!("{what} listens on {address}, where other machines can reach it"));
    }
    let app = match upstream {
        Some(upstream) => reference.start_before(address, upstream).await?,
        None => reference.start(address).await?,
    };
    Ok(Function { app, upstream: url })
}

/// The app that was started, and what answers behind its platform where that is another.
struct Function {
    app: FunctionApp,
    upstream: Option<String>,
}

impl Function {
    /// Where it is called. Of a host that runs elsewhere the functions are not known.
    fn url(&self) -> String {
        let path = if self.upstream.is_some() { "" } else { "/api/orders" };
        format!("{}{path}", self.app.url())
    }

    fn json(&self) -> Value {
        json!({ "url": self.url(), "upstream": self.upstream })
    }

    fn text(&self) -> String {
        let behind = self.upstream.as_ref().map(|upstream| format!("  (Easy Auth in front of {upstream})"));
        self.url() + &behind.unwrap_or_default()
    }
}

/// The file with the certificate that clients are to trust.
struct Authority {
    file: PathBuf,
    /// Made for this start only; gone when dropped.
    _passing: Option<TempDir>,
}

impl Authority {
    fn write(started: &Mocks, arguments: &Serve) -> Result<Self, Trouble> {
        let given = arguments.tls.as_deref().and_then(<[_]>::first).cloned();
        let kept = || arguments.state.as_ref().map(|folder| folder.join("ca.pem"));
        if let Some(file) = given.or_else(kept) {
            // Clients may run in another folder.
            let file = std::path::absolute(&file).unwrap_or(file);
            return Ok(Self { file, _passing: None });
        }
        let failed = |error: std::io::Error| {
            Trouble::fault(format!("the authority's certificate cannot be written: {error}"))
                .hint("give a folder with `--state`")
        };
        // What is to be trusted lies where only its owner can change it.
        let private = fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().prefix("greenlight-").permissions(private).tempdir().map_err(failed)?;
        let file = folder.path().join("ca.pem");
        fs::write(&file, started.authority.pem()).map_err(failed)?;
        Ok(Self { file, _passing: Some(folder) })
    }
}

/// What is ready, and where.
struct Ready<'a> {
    mocks: &'a Mocks,
    function: Option<&'a Function>,
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
                "control": format!("{}{}", self.mocks.entra.url(), CONTROL.trim_end_matches('/')),
                "ca": self.ca,
            },
            "imds": imds,
            "function": self.function.map(Function::json),
        })
    }

    /// What to set, for people and for each SDK. Secrets of the directory are named by their place, never shown.
    fn text(&self) -> String {
        let parts = [self.addresses(), self.for_clients(), self.for_managed_identities(), self.for_greenlight()];
        parts.into_iter().filter(|part| !part.is_empty()).map(|part| part + "\n").collect::<String>()
            + "Ready. Ctrl-C stops it.\n"
    }

    fn addresses(&self) -> String {
        let (entra, (tenant, name)) = (self.mocks.entra.url(), self.tenant());
        let plain = self.mocks.entra.plain_url().map(|http| ("Without TLS", format!("{http}/{tenant}/v2.0")));
        let imds = self.mocks.imds.as_ref();
        let lines = [
            Some(("Entra issuer", format!("{entra}/{tenant}/v2.0  (tenant {name})"))),
            plain,
            Some(("Control API", format!("{entra}{CONTROL}status"))),
            Some(("Authority", self.ca.display().to_string())),
            imds.map(|imds| ("IMDS", imds.url())),
            imds.map(|imds| ("App Service MSI", imds.app_service_url())),
            imds.and_then(|imds| Some(("Azure Arc", imds.arc_url()?))),
            self.function.map(|function| ("Function App", function.text())),
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

    fn for_greenlight(&self) -> String {
        let (entra, ca) = (self.mocks.entra.url(), self.ca.display());
        format!(
            "\
For greenlight
  one token     greenlight token --issuer {entra} --ca {ca}
  in a profile  issuer: {{ control: \"{entra}\", ca: {ca} }}
"
        )
    }

    /// Id and name of the first tenant.
    fn tenant(&self) -> (&str, &str) {
        let tenant = self.mocks.entra.issuer().directory().tenants().first();
        tenant.map_or(("", ""), |tenant| (tenant.id.as_str(), tenant.name.as_str()))
    }
}
