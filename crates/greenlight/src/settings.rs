//! The settings of a target: from a file, refined on the command line.

use std::sync::Arc;

use authsettings::{AppSettings, Knobs, Settings};
use diagnostics::{Level, Problems, Source, nearest, parse};

use crate::arguments::Protection;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

/// Reads the settings of one resource in a file and refines them. What is doubtful in them is told.
pub(crate) fn read(
    source: &Arc<Source>,
    resource: Option<&str>,
    given: &Protection,
    terminal: &Terminal,
) -> Result<Settings, Trouble> {
    let (settings, diagnostics) = authsettings::read_named(source, resource);
    let Some(mut settings) = settings else {
        return Err(Trouble::files(format!("the settings {} cannot be used", source.name), diagnostics));
    };
    terminal.diagnostics(&diagnostics.into_iter().filter(|one| one.level == Level::Warning).collect::<Vec<_>>());
    settings.app = app_settings(&given.app_setting)?;
    settings.knobs = knobs(&given.knob)?;
    Ok(settings)
}

fn app_settings(given: &[String]) -> Result<AppSettings, Trouble> {
    let mut pairs = Vec::new();
    for text in given {
        let (name, value) =
            text.split_once('=').ok_or_else(|| Trouble::usage(format!("--app-setting {text}: write NAME=VALUE")))?;
        if !AppSettings::NAMES.contains(&name) {
            let hint = match nearest(name, AppSettings::NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("those that do are {}", AppSettings::NAMES.join(", ")),
            };
            return Err(Trouble::usage(format!("--app-setting {name}: it does not change how authentication answers"))
                .hint(hint));
        }
        pairs.push((name, value));
    }
    Ok(AppSettings::from_pairs(pairs))
}

/// The knobs as a mapping, so that mistakes are told as in any file.
fn knobs(given: &[String]) -> Result<Knobs, Trouble> {
    if given.is_empty() {
        return Ok(Knobs::default());
    }
    let lines = given.iter().map(|text| text.replacen('=', ": ", 1)).collect::<Vec<_>>().join("\n");
    let source = Source::new("--knob", lines);
    let refused = |diagnostics| Trouble::files("--knob: write NAME=VALUE", diagnostics);
    let node = parse(&source).map_err(|diagnostic| refused(vec![diagnostic]))?;
    let problems = Problems::new(&source);
    let knobs = Knobs::read(&problems, &node);
    if problems.any_error() { Err(refused(problems.into_vec())) } else { Ok(knobs) }
}
