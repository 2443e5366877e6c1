//! Starts what a run or `greenlight serve` needs beside itself.

mod target;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use authsettings::Settings;
use function_app::FunctionApp;
use mock_entra::Directory;
use runner::{Issuer, IssuerError, Laboratory, Mocks, MocksConfig};
use scenario::{Address, IssuerNames, Profile};
use serve::{StateFolder, Tls, is_exposed, system_clock};
use token::Names;
use tokio::signal::unix::{SignalKind, signal};
use wire::WireError;

pub(crate) use self::target::Reference;
use crate::files;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

/// What was started for a run.
pub(crate) struct Started {
    mocks: Mocks,
    function: Option<FunctionApp>,
    laboratory: Option<Arc<Reference>>,
}

/// Starts what a profile asks for: the mocks, and the reference app if that is the target, whose address is then filled in.
pub(crate) async fn start(
    profile: &mut Profile,
    settings: Option<&Settings>,
    terminal: &Terminal,
) -> Result<Option<Started>, Trouble> {
    let is_reference = profile.target.address == Address::Reference;
    let Some(scenario::Issuer::Started(asked)) = &profile.issuer else {
        return if is_reference {
            Err(Trouble::usage("the reference Function App needs an issuer that is started with it")
                .hint("add `issuer: {}` to the profile"))
        } else {
            Ok(None)
        };
    };
    let config = MocksConfig {
        entra: asked.listen,
        entra_http: asked.http,
        imds: Some(asked.imds),
        names: (asked.names == IssuerNames::Entra).then_some(Names::Entra),
        state: asked.state.as_deref().map(state).transpose()?,
        ..MocksConfig::new(directory(asked.directory.as_deref())?, system_clock())
    };
    let mocks = start_mocks(config, terminal).await?;
    let Some(settings) = settings.filter(|_| is_reference) else {
        return Ok(Some(Started { mocks, function: None, laboratory: None }));
    };
    let reference = Reference::new(&mocks, settings.clone(), None)?;
    let function = reference.start(loopback()).await?;
    profile.target.address = Address::Url(target::url(&function));
    let laboratory = Arc::new(reference.in_cases(&mocks)?);
    Ok(Some(Started { mocks, function: Some(function), laboratory: Some(laboratory) }))
}

impl Started {
    /// Where the issuer is controlled.
    pub(crate) fn control(&self) -> String {
        self.mocks.entra.url()
    }

    /// Whether the target is the reference app, started with the mocks.
    pub(crate) fn is_target(&self) -> bool {
        self.function.is_some()
    }

    /// The certificate of the authority that signed for the mocks and the reference app.
    pub(crate) fn authority_pem(&self) -> String {
        self.mocks.authority.pem().to_owned()
    }

    /// What makes a target for a single case.
    pub(crate) fn laboratory(&self) -> Option<Arc<dyn Laboratory>> {
        Some(self.laboratory.clone()?)
    }

    /// The keys of the target's host, by name.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        self.laboratory.as_ref().map(|reference| reference.keys()).unwrap_or_default()
    }

    /// What must not appear in any output.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.mocks.entra.issuer().directory().secrets().map(|secret| secret.expose().to_owned()).collect()
    }

    /// Stops everything.
    pub(crate) async fn stop(self) {
        if let Some(function) = self.function {
            function.stop().await;
        }
        self.mocks.stop().await;
    }
}

/// Starts the mocks, and warns where other machines can reach them.
pub(crate) async fn start_mocks(config: MocksConfig, terminal: &Terminal) -> Result<Mocks, Trouble> {
    for (what, address) in [("issuer", Some(config.entra)), ("identity endpoint", config.imds)] {
        let Some(address) = address.filter(|address| is_exposed(*address)) else { continue };
        terminal.warn(&format!("the mock {what} listens on {address}: whoever reaches it gets tokens from it"));
    }
    Mocks::start(config).await.map_err(Trouble::usage)
}

/// An issuer that runs: of this run, or of a `greenlight serve`. `ca` is the text of its authority's certificate.
pub(crate) async fn issuer(control: &str, ca: Option<&str>, ca_is_named: &str) -> Result<Issuer, Trouble> {
    Issuer::connect(control, ca).await.map_err(|error| match &error {
        IssuerError::Wire(WireError::Url { .. } | WireError::Trust(_)) => Trouble::usage(error),
        _ => Trouble::unreachable(error).hint(format!(
            "is `greenlight serve` running there, and is {ca_is_named} the file that it named as its authority?"
        )),
    })
}

/// A directory file, or the one that comes along.
pub(crate) fn directory(file: Option<&Path>) -> Result<Directory, Trouble> {
    let source = files::given_or(file, files::DIRECTORY)?;
    let (directory, diagnostics) = Directory::read(&source);
    directory.ok_or_else(|| Trouble::files(format!("the directory {} cannot be used", source.name), diagnostics))
}

/// The folder in which keys are kept.
pub(crate) fn state(folder: &Path) -> Result<StateFolder, Trouble> {
    StateFolder::open(folder).map_err(Trouble::usage)
}

/// A server certificate of the user's.
pub(crate) struct Given {
    /// With its key.
    pub(crate) tls: Tls,
    /// Without: the certificate and those that were sent along with it.
    pub(crate) pem: String,
}

impl Given {
    /// Reads a certificate and its key, in this order.
    pub(crate) fn read(files: &[PathBuf]) -> Result<Self, Trouble> {
        let [certificate, key] = files else { return Err(Trouble::usage("--tls needs a certificate and a key")) };
        let (pem, private) = (files::read(certificate)?, files::read(key)?);
        let tls = Tls::from_pem(&pem.text, &private.text)
            .map_err(|error| Trouble::usage(format!("--tls {} {}: {error}", certificate.display(), key.display())))?;
        Ok(Self { tls, pem: pem.text.clone() })
    }
}

/// Completes when the user or the system asks the program to stop. From the call on, not from the first poll, neither signal ends
/// the program by itself.
pub(crate) fn asked_to_stop() -> impl Future<Output = ()> {
    let signals = signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?)));
    async {
        // Without handlers the signals end the program.
        let Ok((mut interrupt, mut terminate)) = signals else { return std::future::pending().await };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}
