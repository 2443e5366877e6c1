//! The name that a run goes by in the logs of those whom it asks.

use scenario::Send;
use uuid::Uuid;
use wire::RequestBytes;

/// By what the requests of a run are found in logs: its trace (W3C Trace Context), and its `User-Agent`.
#[derive(Debug)]
pub(crate) struct Trace {
    id: String,
    agent: String,
}

impl Trace {
    /// A trace that nobody has seen before.
    pub(crate) fn new() -> Self {
        let id = Uuid::new_v4().simple().to_string();
        let agent = format!("greenlight/{} (run {id})", env!("CARGO_PKG_VERSION"));
        Self { id, agent }
    }

    /// Its id: 32 hexadecimal digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// Puts the name on a request where the scenario neither writes such a header nor leaves it out. What a scenario writes to the
    /// byte (`target`, `lines`, `version`) gets no header that it would not have anyway.
    pub(crate) fn sign(&self, send: &Send, request: &mut RequestBytes) {
        let is_free = |wanted: &str| {
            let mut named = send.headers.iter().map(|(name, _)| name).chain(&send.without);
            !named.any(|name| name.eq_ignore_ascii_case(wanted))
        };
        if is_free("user-agent")
            && let Some((_, agent)) = request.headers.iter_mut().find(|(name, _)| name == b"User-Agent")
        {
            *agent = self.agent.clone().into_bytes();
        }
        let is_ordinary = send.target.is_none() && send.lines.is_empty() && send.version.is_none();
        if is_ordinary && is_free("traceparent") {
            let before_its_own = request.headers.len().saturating_sub(send.headers.len());
            request.headers.insert(before_its_own, (b"traceparent".to_vec(), self.parent().into_bytes()));
        }
    }

    /// A span of its own for each request, sampled: whoever records only what is asked for records it.
    fn parent(&self) -> String {
        // The variant's bits keep this half from being zero, which would be no id.
        let (_, span) = Uuid::new_v4().as_u64_pair();
        format!("00-{}-{span:016x}-01", self.id)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scenario::Template;
    use wire::Origin;

    use super::*;

    fn signed(send: &Send, trace: &Trace) -> Vec<(String, String)> {
        let own = send.headers.iter().map(|(name, _)| (name.as_str(), "own"));
        let origin = Origin::new(true, "func.example.net", 443);
        let mut request = RequestBytes::ordinary("GET", &origin, "/", own, Vec::new());
        request.headers.retain(|(name, _)| !send.without.iter().any(|one| one.as_bytes().eq_ignore_ascii_case(name)));
        trace.sign(send, &mut request);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        request.headers.into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn a_request_bears_the_runs_name_and_a_span_of_its_own() {
        let trace = Trace::new();
        let send = Send { headers: vec![("X-Own".to_owned(), Template::new("own"))], ..Send::default() };
        let [first, second] = [signed(&send, &trace), signed(&send, &trace)];
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["Host", "User-Agent", "Accept", "traceparent", "X-Own"]);
        assert_eq!(first[1].1, format!("greenlight/{} (run {})", env!("CARGO_PKG_VERSION"), trace.id()));
        let parts: Vec<&str> = first[3].1.split('-').collect();
        assert_eq!((parts[0], parts[1], parts[3]), ("00", trace.id(), "01"), "version, trace, flags");
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(parts[1].len() == 32 && parts[2].len() == 16 && parts.iter().all(|part| is_hex(part)), "{parts:?}");
        assert_ne!(first[3].1, second[3].1);
        assert_ne!(Trace::new().id(), trace.id());
    }

    #[rstest]
    #[case::own_headers(Send { headers: ["user-agent", "TraceParent"].map(|name| (name.to_owned(), Template::new("own"))).into(), ..Send::default() }, "own")]
    #[case::left_out(Send { without: vec!["USER-AGENT".to_owned(), "Traceparent".to_owned()], ..Send::default() }, "")]
    #[case::lines(Send { lines: vec![Template::new("X: y")], without: vec!["user-agent".to_owned()], ..Send::default() }, "")]
    #[case::target(Send { target: Some(Template::new("*")), without: vec!["user-agent".to_owned()], ..Send::default() }, "")]
    #[case::version(Send { version: Some("HTTP/1.0".to_owned()), without: vec!["user-agent".to_owned()], ..Send::default() }, "")]
    fn what_a_scenario_says_stays(#[case] send: Send, #[case] value: &str) {
        let headers = signed(&send, &Trace::new());
        for name in ["user-agent", "traceparent"] {
            let values = headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            assert_eq!(values.cloned().collect::<String>(), value, "{name}");
        }
    }
}
