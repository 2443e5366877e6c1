//! What was measured, and beside what.

use std::fmt;

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

/// The figures for people, one a line as they are measured, below what their columns are.
pub(crate) fn header() -> String {
    format!(
        "{:<38} {:>12} {:<18} {:>7}  {:<9}  measured against",
        "figure (release build)", "value", "unit", "ratio", "reach"
    )
}

impl fmt::Display for Figure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, unit, reference, reach, ratio } = self;
        let ratio = ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        write!(formatter, "{name:<38} {value:>12.1} {unit:<18} {ratio:>7}  {reach:<9}  {reference}")
    }
}

/// The middle one; of an even number the lower.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}
