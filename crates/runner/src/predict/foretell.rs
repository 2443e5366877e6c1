//! From what is sent to what settings answer.

use std::cell::RefCell;

use authsettings::{Answer, Decider, Request, Settings};

use super::reading::Base;
use super::request::{Seen, Sight};
use super::world::{Issued, World};

/// One set of settings in one world.
pub(super) struct Oracle<'a> {
    settings: &'a Settings,
    decider: Decider<'a>,
    world: &'a World,
    /// What was issued for whom, found once.
    issued: RefCell<Vec<(Base, Option<Issued>)>>,
}

impl<'a> Oracle<'a> {
    pub(super) fn new(settings: &'a Settings, world: &'a World) -> Self {
        Self { settings, decider: Decider::new(settings), world, issued: RefCell::default() }
    }

    /// What the settings answer; none where the world has no such path, so that it is not asked.
    pub(super) fn answer(&self, sight: &Sight) -> Option<Answer> {
        let (path, agent) = match &sight.target {
            Seen::Oddly(what) => return Some(Answer::Depends(what)),
            Seen::Plainly { path, agent, .. } => (self.world.fill_text(path)?, agent.as_deref()),
        };
        let request =
            Request { https: self.world.https(), path: &path, query: None, host: self.world.host(), user_agent: agent };
        let mut answers = sight.readings.iter().map(|reading| {
            let mut issued = self.issued.borrow_mut();
            let issued = match &reading.base {
                None => None,
                Some(base) => {
                    // There are about a dozen: looking through them is quicker than hashing what they are made of.
                    let at = issued.iter().position(|(known, _)| known == base).unwrap_or_else(|| {
                        issued.push((base.clone(), self.world.issued(base)));
                        issued.len() - 1
                    });
                    Some(issued[at].1.as_ref()?)
                }
            };
            Some(self.decider.decide(&reading.facts(self.world, issued, self.settings), &request))
        });
        let first = answers.next()??;
        for answer in answers {
            if !answer?.same(&first) {
                return Some(Answer::Depends(sight.rests_on));
            }
        }
        Some(first)
    }
}
