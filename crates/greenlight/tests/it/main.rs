//! The program as its users meet it: real processes, real TLS, programs that nobody here wrote.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod apache;
mod azure;
mod azure_python;
mod azure_rust;
mod browser;
mod check;
mod command_line;
mod foreign;
mod gate;
mod haproxy;
mod house;
mod init;
mod nginx;
mod prediction;
mod program;
mod real;
mod reference;
mod reports;
mod secrets;
mod trouble;
mod upstream;
