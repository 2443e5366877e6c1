//! Shows what a run found: to a person in a terminal or a browser, to a CI server as JUnit or Markdown, to programs as JSON or
//! [`sarif`], and how it differs from another ([`diff`]). Shows what a [`check`] of auth configurations found: to a person, to programs as JSON or [`sarif`], beside the lines of a pull request as [`annotations`].
//!
//! Every format is a fold over the events of a run, or a function of the kept document, which plays back the same events: a
//! report made later from `results.json` has the bytes of the one made while the run was live.
//!
//! Nothing here judges, runs anything, or looks at the environment: whether there is a terminal and whether it has colours, the
//! caller decides. Text from outside is escaped for the place where it is shown, so that no answer of a target drives a terminal
//! or breaks an XML document.

mod account;
pub mod annotations;
mod aside;
pub mod check;
mod console;
pub mod diff;
mod digest;
mod html;
mod junit;
mod markdown;
mod place;
pub mod prediction;
mod printable;
mod progress;
mod render;
pub mod sarif;
mod style;
#[cfg(test)]
mod tests;
mod words;

pub use console::Console;
pub use html::Html;
pub use junit::Junit;
pub use markdown::Markdown;
pub use place::Place;
pub use progress::Progress;
pub use render::{Format, render};
pub use style::Style;
