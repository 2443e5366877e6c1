use authsettings::{Action, Settings};
use rstest::rstest;

use super::*;

const REQUEST: Request<'_> =
    Request { https: true, path: "/api/orders", query: None, host: "func.example.net", user_agent: None };

fn settings() -> Settings {
    let text = include_str!("../../../../fixtures/authsettings.json");
    let (settings, diagnostics) = authsettings::read(&diagnostics::Source::new("authsettings.json", text));
    settings.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

#[test]
fn the_form_is_that_of_the_settings() {
    assert_eq!(Form::of(&settings(), &REQUEST), Form::USUAL);
}

#[rstest]
#[case::forbids(Action::Return403, Form::EasyAuth { unauthenticated: 403, challenge: false })]
#[case::redirects_browsers_only(Action::RedirectToLoginPage, Form::USUAL)]
#[case::lets_in_and_has_no_say(Action::AllowAnonymous, Form::USUAL)]
fn an_action_changes_it(#[case] action: Action, #[case] form: Form) {
    let mut settings = settings();
    settings.validation.action = action;
    assert_eq!(Form::of(&settings, &REQUEST), form);
}

#[test]
fn a_challenge_that_is_switched_off_is_not_asked_for() {
    let mut settings = settings();
    settings.entra.as_mut().unwrap().disable_www_authenticate = true;
    assert_eq!(Form::of(&settings, &REQUEST), Form::EasyAuth { unauthenticated: 401, challenge: false });
}

#[rstest]
#[case::switched_off(false, REQUEST)]
#[case::sent_to_https(true, Request { https: false, ..REQUEST })]
#[case::an_endpoint_of_the_platform(true, Request { path: "/.auth/me", ..REQUEST })]
fn settings_that_refuse_nobody_here_have_no_say(#[case] enabled: bool, #[case] request: Request<'_>) {
    let settings = Settings { enabled, ..settings() };
    assert_eq!(Form::of(&settings, &request), Form::USUAL);
}

#[rstest]
#[case(401, Outcome::Unauthenticated, Some(vec![401]))]
#[case(401, Outcome::Forbidden, Some(vec![403]))]
#[case(401, Outcome::Refused, Some(vec![401, 403]))]
#[case(403, Outcome::Unauthenticated, Some(vec![403]))]
#[case(403, Outcome::Refused, Some(vec![403]))]
#[case(302, Outcome::Unauthenticated, Some(vec![302]))]
#[case(302, Outcome::Refused, Some(vec![302, 403]))]
#[case(401, Outcome::Accepted, None)]
#[case(401, Outcome::Recorded, None)]
fn a_refusal_has_its_usual_status(
    #[case] unauthenticated: u16,
    #[case] outcome: Outcome,
    #[case] statuses: Option<Vec<u16>>,
) {
    assert_eq!(Form::EasyAuth { unauthenticated, challenge: true }.statuses(outcome), statuses);
    assert_eq!(Form::Any.statuses(outcome), None);
}

#[rstest]
#[case(Form::USUAL, Outcome::Unauthenticated, true)]
#[case(Form::USUAL, Outcome::Forbidden, false)]
#[case(Form::USUAL, Outcome::Refused, false)]
#[case(Form::USUAL, Outcome::Accepted, false)]
#[case(Form::EasyAuth { unauthenticated: 401, challenge: false }, Outcome::Unauthenticated, false)]
#[case(Form::Any, Outcome::Unauthenticated, false)]
fn only_a_caller_without_a_credential_is_challenged(
    #[case] form: Form,
    #[case] outcome: Outcome,
    #[case] challenges: bool,
) {
    assert_eq!(form.challenges(outcome), challenges);
}
