//! The program as its users meet it: real processes, real TLS, programs that nobody here wrote.

mod haproxy;
mod house;
mod program;
