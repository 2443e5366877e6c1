use diagnostics::Level;

use super::{Findings, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    id: "L-DURATION",
    level: Level::Warning,
    title: "a duration is none",
    why: "Both are durations as .NET writes them, hh:mm:ss, with days and a dot before where there are any. An official example holds a \
          date there, and people copy it; how long a session or a nonce then lasts is anybody's guess.",
    example: r#"{ "login": { "cookieExpiration": { "timeToExpiration": "2022:09-01T00:00Z" } } }"#,
    fix: "Write 08:00:00 for eight hours, 00:05:00 for five minutes, 1.00:00:00 for a day.",
    sources: &[
        "Microsoft.Web/sites/config authsettingsV2, login.cookieExpiration and login.nonce",
        "Microsoft Learn: Standard TimeSpan format strings",
    ],
    check,
};

const DURATIONS: [&str; 2] = ["login.cookieExpiration.timeToExpiration", "login.nonce.nonceExpirationInterval"];

fn check(subject: &Subject<'_>, findings: &mut Findings<'_>) {
    let configuration = subject.configuration;
    for path in DURATIONS {
        let duration = configuration.at(path);
        if let (Some(text), Some(span)) = (duration.text(), duration.span())
            && !text.is_empty()
            && !is_duration(text)
        {
            let message = format!("`{text}` is no duration for `{}`", configuration.form.name_of(path));
            findings.at(span, message, "write hours, minutes and seconds, as in `08:00:00`; a day is `1.00:00:00`");
        }
    }
}

/// `[d.]hh:mm:ss`, with parts of a second behind it or not.
fn is_duration(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, seconds] = parts.as_slice() else { return false };
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let is = |part: &str, below: u64, longest: usize| {
        part.len() <= longest
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|number: u64| number < below)
    };
    is(days, u64::MAX, 8) && is(hours, 24, 2) && is(minutes, 60, 2) && is(seconds, 60, 2) && is(fraction, u64::MAX, 7)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Given;
    use rstest::rstest;

    #[rstest]
    #[case::hours(r#""08:00:00""#, false)]
    #[case::days(r#""1.00:00:00""#, false)]
    #[case::parts_of_a_second(r#""00:00:01.5000000""#, false)]
    #[case::left_out("", false)]
    #[case::null("null", false)]
    #[case::empty(r#""""#, false)]
    #[case::not_known(r#""[parameters('time')]""#, false)]
    #[case::wrong_type("8", false)]
    #[case::of_the_official_example(r#""2022:09-01T00:00Z""#, true)]
    #[case::a_day_in_hours(r#""24:00:00""#, true)]
    #[case::minutes(r#""00:60:00""#, true)]
    #[case::two_parts(r#""08:00""#, true)]
    #[case::four_parts(r#""1:08:00:00""#, true)]
    #[case::iso(r#""PT8H""#, true)]
    #[case::empty_part(r#"":00:00""#, true)]
    #[case::sign(r#""+8:00:00""#, true)]
    fn what_is_no_duration_is_told(#[case] value: &str, #[case] fires: bool) {
        for path in super::DURATIONS {
            assert_eq!(Given::baseline(&[(path, value)]).fires("L-DURATION"), fires, "{path}");
        }
    }
}
