//! Texts that only another program can read: they are recognised, and it is told what to run instead.

use std::sync::Arc;

use diagnostics::{Diagnostic, Source, Span};

/// An error if the text is in the language of Terraform or Bicep.
pub(super) fn recognise(source: &Arc<Source>) -> Option<Diagnostic> {
    let (start, line) = first_line(&source.text)?;
    let (what, run) = if is_terraform(line) {
        (
            "this is Terraform's own language; what it comes to is only known to Terraform",
            "run `terraform plan -out=plan`, then `terraform show -json plan > plan.json`, and hand in plan.json",
        )
    } else if is_bicep(line) {
        (
            "this is Bicep; what it comes to is only known once it is compiled",
            "run `az bicep build --file FILE --outfile template.json` and hand in template.json",
        )
    } else {
        return None;
    };
    Some(Diagnostic::error(source, Span { start, end: start + line.trim_end().len() }, what).help(run))
}

/// The first line that is no comment, and where it begins.
fn first_line(text: &str) -> Option<(usize, &str)> {
    let (mut at, mut comment) = (0, false);
    for line in text.split_inclusive('\n') {
        let inner = line.trim_start_matches('\u{feff}').trim_start();
        let start = at + line.len() - inner.len();
        at += line.len();
        let opens = inner.starts_with("/*");
        if comment || opens {
            comment = !inner.contains("*/");
        } else if !(inner.is_empty() || inner.starts_with("//") || inner.starts_with('#')) {
            return Some((start, inner));
        }
    }
    None
}

/// `resource "azurerm_linux_function_app" "this" {`
fn is_terraform(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match first {
        "resource" | "data" | "module" | "variable" | "output" | "provider" => second.starts_with('"'),
        "terraform" | "locals" | "moved" | "import" | "removed" => second == "{",
        _ => false,
    }
}

/// `resource auth 'Microsoft.Web/sites/config@2023-12-01' = {`
fn is_bicep(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    match first {
        "targetScope" => second.starts_with('='),
        "param" | "var" | "resource" | "module" | "metadata" | "func" | "type" | "output" | "import" | "using" => {
            !second.is_empty() && !second.starts_with(['=', ':', '"', '{'])
        }
        _ => first.starts_with('@') && first.contains('('),
    }
}

#[cfg(test)]
mod tests {
    use super::recognise;
    use diagnostics::Source;
    use rstest::rstest;

    #[rstest]
    #[case::resource("# the app\n\nresource \"azurerm_linux_function_app\" \"this\" {\n", "Terraform")]
    #[case::block("terraform {\n", "Terraform")]
    #[case::commented("/*\n * words\n */\nlocals {\n", "Terraform")]
    #[case::bicep("// words\nparam name string\n", "Bicep")]
    #[case::decorated("@description('The name.')\nparam name string\n", "Bicep")]
    #[case::bicep_resource("resource auth 'Microsoft.Web/sites/config@2023-12-01' = {\n", "Bicep")]
    #[case::scope("targetScope = 'subscription'\n", "Bicep")]
    fn another_language_is_recognised(#[case] text: &str, #[case] language: &str) {
        let error = recognise(&Source::new("main", text)).unwrap();
        assert!(error.message.contains(language), "{}", error.message);
    }

    #[rstest]
    #[case::json("{ \"resource\": \"x\" }")]
    #[case::commented_json("// words\n{}")]
    #[case::yaml("platform: { enabled: true }\n")]
    #[case::yaml_word("resource: x\n")]
    #[case::empty("")]
    fn nothing_else_is(#[case] text: &str) {
        assert_eq!(recognise(&Source::new("x", text)), None);
    }
}
