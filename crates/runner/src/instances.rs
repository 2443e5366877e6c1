//! The instances of a target that was scaled out, as far as its front ends tell them apart.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use scenario::{Case, Step, Template};
use wire::Exchange;

use crate::attribute::header;

/// Whoever brings one of these back is led to the instance that he came from; both have the same value. Source:
/// <https://learn.microsoft.com/azure/app-service/configure-common> (session affinity).
const COOKIES: [&str; 2] = ["ARRAffinity", "ARRAffinitySameSite"];
/// So many instances are asked one by one.
const MOST: usize = 20;
/// So many are told apart: a target that makes up another with every answer must not fill the memory.
const KNOWN: usize = 1_000;
/// So long may be what tells one apart: it goes into a request. Azure's have 64 digits.
const LONGEST: usize = 256;

/// The instances that answered in a run.
#[derive(Debug, Default)]
pub(crate) struct Instances(Mutex<BTreeSet<String>>);

impl Instances {
    /// Takes note of who answered, where the answer tells.
    pub(crate) fn note(&self, exchange: &Exchange) {
        let Some(instance) = header(exchange, "set-cookie").find_map(|cookie| instance(&cookie)) else { return };
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < KNOWN {
            seen.insert(instance);
        }
    }

    /// Those that are to be asked one by one: none where fewer than two were told apart.
    pub(crate) fn several(&self) -> Vec<String> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < 2 { Vec::new() } else { seen.iter().take(MOST).cloned().collect() }
    }

    /// What the reader should know about them.
    pub(crate) fn told(&self) -> Option<String> {
        let (asked, seen) = (self.several().len(), self.0.lock().unwrap_or_else(PoisonError::into_inner).len());
        let which = if asked < seen { format!("{asked} of them were") } else { "each was".to_owned() };
        (asked > 0).then(|| format!("{seen} instances answered: {which} asked by itself (cases named `instance=...`)"))
    }
}

/// The instance that a `Set-Cookie` header leads back to. What is no plain word does not go into a request.
fn instance(cookie: &str) -> Option<String> {
    let (name, rest) = cookie.split_once('=')?;
    let value = rest.split(';').next()?.trim();
    let plain = (1..=LONGEST).contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (COOKIES.contains(&name.trim()) && plain).then(|| value.to_owned())
}

/// A case whose requests lead to one instance. It is named by as much of the instance as tells it apart.
pub(crate) fn led_to(case: &Case, instance: &str, all: &[String]) -> Case {
    let mut case = case.clone();
    let cookie = COOKIES.map(|name| format!("{name}={instance}")).join("; ");
    for step in &mut case.steps {
        if let Step::Exchange(exchange) = step {
            exchange.send.headers.push(("Cookie".to_owned(), Template::new(cookie.as_str())));
        }
    }
    let shared = |length: usize| all.iter().filter(|one| one.get(..length) == instance.get(..length)).count() > 1;
    let length = (6..instance.len()).find(|length| !shared(*length)).unwrap_or(instance.len());
    let comma = if case.variant.is_empty() { "" } else { "," };
    let _ = write!(case.variant, "{comma}instance={}", &instance[..length]);
    case
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{Instances, instance, led_to};
    use crate::attribute::tests::answer;

    #[rstest]
    #[case::plain("ARRAffinity=4f3c9a;Path=/;HttpOnly;Secure;Domain=func.example.net", Some("4f3c9a"))]
    #[case::same_site("ARRAffinitySameSite=4f3c9a;Path=/;SameSite=None", Some("4f3c9a"))]
    #[case::another("session=4f3c9a;Path=/", None)]
    #[case::empty("ARRAffinity=;Path=/", None)]
    #[case::two_lines("ARRAffinity=a\r\nX: y", None)]
    #[case::nothing("ARRAffinity", None)]
    #[case::far_too_long(&format!("ARRAffinity={}", "a".repeat(257)), None)]
    fn a_cookie_leads_back_to_an_instance(#[case] cookie: &str, #[case] expected: Option<&str>) {
        assert_eq!(instance(cookie).as_deref(), expected);
    }

    #[test]
    fn one_instance_is_not_asked_again() {
        let instances = Instances::default();
        let _ = instances.0.lock().unwrap().insert("aaaaaaaa".to_owned());
        assert_eq!((instances.several(), instances.told()), (Vec::new(), None));
    }

    #[test]
    fn many_are_told_as_many() {
        let instances = Instances::default();
        instances.0.lock().unwrap().extend((0..31).map(|number| format!("{number:064x}")));
        assert_eq!(instances.several().len(), 20);
        assert!(instances.told().unwrap().starts_with("31 instances answered: 20 of them were asked"));
    }

    #[test]
    fn a_target_that_makes_up_instances_does_not_fill_the_memory() {
        let instances = Instances::default();
        for number in 0..3_000 {
            let cookie = format!("ARRAffinity=a{number}");
            instances.note(&answer(200, &[("Set-Cookie", &cookie)], ""));
        }
        assert_eq!(instances.0.lock().unwrap().len(), 1_000);
    }

    #[test]
    fn a_case_is_named_by_what_tells_its_instance_apart() {
        let case = scenario::Case { id: "one".to_owned(), variant: "k=v".to_owned(), steps: Vec::new() };
        let all = ["abcdef01".to_owned(), "abcdef02".to_owned(), "b".to_owned()];
        assert_eq!(led_to(&case, &all[0], &all).variant, "k=v,instance=abcdef01");
        assert_eq!(led_to(&case, &all[2], &all).variant, "k=v,instance=b");
        assert_eq!(led_to(&case, &all[0], &all[..1]).variant, "k=v,instance=abcdef");
    }
}
