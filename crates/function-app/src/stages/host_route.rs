use crate::{Call, Flow, Route, platform};

/// Finds where the host sends a request: to a function below `/api`, to its own API, or to an extension. Routes are compared
/// without case, and one slash at the end does not count. There is no way to anything else: 404 without a body.
pub fn host_route(call: &mut Call) -> Flow {
    let path = call.path.to_ascii_lowercase();
    call.route = if path == "/admin" || path.starts_with("/admin/") {
        Some(Route::Admin)
    } else if path.starts_with("/runtime/webhooks/") {
        Some(Route::Webhook)
    } else {
        let route = path.strip_prefix("/api/").map(|route| route.strip_suffix('/').unwrap_or(route));
        let found = call.site.functions.iter().position(|function| {
            route.is_some_and(|route| route.eq_ignore_ascii_case(&function.route))
                && function.methods.contains(&call.request.method)
        });
        found.map(Route::Function)
    };
    if call.route.is_some() { Flow::Continue(()) } else { Flow::Break(platform::empty(404)) }
}
