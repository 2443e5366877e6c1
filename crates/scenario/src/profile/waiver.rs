//! Failures that somebody answers for, for a time.

use diagnostics::{Node, Problems};
use results::Waiver;

/// A failure that is let pass for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    /// The case, as a report names it: a scenario's id, or one of its variants, `id[k=v]`.
    pub case: String,
    /// Who answers for it, until when and why.
    pub waiver: Waiver,
}

impl Waived {
    /// Whether it is about a case.
    pub fn covers(&self, id: &str, variant: &str) -> bool {
        is_case(&self.case, id, variant)
    }
}

/// Whether a name, of a scenario or of one of its cases, means this case.
pub fn is_case(name: &str, id: &str, variant: &str) -> bool {
    let Some(rest) = name.strip_prefix(id) else { return false };
    let inner = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    rest.is_empty() || inner == Some(variant)
}

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Waived> {
    let fields = problems.fields(node)?;
    let case = fields.required_text("case");
    let owner = fields.required_text("owner");
    let until = fields.required("until").and_then(|node| problems.date(node));
    let reason = fields.required("reason").and_then(|node| problems.reason(node));
    fields.finish();
    // Days that are written so are in the order of their texts.
    Some(Waived {
        case: case?,
        waiver: Waiver { owner: owner?, until: until?.to_string(), reason: reason?.to_owned() },
    })
}
