//! A value that is written in one of several forms.

use diagnostics::{Fields, Problems};

/// The form that is written, each read already; an error where there is none or more than one.
#[expect(clippy::option_option, reason = "the outer is whether a form is written, the inner whether it could be read")]
pub(crate) fn one_of<T, const N: usize>(
    fields: &Fields<'_>,
    forms: [Option<Option<T>>; N],
    help: &str,
    problems: &Problems,
) -> Option<T> {
    if forms.iter().flatten().count() != 1 {
        problems.error(fields.span(), "exactly one form is needed", help);
        return None;
    }
    forms.into_iter().flatten().next().flatten()
}
