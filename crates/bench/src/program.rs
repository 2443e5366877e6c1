//! The program under test, and what the kernel knows of its processes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The release build of greenlight.
pub(crate) struct Program {
    target: PathBuf,
}

/// A `greenlight serve` that is ready. Killed when dropped.
pub(crate) struct Served {
    child: Child,
    _stdout: BufReader<ChildStdout>,
    addresses: Value,
}

impl Program {
    /// Finds it beside this program, where one build puts both.
    pub(crate) fn find() -> Result<Self> {
        let own = env::current_exe()?;
        let folder = own.parent().context("a program lies in a folder")?;
        ensure!(folder.join("greenlight").is_file(), "greenlight is not built: run `cargo xtask bench`");
        ensure!(folder.ends_with("release"), "a debug build says nothing: run `cargo xtask bench`");
        Ok(Self { target: folder.parent().unwrap_or(folder).to_path_buf() })
    }

    /// Where builds and reports go.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A call of it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.target.join("release/greenlight"));
        command.stdin(Stdio::null());
        command
    }

    /// Starts the mocks and waits until they are ready.
    pub(crate) fn serve(&self, arguments: &[&str]) -> Result<Served> {
        let mut child = self.command().args(["serve", "--json"]).args(arguments).stdout(Stdio::piped()).spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("standard output is piped")?);
        let mut line = String::new();
        stdout.read_line(&mut line)?;
        let addresses = serde_json::from_str(&line).with_context(|| format!("greenlight serve said {line:?}"))?;
        Ok(Served { child, _stdout: stdout, addresses })
    }
}

impl Served {
    /// A text of its ready line, by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Result<&str> {
        let found = self.addresses.pointer(pointer).and_then(Value::as_str);
        found.with_context(|| format!("nothing at {pointer} in {}", self.addresses))
    }

    /// CPU time that the process has used so far, user and system, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds(self.child.id())
    }

    /// Resident memory, in MiB.
    pub(crate) fn resident(&self) -> Result<f64> {
        memory(self.child.id(), "VmRSS:")
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most memory that a process ever had resident, in MiB.
pub(crate) fn peak(pid: u32) -> Result<f64> {
    memory(pid, "VmHWM:")
}

/// A figure of `/proc/PID/status`, in MiB.
fn memory(pid: u32, label: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(label)).context("the process has ended")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// CPU time of a process and its threads, in seconds (proc(5): fields 14 and 15 of `stat`, in hundredths).
pub(crate) fn cpu_seconds(pid: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("no name in stat")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / 100.0)
}
