//! A run in one call, and everything that it told.

use std::future::{Future, pending};
use std::io;
use std::sync::Arc;

use diagnostics::Source;
use results::{Case, Closing, Event, Opening, Reporter, Verdict, Writer};
use runner::{Run, RunError, play};
use scenario::{Marker, Profile, Scenario};
use tokio::sync::Notify;
use wire::Trust;

/// A caller that the stand-ins let in.
pub(crate) const VALID_CALLER: &str = "
id: valid-caller
control: true
send: { authorization: Bearer good }
expect: accepted
";

/// Nobody.
pub(crate) const MISSING_TOKEN: &str = "
id: missing-token
send: {}
expect: unauthenticated
";

/// A run against an address, of scenarios of which only what matters is written.
pub(crate) fn run(url: &str, scenarios: &[&str]) -> Run {
    Run {
        scenarios: scenarios.iter().map(|text| Arc::new(scenario(text))).collect(),
        profile: Profile::bare(&format!("{url}/api/orders")).unwrap(),
        settings: None,
        configuration: None,
        issuer: None,
        credentials: None,
        kept: Vec::new(),
        keys: Vec::new(),
        laboratory: None,
        trust: Trust::System(Vec::new()),
        proxy: None,
        secrets: Vec::new(),
        wait: None,
        steady: false,
        clock: serve::system_clock(),
        evidence: true,
        command: "greenlight run".to_owned(),
        notes: Vec::new(),
        advice: Vec::new(),
    }
}

/// The same, and the target's function is known by a header.
pub(crate) fn marked(mut run: Run) -> Run {
    run.profile.target.marker = Some(Marker { header: "x-function".to_owned(), value: Some("orders".to_owned()) });
    run
}

fn scenario(text: &str) -> Scenario {
    let id = text.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let text = format!("{text}\ntitle: A title\nwhy: A reason\nseverity: high\ncite: [a page]\nfix: A remedy\n");
    let (mut scenarios, diagnostics) = scenario::read(&[Source::new(format!("core/{id}.yaml"), text)]);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    scenarios.remove(0)
}

/// Everything that a run told.
#[derive(Default)]
pub(crate) struct Told {
    /// `opened`, `started id`, `finished id`, `closed`.
    pub(crate) events: Vec<String>,
    pub(crate) opening: Option<Opening>,
    pub(crate) cases: Vec<Case>,
    pub(crate) closing: Option<Closing>,
    /// The result document.
    pub(crate) document: String,
}

impl Told {
    /// Plays a run to its end.
    pub(crate) async fn of(run: Run) -> Self {
        Self::until(run, pending(), Arc::default()).await.unwrap()
    }

    /// Plays a run until it ends or is stopped; `finished` is notified of every case. The result document must read back as what
    /// was told.
    pub(crate) async fn until(
        run: Run,
        stop: impl Future<Output = ()>,
        finished: Arc<Notify>,
    ) -> Result<Self, RunError> {
        let mut document = Vec::new();
        let (closing, mut told) = {
            let mut teller = Teller { told: Self::default(), writer: Writer::new(&mut document), finished };
            (play(run, &mut teller, stop).await?, teller.told)
        };
        assert_eq!(told.closing.as_ref(), Some(&closing));
        assert_eq!(closing.summary.total(), told.cases.len());

        let mut again = Self::default();
        results::read(document.as_slice(), &mut again).unwrap();
        assert_eq!((&again.opening, &again.cases, &again.closing), (&told.opening, &told.cases, &told.closing));
        told.document = String::from_utf8(document).unwrap();
        Ok(told)
    }

    /// `id[variant]` and the verdict of each case, in the order told.
    pub(crate) fn verdicts(&self) -> Vec<(String, Verdict)> {
        self.cases.iter().map(|case| (name(&case.id, &case.variant), case.verdict)).collect()
    }

    /// The one case of a scenario.
    #[track_caller]
    pub(crate) fn case(&self, id: &str) -> &Case {
        self.cases.iter().find(|case| case.id == id).unwrap()
    }

    /// Why a case ended as it did.
    #[track_caller]
    pub(crate) fn reason(&self, id: &str) -> &str {
        self.case(id).reason.as_ref().unwrap().as_str()
    }

    pub(crate) fn closing(&self) -> &Closing {
        self.closing.as_ref().unwrap()
    }
}

fn name(id: &str, variant: &str) -> String {
    if variant.is_empty() { id.to_owned() } else { format!("{id}[{variant}]") }
}

impl Reporter for Told {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.events.push(match event {
            Event::Opened(opening) => {
                self.opening = Some((*opening).clone());
                "opened".to_owned()
            }
            Event::Started { id, variant } => format!("started {}", name(id, variant)),
            Event::Finished(case) => {
                self.cases.push((*case).clone());
                format!("finished {}", name(&case.id, &case.variant))
            }
            Event::Closed(closing) => {
                self.closing = Some((*closing).clone());
                "closed".to_owned()
            }
        });
        Ok(())
    }
}

/// Takes everything down, and writes it.
struct Teller<'a> {
    told: Told,
    writer: Writer<&'a mut Vec<u8>>,
    finished: Arc<Notify>,
}

impl Reporter for Teller<'_> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.told.event(event)?;
        self.writer.event(event)?;
        if matches!(event, Event::Finished(_)) {
            self.finished.notify_one();
        }
        Ok(())
    }
}
