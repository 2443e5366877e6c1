//! The chain of stages that a request goes through.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use crate::{Call, Flow, Upstream, stages};

/// What a stage returns.
pub type StageFuture<'a> = Pin<Box<dyn Future<Output = Flow> + Send + 'a>>;

/// One step: looks at a call, notes what it finds, and either lets it go on or answers it.
///
/// Every `Fn(&mut Call) -> Flow` is one.
pub trait Stage: Send + Sync {
    /// Takes the step.
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a>;
}

impl<F: Fn(&mut Call) -> Flow + Send + Sync> Stage for F {
    fn run<'a>(&'a self, call: &'a mut Call) -> StageFuture<'a> {
        Box::pin(ready(self(call)))
    }
}

/// Which step. They are taken in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageId {
    /// The web server refuses what is no proper request.
    FrontEnd,
    /// Plain HTTP is sent to HTTPS.
    RequireHttps,
    /// Identity headers that a client sent are taken away.
    StripIdentityHeaders,
    /// `/.auth/...` and the protected resource metadata answer.
    AuthEndpoints,
    /// The bearer token is found in the request.
    FindToken,
    /// The token is taken apart.
    ReadToken,
    /// `alg` is compared with what is allowed.
    Algorithm,
    /// The published keys that may have signed the token are found.
    Key,
    /// The signature is verified.
    Signature,
    /// `iss` is read.
    Issuer,
    /// `aud` is read.
    Audience,
    /// `exp` is compared with the time.
    Expiry,
    /// `nbf` is compared with the time.
    NotBefore,
    /// Client, object id, tenant and groups are read.
    Caller,
    /// The settings decide.
    Decide,
    /// The caller's identity is put into headers.
    InjectIdentity,
    /// The host finds the function.
    HostRoute,
    /// The host asks for a key.
    HostKey,
    /// The function answers.
    Function,
    /// In place of these three, a host that runs elsewhere answers.
    Upstream,
    /// The answer leaves, whichever stage gave it: [`Call::response`] has it, and it may still be changed or replaced.
    Answer,
}

/// Every stage in order.
pub struct Chain {
    stages: Vec<(StageId, Box<dyn Stage>)>,
    reads_bodies: bool,
}

impl Chain {
    /// The stages without a flaw. None of them looks at a body, so nobody has to send one to be answered.
    pub fn standard() -> Self {
        use StageId as Id;
        Self::of([
            (Id::HostRoute, Box::new(stages::host_route)),
            (Id::HostKey, Box::new(stages::host_key)),
            (Id::Function, Box::new(stages::function)),
        ])
    }

    /// The platform's stages, and a host that runs elsewhere. Bodies are read once a request is let through.
    pub fn before(upstream: Upstream) -> Self {
        Self::of([(StageId::Upstream, Box::new(upstream))])
    }

    /// The platform, what stands behind it, and the way out.
    fn of<const N: usize>(behind: [(StageId, Box<dyn Stage>); N]) -> Self {
        use StageId as Id;
        let platform: [(StageId, Box<dyn Stage>); _] = [
            (Id::FrontEnd, Box::new(stages::front_end)),
            (Id::RequireHttps, Box::new(stages::require_https)),
            (Id::StripIdentityHeaders, Box::new(stages::strip_identity_headers)),
            (Id::AuthEndpoints, Box::new(stages::auth_endpoints)),
            (Id::FindToken, Box::new(stages::find_token)),
            (Id::ReadToken, Box::new(stages::read_token)),
            (Id::Algorithm, Box::new(stages::algorithm)),
            (Id::Key, Box::new(stages::Key)),
            (Id::Signature, Box::new(stages::signature)),
            (Id::Issuer, Box::new(stages::issuer)),
            (Id::Audience, Box::new(stages::audience)),
            (Id::Expiry, Box::new(stages::expiry)),
            (Id::NotBefore, Box::new(stages::not_before)),
            (Id::Caller, Box::new(stages::caller)),
            (Id::Decide, Box::new(stages::decide)),
            (Id::InjectIdentity, Box::new(stages::inject_identity)),
        ];
        let mut stages = Vec::from(platform);
        stages.extend(behind);
        stages.push((Id::Answer, Box::new(stages::answer)));
        Self { stages, reads_bodies: false }
    }

    /// Puts another stage in the place of one.
    #[must_use]
    pub fn replace(mut self, id: StageId, stage: Box<dyn Stage>) -> Self {
        for (known, place) in &mut self.stages {
            if *known == id {
                *place = stage;
                break;
            }
        }
        self
    }

    /// Has bodies read before the first stage, for a stage that looks at them.
    #[must_use]
    pub fn reading_bodies(mut self) -> Self {
        self.reads_bodies = true;
        self
    }

    /// Whether a stage looks at bodies.
    pub(crate) fn reads_bodies(&self) -> bool {
        self.reads_bodies
    }

    /// Takes a call through the stages up to the one that answers, and then the answer through the last: who answered.
    pub(crate) async fn play(&self, call: &mut Call) -> StageId {
        let mut answered = None;
        for (id, stage) in &self.stages {
            if answered.is_some() && *id != StageId::Answer {
                continue;
            }
            if let Flow::Break(response) = stage.run(call).await {
                call.response = response;
                answered = answered.or(Some(*id));
            }
        }
        // Only a replaced function can fail to answer; then the answer is the 500 that it was from the start.
        answered.unwrap_or(StageId::Function)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.stages.iter().map(|(id, _)| id)).finish()
    }
}
