use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::attribute::tests::answer;

/// `{"alg":"RS256","typ":"JWT"}` and `{"aud":"api://orders"}`.
const SIGNED: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJhdWQiOiJhcGk6Ly9vcmRlcnMifQ";

fn exchange(body: &str) -> Exchange {
    answer(401, &[("Content-Type", "text/plain")], body)
}

fn cut(record: &ExchangeRecord) -> bool {
    record.response.as_str().ends_with("\n[... cut]")
}

#[test]
fn an_exchange_is_kept_as_it_went_over_the_wire() {
    let record = record(&exchange("no"), &Redactor::default());
    assert_eq!(record.request.as_str(), "GET /api/orders HTTP/1.1\r\nHost: func.example.net\r\n\r\n");
    assert_eq!(record.response.as_str(), "HTTP/1.1 401 \r\nContent-Type: text/plain\r\n\r\nno");
    assert_eq!(record.milliseconds.micros(), 1500);
}

#[rstest]
#[case::whole(KEPT_BODY, false, false)]
#[case::longer_than_is_kept(KEPT_BODY + 1, false, true)]
#[case::much_longer(SEARCHED_BODY * 2, false, true)]
#[case::did_not_come_whole(10, true, true)]
fn a_body_is_kept_up_to_a_bound_and_says_so(#[case] length: usize, #[case] truncated: bool, #[case] is_cut: bool) {
    let exchange = Exchange { truncated, ..exchange(&"x".repeat(length)) };
    let record = record(&exchange, &Redactor::default());
    assert_eq!(cut(&record), is_cut);
    assert_eq!(record.response.as_str().matches('x').count(), length.min(KEPT_BODY) + 1, "and the x of text");
}

/// Every way in which an answer may repeat what it was sent.
fn echoes(token: &str) -> [String; 4] {
    [
        token.to_owned(),
        token.rsplit('.').next().unwrap_or_default().to_owned(),
        token.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat(),
        token.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<Vec<_>>().concat(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_part_of_a_signature_survives_wherever_the_body_is_cut(
        signature in "[A-Za-z0-9_-]{43,342}",
        before in 0_usize..KEPT_BODY + 100,
        truncated: bool,
    ) {
        let token = format!("{SIGNED}.{signature}");
        let redactor = Redactor::default().with_token(&token);
        let request = format!("GET /api/orders HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n");
        for echo in echoes(&token) {
            let body = format!("{}{echo} and more", "x".repeat(before));
            let exchange = Exchange { sent: request.clone().into_bytes(), truncated, ..exchange(&body) };
            let record = record(&exchange, &redactor);
            prop_assert!(record.request.as_str().contains(SIGNED), "the evidence stays");
            let (request, response) = (record.request.as_str(), record.response.as_str());
            let pieces = signature.as_bytes().windows(8).step_by(5).map(|piece| std::str::from_utf8(piece).unwrap());
            for piece in pieces {
                for written in echoes(piece) {
                    prop_assert!(!request.contains(&written) && !response.contains(&written), "{written} survives in {response}");
                }
            }
        }
    }

    #[test]
    fn a_secret_is_hidden_as_a_whole_where_the_body_is_cut(secret in "[!-~]{16,60}", inside in 1_usize..16) {
        let redactor = Redactor::new([&secret]);
        let body = format!("{}{secret} and more", " ".repeat(KEPT_BODY - inside));
        let record = record(&exchange(&body), &redactor);
        let kept = record.response.as_str().strip_suffix("\n[... cut]").unwrap();
        let (_, end) = kept.rsplit_once(' ').unwrap();
        prop_assert!(end.starts_with("sha256:") && end.len() == 19, "{end}");
    }
}
