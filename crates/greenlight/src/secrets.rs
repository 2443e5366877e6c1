//! Reads the secrets that a profile names: from the environment, a file, or what a program prints.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use scenario::Secret;

use crate::files;
use crate::trouble::Trouble;

/// How long a program may take to print a secret.
const PATIENCE: Duration = Duration::from_secs(30);
/// So much of what it complains of is shown, in characters: there may be a secret in it.
const SHOWN: usize = 80;

/// The value of a secret, without white space around it. `what` says what it should be.
pub(crate) fn value(secret: &Secret, what: &str) -> Result<String, Trouble> {
    let (value, from) = match secret {
        Secret::Env(name) => (std::env::var(name).unwrap_or_default(), format!("the environment variable {name}")),
        Secret::File(file) => (files::read(file)?.text.clone(), file.display().to_string()),
        Secret::Command(words) => (printed(words)?, format!("what `{}` prints", program(words))),
    };
    if !value.trim().is_empty() {
        return Ok(value.trim().to_owned());
    }
    let (is, hint) = match secret {
        Secret::Env(_) => ("not set", "set it, or take it out of the profile"),
        _ => ("empty", "see what it should hold, or take it out of the profile"),
    };
    Err(Trouble::usage(format!("{from} is {is}; it should hold {what}")).hint(hint))
}

/// An argument may be a secret too.
fn program(words: &[String]) -> &str {
    words.first().map_or("", String::as_str)
}

fn printed(words: &[String]) -> Result<String, Trouble> {
    let program = program(words);
    let mut command = Command::new(program);
    command.args(words.iter().skip(1)).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = command.spawn();
    let mut child = started.map_err(|error| Trouble::usage(format!("`{program}` cannot be started: {error}")))?;
    let (output, complaint) = (reading(child.stdout.take()), reading(child.stderr.take()));
    let Ok(output) = output.recv_timeout(PATIENCE) else {
        // Whether it can be ended or has ended by itself: nobody waits for it any more.
        let _ = child.kill();
        let _ = child.wait();
        let message = format!("`{program}` printed no secret within {} s", PATIENCE.as_secs());
        return Err(Trouble::usage(message).hint("does it wait for somebody to type something?"));
    };
    let status = child.wait().map_err(|error| Trouble::usage(format!("`{program}` was lost: {error}")))?;
    if status.success() {
        return Ok(output);
    }
    let complaint = complaint.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    let line = complaint.trim().lines().next().unwrap_or_default();
    let shown: String = line.chars().take(SHOWN).collect();
    let more = if complaint.trim().chars().count() > shown.chars().count() { " ..." } else { "" };
    let said = if shown.is_empty() { String::new() } else { format!(": {shown}{more}") };
    Err(Trouble::usage(format!("`{program}` failed, {status}{said}")).hint("run it by itself to see what it says"))
}

/// Reads to the end, elsewhere: a full pipe stops who writes.
fn reading(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        // Nobody waits for it any more where it took too long.
        let _ = tell.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    told
}

#[cfg(test)]
mod tests;
