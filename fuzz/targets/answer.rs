//! The reader of answers: whatever a server sends, it stays within its bounds, and the pieces in which the bytes come do not
//! matter.
//!
//! The first byte says which method was asked with and how long the pieces are; the rest is the answer.

#![no_main]

use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tokio::io::{self, AsyncRead, ReadBuf};
use tokio::runtime::Runtime;
use wire::{Answer, SenderConfig, read_answer};

const METHODS: [&[u8]; 4] = [b"GET", b"HEAD", b"CONNECT", b"OPTIONS"];
const HEAD: usize = 512;
const BODY: usize = 256;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime needs nothing")
});

fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let method = METHODS[usize::from(choice & 3)];
    // Whoever is slow is not asked here: nothing waits.
    let minute = Duration::from_secs(60);
    let config =
        SenderConfig { first_byte: minute, answer: minute, max_head: HEAD, max_body: BODY, ..SenderConfig::default() };
    let (whole, pieces) = RUNTIME.block_on(async {
        let pieces = Pieces { bytes, length: usize::from(choice >> 2) + 1 };
        (read_answer(bytes, method, &config).await, read_answer(pieces, method, &config).await)
    });
    for answer in whole.iter().chain(&pieces) {
        assert!(answer.head.bytes.len() <= HEAD && answer.body.len() <= BODY, "{answer:?}");
        assert!((100..1000).contains(&answer.head.status), "{answer:?}");
    }
    let (Some(whole), Some(pieces)) = (whole, pieces) else { return };
    // Whether more comes behind the answer is not asked; in pieces it may not have come yet.
    assert_eq!(Answer { reusable: whole.reusable, ..pieces }, whole);
});

/// Bytes that come so many at a time.
struct Pieces<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl AsyncRead for Pieces<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let length = self.length.min(self.bytes.len()).min(buffer.remaining());
        let (piece, rest) = self.bytes.split_at(length);
        buffer.put_slice(piece);
        self.bytes = rest;
        Poll::Ready(Ok(()))
    }
}
