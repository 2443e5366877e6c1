use authsettings::Answer;

use crate::{Call, Flow, platform};

/// Lets the settings decide.
pub fn decide(call: &mut Call) -> Flow {
    carry_out(call, call.ask(&call.facts))
}

/// Does what an answer of the settings says. What depends on something that could not be found out is refused.
pub fn carry_out(call: &mut Call, answer: Answer) -> Flow {
    let profile = call.site.settings.knobs.os_profile;
    match answer {
        Answer::Reaches { as_ } => {
            call.identity = Some(as_);
            Flow::Continue(())
        }
        Answer::Refused { status, challenge, location, reason, .. } => {
            call.reason = Some(reason);
            Flow::Break(match location {
                Some(location) => platform::redirect(profile, status, &location),
                None => platform::refusal(profile, status, challenge.as_deref()),
            })
        }
        Answer::Redirect { status, location } => Flow::Break(platform::redirect(profile, status, &location)),
        Answer::Endpoint => Flow::Break(platform::empty(404)),
        Answer::Depends(what) => {
            call.note(format!("refused because {what} is not known"));
            let challenge = call.site.settings.challenge(call.host());
            Flow::Break(platform::refusal(profile, 401, challenge.as_deref()))
        }
    }
}
