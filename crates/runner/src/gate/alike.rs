//! The good answers of the new instance and of the previous one, beside each other: whoever is switched over must get the same.

use results::{Case, Comparison, Redacted, Redactor, Strength, Verdict};
use serde_json::Value;

use super::own_case;

/// The good answers as they came.
#[derive(Default)]
pub(super) struct Good {
    new: Option<String>,
    previous: Option<String>,
}

/// What of an answer its callers rest on.
struct Shape {
    status: String,
    kind: String,
    /// What the body is, and the names in it where it is a JSON object.
    body: String,
}

impl Good {
    /// Takes note of a control that got in.
    pub(super) fn finished(&mut self, case: &Case) {
        if !matches!(case.verdict, Verdict::Pass | Verdict::Warn) || !case.lets_in() {
            return;
        }
        let answer = case.exchanges.last().map(|exchange| exchange.response.as_str().to_owned());
        match case.id.as_str() {
            "valid-caller" => self.new = self.new.take().or(answer),
            "previous-lets-in" => self.previous = self.previous.take().or(answer),
            _ => {}
        }
    }

    /// The case that says whether they are alike.
    pub(super) fn case(&self) -> Case {
        let redactor = Redactor::default();
        let shapes = self.new.as_deref().zip(self.previous.as_deref());
        let shapes = shapes.map(|(new, previous)| (Shape::of(new), Shape::of(previous)));
        let compared: Vec<Comparison> =
            shapes.into_iter().flat_map(|(new, previous)| compare(&new, previous)).collect();
        let (verdict, reason) = match compared.iter().find(|one| !one.holds) {
            _ if compared.is_empty() => {
                (Verdict::Skip, Some(redactor.text("there are no good answers of both instances to compare")))
            }
            Some(one) => (Verdict::Warn, Some(redactor.text(&one.phrase()))),
            None => (Verdict::Pass, None),
        };
        let case = own_case(
            "answers-alike",
            "previous",
            "The new instance answers its callers as the previous one does",
            "Whoever is switched over reads the answers as before. What is compared is the status, the kind of content and the names at \
             the top of a JSON body.",
        );
        Case { expected: "as the previous instance".to_owned(), verdict, reason, compared, ..case }
    }
}

impl Shape {
    fn of(answer: &str) -> Self {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
        let kind =
            lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let kind = kind.map_or("", |(_, value)| value.split(';').next().unwrap_or_default().trim()).to_owned();
        let body = match serde_json::from_str::<Value>(body) {
            Ok(Value::Object(members)) => {
                let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
                names.sort_unstable();
                format!("an object of {}", names.join(", "))
            }
            Ok(Value::Array(_)) => "an array".to_owned(),
            Ok(_) => "a JSON value".to_owned(),
            Err(_) if body.is_empty() => "empty".to_owned(),
            Err(_) => "text".to_owned(),
        };
        Self { status, kind, body }
    }
}

fn compare(new: &Shape, previous: Shape) -> [Comparison; 3] {
    let redactor = Redactor::default();
    let told = |text: &String| -> Redacted { redactor.text(text) };
    let one = |what: &str, new: &String, previous: String| Comparison {
        what: what.to_owned(),
        holds: *new == previous,
        expected: previous,
        observed: told(new),
        strength: Strength::Should,
    };
    [
        one("status", &new.status, previous.status),
        one("content type", &new.kind, previous.kind),
        one("body", &new.body, previous.body),
    ]
}
