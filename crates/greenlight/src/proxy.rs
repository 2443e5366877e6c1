//! Through which proxy a target is reached.

use std::net::IpAddr;

use scenario::{Address, Profile};
use wire::Proxy;

use crate::trouble::Trouble;

/// A proxy, and who named it.
#[derive(Debug, PartialEq)]
pub(crate) struct Chosen {
    pub(crate) proxy: Proxy,
    by: &'static str,
}

impl Chosen {
    /// What the reader should know.
    pub(crate) fn note(&self) -> String {
        format!("requests go through the proxy {} ({})", self.proxy, self.by)
    }
}

/// The proxy for a target: the profile's, or else the one that the environment names. Only https to another machine goes through
/// one. Names in small letters go before those in capitals, as curl has it.
pub(crate) fn choose(
    profile: &Profile,
    variable: impl Fn(&'static str) -> Option<String>,
) -> Result<Option<Chosen>, Trouble> {
    let Address::Url(target) = &profile.target.address else { return Ok(None) };
    let host = target.host.trim_matches(['[', ']']);
    if !target.https || stays_here(host) {
        return Ok(None);
    }
    let (url, by) = match &profile.target.proxy {
        Some(scenario::Proxy::None) => return Ok(None),
        Some(scenario::Proxy::At(url)) => (url.to_string(), "the profile"),
        None => {
            let set = |name| variable(name).filter(|value| !value.is_empty());
            let first = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((set(name)?, name)));
            let Some(named) = first(["https_proxy", "HTTPS_PROXY"]) else { return Ok(None) };
            let exceptions = first(["no_proxy", "NO_PROXY"]).map(|(list, _)| list).unwrap_or_default();
            if is_excepted(host, target.port, &exceptions) {
                return Ok(None);
            }
            named
        }
    };
    let proxy = Proxy::parse(&url).map_err(|error| {
        Trouble::usage(format!("the proxy that {by} names: {error}"))
            .hint("write http://host:port, or `target: { proxy: none }` in a profile")
    })?;
    Ok(Some(Chosen { proxy, by }))
}

fn stays_here(host: &str) -> bool {
    let ip = host.parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

/// Whether a list of exceptions names a host: `*`, a domain with all that ends in it, an address, a network, each of the first two
/// perhaps with a port.
fn is_excepted(host: &str, port: u16, exceptions: &str) -> bool {
    exceptions.split([',', ' ']).map(str::trim).filter(|one| !one.is_empty()).any(|one| {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return one == "*" || one.trim_matches(['[', ']']).parse() == Ok(ip) || is_within(ip, one);
        }
        let (domain, of_port) = match one.rsplit_once(':') {
            Some((domain, number)) => (domain, number.parse() == Ok(port)),
            None => (one, true),
        };
        let domain = domain.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
        let host = host.to_ascii_lowercase();
        let below = host.strip_suffix(&domain).is_some_and(|before| before.is_empty() || before.ends_with('.'));
        one == "*" || of_port && !domain.is_empty() && below
    })
}

/// Whether an address lies in a network such as `10.0.0.0/8`.
fn is_within(ip: IpAddr, network: &str) -> bool {
    let Some((base, bits)) = network.split_once('/') else { return false };
    let (Ok(base), Ok(bits)) = (base.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (ip, base) {
        (IpAddr::V4(ip), IpAddr::V4(base)) => {
            let differs = ip.to_bits() ^ base.to_bits();
            bits <= 32 && differs.checked_shr(32 - bits).unwrap_or_default() == 0
        }
        (IpAddr::V6(ip), IpAddr::V6(base)) => {
            let differs = ip.to_bits() ^ base.to_bits();
            bits <= 128 && differs.checked_shr(128 - bits).unwrap_or_default() == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use scenario::{BaseUrl, Profile};

    use super::*;

    fn chosen(target: &str, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        of(&Profile::bare(target).unwrap(), variables)
    }

    fn of(profile: &Profile, variables: &[(&str, &str)]) -> Result<Option<String>, String> {
        let variable =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let chosen = choose(profile, variable).map_err(|trouble| trouble.message)?;
        Ok(chosen.map(|chosen| chosen.note()))
    }

    #[test]
    fn the_environment_names_it_and_its_credentials_are_not_told() {
        let target = "https://func.example.net/api/orders";
        let named = chosen(target, &[("HTTPS_PROXY", "http://me:secret@proxy.example:3128")]);
        let note = "requests go through the proxy proxy.example:3128 (HTTPS_PROXY)";
        assert_eq!(named, Ok(Some(note.to_owned())));
        let both = [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "b:2")];
        assert_eq!(chosen(target, &both), Ok(Some("requests go through the proxy b:2 (https_proxy)".to_owned())));
        assert_eq!(chosen(target, &[("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://a:1")]), Ok(None));
        let wrong = chosen(target, &[("HTTPS_PROXY", "https://me:secret@proxy.example")]).unwrap_err();
        assert!(wrong.starts_with("the proxy that HTTPS_PROXY names: ") && !wrong.contains("secret"), "{wrong}");
    }

    #[rstest]
    #[case::plain("http://func.example.net")]
    #[case::here("https://localhost:7443/api/orders")]
    #[case::here_by_address("https://127.8.8.8")]
    #[case::here_too("https://[::1]:7443")]
    fn what_needs_none_has_none(#[case] target: &str) {
        assert_eq!(chosen(target, &[("HTTPS_PROXY", "http://a:1")]), Ok(None));
    }

    #[test]
    fn the_profile_has_the_last_word() {
        let mut profile = Profile::bare("https://func.example.net").unwrap();
        profile.target.proxy = Some(scenario::Proxy::None);
        assert_eq!(of(&profile, &[("HTTPS_PROXY", "http://a:1")]), Ok(None));
        let at = BaseUrl { https: false, host: "p".to_owned(), port: 3128 };
        profile.target.proxy = Some(scenario::Proxy::At(at));
        let noted = of(&profile, &[("NO_PROXY", "*")]);
        assert_eq!(noted, Ok(Some("requests go through the proxy p:3128 (the profile)".to_owned())));
    }

    #[rstest]
    #[case("func.example.net", "*", true)]
    #[case("func.example.net", "other.example, example.net", true)]
    #[case("Func.Example.net", ".EXAMPLE.NET", true)]
    #[case("func.example.net", "*.example.net", true)]
    #[case("func.example.net", "func.example.net:443", true)]
    #[case("func.example.net", "func.example.net:8443", false)]
    #[case("func.example.net", "ample.net", false)]
    #[case("func.example.net", "", false)]
    #[case("func.example.net", ".", false)]
    #[case("10.1.2.3", "10.0.0.0/8", true)]
    #[case("10.1.2.3", "10.1.2.3", true)]
    #[case("10.1.2.3", "0.0.0.0/0", true)]
    #[case("10.1.2.3", "11.0.0.0/8", false)]
    #[case("10.1.2.3", "10.0.0.0/33", false)]
    #[case("10.1.2.3", "2.3", false)]
    #[case("fd00::1", "fd00::/8", true)]
    #[case("fd00::1", "fe00::/8", false)]
    #[case("fd00::1", "[fd00::1]", true)]
    fn exceptions_are_read(#[case] host: &str, #[case] exceptions: &str, #[case] expected: bool) {
        assert_eq!(is_excepted(host, 443, exceptions), expected);
    }
}
