//! The program: arguments, environment, terminal and exit codes. Everything else is in the crates below.

mod arguments;
mod catalogue;
mod check;
mod configurations;
mod describe;
mod diff;
mod exit;
mod explain;
mod files;
mod gate;
mod init;
mod library;
mod list;
mod mocks;
mod outputs;
mod proxy;
mod real;
mod reference;
mod report;
mod run;
mod secrets;
mod serve;
mod settings;
mod terminal;
mod token;
mod trouble;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use terminal::Terminal;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.color);
    let ended = match arguments.command {
        Command::Run(run) => block_on(run::run(&run, &terminal)),
        Command::Gate(gate) => block_on(gate::gate(&gate, &terminal)),
        Command::Watch(watch) => block_on(watch::watch(&watch, &terminal)),
        Command::Init(init) => init::init(&init, &terminal),
        Command::Serve(serve) => block_on(serve::serve(&serve, &terminal)),
        Command::Token(token) => block_on(token::token(&token)),
        Command::Check(check) => check::check(&check, &terminal),
        Command::List(list) => list::list(&list, &terminal),
        Command::Explain(explain) => explain::explain(&explain),
        Command::Diff(diff) => diff::diff(&diff, &terminal),
        Command::Report(report) => report::report(&report, &terminal),
        Command::Configurations(all) => block_on(configurations::configurations(&all, &terminal)),
        Command::Reference(reference) => reference::reference(&reference),
    };
    let exit = ended.unwrap_or_else(|trouble| {
        terminal.trouble(&trouble);
        trouble.exit
    });
    exit.into()
}

fn block_on<T>(command: impl Future<Output = Result<T, trouble::Trouble>>) -> Result<T, trouble::Trouble> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| trouble::Trouble::fault(format!("threads cannot be started: {error}")))?;
    let ended = runtime.block_on(command);
    // A blocking task (a key being made) must not hold up the end of the program.
    runtime.shutdown_background();
    ended
}
