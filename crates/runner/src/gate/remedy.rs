//! What to change after a failure.

use results::{AnsweredBy, Case};

/// What to change: what the scenario says, sharpened by what came back where that tells causes apart.
pub(super) fn of(case: &Case) -> String {
    let sharper = match (case.id.as_str(), case.observed.status, case.observed.answered_by) {
        (_, Some(401), AnsweredBy::Host) if case.lets_in() => Some(
            "the platform let the caller in and the Functions host asked it for a key: set authLevel of the function to anonymous, for \
             App Service Authentication protects it now",
        ),
        ("gateway-lets-in", Some(status), who) => at_the_gateway(status, who),
        _ => None,
    };
    sharper.map_or_else(|| case.fix.clone(), str::to_owned)
}

/// A call through the gateway that did not reach the function. Source: the error answers of API Management's
/// authentication-managed-identity policy, and what App Service Authentication answers to its token.
fn at_the_gateway(status: u16, who: AnsweredBy) -> Option<&'static str> {
    match (status, who) {
        (500, _) => Some(
            "the gateway got no token for its managed identity: where the API's registration requires assignment \
             (appRoleAssignmentRequired), give the gateway's identity an app role; else check that the identity is switched on, and the \
             resource of its authentication-managed-identity policy",
        ),
        (401, AnsweredBy::Gateway) => Some(
            "the gateway refused the subscription key: check `gateway.subscription-key` of the profile, and that the subscription covers \
             this revision of the API",
        ),
        (401, _) => Some(
            "the new instance does not take the token that the gateway got: set the resource of its authentication-managed-identity policy \
             to an audience in validation.allowedAudiences; where that is so, the API's registration issues tokens of another version \
             (api.requestedAccessTokenVersion) than openIdIssuer names",
        ),
        (403, _) => Some(
            "the new instance does not know the gateway: list the client id (appId, not the object id) of the identity that its policy uses \
             in validation.defaultAuthorizationPolicy.allowedApplications, or let the policy name the identity that is listed (client-id)",
        ),
        (404, _) => Some(
            "the gateway knows no such operation: check the path and the revision (`;rev=N` right behind the API's path) in `gateway.url` \
             of the profile",
        ),
        (502..=504, _) => Some(
            "the gateway does not reach the new instance: check its backend (set-backend-service) and the network between",
        ),
        _ => None,
    }
}
