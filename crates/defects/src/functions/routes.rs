//! The host's own routes and the extensions' webhooks, open to those whom they should not be open to.

use authsettings::Identity;
use function_app::stages::sent_key;
use function_app::{AuthLevel, Call, Chain, Flow, Route, StageId, stages};
use http::StatusCode;
use serve::respond;

use crate::Defect;
use crate::plant::{answer, before, open_for, unless};

pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        id: "admin-left-to-the-host",
        title: "The host's own routes are not protected by the platform",
        why: "They ask for the master key anyway, and deployment tools have no token.",
        apply: |chain| open_for(chain, |call| call.request.path().starts_with("/admin")),
    },
    Defect {
        id: "master-key-opens-admin",
        title: "The master key opens the host's own routes without a token",
        why: "An exception for operators is made where the path, as it was resolved, is the host's own.",
        apply: |chain| {
            open_for(chain, |call| {
                let master = sent_key(call).is_some_and(|key| call.site.keys.level(&key) == AuthLevel::Admin);
                master && call.path.to_ascii_lowercase().trim_start_matches('/').starts_with("admin")
            })
        },
    },
    Defect {
        id: "admin-in-other-letters-open",
        title: "The host's own routes are protected in small letters only",
        why: "The rule that protects them compares with case, and the rest is left to the host.",
        apply: |chain| open_for(chain, |call| admin(call) && !call.path.starts_with("/admin")),
    },
    Defect {
        id: "admin-compared-as-sent",
        title: "The host's own routes are protected as they were sent, before they are resolved",
        why: "The rule sees the path with its escapes and dots, the host without.",
        apply: |chain| open_for(chain, |call| admin(call) && !call.request.path().starts_with("/admin")),
    },
    Defect {
        id: "slashes-before-admin",
        title: "Slashes before the host's own routes hide them from all that asks for a token or a key",
        why: "Empty segments are left out where a route is looked for, and not where it is protected.",
        apply: |chain| {
            let slashes = |call: &Call| call.request.path().starts_with("//");
            let chain = unless(open_for(chain, slashes), StageId::HostKey, stages::host_key, slashes);
            before(chain, StageId::HostRoute, stages::host_route, |call| {
                call.path = format!("/{}", call.path.trim_start_matches('/'));
            })
        },
    },
    Defect {
        id: "escapes-resolved-twice",
        title: "Slashes, backslashes and parameters within the host's own routes are resolved behind the platform",
        why: "A server between the platform and the host decodes and tidies the path once more.",
        apply: |chain| {
            let chain =
                open_for(chain, |call| tidied(&call.path).starts_with("/admin/") && !call.path.starts_with("/admin/"));
            before(chain, StageId::HostRoute, stages::host_route, |call| {
                call.path = tidied(&call.path);
            })
        },
    },
    Defect {
        id: "ping-by-prefix",
        title: "Whatever begins with the host's ping needs neither token nor key",
        why: "Load balancers may ask it without either, and the beginning of what was sent is compared.",
        apply: |chain| {
            let ping = |call: &Call| call.request.path().starts_with("/admin/host/ping");
            unless(open_for(chain, ping), StageId::HostKey, stages::host_key, ping)
        },
    },
    Defect {
        id: "admin-open-to-callers",
        title: "Whoever has a token gets at the host's own routes without a key",
        why: "With tokens in place the master key was thought to be needless.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| {
                call.route == Some(Route::Admin) && call.identity == Some(Identity::Caller)
            })
        },
    },
    Defect {
        id: "admin-open-to-any-key",
        title: "Any key that opens something opens the host's own routes",
        why: "It is looked whether the key is one of the app's, and not which.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| {
                let known =
                    |key: &str| call.site.keys.level(key) > AuthLevel::Anonymous || call.site.keys.is_system(key);
                call.route == Some(Route::Admin) && sent_key(call).is_some_and(|key| known(&key))
            })
        },
    },
    Defect {
        id: "admin-key-asked-in-small-letters",
        title: "The master key is asked for in small letters only",
        why: "Where a key is needed is decided by comparing the path with case; routes are found without.",
        apply: |chain| {
            unless(chain, StageId::HostKey, stages::host_key, |call| {
                call.route == Some(Route::Admin) && !call.request.path().starts_with("/admin")
            })
        },
    },
    Defect {
        id: "admin-key-asked-to-the-letter",
        title: "The master key is asked for on known routes, to the letter",
        why: "Each route has its own check, and a slash at the end makes another route of it, with the same handler.",
        apply: |chain| {
            let chain = unless(chain, StageId::HostKey, stages::host_key, |call| {
                call.route == Some(Route::Admin) && call.path.ends_with('/')
            });
            before(chain, StageId::Function, stages::function, |call| {
                call.path.truncate(call.path.trim_end_matches('/').len());
            })
        },
    },
    Defect {
        id: "webhooks-excluded",
        title: "The extensions' webhooks are not protected by the platform, nor by their keys",
        why: "Event sources were refused, so the paths were excluded; the extension was thought to ask for its key.",
        apply: |chain| serving_webhooks(open_for(chain, webhook), |_| true),
    },
    Defect {
        id: "webhooks-open-to-any-code",
        title: "A code in the query opens the extensions' webhooks",
        why: "It is looked whether there is one, as a sign of an event source.",
        apply: |chain| {
            let coded = |call: &Call| call.request.query().is_some_and(|query| query.contains("code="));
            serving_webhooks(open_for(chain, move |call| webhook(call) && coded(call)), coded)
        },
    },
    Defect {
        id: "webhooks-open-to-function-keys",
        title: "A key of a function opens the extensions' webhooks",
        why: "All keys of an app are looked through; what they are for is not.",
        apply: |chain| {
            let keyed =
                |call: &Call| sent_key(call).is_some_and(|key| call.site.keys.level(&key) > AuthLevel::Anonymous);
            serving_webhooks(open_for(chain, move |call| webhook(call) && keyed(call)), keyed)
        },
    },
    Defect {
        id: "webhooks-open-to-callers",
        title: "Whoever has a token may feed the extensions' webhooks",
        why: "With tokens in place the system key was thought to be needless.",
        apply: |chain| serving_webhooks(chain, |call| call.identity == Some(Identity::Caller)),
    },
];

fn admin(call: &Call) -> bool {
    call.path.to_ascii_lowercase().starts_with("/admin")
}

fn webhook(call: &Call) -> bool {
    call.path.to_ascii_lowercase().trim_start_matches('/').starts_with("runtime/webhooks/")
}

/// A path as a tidier server reads it.
fn tidied(path: &str) -> String {
    let plain = path.replace("%2f", "/").replace("%2F", "/").replace('\\', "/");
    let segments = plain.split('/').map(|segment| segment.split(';').next().unwrap_or_default());
    segments.collect::<Vec<_>>().join("/")
}

/// Webhooks take events from those of whom this holds, and nobody asks them for a key.
fn serving_webhooks(chain: Chain, takes: fn(&Call) -> bool) -> Chain {
    answer(chain, StageId::HostRoute, move |call| {
        if webhook(call) && takes(call) {
            return Flow::Break(respond(StatusCode::ACCEPTED, "application/json", "{}"));
        }
        stages::host_route(call)
    })
}
