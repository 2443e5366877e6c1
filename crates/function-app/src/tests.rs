//! Tests of the app as a whole: what it answers, what its validator believes, when it fetches keys.

mod answers;
mod claims;
mod end_to_end;
mod host;
mod keys;
mod lab;
mod raw;
mod second_opinion;
mod upstream;
