//! `greenlight init`: begins a profile from what is known, and asks for what is not.

use std::io::Write as _;
use std::path::{self, Path, PathBuf};

use authsettings::{Settings, TokenVersion, configurations, read_named};
use diagnostics::Level;
use scenario::{BaseUrl, Draft, Profile};
use token::Version;

use crate::arguments::Init;
use crate::exit::Exit;
use crate::files;
use crate::terminal::{self, Terminal};
use crate::trouble::Trouble;

/// Puts a question, with what an empty answer stands for; none: nothing was answered.
type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<String>;

/// Writes a profile, or prints it.
pub(crate) fn init(arguments: &Init, terminal: &Terminal) -> Result<Exit, Trouble> {
    let printed = arguments.output == Path::new("-");
    if !printed && !arguments.force && arguments.output.exists() {
        let message = format!("{} is there already", arguments.output.display());
        return Err(Trouble::usage(message)
            .hint("name another file by `--output`, or give `--force` to write over it; `--output -` prints"));
    }
    let mut draft = given(arguments)?;
    if let Some(file) = &arguments.settings {
        believed(file, arguments, &mut draft, terminal)?;
    }
    if terminal::is_attended() {
        ask_for_the_rest(&mut draft, &mut terminal::ask);
    }
    let text = draft.render();
    refuse_unreadable(&draft, &text)?;
    if printed {
        terminal::output(&text);
    } else {
        let written = files::create(&arguments.output)?.write_all(text.as_bytes());
        written.map_err(|error| {
            Trouble::usage(format!("{} cannot be written: {error}", arguments.output.display()))
                .hint("name another file")
        })?;
    }
    tell_what_is_next(&draft, if printed { None } else { Some(&arguments.output) });
    Ok(Exit::Passed)
}

/// What the command line says.
fn given(arguments: &Init) -> Result<Draft, Trouble> {
    let address = |option: &str, url: &Option<String>| match url.as_deref().map(BaseUrl::parse) {
        // The text is not repeated: what makes it wrong may be a password or a key in it.
        Some(Err(error)) => Err(Trouble::usage(format!("{option}: {error}"))),
        _ => Ok(url.clone()),
    };
    Ok(Draft {
        url: address("--url", &arguments.url)?,
        gateway: address("--gateway", &arguments.gateway)?,
        previous: address("--previous", &arguments.previous)?,
        caller: arguments.caller.clone(),
        ..Draft::default()
    })
}

/// What the settings in a file say.
fn believed(file: &Path, arguments: &Init, draft: &mut Draft, terminal: &Terminal) -> Result<(), Trouble> {
    let source = files::read(file)?;
    let named = arguments.resource.as_deref();
    let (settings, diagnostics) = read_named(&source, named);
    let Some(settings) = settings else {
        let several = configurations(&source).configurations.len() > 1;
        let trouble = Trouble::files(format!("the settings {} cannot be used", source.name), diagnostics);
        return Err(if several { trouble.hint("name one of them by `--resource NAME`") } else { trouble });
    };
    terminal.diagnostics(&diagnostics.into_iter().filter(|one| one.level == Level::Warning).collect::<Vec<_>>());
    draft.settings = Some(seen_from(&arguments.output, file));
    draft.resource = named.filter(|_| read_named(&source, None).0.is_none()).map(str::to_owned);
    fill(draft, &settings);
    let allowed = allowed(&settings);
    if let Some(caller) = arguments.caller.as_ref().filter(|one| !allowed.is_empty() && !allowed.contains(one)) {
        terminal.warn(&format!("--caller {caller}: it is not among the applications that the settings allow"));
    }
    Ok(())
}

fn fill(draft: &mut Draft, settings: &Settings) {
    draft.tenant = settings.tenant();
    draft.token_version = settings.token_version().map(|version| match version {
        TokenVersion::V1 => Version::V1,
        TokenVersion::V2 => Version::V2,
    });
    draft.excluded.clone_from(&settings.validation.excluded_paths);
    let Some(entra) = &settings.entra else { return };
    draft.audience.clone_from(&entra.client_id);
    let listed = allowed(settings);
    draft.caller = draft.caller.take().or_else(|| listed.first().cloned());
    draft.others = listed.iter().filter(|one| draft.caller.as_ref() != Some(one)).cloned().collect();
}

/// The applications that the settings name; where there are none, they do not go by that.
fn allowed(settings: &Settings) -> &[String] {
    let policy = settings.entra.as_ref().and_then(|entra| entra.policy.as_ref());
    policy.and_then(|policy| policy.applications.as_deref()).unwrap_or_default()
}

/// The path of a file as a profile names it: from the profile's folder.
fn seen_from(profile: &Path, file: &Path) -> String {
    let folder = profile.parent().unwrap_or(Path::new(""));
    let (Ok(from), Ok(to)) = (path::absolute(Path::new(".").join(folder)), path::absolute(file)) else {
        return file.display().to_string();
    };
    if file.is_absolute() || folder == Path::new("") {
        return file.display().to_string();
    }
    let shared = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(shared).map(|_| PathBuf::from(".."));
    let down = to.components().skip(shared).map(|part| PathBuf::from(part.as_os_str()));
    up.chain(down).collect::<PathBuf>().display().to_string()
}

/// Asks for what is not known. Secrets are not asked for.
fn ask_for_the_rest(draft: &mut Draft, ask: Ask<'_>) {
    let address = |question: &str, known: &mut Option<String>, ask: Ask<'_>| {
        while known.is_none() {
            let Some(answer) = ask(question) else { return };
            match BaseUrl::parse(&answer) {
                Ok(_) => *known = Some(answer),
                Err(error) => terminal::say(&error.to_string()),
            }
        }
    };
    let text = |question: &str, known: &mut Option<String>, ask: Ask<'_>| {
        if known.is_none() {
            *known = ask(question);
        }
    };
    address("URL of the function, with its path [not known yet]", &mut draft.url, ask);
    text("Id of the tenant whose tokens it takes [not known yet]", &mut draft.tenant, ask);
    text("Client id of its app registration [not known yet]", &mut draft.audience, ask);
    text("Client id of a caller that must get in [not known yet]", &mut draft.caller, ask);
    address("URL of the function through the gateway [no gateway]", &mut draft.gateway, ask);
    address("URL of the function at the instance that it replaces [none]", &mut draft.previous, ask);
}

/// What was given may be something that no profile takes: better told now than by the next command.
fn refuse_unreadable(draft: &Draft, text: &str) -> Result<(), Trouble> {
    if draft.url.is_none() {
        return Ok(());
    }
    let (_, mistakes) = Profile::read(&diagnostics::Source::new("the profile", text), &|_| None);
    if mistakes.is_empty() { Ok(()) } else { Err(Trouble::files("no profile takes what was given", mistakes)) }
}

fn tell_what_is_next(draft: &Draft, file: Option<&Path>) {
    let profile = file.map_or_else(|| "FILE".to_owned(), |file| file.display().to_string());
    if file.is_some() {
        terminal::say(&format!("written: {profile}"));
    }
    let mut before = Vec::new();
    if draft.url.is_none() {
        before.push("write `target.url`".to_owned());
    }
    if !draft.variables().is_empty() {
        before.push(format!("set {}", draft.variables().join(" and ")));
    }
    if draft.caller.is_some() {
        before.push("say by `credential` where the caller gets its tokens".to_owned());
    }
    if !before.is_empty() {
        terminal::say(&format!("first: {}", before.join("; ")));
    }
    terminal::say(&format!("next: greenlight gate --profile {profile} --dry-run"));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers in order; whoever asks more often gets nothing.
    fn asked(draft: &mut Draft, answers: &[&str]) -> Vec<String> {
        let (mut questions, mut answers) = (Vec::new(), answers.iter());
        ask_for_the_rest(draft, &mut |question| {
            questions.push(question.to_owned());
            answers.next().filter(|answer| !answer.is_empty()).map(|answer| (*answer).to_owned())
        });
        questions
    }

    #[test]
    fn what_is_known_is_not_asked() {
        let text = |text: &str| Some(text.to_owned());
        let mut draft = Draft { url: text("https://app.example.net"), tenant: text("t"), ..Draft::default() };
        let questions = asked(&mut draft, &["orders", "", "https://gateway.example.net/orders"]);
        let about = ["registration", "caller", "gateway", "replaces"];
        assert_eq!(questions.len(), about.len(), "{questions:?}");
        assert!(questions.iter().zip(about).all(|(question, about)| question.contains(about)), "{questions:?}");
        let known =
            Draft { audience: text("orders"), gateway: text("https://gateway.example.net/orders"), ..Draft::default() };
        assert_eq!(draft, Draft { url: text("https://app.example.net"), tenant: text("t"), ..known });
    }

    #[test]
    fn an_address_that_is_none_is_asked_for_again() {
        let mut draft = Draft::default();
        let questions = asked(&mut draft, &["app.example.net", "https://app.example.net/api"]);
        assert_eq!(questions[0], questions[1]);
        assert_eq!(draft.url.as_deref(), Some("https://app.example.net/api"));
    }

    #[test]
    fn the_settings_are_named_from_the_folder_of_the_profile() {
        let seen = |profile: &str, file: &str| seen_from(Path::new(profile), Path::new(file));
        assert_eq!(seen("greenlight.yaml", "infra/authsettings.json"), "infra/authsettings.json");
        assert_eq!(seen("-", "infra/authsettings.json"), "infra/authsettings.json");
        assert_eq!(seen("gates/new/greenlight.yaml", "infra/authsettings.json"), "../../infra/authsettings.json");
        assert_eq!(seen("infra/greenlight.yaml", "infra/authsettings.json"), "authsettings.json");
        assert_eq!(seen("gates/greenlight.yaml", "/etc/authsettings.json"), "/etc/authsettings.json");
    }
}
