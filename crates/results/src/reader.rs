//! Plays a kept document back.

use std::{
    fmt,
    io::{self, BufRead},
};

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, error::Category};

use crate::{Case, Event, Reporter, SCHEMA};

/// Why a document could not be played back. The messages do not name the file, for it is not known here.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input fails.
    #[error("the results cannot be read")]
    Input(#[source] io::Error),
    /// The reporter fails.
    #[error("the report cannot be written")]
    Output(#[source] io::Error),
    /// The document is of another kind.
    #[error("this is no result document ({0}): name the results.json of a `greenlight run`")]
    Foreign(String),
    /// The document is of another time.
    #[error(
        "these results are in the form {0:?}, and this greenlight reads {SCHEMA:?}: use the greenlight that wrote them"
    )]
    Schema(String),
    /// The document ends early.
    #[error(
        "the results are cut off in line {line}, after {cases} whole cases: the run was killed, or the file was not copied whole"
    )]
    CutOff {
        /// How many cases were played back before.
        cases: usize,
        /// The last line.
        line: usize,
    },
    /// The document was edited by something that does not know it.
    #[error("the results are damaged: {0}")]
    Damaged(String),
}

/// Plays a document back to a reporter, as the events in which it came about, one case in memory at a time.
///
/// Members are expected in the order in which [`crate::Writer`] writes them, those after `cases` in any order; unknown ones are
/// passed over. A failure in the middle leaves the reporter with the cases before it.
pub fn read(input: impl BufRead, reporter: &mut dyn Reporter) -> Result<(), ReadError> {
    let mut document = Document { reporter, recognised: false, cases: 0, failure: None };
    let mut json = serde_json::Deserializer::from_reader(input);
    let outcome = json.deserialize_map(&mut document).and_then(|()| json.end());
    outcome.map_err(|error| document.explain(&error))
}

/// A document that is being played back.
struct Document<'r> {
    reporter: &'r mut dyn Reporter,
    recognised: bool,
    cases: usize,
    /// What went wrong, where the parser could not say it.
    failure: Option<ReadError>,
}

impl Document<'_> {
    fn report<E: serde::de::Error>(&mut self, event: &Event<'_>) -> Result<(), E> {
        self.reporter.event(event).map_err(|error| self.fail(ReadError::Output(error)))
    }

    /// Keeps an error for later and gives the parser one to stop with.
    fn fail<E: serde::de::Error>(&mut self, failure: ReadError) -> E {
        self.failure = Some(failure);
        E::custom("stopped")
    }

    fn explain(self, error: &serde_json::Error) -> ReadError {
        if let Some(failure) = self.failure {
            return failure;
        }
        match error.classify() {
            Category::Io => ReadError::Input(io::Error::new(
                error.io_error_kind().unwrap_or(io::ErrorKind::Other),
                error.to_string(),
            )),
            Category::Eof => ReadError::CutOff { cases: self.cases, line: error.line() },
            Category::Syntax | Category::Data if self.recognised => ReadError::Damaged(error.to_string()),
            Category::Syntax | Category::Data => ReadError::Foreign(error.to_string()),
        }
    }
}

impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object whose first member is `schema`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if members.next_key::<String>()?.as_deref() != Some("schema") {
            return Err(A::Error::custom("its first member is not `schema`"));
        }
        let schema: String = members.next_value()?;
        if schema != SCHEMA {
            return Err(self.fail(ReadError::Schema(schema)));
        }
        self.recognised = true;

        let mut before_cases = Map::new();
        loop {
            match members.next_key::<String>()? {
                Some(key) if key == "cases" => break,
                Some(key) => before_cases.insert(key, members.next_value()?),
                None => return Err(A::Error::custom("there are no `cases`")),
            };
        }
        self.report(&Event::Opened(&assemble(before_cases)?))?;
        members.next_value_seed(Cases(self))?;

        let mut after_cases = Map::new();
        while let Some(key) = members.next_key()? {
            after_cases.insert(key, members.next_value()?);
        }
        self.report(&Event::Closed(&assemble(after_cases)?))
    }
}

/// Makes one value of members that came one by one.
fn assemble<T: DeserializeOwned, E: serde::de::Error>(members: Map<String, Value>) -> Result<T, E> {
    T::deserialize(Value::Object(members)).map_err(E::custom)
}

/// The array of cases, reported one by one.
struct Cases<'d, 'r>(&'d mut Document<'r>);

impl<'de> DeserializeSeed<'de> for Cases<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Cases<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of cases")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut cases: A) -> Result<(), A::Error> {
        while let Some(case) = cases.next_element::<Case>()? {
            self.0.report(&Event::Finished(&case))?;
            self.0.cases += 1;
        }
        Ok(())
    }
}
