//! `greenlight token keep`: stores a real token until it has expired.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use authsettings::read_named;

use crate::arguments::Keep;
use crate::exit::Exit;
use crate::files;
use crate::real::Real;
use crate::run::read_profile;
use crate::terminal;
use crate::trouble::Trouble;

/// Gets one real token now and stores it, readable by its owner only.
pub(super) async fn keep(arguments: &Keep) -> Result<Exit, Trouble> {
    let profile = read_profile(&files::read(&arguments.profile)?)?;
    let role = &arguments.caller;
    if profile.caller(role).is_none_or(|caller| caller.credential.is_none()) {
        let message = format!("the profile names no credential of the caller `{role}`");
        return Err(Trouble::usage(message).hint(format!("add `callers: {{ {role}: {{ credential: ... }} }}`")));
    }
    let settings = match &profile.settings {
        Some(believed) => read_named(&files::read(&believed.file)?, believed.resource.as_deref()).0,
        None => None,
    };
    refuse_shared(&arguments.output)?;
    let real = Real::prepare(&profile, |one| one == role)?;
    let had = runner::real_token(&profile, settings.as_ref(), role, &real, (serve::system_clock())()).await;
    let token = had.map_err(Trouble::unreachable)?;
    store(&arguments.output, token.expose()).map_err(|error| {
        Trouble::usage(format!("{} cannot be written: {error}", arguments.output.display())).hint("name another file")
    })?;
    let file = arguments.output.display();
    terminal::say(&format!(
        "kept: {file}; once it has expired, name it by `callers: {{ {role}: {{ kept: {file} }} }}`"
    ));
    Ok(Exit::Passed)
}

/// A file that others can read is not written: it may be read before its mode is changed.
fn refuse_shared(file: &Path) -> Result<(), Trouble> {
    let Ok(metadata) = fs::metadata(file) else { return Ok(()) };
    let granted_to_others = metadata.permissions().mode() & 0o077;
    if granted_to_others == 0 && metadata.is_file() {
        return Ok(());
    }
    Err(Trouble::usage(format!("others can read {}, so no token is written to it", file.display()))
        .hint("remove it, or name another file"))
}

fn store(file: &Path, token: &str) -> std::io::Result<()> {
    let mut output = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    writeln!(output, "{token}")
}
