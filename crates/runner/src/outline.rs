//! What a run would send, without sending it.

use std::sync::Arc;

use results::Means;
use scenario::{Case, Exchange, Scenario};
use token::Recipe;

use crate::plan::{Plan, Planned};
use crate::player::Player;
use crate::roles::Roles;
use crate::run::{Run, RunError, player, wallet};

/// What a run would do with one case.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The case of it.
    pub case: Case,
    /// Its requests in order; an error says why it would not be played.
    pub requests: Result<Vec<Intended>, String>,
}

/// One request that would be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intended {
    /// Method and address, with names where values are made when it is sent.
    pub line: String,
    /// How often.
    pub times: u32,
    /// Whose token it bears, and how that comes to be; none: it bears none.
    pub token: Option<String>,
}

/// Outlines a run. The issuer may be asked what it knows; nothing is sent to the target.
pub async fn outline(run: &Run) -> Result<Vec<Intent>, RunError> {
    let roles = Roles::new(&run.profile, run.settings.as_ref());
    let player = player(run, &roles, wallet(run, &roles, run.credentials.clone()).await).await?;
    let plan = Plan::new(run, &roles, &player);
    let intent = |scenario: &Arc<Scenario>, case: Case| {
        let requests = match plan.of(scenario, &case) {
            Planned::Skipped(reason) => Err(reason),
            Planned::Ready | Planned::Alone => Ok(case.exchanges().map(|step| intended(step, &player)).collect()),
        };
        Intent { scenario: Arc::clone(scenario), case, requests }
    };
    let cases = run.scenarios.iter().flat_map(|scenario| scenario.cases().map(move |case| (scenario, case)));
    Ok(cases.map(|(scenario, case)| intent(scenario, case)).collect())
}

fn intended(step: &Exchange, player: &Player) -> Intended {
    let tokens: Vec<String> =
        step.send.token.iter().chain(&step.send.other_token).map(|recipe| token(recipe, player)).collect();
    Intended {
        line: player.destination.line(&step.send),
        times: step.times,
        token: (!tokens.is_empty()).then(|| tokens.join(" and ")),
    }
}

fn token(recipe: &Recipe, player: &Player) -> String {
    let means = player.tokens.means(recipe, (player.clock)());
    let how = match means {
        Means::Plain => "none",
        Means::Forged if player.tokens.has_real(recipe) => "forged from a real one",
        Means::Forged => "forged",
        Means::Real => "a real one",
        Means::Minted => "minted",
    };
    format!("token of `{}`, {how}", recipe.caller)
}
