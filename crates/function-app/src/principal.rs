//! The identity headers that the platform hands to the app.
//!
//! Source: Microsoft's page on user identities in App Service, `ClaimTypeMapping` of its JWT library, published captures.

use std::borrow::Cow;

use authsettings::MapClaims;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::{Map, Value};

const NAME_TYPE: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
const ROLE_TYPE: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";

/// Claims that Microsoft's JWT library renames on the way in; those among them that Entra's tokens may have.
const CLAIM_TYPES: [(&str, &str); 19] = [
    ("acr", "http://schemas.microsoft.com/claims/authnclassreference"),
    ("actort", "http://schemas.xmlsoap.org/ws/2009/09/identity/claims/actor"),
    ("amr", "http://schemas.microsoft.com/claims/authnmethodsreferences"),
    ("deviceid", "http://schemas.microsoft.com/2012/01/devicecontext/claims/identifier"),
    ("email", NAME_TYPE),
    ("family_name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname"),
    ("gender", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/gender"),
    ("given_name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname"),
    ("group", "http://schemas.xmlsoap.org/claims/Group"),
    ("idp", "http://schemas.microsoft.com/identity/claims/identityprovider"),
    ("nameid", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"),
    ("oid", "http://schemas.microsoft.com/identity/claims/objectidentifier"),
    ("role", ROLE_TYPE),
    ("roles", ROLE_TYPE),
    ("scp", "http://schemas.microsoft.com/identity/claims/scope"),
    ("sub", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"),
    ("tid", "http://schemas.microsoft.com/identity/claims/tenantid"),
    ("unique_name", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"),
    ("upn", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"),
];

/// Where a user's name is looked for; an application has none of these.
const NAMES: [&str; 5] = ["preferred_username", "upn", "unique_name", "email", "name"];

/// Whether a header speaks of the caller's identity, so that only the platform may set it. Servers that fold `_` into `-`
/// would take one for the other; so both are meant.
pub fn is_identity_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('_', "-");
    name.starts_with("x-ms-client-principal") || name.starts_with("x-ms-token-")
}

/// The headers that say who the caller is.
pub fn identity_headers(payload: &Map<String, Value>, map: MapClaims) -> Vec<(&'static str, String)> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let id = text("oid").or_else(|| text("sub"));
    let name = NAMES.into_iter().find_map(text);
    let named = [("x-ms-client-principal-id", id), ("x-ms-client-principal-name", name)];
    [("x-ms-client-principal", principal(payload, map)), ("x-ms-client-principal-idp", "aad".to_owned())]
        .into_iter()
        .chain(named.into_iter().filter_map(|(header, value)| Some((header, value?.to_owned()))))
        .collect()
}

/// `X-MS-CLIENT-PRINCIPAL`: base64 of JSON whose slashes are escaped; claims in the token's order, one for each member of a list.
fn principal(payload: &Map<String, Value>, map: MapClaims) -> String {
    let claims = payload.iter().flat_map(|(name, value)| {
        let members = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        members.iter().map(move |member| Claim { typ: claim_type(name, map), val: plain(member) })
    });
    let principal = Principal { auth_typ: "aad", claims: claims.collect(), name_typ: NAME_TYPE, role_typ: ROLE_TYPE };
    let principal = serde_json::to_string(&principal).expect("texts can always be written as JSON");
    BASE64_STANDARD.encode(principal.replace('/', "\\/"))
}

#[derive(Serialize)]
struct Principal<'a> {
    auth_typ: &'static str,
    claims: Vec<Claim<'a>>,
    name_typ: &'static str,
    role_typ: &'static str,
}

#[derive(Serialize)]
struct Claim<'a> {
    typ: &'a str,
    val: Cow<'a, str>,
}

fn claim_type(name: &str, map: MapClaims) -> &str {
    match (map, name) {
        (MapClaims::None, _) | (MapClaims::RolesUnmapped, "roles") => name,
        _ => CLAIM_TYPES.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| long),
    }
}

fn plain(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        Value::Null => "".into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{identity_headers, is_identity_header};
    use authsettings::MapClaims;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use rstest::rstest;
    use serde_json::{Map, Value, json};

    fn payload() -> Map<String, Value> {
        let payload = json!({
            "aud": "11f4c2aa-6b1d-4e8f-8a53-2c9d7e6b5a41", "iss": "https://sts.windows.net/t/", "exp": 1_700_000_000,
            "appid": "33b8e9cc-4d5f-4e60-8c71-8f9a0b1c2d3e", "oid": "o", "roles": ["Orders.Read", "Orders.Write"], "sub": "o",
            "flag": true, "odd": {"a": null}, "nothing": null,
        });
        serde_json::from_value(payload).unwrap()
    }

    #[rstest]
    #[case::library_map("library_map", MapClaims::LibraryMap)]
    #[case::none("none", MapClaims::None)]
    #[case::roles_unmapped("roles_unmapped", MapClaims::RolesUnmapped)]
    fn the_principal_is_written_to_the_byte(#[case] name: &str, #[case] map: MapClaims) {
        let headers = identity_headers(&payload(), map);
        let decoded = String::from_utf8(BASE64_STANDARD.decode(&headers[0].1).unwrap()).unwrap();
        insta::assert_snapshot!(name, decoded);
    }

    #[test]
    fn an_application_has_an_id_and_no_name() {
        let headers = identity_headers(&payload(), MapClaims::LibraryMap);
        assert_eq!(
            headers[1..],
            [("x-ms-client-principal-idp", "aad".into()), ("x-ms-client-principal-id", "o".into())]
        );
    }

    #[test]
    fn a_user_has_a_name() {
        let mut payload = payload();
        payload.insert("preferred_username".to_owned(), "ann@contoso.example".into());
        let headers = identity_headers(&payload, MapClaims::LibraryMap);
        assert!(headers.contains(&("x-ms-client-principal-name", "ann@contoso.example".into())));
    }

    #[rstest]
    #[case("X-MS-CLIENT-PRINCIPAL", true)]
    #[case("x_ms_client_principal_id", true)]
    #[case("X-MS-TOKEN-AAD-ACCESS-TOKEN", true)]
    #[case("x-ms-client", false)]
    #[case("authorization", false)]
    fn identity_headers_are_known_in_any_spelling(#[case] name: &str, #[case] expected: bool) {
        assert_eq!(is_identity_header(name), expected);
    }
}
