//! The view for CI servers: JUnit's XML.

use std::io::{self, Write};

use anstyle::Style;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml},
};
use results::{Case, Closing, Event, Opening, Reporter, Tally, Verdict};

use crate::{account, aside::Aside, printable::Printable, words};

/// Writes a run as JUnit XML, one `testcase` a case.
///
/// The counts stand at the beginning of the file, so nothing is written before the run closes. Until then the elements of the cases
/// are laid aside.
///
/// `fail` is a failure; `error` and `inconclusive` are errors, told apart by their type; `skip` and `recorded` are skipped; `warn`
/// passes with its text in `system-out`.
pub struct Junit<W: Write> {
    output: W,
    totals: Totals,
    cases: Option<Cases>,
}

/// What the head of the file says.
#[derive(Default)]
struct Totals {
    opening: Option<Opening>,
    tally: Tally,
    /// What the cases took together, in microseconds.
    time: u64,
}

/// The elements of the cases, and where the first of them begins.
struct Cases {
    elements: Elements<Aside>,
    begin: u64,
}

impl<W: Write> Junit<W> {
    /// Writes to an output when the run closes.
    pub fn new(output: W) -> Self {
        Self { output, totals: Totals::default(), cases: None }
    }

    fn close(&mut self, closing: &Closing) -> io::Result<()> {
        let mut elements = Elements::to(&mut self.output);
        elements.head(&self.totals, closing)?;
        if let Some(Cases { elements: cases, begin }) = self.cases.take() {
            cases.xml.into_inner().tell(begin, elements.xml.get_mut())?;
        }
        elements.foot(closing)
    }
}

impl<W: Write> Reporter for Junit<W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Opened(opening) => self.totals.opening = Some((*opening).clone()),
            Event::Started { .. } => {}
            Event::Finished(case) => {
                self.totals.tally.finished(case);
                self.totals.time = self.totals.time.saturating_add(case.duration_ms.micros());
                let cases = match &mut self.cases {
                    Some(cases) => cases,
                    None => self.cases.insert(Cases::new()?),
                };
                cases.elements.case(case)?;
            }
            Event::Closed(closing) => self.close(closing)?,
        }
        Ok(())
    }
}

impl Cases {
    /// The cases stand as deep as they will in the file.
    fn new() -> io::Result<Self> {
        let mut elements = Elements::to(Aside::new());
        for around in ["testsuites", "testsuite"] {
            elements.xml.write_event(Xml::Start(BytesStart::new(around)))?;
        }
        let begin = elements.xml.get_mut().position()?;
        Ok(Self { elements, begin })
    }
}

/// Writes elements.
struct Elements<W: Write> {
    xml: Writer<W>,
}

impl<W: Write> Elements<W> {
    fn to(output: W) -> Self {
        Self { xml: Writer::new_with_indent(output, b' ', 2) }
    }

    fn head(&mut self, totals: &Totals, closing: &Closing) -> io::Result<()> {
        let Some(opening) = &totals.opening else { return Err(io::Error::other("a run opens before it closes")) };
        let summary = totals.tally.summary();
        let time = seconds(closing.duration_ms.map_or(totals.time, results::Milliseconds::micros));
        let (tests, failures) = (summary.total().to_string(), summary.fail.to_string());
        let errors = (summary.error + summary.inconclusive).to_string();
        let skipped = (summary.skip + summary.recorded).to_string();
        let counts = [
            ("tests", tests.as_str()),
            ("failures", failures.as_str()),
            ("errors", errors.as_str()),
            ("skipped", skipped.as_str()),
            ("time", time.as_str()),
        ];

        self.xml.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let suites = BytesStart::new("testsuites").with_attributes([("name", "greenlight")]).with_attributes(counts);
        self.xml.write_event(Xml::Start(suites))?;
        let target = Printable(opening.target.as_str()).to_string();
        let suite = BytesStart::new("testsuite")
            .with_attributes([("name", target.as_str())])
            .with_attributes(counts)
            .with_attributes([("timestamp", Printable(&opening.started).to_string().as_str())]);
        self.xml.write_event(Xml::Start(suite))?;

        let mut properties = vec![("version", opening.version.as_str()), ("command", opening.command.as_str())];
        properties.extend(opening.configuration.as_deref().map(|one| ("configuration", one)));
        properties.push(("verdict", closing.verdict.word()));
        properties.push(("interrupted", if closing.interrupted { "true" } else { "false" }));
        self.xml.write_event(Xml::Start(BytesStart::new("properties")))?;
        for (name, value) in properties {
            let value = Printable(value).to_string();
            let property = BytesStart::new("property").with_attributes([("name", name), ("value", value.as_str())]);
            self.xml.write_event(Xml::Empty(property))?;
        }
        self.xml.write_event(Xml::End(BytesEnd::new("properties")))
    }

    fn case(&mut self, case: &Case) -> io::Result<()> {
        let name = format!("{} {}", Printable(&case.title), words::distinction(case).trim_start());
        let test = BytesStart::new("testcase").with_attributes([
            ("classname", Printable(&case.id).to_string().as_str()),
            ("name", name.trim_end()),
            ("time", seconds(case.duration_ms.micros()).as_str()),
        ]);
        if case.verdict == Verdict::Pass {
            return self.xml.write_event(Xml::Empty(test));
        }
        self.xml.write_event(Xml::Start(test))?;
        match case.verdict {
            Verdict::Pass => {}
            Verdict::Fail => self.problem("failure", case)?,
            Verdict::Error | Verdict::Inconclusive => self.problem("error", case)?,
            Verdict::Skip | Verdict::Recorded => {
                let skipped = BytesStart::new("skipped").with_attributes([("message", message(case).as_str())]);
                self.xml.write_event(Xml::Empty(skipped))?;
            }
            Verdict::Warn => self.system_out(&plain(|text| account::write(text, case, Style::new()))?)?,
        }
        self.xml.write_event(Xml::End(BytesEnd::new("testcase")))
    }

    fn problem(&mut self, element: &str, case: &Case) -> io::Result<()> {
        let problem = BytesStart::new(element)
            .with_attributes([("type", case.verdict.word()), ("message", message(case).as_str())]);
        let account = plain(|text| account::write(text, case, Style::new()))?;
        self.element(&problem, &account)?;
        if case.exchanges.is_empty() {
            return Ok(());
        }
        self.system_out(&plain(|text| account::write_exchanges(text, case, Style::new()))?)
    }

    fn foot(&mut self, closing: &Closing) -> io::Result<()> {
        if !closing.notes.is_empty() {
            let notes = plain(|text| {
                closing.notes.iter().try_for_each(|note| account::labelled(text, "note", note, Style::new()))
            })?;
            self.system_out(&notes)?;
        }
        self.xml.write_event(Xml::End(BytesEnd::new("testsuite")))?;
        self.xml.write_event(Xml::End(BytesEnd::new("testsuites")))?;
        let output = self.xml.get_mut();
        output.write_all(b"\n")?;
        output.flush()
    }

    fn system_out(&mut self, text: &str) -> io::Result<()> {
        self.element(&BytesStart::new("system-out"), text)
    }

    fn element(&mut self, start: &BytesStart<'_>, text: &str) -> io::Result<()> {
        self.xml.write_event(Xml::Start(start.borrow()))?;
        self.xml.write_event(Xml::Text(BytesText::new(text)))?;
        self.xml.write_event(Xml::End(start.to_end()))
    }
}

/// Why a case did not pass, in one line.
fn message(case: &Case) -> String {
    let reason = case.reason.as_ref().map_or("no reason is given", |reason| reason.as_str());
    match case.verdict {
        Verdict::Recorded => format!("recorded: {}", Printable(reason)),
        _ => Printable(reason).to_string(),
    }
}

/// Labelled lines as text, from a line of their own on.
fn plain(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> io::Result<String> {
    let mut text = b"\n".to_vec();
    write(&mut text)?;
    String::from_utf8(text).map_err(io::Error::other)
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
