//! Signed tokens in the compact serialisation (RFC 7515 section 7.1).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::json;

/// A token taken apart. Nothing in it is to be believed before its signature is verified.
#[derive(Clone)]
pub struct Jws {
    /// The header.
    pub header: Map<String, Value>,
    /// The payload.
    pub payload: Map<String, Value>,
    /// The very text that is signed.
    pub signed_text: String,
    /// The signature.
    pub signature: Vec<u8>,
}

/// The segments of a token, as text.
#[derive(Debug, Clone, Copy)]
pub struct Segments<'a> {
    /// The header.
    pub header: &'a str,
    /// The payload.
    pub payload: &'a str,
    /// The signature.
    pub signature: &'a str,
    /// What is signed: header and payload with the dot between them.
    pub signed_text: &'a str,
}

impl<'a> Segments<'a> {
    /// Splits a token at its dots, of which there must be two.
    pub fn split(text: &'a str) -> Option<Self> {
        let mut segments = text.split('.');
        let (header, payload, signature) = (segments.next()?, segments.next()?, segments.next()?);
        let signed_text = text.get(..=header.len() + payload.len())?;
        segments.next().is_none().then_some(Self { header, payload, signature, signed_text })
    }
}

/// The bytes of a segment: base64url without padding and with zero trailing bits (RFC 7515 section 2).
pub fn decode(segment: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(segment).ok()
}

impl Jws {
    /// Takes a token apart, and is strict about it: three segments in base64url, header and payload JSON objects in which no
    /// name is given twice, and a header that asks for nothing that is not understood.
    pub fn read(text: &str) -> Option<Self> {
        let segments = Segments::split(text)?;
        let header = json::object(&decode(segments.header)?).filter(is_understood)?;
        let payload = json::object(&decode(segments.payload)?)?;
        let signature = decode(segments.signature)?;
        Some(Self { header, payload, signed_text: segments.signed_text.to_owned(), signature })
    }

    /// A member of the header, if it is text.
    pub fn header_text(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim, if it is text.
    pub fn claim_text(&self, name: &str) -> Option<&str> {
        self.payload.get(name)?.as_str()
    }

    /// A claim, if it is a list of texts.
    pub fn claim_texts(&self, name: &str) -> Option<Vec<String>> {
        self.payload.get(name)?.as_array()?.iter().map(|one| one.as_str().map(str::to_owned)).collect()
    }
}

/// Whether a header asks only for what is understood here. Refused are any `crit` (RFC 7515 section 4.1.11), an unencoded payload
/// (`b64`, RFC 7797), a nested token (`cty`), a token of another kind (`typ`, RFC 8725 section 3.11), and a `kid` that is no
/// text. Microsoft's library passes over an unknown `crit`; the standard says to refuse, and no Entra token has one.
///
/// Key material that a header brings along (`jwk`, `jku`, `x5c`, `x5u`) is never looked at.
pub fn is_understood(header: &Map<String, Value>) -> bool {
    let absent_or =
        |name: &str, test: &dyn Fn(&str) -> bool| header.get(name).is_none_or(|value| value.as_str().is_some_and(test));
    let media_type = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.strip_prefix("application/").map(str::to_owned).unwrap_or(text)
    };
    !header.contains_key("crit")
        && header.get("b64").is_none_or(|value| *value == Value::Bool(true))
        && absent_or("kid", &|_| true)
        && absent_or("cty", &|cty| media_type(cty) != "jwt")
        && absent_or("typ", &|typ| matches!(media_type(typ).as_str(), "jwt" | "at+jwt"))
}

#[cfg(test)]
mod tests {
    use super::{Jws, Segments};
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use proptest::prelude::*;
    use rstest::rstest;

    fn text(header: &str) -> String {
        format!("{}.{}.AAAA", BASE64_URL_SAFE_NO_PAD.encode(header), BASE64_URL_SAFE_NO_PAD.encode("{}"))
    }

    #[rstest]
    #[case::plain(r#"{"alg":"RS256","typ":"JWT","kid":"x"}"#, true)]
    #[case::access_token(r#"{"typ":"application/at+JWT"}"#, true)]
    #[case::logout(r#"{"typ":"logout+jwt"}"#, false)]
    #[case::number_as_type(r#"{"typ":1}"#, false)]
    #[case::nested(r#"{"cty":"JWT"}"#, false)]
    #[case::nested_by_its_long_name(r#"{"cty":"application/jwt"}"#, false)]
    #[case::other_content(r#"{"cty":"json"}"#, true)]
    #[case::number_as_content(r#"{"cty":1}"#, false)]
    #[case::critical(r#"{"crit":["exp"],"exp":1}"#, false)]
    #[case::empty_critical(r#"{"crit":[]}"#, false)]
    #[case::unencoded(r#"{"b64":false}"#, false)]
    #[case::encoded(r#"{"b64":true}"#, true)]
    #[case::number_as_kid(r#"{"kid":1}"#, false)]
    #[case::own_key(r#"{"jwk":{"kty":"RSA"},"jku":"https://evil.example"}"#, true)]
    fn headers_must_ask_for_nothing_unknown(#[case] header: &str, #[case] expected: bool) {
        assert_eq!(Jws::read(&text(header)).is_some(), expected);
    }

    #[rstest]
    #[case::fine("e30.e30.AAAA", true)]
    #[case::empty_signature("e30.e30.", true)]
    #[case::two_segments("e30.e30", false)]
    #[case::four_segments("e30.e30.e30.AAAA", false)]
    #[case::trailing_dot("e30.e30.AAAA.", false)]
    #[case::padding("e30=.e30.AAAA", false)]
    #[case::padded_signature("e30.e30.AAA=", false)]
    #[case::trailing_bits("e31.e30.AAAA", false)]
    #[case::trailing_bits_of_the_signature("e30.e30.AAB", false)]
    #[case::standard_alphabet("e30.e30.AA+/", false)]
    #[case::blank("e30.e30.AA A", false)]
    #[case::newline("e30.e30.AAAA\n", false)]
    #[case::empty_header(".e30.AAAA", false)]
    #[case::json_serialisation(r#"{"payload":"e30","protected":"e30","signature":"AAAA"}"#, false)]
    #[case::nothing("", false)]
    fn the_serialisation_is_read_to_the_letter(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(Jws::read(text).is_some(), expected);
    }

    #[test]
    fn what_is_signed_is_the_text_itself() {
        let segments = Segments::split("aa.b.cccc").unwrap();
        assert_eq!((segments.header, segments.payload, segments.signature), ("aa", "b", "cccc"));
        assert_eq!(segments.signed_text, "aa.b");
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "([A-Za-z0-9_=+/-]{0,8}[.]?){0,6}|\\PC*") {
            Jws::read(&text);
        }
    }
}
