//! The settings of a target: from a file, refined on the command line.

use std::path::Path;

use authsettings::{AppSettings, Knobs, Settings};
use diagnostics::{Level, Problems, Source, nearest, parse};

use crate::arguments::Protection;
use crate::files;
use crate::terminal::Terminal;
use crate::trouble::Trouble;

/// Reads the settings that the command line names, else those of a profile, else the ones that come along where those apply.
/// With them the name of their file.
pub(crate) fn read(
    given: &Protection,
    profile: Option<&Path>,
    come_along: bool,
    terminal: &Terminal,
) -> Result<Option<(Settings, String)>, Trouble> {
    let source = match given.settings.as_deref().or(profile) {
        Some(file) => files::read(file)?,
        None if come_along => files::given_or(None, files::SETTINGS)?,
        None if given.app_setting.is_empty() && given.knob.is_empty() => return Ok(None),
        None => {
            let message = "`--app-setting` and `--knob` refine settings, and there are none";
            return Err(Trouble::usage(message).hint("name them with `--settings FILE`"));
        }
    };
    let (settings, diagnostics) = authsettings::read(&source);
    let Some(mut settings) = settings else {
        return Err(Trouble::files(format!("the settings {} cannot be used", source.name), diagnostics));
    };
    terminal.diagnostics(&diagnostics.into_iter().filter(|one| one.level == Level::Warning).collect::<Vec<_>>());
    settings.app = app_settings(&given.app_setting)?;
    settings.knobs = knobs(&given.knob)?;
    Ok(Some((settings, source.name.clone())))
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
