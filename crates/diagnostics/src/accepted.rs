//! What an entry is made of that accepts something for a time: a day and a reason.

use time::{Date, Month};

use crate::{Node, Problems};

impl Problems {
    /// A day of the calendar, or an error.
    pub fn date(&self, node: &Node) -> Option<Date> {
        let text = self.text(node)?;
        let date = calendar(text);
        if date.is_none() {
            let help = "write year, month and day, such as 2027-01-31";
            self.error(node.span, format!("`{text}` is not a date"), help);
        }
        date
    }

    /// A text that says why something is accepted, or an error where it says nothing.
    pub fn reason<'a>(&self, node: &'a Node) -> Option<&'a str> {
        let text = self.text(node)?.trim();
        if text.is_empty() {
            let help = "say who decided it and why, for whoever reads it next year";
            self.error(node.span, "a reason is needed", help);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// A day of the calendar, `YYYY-MM-DD`.
fn calendar(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part =
            parts.next().filter(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        part.parse::<u16>().ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok();
    date.filter(|_| parts.next().is_none())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2028-02-29", Date::from_calendar_date(2028, Month::February, 29).ok())]
    #[case("2027-02-29", None)]
    #[case("2027-1-31", None)]
    #[case("2027-01-31-", None)]
    #[case("+027-01-31", None)]
    #[case("20270131", None)]
    #[case("2027-00-10", None)]
    #[case("tomorrow", None)]
    fn only_days_of_the_calendar_are_dates(#[case] text: &str, #[case] date: Option<Date>) {
        assert_eq!(calendar(text), date);
    }
}
