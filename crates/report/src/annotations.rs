//! Annotations: lines that a CI server takes out of a step's output and shows beside the file.
//!
//! Sources: GitHub, "Workflow commands for GitHub Actions"; Microsoft, "Azure Pipelines logging commands". Both servers let a line of
//! output do more than that, so text from outside is escaped, and [`defused`] where it is shown to people.

use std::fmt::Write as _;

use diagnostics::{Diagnostic, Level};

use crate::Place;
use crate::place::path;

/// A CI server that takes annotations from the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// GitHub Actions. It shows ten of each level a step.
    GitHub,
    /// Azure Pipelines. It knows no notes; they are left out.
    AzurePipelines,
}

/// A line for each diagnostic, the gravest first. Names of files are as seen from `folder`, which is as seen from the root of the
/// repository.
pub fn annotations<'a>(server: Server, diagnostics: impl IntoIterator<Item = &'a Diagnostic>, folder: &str) -> String {
    let mut diagnostics: Vec<&Diagnostic> = diagnostics.into_iter().collect();
    diagnostics.sort_by_key(|one| one.level);
    let mut text = String::new();
    for one in diagnostics {
        let line = match server {
            Server::GitHub => github(one, folder),
            Server::AzurePipelines if one.level == Level::Note => continue,
            Server::AzurePipelines => azure_pipelines(one, folder),
        };
        let _ = writeln!(text, "{line}");
    }
    text
}

/// What is said of a diagnostic where there is one line for all of it.
pub(crate) fn message(diagnostic: &Diagnostic) -> String {
    match &diagnostic.help {
        Some(help) => format!("{}; {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

fn github(diagnostic: &Diagnostic, folder: &str) -> String {
    let command = match diagnostic.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let property = |text: &str| github_data(text).replace(':', "%3A").replace(',', "%2C");
    let mut line = format!("::{command} file={}", property(&path(folder, &diagnostic.source.name)));
    if let Some(Place { line: number, column, .. }) = Place::of(diagnostic) {
        let _ = write!(line, ",line={number},col={column}");
    }
    if let Some(rule) = diagnostic.rule {
        let _ = write!(line, ",title={}", property(rule));
    }
    format!("{line}::{}", github_data(&message(diagnostic)))
}

fn github_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn azure_pipelines(diagnostic: &Diagnostic, folder: &str) -> String {
    let property = |text: &str| azure_data(text).replace(']', "%5D").replace(';', "%3B");
    let mut line = format!(
        "##vso[task.logissue type={};sourcepath={};",
        diagnostic.level.word(),
        property(&path(folder, &diagnostic.source.name))
    );
    if let Some(Place { line: number, column, .. }) = Place::of(diagnostic) {
        let _ = write!(line, "linenumber={number};columnnumber={column};");
    }
    if let Some(rule) = diagnostic.rule {
        let _ = write!(line, "code={};", property(rule));
    }
    format!("{line}]{}", azure_data(&defused(&message(diagnostic))))
}

fn azure_data(text: &str) -> String {
    text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text that may quote a user's file, so that no server takes a command out of it.
pub fn defused(text: &str) -> String {
    let apart = text.replace("##vso[", "## vso[").replace("##[", "## [");
    let lines = apart.split_inclusive('\n').map(|line| {
        let command = line.trim_start().starts_with("::");
        if command { line.replacen("::", ": :", 1) } else { line.to_owned() }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use diagnostics::{Source, Span};
    use insta::assert_snapshot;

    use super::*;

    fn hostile() -> [Diagnostic; 3] {
        let source = Source::new("infra/a,b;c].json", "{\n  \"x\": 1\n}");
        let note = Diagnostic::error(&source, Span { start: 4, end: 7 }, "100% of\r\n::add-mask::it");
        let note = Diagnostic { level: Level::Note, rule: Some("L-NOTE"), ..note };
        let error = Diagnostic { level: Level::Error, rule: Some("L-ERROR"), ..note.clone() }.help("##vso[task.x]y");
        let whole = Diagnostic { span: None, rule: None, level: Level::Warning, ..note.clone() };
        [note, error, whole]
    }

    #[test]
    fn github_reads_one_command_a_line() {
        assert_snapshot!(annotations(Server::GitHub, &hostile(), "service"), @r"
        ::error file=service/infra/a%2Cb;c].json,line=2,col=3,title=L-ERROR::100%25 of%0D%0A::add-mask::it; ##vso[task.x]y
        ::warning file=service/infra/a%2Cb;c].json::100%25 of%0D%0A::add-mask::it
        ::notice file=service/infra/a%2Cb;c].json,line=2,col=3,title=L-NOTE::100%25 of%0D%0A::add-mask::it
        ");
    }

    #[test]
    fn azure_pipelines_reads_one_command_a_line() {
        assert_snapshot!(annotations(Server::AzurePipelines, &hostile(), ""), @r"
        ##vso[task.logissue type=error;sourcepath=infra/a,b%3Bc%5D.json;linenumber=2;columnnumber=3;code=L-ERROR;]100%AZP25 of%0D%0A: :add-mask::it; ## vso[task.x]y
        ##vso[task.logissue type=warning;sourcepath=infra/a,b%3Bc%5D.json;]100%AZP25 of%0D%0A: :add-mask::it
        ");
    }

    #[test]
    fn quoted_text_commands_nobody() {
        let quoted = "3 | ##vso[task.setvariable variable=x]y\n  ::add-mask::z\n##[error]no\na::b\n";
        assert_eq!(defused(quoted), "3 | ## vso[task.setvariable variable=x]y\n  : :add-mask::z\n## [error]no\na::b\n");
    }
}
