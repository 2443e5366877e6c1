//! What was measured, and beside what.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// One measured figure.
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: &'static str,
    /// The median, in `unit`.
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What it is measured against, with its own figure where it was measured.
    pub(crate) reference: String,
    /// The value by the reference's; none where the reference is absent.
    pub(crate) ratio: Option<f64>,
    /// What the ratio should come to.
    pub(crate) reach: &'static str,
}

impl Figure {
    /// As the result file has it.
    pub(crate) fn json(&self) -> Value {
        let Self { name, value, unit, reference, ratio, reach } = self;
        json!({ "name": name, "value": value, "unit": unit, "reference": reference, "ratio": ratio, "reach": reach })
    }
}

/// The figures for people, one a line.
pub(crate) fn table(figures: &[Figure]) -> String {
    let mut table = format!(
        "{:<38} {:>12} {:<18} {:>7}  {:<9}  measured against\n",
        "figure (release build)", "value", "unit", "ratio", "reach"
    );
    for one in figures {
        let ratio = one.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            table,
            "{:<38} {:>12.1} {:<18} {ratio:>7}  {:<9}  {}",
            one.name, one.value, one.unit, one.reach, one.reference
        );
    }
    table
}

/// The middle one; of an even number the lower.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
