//! `greenlight run`: brings a run together, plays it, tells it.

use std::collections::BTreeSet;
use std::sync::Arc;

use authsettings::Settings;
use diagnostics::{Diagnostic, Source};
use runner::Issuer;
use scenario::{Address, Consent, Marker, Profile, Scenario, Secret};
use serve::system_clock;
use wire::Trust;

use crate::arguments::{self, Protection};
use crate::exit::Exit;
use crate::files;
use crate::library::Library;
use crate::mocks::{self, Started};
use crate::proxy::{self, Chosen};
use crate::real::{self, Real};
use crate::secrets;
use crate::settings;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

/// Plays the chosen scenarios. Files with mistakes are told and left out; then the exit code is that of wrong files.
pub(crate) async fn run(arguments: &arguments::Run, terminal: &Terminal) -> Result<Exit, Trouble> {
    arguments.outputs.distinct()?;
    let mut profile = profile(arguments)?;
    // Before the scenarios are read, for the issuer's keys take longer to make than those to read.
    let ground = Ground::prepare(&mut profile, &arguments.protection, terminal).await?;
    let mut library = Library::select(&arguments.selection)?;
    terminal.diagnostics(&library.diagnostics);
    if library.scenarios.is_empty() {
        return Err(Trouble::usage("there is no scenario to play"));
    }
    if ground.is_reference() {
        library = library.without_deployed();
    }
    if arguments.selection.names.is_empty() {
        library.scenarios.retain(|scenario| profile.has(scenario));
    } else {
        library.scenarios.retain(|scenario| profile.has(scenario) || !scenario.control);
    }
    let assembled = ground.assemble(library.scenarios, profile).await?;
    let run = runner::Run {
        wait: arguments.wait,
        notes: left_out(&library.diagnostics).into_iter().chain(assembled.run.notes.clone()).collect(),
        ..assembled.run
    };
    // From here on whoever stops the program finds valid reports.
    let stop = mocks::asked_to_stop();
    let mut reporter = arguments.outputs.open(arguments.verbose, terminal)?;
    let closing = runner::play(run, &mut reporter, stop).await;
    drop(reporter);
    if let Some(started) = assembled.started {
        started.stop().await;
    }
    let closing = closing.map_err(Trouble::fault)?;
    match left_out(&library.diagnostics) {
        None => Ok(Exit::of(closing.verdict)),
        Some(left_out) => Err(Trouble::usage(left_out)),
    }
}

/// A run that is brought together, and what was started for it.
pub(crate) struct Assembled {
    pub(crate) run: runner::Run,
    pub(crate) started: Option<Started>,
}

/// What a run stands on, whatever it plays: the settings that its target is believed to have, and what was started for it.
struct Ground {
    source: Option<Arc<Source>>,
    settings: Option<Settings>,
    started: Option<Started>,
}

/// Brings a run together: reads what the profile names, starts what it asks for.
pub(crate) async fn assemble(
    scenarios: Vec<Arc<Scenario>>,
    mut profile: Profile,
    protection: &Protection,
    terminal: &Terminal,
) -> Result<Assembled, Trouble> {
    Ground::prepare(&mut profile, protection, terminal).await?.assemble(scenarios, profile).await
}

impl Ground {
    async fn prepare(profile: &mut Profile, protection: &Protection, terminal: &Terminal) -> Result<Self, Trouble> {
        let source = settings_source(profile, protection)?;
        // Whoever names a file by hand means what is in it.
        let believed = profile.settings.as_ref().filter(|_| protection.settings.is_none());
        let resource = believed.and_then(|believed| believed.resource.as_deref());
        let settings =
            source.as_ref().map(|source| settings::read(source, resource, protection, terminal)).transpose()?;
        let started = mocks::start(profile, settings.as_ref(), terminal).await?;
        Ok(Self { source, settings, started })
    }

    /// Whether the target is the reference app.
    fn is_reference(&self) -> bool {
        self.started.as_ref().is_some_and(Started::is_target)
    }

    async fn assemble(self, scenarios: Vec<Arc<Scenario>>, profile: Profile) -> Result<Assembled, Trouble> {
        let Self { source, settings, started } = self;
        let (real, kept, keys) = (Real::prepare(&profile, |_| true)?, real::kept(&profile)?, keys(&profile)?);
        // What is started for the run is on this machine.
        let proxy = proxy::choose(&profile, |name| std::env::var(name).ok())?;
        let run = runner::Run {
            secrets: [real.secrets(), started.as_ref().map(Started::secrets).unwrap_or_default()].concat(),
            credentials: real.into_credentials(),
            kept,
            keys: [keys, started.as_ref().map(Started::keys).unwrap_or_default()].concat(),
            laboratory: started.as_ref().and_then(Started::laboratory),
            scenarios,
            trust: trust(&profile, started.as_ref())?,
            issuer: issuer(&profile, started.as_ref()).await?,
            wait: None,
            steady: false,
            clock: system_clock(),
            evidence: true,
            command: std::env::args().collect::<Vec<_>>().join(" "),
            notes: proxy.as_ref().map(Chosen::note).into_iter().collect(),
            proxy: proxy.map(|chosen| chosen.proxy),
            advice: advice(&profile),
            profile,
            settings,
            configuration: source.map(|source| source.name.clone()),
        };
        Ok(Assembled { run, started })
    }
}

/// Which scenario files could not be read.
fn left_out(diagnostics: &[Diagnostic]) -> Option<String> {
    let files: BTreeSet<&str> = diagnostics.iter().map(|one| one.source.name.as_str()).collect();
    let files = Vec::from_iter(files).join(", ");
    (!files.is_empty()).then(|| format!("left out for the mistakes in it: {files}"))
}

/// What is known about the target, from a file or from the command line, which has the last word.
fn profile(arguments: &arguments::Run) -> Result<Profile, Trouble> {
    let mut profile = match (&arguments.profile, arguments.target.as_deref()) {
        (Some(file), _) => read_profile(&files::read(file)?)?,
        (None, Some("reference") | None) => reference()?,
        (None, Some(url)) => Profile::bare(url).map_err(|error| {
            // What comes with a user name or a query may be a secret.
            let shown = if url.contains(['@', '?', '#']) { String::new() } else { format!(" {url}") };
            Trouble::usage(format!("--target{shown}: {error}"))
                .hint("write https://HOST/PATH, or `reference` for the Function App that comes along")
        })?,
    };
    let target = &mut profile.target;
    if let Some(marker) = &arguments.marker {
        let (header, value) =
            marker.split_once('=').map_or((marker.as_str(), None), |(name, value)| (name, Some(value)));
        target.marker = Some(Marker { header: header.to_owned(), value: value.map(str::to_owned) });
    }
    target.ca = arguments.ca.clone().or(target.ca.take());
    profile.strict |= arguments.strict;
    profile.consent.extend(arguments.consent.iter().map(|consent| match consent {
        arguments::Consent::Smuggling => Consent::Smuggling,
        arguments::Consent::Flood => Consent::Flood,
        arguments::Consent::UnsafeMethods => Consent::UnsafeMethods,
    }));
    profile.limits.concurrency = arguments.concurrency.map_or(profile.limits.concurrency, usize::from);
    Ok(profile)
}

/// The profile of the reference app, wherever the program is called. The files that it names come along too.
fn reference() -> Result<Profile, Trouble> {
    let mut profile = read_profile(&files::given_or(None, files::REFERENCE)?)?;
    profile.settings = None;
    if let Some(scenario::Issuer::Started(mocks)) = &mut profile.issuer {
        mocks.directory = None;
    }
    Ok(profile)
}

pub(crate) fn read_profile(source: &Arc<Source>) -> Result<Profile, Trouble> {
    let (profile, diagnostics) = Profile::read(source, &|name| std::env::var(name).ok());
    profile.ok_or_else(|| Trouble::files(format!("the profile {} cannot be used", source.name), diagnostics))
}

/// The settings that the target is believed to have. The reference app has those that come along unless others are named.
fn settings_source(profile: &Profile, given: &Protection) -> Result<Option<Arc<Source>>, Trouble> {
    let is_reference = profile.target.address == Address::Reference;
    match given.settings.as_deref().or(profile.settings.as_ref().map(|believed| believed.file.as_path())) {
        Some(file) => files::read(file).map(Some),
        None if is_reference => files::given_or(None, files::SETTINGS).map(Some),
        None if given.app_setting.is_empty() && given.knob.is_empty() => Ok(None),
        None => {
            let message = "`--app-setting` and `--knob` refine settings, and there are none";
            Err(Trouble::usage(message).hint("name them with `--settings FILE`"))
        }
    }
}

/// The keys of the Functions host, of the gateway and of the previous instance, by name.
fn keys(profile: &Profile) -> Result<Vec<(String, String)>, Trouble> {
    let value = |(name, secret): &(String, Secret)| {
        Ok((name.clone(), secrets::value(secret, &format!("the key `{name}` of the Functions host"))?))
    };
    let own = profile.target.keys.iter().map(value).collect::<Result<Vec<_>, _>>()?;
    let ways =
        [("gateway", &profile.gateway, "the subscription key"), ("previous", &profile.previous, "the function key")];
    let beside = ways.into_iter().filter_map(|(name, site, what)| Some((name, site.as_ref()?.key.as_ref()?, what)));
    let beside = beside.map(|(name, secret, what)| Ok((name.to_owned(), secrets::value(secret, what)?)));
    Ok([own, beside.collect::<Result<Vec<_>, Trouble>>()?].concat())
}

/// Whom to trust for the target's certificate.
fn trust(profile: &Profile, started: Option<&Started>) -> Result<Trust, Trouble> {
    let mut extra = Vec::new();
    let beside = [&profile.gateway, &profile.previous].into_iter().flatten().filter_map(|site| site.ca.as_ref());
    for file in profile.target.ca.iter().chain(beside) {
        extra.push(files::read(file)?.text.clone());
    }
    extra.extend(started.map(Started::authority_pem));
    // What was started for this run is known by its own authority: nobody waits for those of the machine to be read.
    Ok(if started.is_some_and(Started::is_target) { Trust::Only(extra) } else { Trust::System(extra) })
}

/// Where tokens come from: the mocks of this run, or ones that run already.
async fn issuer(profile: &Profile, started: Option<&Started>) -> Result<Option<Arc<Issuer>>, Trouble> {
    let (control, ca) = match (&profile.issuer, started) {
        (Some(scenario::Issuer::Running { control, ca }), _) => {
            let ca = ca.as_deref().map(files::read).transpose()?;
            (control.to_string(), ca.map(|source| source.text.clone()))
        }
        (_, Some(started)) => (started.control(), Some(started.authority_pem())),
        (_, None) => return Ok(None),
    };
    mocks::issuer(&control, ca.as_deref(), "`issuer.ca`").await.map(|issuer| Some(Arc::new(issuer)))
}

/// What knowing more about the target would add, and how to tell it.
fn advice(profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    let has_real = profile.callers.iter().any(|caller| caller.credential.is_some());
    if profile.issuer.is_none() && !has_real {
        notes.push(NO_ISSUER.to_owned());
    }
    if profile.target.marker.is_none() {
        notes.push(
            "every 2xx was taken for the function's answer; `--marker NAME`, a header that only the function sends, tells it apart"
                .to_owned(),
        );
    }
    notes
}

/// What a run without tokens that the target trusts can and cannot prove.
const NO_ISSUER: &str = "\
this run had no token that the target trusts, so it could find breaches, but no refusal counts
write a profile and play everything with `greenlight run --profile FILE`:
  target: { url: https://HOST, path: /PATH, marker: { header: NAME } }
  tenant: TENANT-ID
  audience: CLIENT-ID                               # of the target's own app registration
  callers:
    listed: { client-id: ID }                       # may call
    unlisted: { client-id: ID }                     # may not
    foreign: { client-id: ID, tenant: TENANT-ID }   # may not: lives in another tenant
  apis: { another-api: CLIENT-ID }                  # an API whose tokens must not open this one
  issuer: { listen: \"127.0.0.1:8443\", directory: FILE }   # a mock that knows all these and that the target trusts
it adds the positive control, without which no refusal counts, and every token that is correctly signed but wrong";
