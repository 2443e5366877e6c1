//! An answer is the same in however many pieces it comes.

use rstest::rstest;
use tokio::io::AsyncReadExt;

use crate::{Answer, SenderConfig, read_answer};

#[rstest]
#[case::length("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: 1\r\n\r\nhello")]
#[case::chunks("HTTP/1.1 401\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: 1\r\n\r\n")]
#[case::until_the_end("HTTP/1.0 200 OK\nX: 1\n\nhello")]
#[case::interim("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nnobody's")]
#[tokio::test]
async fn pieces_make_the_whole(#[case] answer: &str) {
    let config = SenderConfig::default();
    let whole = read_answer(answer.as_bytes(), b"GET", &config).await.unwrap();
    for cut in 0..answer.len() {
        let (first, second) = answer.as_bytes().split_at(cut);
        let pieces = read_answer(first.chain(second), b"GET", &config).await.unwrap();
        // Whether more comes behind the answer is not asked; here it has come, or not yet.
        assert_eq!(Answer { reusable: whole.reusable, ..pieces }, whole, "cut at {cut}");
    }
}
