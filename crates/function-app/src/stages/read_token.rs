use crate::{Call, Flow, Jws};

/// Takes the token apart.
pub fn read_token(call: &mut Call) -> Flow {
    if let Some(bearer) = &call.bearer {
        call.token = Jws::read(bearer);
        call.facts.readable = call.token.is_some().into();
    }
    Flow::Continue(())
}
