use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diagnostics::Source;
use rstest::rstest;
use serde_json::json;
use token::{Forge, Lifetime, Signature};

use super::*;

const NOW: UnixTime = 1_790_000_000;
const PROFILE: &str = "
target: { url: https://func.example.net }
audience: orders
resource: api://orders
callers:
  listed: { client-id: apim, credential: managed-identity }
  unlisted: { client-id: reporting, credential: { token: { env: T } } }
  other: { client-id: other }
apis:
  own: { audience: api://billing, harmless: true }
  another-api: billing
";

impl Wallet {
    /// One without tokens.
    pub(crate) fn empty() -> Self {
        let profile = Profile::bare("https://func.example.net").unwrap();
        Self { source: None, roles: Roles::new(&profile, None), had: BTreeMap::new(), kept: Vec::new() }
    }

    /// One with what the credential of a role gave for the target.
    pub(crate) fn holding(roles: &Roles, role: &str, had: Result<Token, String>) -> Self {
        let had = BTreeMap::from([((role.to_owned(), None), Mutex::new(had))]);
        Self { roles: roles.clone(), had, ..Self::empty() }
    }
}

fn roles() -> Roles {
    Roles::new(&Profile::read(&Source::new("profile.yaml", PROFILE), &|_| None).0.unwrap(), None)
}

fn token(claims: &Value) -> Token {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    Token::new(format!("{}.{}.AAAA", part(&json!({"alg": "RS256"})), part(claims)))
}

fn recipe(caller: &str, audience: Option<&str>) -> Recipe {
    Recipe { caller: caller.to_owned(), audience: audience.map(str::to_owned), ..Recipe::default() }
}

#[rstest]
#[case::for_the_target(recipe("listed", None), Some("the target"))]
#[case::for_a_harmless_api(recipe("listed", Some("own")), Some("own"))]
#[case::for_any_other_api(recipe("listed", Some("another-api")), None)]
#[case::for_an_api_that_nobody_named(recipe("listed", Some("https://graph.microsoft.com")), None)]
#[case::handed_in(recipe("unlisted", None), Some("the target"))]
#[case::handed_in_for_one_api_alone(recipe("unlisted", Some("own")), None)]
#[case::without_a_credential(recipe("other", None), None)]
#[case::of_nobody(recipe("nobody", None), None)]
#[case::of_another_tenant(Recipe { tenant: Some("fabrikam".to_owned()), ..recipe("listed", None) }, None)]
#[case::in_another_shape(Recipe { version: TokenVersion::Other, ..recipe("listed", None) }, None)]
fn a_token_is_asked_for_the_target_and_for_what_is_harmless(#[case] recipe: Recipe, #[case] expected: Option<&str>) {
    let wallet = Wallet { roles: roles(), ..Wallet::empty() };
    let whose = wallet.whose(&recipe);
    assert!(whose.iter().all(|(role, _)| *role == recipe.caller));
    let whom = whose.map(|(_, api)| api.unwrap_or_else(|| "the target".to_owned()));
    assert_eq!(whom.as_deref(), expected);
}

#[rstest]
#[case::client_id(None, json!({"aud": "orders", "azp": "apim"}), "")]
#[case::uri_of_the_client_id(None, json!({"aud": "api://orders", "appid": "APIM"}), "")]
#[case::for_another(None, json!({"aud": "billing", "azp": "apim"}), "a token for \"billing\", not for the target: it is not sent")]
#[case::for_microsoft(None, json!({"aud": "https://graph.microsoft.com"}), "not for the target: it is not sent; if that is its App ID URI")]
#[case::for_several(None, json!({"aud": ["orders", "billing"]}), "a token that is for nobody")]
#[case::for_nobody(None, json!({}), "a token that is for nobody")]
#[case::of_another_client(None, json!({"aud": "orders", "azp": "reporting"}), "a token of the client reporting, and the profile says apim")]
#[case::harmless(Some("own"), json!({"aud": "api://billing", "azp": "apim"}), "")]
#[case::harmless_by_its_client_id(Some("own"), json!({"aud": "22a7d8bb", "azp": "apim"}), "")]
#[case::another_than_the_harmless(Some("own"), json!({"aud": "api://payroll"}), "a token for \"api://payroll\", not for `own`")]
fn a_token_is_sent_only_where_it_is_meant_to_go(
    #[case] api: Option<&str>,
    #[case] claims: Value,
    #[case] expected: &str,
) {
    let told = check(&roles(), "listed", api, &token(&claims)).err().unwrap_or_default();
    assert_eq!(told.is_empty(), expected.is_empty(), "{told}");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn where_nobody_knows_what_the_target_is_nothing_is_sent() {
    let roles = Roles::new(&Profile::bare("https://func.example.net").unwrap(), None);
    let told = check(&roles, "listed", None, &token(&json!({"aud": "orders"}))).unwrap_err();
    assert!(told.contains("add it to the profile"), "{told}");
    assert!(check(&roles, "listed", None, &Token::new("no token")).unwrap_err().contains("gave no token"));
}

/// Gives one token after the other, and then none.
struct Given(Mutex<Vec<Token>>);

impl Credentials for Given {
    fn token<'a>(
        &'a self,
        role: &'a str,
        audience: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Token, String>> + Send + 'a>> {
        assert_eq!((role, audience), ("listed", "api://orders"));
        let next = self.0.lock().unwrap().pop();
        Box::pin(async { next.ok_or_else(|| "there is no more".to_owned()) })
    }
}

#[tokio::test]
async fn a_token_near_its_end_is_got_anew_and_kept_where_there_is_no_other() {
    let until = |exp: i64| token(&json!({"aud": "orders", "azp": "apim", "exp": exp}));
    let (first, second) = (until(NOW + 3600), until(NOW + 7200));
    let source = Arc::new(Given(Mutex::new(vec![second.clone()])));
    let wallet = Wallet { source: Some(source), ..Wallet::holding(&roles(), "listed", Ok(first.clone())) };
    let plain = recipe("listed", None);
    assert_eq!(wallet.fresh(&plain, NOW).await, Some(Ok(first)));
    assert_eq!(wallet.fresh(&plain, NOW + 3400).await, Some(Ok(second.clone())));
    assert_eq!(wallet.fresh(&plain, NOW + 7000).await, Some(Ok(second.clone())));
    assert_eq!(wallet.tokens(), [second]);
}

#[rstest]
#[case::expired_for_longer(recipe("listed", None), Some(-900), None, Some(Ok(())))]
#[case::begun_before(recipe("listed", None), Some(-900), Some(-4500), Some(Ok(())))]
#[case::not_for_so_long(recipe("listed", None), Some(-86_400), None, Some(Err(())))]
#[case::ends_before_it_begins(recipe("listed", None), Some(-900), Some(-60), None)]
#[case::within_the_skew(recipe("listed", None), Some(-60), None, None)]
#[case::not_expired(recipe("listed", None), Some(60), None, None)]
#[case::not_asked_for(recipe("listed", None), None, None, None)]
#[case::of_another(recipe("unlisted", None), Some(-900), None, None)]
#[case::for_another(recipe("listed", Some("own")), Some(-900), None, None)]
#[case::forged(
    Recipe { forge: Forge { signature: Signature::Flipped, ..Forge::default() }, ..recipe("listed", None) },
    Some(-900), None, None
)]
fn a_kept_token_stands_in_where_no_more_is_asked_than_that_it_expired(
    #[case] recipe: Recipe,
    #[case] expires_in: Option<i64>,
    #[case] not_before_in: Option<i64>,
    #[case] expected: Option<Result<(), ()>>,
) {
    let kept = token(&json!({"aud": "orders", "azp": "apim", "exp": NOW - 3600}));
    let wallet = Wallet { roles: roles(), kept: vec![("listed".to_owned(), kept)], ..Wallet::empty() };
    let recipe = Recipe { lifetime: Lifetime { expires_in, not_before_in, issued_in: None }, ..recipe };
    let stands_in = wallet.expired(&recipe, NOW);
    if let Some(Err(reason)) = &stands_in {
        assert_eq!(
            reason,
            "the kept token of `listed` expires at 2026-09-21T13:13:20Z, and this case needs one that has expired for 86400 s"
        );
    }
    assert_eq!(stands_in.map(|had| had.map(drop).map_err(drop)), expected);
}
