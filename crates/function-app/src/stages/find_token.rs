use authsettings::Credential;

use crate::{Call, Flow};

/// Finds the bearer token: in the `Authorization` header and nowhere else (RFC 6750 section 2.1).
///
/// The scheme's name is compared without case. Several headers are taken for one, joined by commas as ASP.NET Core does, which
/// leaves no token that could be read. A header that is no visible text is a credential of no known scheme.
pub fn find_token(call: &mut Call) -> Flow {
    let values = call.request.headers.get_all("authorization").iter();
    let values: Vec<_> = values.map(|value| value.to_str().unwrap_or("\u{fffd}")).collect();
    let value = values.join(",");
    let (scheme, rest) = value.trim().split_once([' ', '\t']).unwrap_or((value.trim(), ""));
    call.facts.credential = if scheme.is_empty() {
        Credential::None
    } else if scheme.eq_ignore_ascii_case("bearer") {
        call.bearer = Some(rest.trim().to_owned());
        Credential::Bearer
    } else {
        Credential::OtherScheme
    };
    Flow::Continue(())
}
