//! The reader of what an authority publishes: whatever its metadata and keys are, a token signed by another key is refused.
//!
//! The input is the metadata, a line feed, and the keys; empty metadata stands for the genuine.

#![no_main]

use std::sync::LazyLock;

use app::{Published, app, ask, genuine, is_let_in, sign};
use libfuzzer_sys::fuzz_target;

static AUTHORIZATION: LazyLock<String> = LazyLock::new(|| {
    let (header, payload) = genuine();
    format!("Bearer {}", sign(&header, &payload))
});

fuzz_target!(|input: &[u8]| {
    let Some(line) = input.iter().position(|byte| *byte == b'\n') else { return };
    let mut published = Published::genuine();
    if line > 0 {
        published.metadata = input[..line].to_vec().into();
    }
    published.keys = input[line + 1..].to_vec().into();
    if let Some(response) = ask(&app(published), AUTHORIZATION.as_bytes()) {
        assert!(!is_let_in(&response), "{response:?}");
    }
});
