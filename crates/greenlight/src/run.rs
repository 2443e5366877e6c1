//! `greenlight run`: brings a run together, plays it, tells it.

use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use authsettings::Settings;
use report::{Console, Format, Progress, Style};
use results::{Event, Reporter, Writer};
use runner::Issuer;
use scenario::{Address, Marker, Profile};
use serve::system_clock;
use wire::Trust;

use crate::arguments;
use crate::exit::Exit;
use crate::files;
use crate::library::Library;
use crate::mocks::{self, Started};
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Plays the chosen scenarios. Files with mistakes are told and left out; then the exit code is that of wrong files.
pub(crate) async fn run(arguments: &arguments::Run, terminal: &Terminal) -> Result<Exit, Trouble> {
    let library = Library::select(&arguments.selection)?;
    terminal.diagnostics(&library.diagnostics);
    if library.scenarios.is_empty() {
        return Err(Trouble::usage("there is no scenario to play"));
    }
    let mut profile = profile(arguments)?;
    let (settings, configuration) = settings(&profile, arguments.settings.as_deref())?.unzip();
    let started = mocks::start(&mut profile, settings.as_ref(), terminal).await?;
    let output = Output::open(arguments)?;

    let run = runner::Run {
        scenarios: library.scenarios,
        trust: trust(&profile, started.as_ref())?,
        issuer: issuer(&profile, started.as_ref()).await?,
        secrets: started.as_ref().map(Started::secrets).unwrap_or_default(),
        wait: arguments.wait,
        clock: system_clock(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        notes: advice(&profile),
        profile,
        settings,
        configuration,
    };
    let mut reporter = Telling::new(arguments, &output, terminal)?;
    let closing = runner::play(run, &mut reporter, mocks::asked_to_stop()).await;
    drop(reporter);
    if let Some(started) = started {
        started.stop().await;
    }
    let closing = closing.map_err(Trouble::fault)?;
    output.finish()?;
    Ok(if library.diagnostics.is_empty() { Exit::of(closing.verdict) } else { Exit::Usage })
}

/// What is known about the target, from a file or from the command line, which has the last word.
fn profile(arguments: &arguments::Run) -> Result<Profile, Trouble> {
    let mut profile = match (&arguments.profile, arguments.target.as_deref()) {
        (Some(file), _) => read_profile(&files::read(file)?)?,
        (None, Some("reference") | None) => reference()?,
        (None, Some(url)) => Profile::bare(url).map_err(|error| {
            Trouble::usage(format!("--target {url}: {error}")).hint("or write `--target reference`")
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

fn read_profile(source: &Arc<diagnostics::Source>) -> Result<Profile, Trouble> {
    let (profile, diagnostics) = Profile::read(source);
    profile.ok_or_else(|| Trouble::files(format!("the profile {} cannot be used", source.name), diagnostics))
}

/// The settings that the target is believed to have, and the name of their file. The reference app has those that come along
/// unless others are named.
fn settings(profile: &Profile, given: Option<&Path>) -> Result<Option<(Settings, String)>, Trouble> {
    let is_reference = profile.target.address == Address::Reference;
    let source = match given.or(profile.settings.as_deref()) {
        Some(file) => files::read(file)?,
        None if is_reference => files::given_or(None, files::SETTINGS)?,
        None => return Ok(None),
    };
    let (settings, diagnostics) = authsettings::read(&source);
    match settings {
        Some(settings) => Ok(Some((settings, source.name.clone()))),
        None => Err(Trouble::files(format!("the settings {} cannot be used", source.name), diagnostics)),
    }
}

/// Whom to trust for the target's certificate.
fn trust(profile: &Profile, started: Option<&Started>) -> Result<Trust, Trouble> {
    let mut extra = Vec::new();
    if let Some(file) = &profile.target.ca {
        extra.push(files::read(file)?.text.clone());
    }
    extra.extend(started.map(Started::authority_pem));
    Ok(Trust::System(extra))
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
    let hint = "is `greenlight serve` running there, and is `ca` the file that it printed?";
    let issuer = Issuer::connect(&control, ca.as_deref()).await;
    issuer.map(|issuer| Some(Arc::new(issuer))).map_err(|error| Trouble::unreachable(error).hint(hint))
}

/// What knowing more about the target would add.
fn advice(profile: &Profile) -> Vec<String> {
    let mut notes = Vec::new();
    if profile.issuer.is_none() {
        notes.push(
            "a profile (`--profile FILE`) with `tenant`, `audience` and `callers` and with an `issuer` that the target trusts adds the \
             positive control, without which no refusal counts, and every token that is correctly signed but wrong"
                .to_owned(),
        );
    }
    if profile.target.marker.is_none() {
        notes.push(
            "without a `marker` (a header that only the function sends) every 2xx counts as the function's answer"
                .to_owned(),
        );
    }
    notes
}

/// The files that a run leaves behind.
struct Output {
    results: Option<PathBuf>,
    /// Where the results are only needed to make the JUnit report of them.
    passing: bool,
    junit: Option<PathBuf>,
}

impl Output {
    fn open(arguments: &arguments::Run) -> Result<Self, Trouble> {
        let junit = arguments.junit.clone();
        if let Some(file) = &junit {
            files::create(file)?;
        }
        let passing = arguments.results.is_none() && junit.is_some();
        let beside = junit.as_ref().map(|file| file.with_extension("results.json"));
        Ok(Self { results: arguments.results.clone().or(beside), passing, junit })
    }

    /// Renders what is made from the result document.
    fn finish(&self) -> Result<(), Trouble> {
        let Some(results) = &self.results else { return Ok(()) };
        if let Some(junit) = &self.junit {
            let read = || File::open(results).map(BufReader::new);
            let mut output = BufWriter::new(files::create(junit)?);
            report::render(Format::Junit, read, &mut output)
                .map_err(|error| Trouble::fault(format!("{} cannot be written: {error}", junit.display())))?;
        }
        if self.passing {
            // It was only on its way to the JUnit report; that it stays behind harms nobody.
            let _ = std::fs::remove_file(results);
        }
        let kept = self.results.iter().filter(|_| !self.passing).chain(&self.junit);
        let kept: Vec<String> = kept.map(|file| file.display().to_string()).collect();
        if !kept.is_empty() {
            terminal::say(&format!("written: {}", kept.join(", ")));
        }
        Ok(())
    }
}

/// Everyone who is told how the run goes.
struct Telling {
    view: Box<dyn Reporter>,
    results: Option<Writer<BufWriter<File>>>,
}

impl Telling {
    fn new(arguments: &arguments::Run, output: &Output, terminal: &Terminal) -> Result<Self, Trouble> {
        let console =
            Console::new(io::stdout(), Style { colour: terminal.output_colour(), verbose: arguments.verbose });
        let results = output.results.as_deref().map(files::create).transpose()?;
        Ok(Self {
            view: if terminal.shows_progress() {
                Box::new(Progress::new(io::stderr(), console))
            } else {
                Box::new(console)
            },
            results: results.map(|file| Writer::new(BufWriter::new(file))),
        })
    }
}

impl Reporter for Telling {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        // Who looks on may go away; the run and its files go on.
        let _ = self.view.event(event);
        self.results.as_mut().map_or(Ok(()), |results| results.event(event))
    }
}
