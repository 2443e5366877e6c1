//! The token validator behind the signature: a header and a payload of any bytes, signed by the authority. The function is reached
//! only by a payload that another reader of JSON finds to be for it.
//!
//! The input is the header, a line feed, and the payload; an empty header stands for the genuine one.

#![no_main]

use std::sync::LazyLock;

use app::{Published, app, ask, deserves, genuine, is_let_in, sign};
use function_app::App;
use libfuzzer_sys::fuzz_target;

static APP: LazyLock<App> = LazyLock::new(|| app(Published::genuine()));
static GENUINE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let (header, payload) = genuine();
    let let_in = ask(&APP, format!("Bearer {}", sign(&header, &payload)).as_bytes()).is_some_and(|one| is_let_in(&one));
    assert!(let_in, "the genuine token is let in");
    (header, payload)
});

fuzz_target!(|input: &[u8]| {
    let Some(line) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (header, payload) = (&input[..line], &input[line + 1..]);
    let header = if header.is_empty() { &GENUINE.0 } else { header };
    let Some(response) = ask(&APP, format!("Bearer {}", sign(header, payload)).as_bytes()) else { return };
    assert!(!is_let_in(&response) || deserves(payload), "{response:?}");
});
