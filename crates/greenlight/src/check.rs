//! `greenlight check`: reads auth configurations, asks the rules, tells what they found.

mod foretelling;
mod inputs;
mod workspace;

use std::io::{self, Write as _};
use std::path::Path;

use authsettings::{Configuration, Expected, Form, RULES, Subject, Suppressions, TokenVersion, lint};
use diagnostics::{Diagnostic, Level, Source, nearest};
use report::annotations::{Server, defused};
use report::check::{Accepted, Checked, Finding, Look, Predict};
use report::prediction::Prediction;
use report::sarif;
use scenario::Identity;
use time::{Date, OffsetDateTime};
use token::Version;

use crate::arguments::{Check, CheckFormat, FailOn};
use crate::exit::Exit;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;
use crate::{files, run};
use foretelling::Foreteller;
use inputs::Inputs;
use workspace::Workspace;

/// Findings that are accepted, where no file is named.
const SUPPRESSIONS: &str = "greenlight-suppressions.yaml";

/// Checks what is named. What cannot be read is told, and the others are checked all the same.
pub(crate) fn check(arguments: &Check, terminal: &Terminal) -> Result<Exit, Trouble> {
    let expected = expected(arguments, terminal)?;
    let workspace = Workspace::look();
    let Inputs { configurations, mut problems, .. } = Inputs::read(&arguments.configs);
    let suppressions = suppressions(arguments.suppressions.as_deref(), &mut problems)?;
    let today = today();

    let subjects =
        configurations.iter().map(|one| Subject { configuration: one, all: &configurations, expected: &expected });
    let found: Vec<Vec<Diagnostic>> = subjects.map(|subject| lint(&subject)).collect();
    let found: Vec<(&Configuration, &[Diagnostic])> =
        configurations.iter().zip(&found).map(|(one, found)| (one, found.as_slice())).collect();
    if let Some(suppressions) = &suppressions {
        problems.extend(suppressions.doubts(&found, today));
    }
    let told: Vec<_> = found.iter().filter(|(one, _)| is_meant(one, arguments.resource.as_deref())).collect();
    if let (Some(name), true, false) = (&arguments.resource, told.is_empty(), configurations.is_empty()) {
        return Err(no_such_resource(name, &configurations, problems));
    }
    let accepted = |one: &Configuration, finding: &Diagnostic| {
        let entry = suppressions.as_ref()?.covering(one, finding, today)?;
        Some(Accepted { reason: entry.reason.clone(), until: entry.until.to_string() })
    };
    let checked = |(one, found): &&(&Configuration, &[Diagnostic])| {
        let finding = |one, diagnostic: &Diagnostic| Finding {
            diagnostic: diagnostic.clone(),
            accepted: accepted(one, diagnostic),
        };
        Checked {
            file: one.source.name.clone(),
            name: one.name.clone(),
            kind: kind(one.form).to_owned(),
            begins: one.source.line_column(one.span.start),
            findings: found.iter().map(|diagnostic| finding(one, diagnostic)).collect(),
        }
    };
    let foreteller = Foreteller::prepare(&expected, arguments)?;
    let predict = foreteller.as_ref().map(|foreteller| |at: usize| foreteller.foretell(told[at].0));
    let shown = predict.as_ref().filter(|_| arguments.predict);
    let check = report::check::Check {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        folder: workspace.folder,
        configurations: told.iter().map(checked).collect(),
        predict: shown.map(|predict| predict as &Predict<'_>),
        problems,
    };
    terminal.diagnostics(&check.problems);
    write(&check, arguments, workspace.server, terminal)?;
    let exit = exit(&check, arguments.fail_on);
    let Some(file) = &arguments.baseline else { return Ok(exit) };
    if exit == Exit::Usage && arguments.write_baseline {
        terminal.warn(&format!("{} is not written: it would lack what cannot be read", file.display()));
        return Ok(exit);
    }
    let predictions: Vec<Prediction<'_>> = predict.iter().flat_map(|predict| (0..told.len()).map(predict)).collect();
    let changed = foretelling::held_against(file, &predictions, arguments.write_baseline)?;
    Ok(if exit == Exit::Passed && changed { Exit::Failed } else { exit })
}

/// What is expected: from a profile, and from the command line, which has the last word.
fn expected(arguments: &Check, terminal: &Terminal) -> Result<Expected, Trouble> {
    let mut expected = Expected::default();
    if let Some(file) = &arguments.profile {
        let profile = run::read_profile(&files::read(file)?)?;
        match profile.caller("listed").map(|caller| &caller.identity) {
            Some(Identity::ClientId(id)) => expected.callers.push(id.clone()),
            Some(Identity::Name(name)) => terminal.warn(&format!(
                "{}: the client id of `{name}` is not known here; name it with `--expect-caller`",
                file.display()
            )),
            None => {}
        }
        (expected.audience, expected.tenant) = (profile.audience, profile.tenant);
        expected.token_version = profile.token_version.map(|version| match version {
            Version::V1 => TokenVersion::V1,
            Version::V2 => TokenVersion::V2,
        });
    }
    expected.callers.extend(arguments.expect_caller.iter().cloned());
    expected.audience = arguments.expect_audience.clone().or(expected.audience);
    expected.token_version = match arguments.expect_token_version {
        Some(1) => Some(TokenVersion::V1),
        Some(_) => Some(TokenVersion::V2),
        None => expected.token_version,
    };
    expected.tenant = arguments.expect_tenant.clone().or(expected.tenant);
    Ok(expected)
}

/// The findings that are accepted; what is wrong in their file joins the problems.
fn suppressions(named: Option<&Path>, problems: &mut Vec<Diagnostic>) -> Result<Option<Suppressions>, Trouble> {
    let file = named.or(Some(Path::new(SUPPRESSIONS)).filter(|file| file.exists()));
    let Some(file) = file else { return Ok(None) };
    let source = files::read(file)?;
    let (suppressions, mistakes) = Suppressions::read(&Source::new(inputs::name(file), source.text.as_str()));
    problems.extend(mistakes);
    Ok(Some(suppressions))
}

/// The day, in UTC.
fn today() -> Date {
    let now = OffsetDateTime::from_unix_timestamp(serve::system_clock()());
    now.unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
}

/// Whether somebody who names a resource means this configuration: by its name, that of its app, or that of its slot.
fn is_meant(configuration: &Configuration, named: Option<&str>) -> bool {
    named.is_none_or(|named| names(configuration).any(|name| name.eq_ignore_ascii_case(named)))
}

fn names(configuration: &Configuration) -> impl Iterator<Item = &str> {
    let host = &configuration.host;
    let other = host.slot.as_ref().unwrap_or(&host.app);
    [configuration.name.as_str(), other.as_str()].into_iter().filter(|name| !name.is_empty())
}

fn no_such_resource(name: &str, all: &[Configuration], problems: Vec<Diagnostic>) -> Trouble {
    let known: Vec<&str> = all.iter().map(|one| one.name.as_str()).filter(|name| !name.is_empty()).collect();
    let hint = match nearest(name, all.iter().flat_map(names)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "the configurations here have no names; leave `--resource` out".to_owned(),
        None => format!("there are {}", known.join(", ")),
    };
    Trouble::files(format!("no configuration is called `{name}`"), problems).hint(hint)
}

/// What kind of settings a form holds.
fn kind(form: Form) -> &'static str {
    match form {
        Form::Resource | Form::Template | Form::Azapi => "authsettingsV2",
        Form::File => "file-based settings",
        Form::V1 => "authsettings (V1)",
        Form::Terraform => "auth_settings_v2",
        Form::TerraformV1 => "auth_settings (V1)",
    }
}

/// Writes the report to where it is wanted.
fn write(
    check: &report::check::Check<'_>,
    arguments: &Check,
    server: Option<Server>,
    terminal: &Terminal,
) -> Result<(), Trouble> {
    let colour = arguments.output.is_none() && terminal.output_colour();
    let text = match (arguments.format, server) {
        (CheckFormat::Console, server) => {
            let text = check.console(Look { colour, quiet: arguments.quiet });
            match server.filter(|_| arguments.output.is_none()) {
                Some(server) => defused(&text) + &check.annotations(server),
                None => text,
            }
        }
        (CheckFormat::Json, _) => check.json(),
        (CheckFormat::Sarif, _) => check.sarif(RULES.iter().map(|rule| described(rule)).collect()),
        (CheckFormat::GitHub, _) => check.annotations(Server::GitHub),
        (CheckFormat::AzurePipelines, _) => check.annotations(Server::AzurePipelines),
    };
    let Some(file) = &arguments.output else {
        terminal::output(&text);
        return Ok(());
    };
    let written: io::Result<()> = files::create(file)?.write_all(text.as_bytes());
    written.map_err(|error| Trouble::usage(format!("{} cannot be written: {error}", file.display())))?;
    if !arguments.quiet {
        terminal::say(&format!("{}: {}", file.display(), check.summary()));
    }
    Ok(())
}

/// A rule as code scanning shows it.
fn described(rule: &authsettings::Rule) -> sarif::Rule {
    let (example, sources) = (rule.example.replace('\n', "\n    "), rule.sources.join("\n- "));
    sarif::Rule {
        id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        description: rule.why.to_owned(),
        help: format!("{}\n\n{}\n\nFor example:\n\n    {example}\n\nSources:\n\n- {sources}\n", rule.why, rule.fix),
        level: rule.level,
        tags: vec!["security".to_owned(), "authentication".to_owned()],
        security_severity: (rule.level == Level::Error).then_some("8.0"),
    }
}

/// A file that could not be read wins over a rule that fired: nobody knows what it holds.
fn exit(check: &report::check::Check<'_>, fail_on: FailOn) -> Exit {
    let counts = check.counts();
    if check.problems.iter().any(|one| one.level == Level::Error) {
        return Exit::Usage;
    }
    let doubtful = check.problems.iter().any(|one| one.level == Level::Warning);
    let fires = match fail_on {
        FailOn::Error => counts.errors > 0,
        FailOn::Warning => counts.errors + counts.warnings > 0 || doubtful,
    };
    if fires { Exit::Failed } else { Exit::Passed }
}
