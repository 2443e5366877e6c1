//! The matrix for people.

use std::fmt::{Display, Formatter, Result};

use super::{Alarm, Matrix, Row};

impl Display for Matrix {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut theme = "";
        for row in &self.defects {
            if row.theme != theme {
                writeln!(f, "{}", row.theme)?;
                theme = row.theme;
            }
            if self.scope.every_defect { self.line(f, row)? } else { in_full(f, row)? }
        }
        self.accounts(f)
    }
}

impl Matrix {
    /// One line for a defect: how many cases caught it, and which was the first.
    fn line(&self, f: &mut Formatter<'_>, row: &Row) -> Result {
        let width = self.defects.iter().map(|row| row.id.len()).max().unwrap_or_default();
        let first = row.caught_by.first().map_or("NOT CAUGHT", String::as_str);
        writeln!(f, "  {:width$} {:>4}  {first}", row.id, row.caught_by.len())
    }

    fn accounts(&self, f: &mut Formatter<'_>) -> Result {
        let (caught, idle) = (self.caught, self.idle.len());
        let (defects, sets) = (counted(self.total, "defect"), counted(self.sets, "different set"));
        writeln!(f, "\n{defects}, {caught} caught, by {sets} of cases")?;
        for id in &self.uncaught {
            writeln!(f, "  not caught: {id}")?;
        }
        for row in &self.defects {
            row.errors.iter().try_for_each(|one| writeln!(f, "  {}: {}", row.id, phrase(one)))?;
        }
        if self.scope.every_defect {
            writeln!(f, "{}, {idle} of them without a defect to catch", counted(self.cases, "case"))?;
        }
        for case in &self.idle {
            let skipped = self.scope.skipped.get(case).map(|why| format!(", skipped: {why}"));
            writeln!(f, "  catches nothing: {case}{}", skipped.unwrap_or_default())?;
        }
        let (ways, alarms) = (counted(self.configurations, "configuration"), counted(self.false_alarms, "false alarm"));
        writeln!(f, "{ways} without a flaw, {alarms}")?;
        for alarm in &self.alarms {
            let configuration = if alarm.configuration.is_empty() { "default" } else { &alarm.configuration };
            writeln!(f, "  {configuration}: {}", phrase(alarm))?;
        }
        let timings = &self.timings;
        write!(f, "{} cases in {} bouts, {:.1} s", timings.cases, timings.bouts, timings.seconds)
    }
}

/// A defect with every case that caught it.
fn in_full(f: &mut Formatter<'_>, row: &Row) -> Result {
    writeln!(f, "  {}: {}", row.id, row.title)?;
    if row.caught_by.is_empty() {
        writeln!(f, "    NOT CAUGHT")?;
    }
    row.caught_by.iter().zip(&row.reasons).try_for_each(|(case, reason)| writeln!(f, "    {case}: {reason}"))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn phrase(alarm: &Alarm) -> String {
    format!("{}, {}: {}", alarm.case, alarm.verdict, alarm.reason)
}
