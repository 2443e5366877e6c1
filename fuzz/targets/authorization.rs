//! The token validator on what anybody can send: whatever the `Authorization` header is, the function is not reached.

#![no_main]

use std::sync::LazyLock;

use app::{Published, app, ask, is_let_in};
use function_app::App;
use libfuzzer_sys::fuzz_target;

static APP: LazyLock<App> = LazyLock::new(|| app(Published::genuine()));

fuzz_target!(|authorization: &[u8]| {
    if let Some(response) = ask(&APP, authorization) {
        assert!(!is_let_in(&response), "{response:?}");
    }
});
