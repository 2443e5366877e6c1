//! Flaws in how paths are read, and in which of them are excluded from authentication.

use authsettings::canonical_path;
use function_app::{Call, Chain, StageId, stages};

use crate::Defect;
use crate::plant::{before, open_for, unless};

/// What many servers let through because it ends like a public file.
const FILES: [&str; 3] = [".css", ".js", ".png"];
/// Headers in which frameworks and proxies tell each other which path was asked for.
const ORIGINAL: [&str; 2] = ["x-original-url", "x-rewrite-url"];

pub(crate) const DEFECTS: &[Defect] = &[
    // The platform asks for a token on some paths only.
    Defect {
        id: "path-compared-with-case",
        title: "Only paths that begin with `/api/` in small letters are protected",
        why: "The rule is compared letter by letter, the route behind it is not: capitals are another path and the same function.",
        apply: |chain| open_for(chain, |call| !call.path.starts_with("/api/")),
    },
    Defect {
        id: "path-compared-before-normalisation",
        title: "A path is compared with the protected prefix as it was written",
        why: "The rule looks at the text of the request; dots and escapes are resolved behind it.",
        apply: |chain| open_for(chain, |call| !raw(call).starts_with("/api/")),
    },
    Defect {
        id: "dots-resolved-without-escapes",
        title: "Only plain dot segments are resolved before a path is compared with the protected prefix",
        why: "The check resolves dots and then decodes, where it should do it the other way round.",
        apply: |chain| open_for(chain, |call| !raw(call).starts_with("/api/") && !raw(call).contains("/.")),
    },
    Defect {
        id: "dots-resolved-once",
        title: "Dot segments are resolved once before a path is compared with the protected prefix",
        why: "A single replacement takes the first pair away; what it leaves may be another.",
        apply: |chain| {
            open_for(chain, |call| {
                let path = raw(call);
                !path.starts_with("/api/") && path.split_once("..").is_some_and(|(_, rest)| rest.contains(".."))
            })
        },
    },
    Defect {
        id: "path-compared-to-the-letter",
        title: "Only the very text of the function's path is protected",
        why: "The rule is an exact match of the path as written, while the host finds the function by many spellings.",
        apply: |chain| open_for(chain, |call| !is_route(call, raw(call))),
    },
    Defect {
        id: "trailing-slash-unprotected",
        title: "The function's path with a slash at its end is not protected",
        why: "The rule names the path without the slash; the host does not care for it.",
        apply: |chain| open_for(chain, |call| call.path.ends_with('/')),
    },
    // The platform knows the routes that it protects, and the host finds them by other spellings too.
    Defect {
        id: "slashes-merged-after-the-check",
        title: "The host merges slashes that the platform saw as several",
        why: "Two servers in a row normalise paths, and only the second merges slashes.",
        apply: |chain| host_reads(chain, merged),
    },
    Defect {
        id: "target-read-as-a-url",
        title: "The host takes what follows two slashes for another host's name",
        why: "The target is handed to a URL parser, for which `//name/path` is an address without a scheme.",
        apply: |chain| {
            host_reads(chain, |path| {
                let rest = path.strip_prefix("//").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
                rest.unwrap_or(path).to_owned()
            })
        },
    },
    Defect {
        id: "escaped-slash-decoded-after-the-check",
        title: "The host takes an escaped slash for a slash, the platform does not",
        why: "A framework decodes the whole path before it routes; the check in front leaves escaped slashes alone.",
        apply: |chain| host_reads(chain, |path| path.replace("%2f", "/").replace("%2F", "/")),
    },
    Defect {
        id: "decoded-twice",
        title: "The host decodes a path that was decoded already",
        why: "The platform passes the decoded path on, and the host decodes whatever it gets.",
        apply: |chain| host_reads(chain, |path| path.replace("%252f", "/").replace("%252F", "/").replace("%25", "%")),
    },
    Defect {
        id: "backslash-is-a-slash",
        title: "The host takes a backslash for a slash",
        why: "The path becomes a file's name on Windows, or is parsed by the rules of browsers.",
        apply: |chain| host_reads(chain, |path| path.replace('\\', "/")),
    },
    Defect {
        id: "escaped-backslash-is-a-slash",
        title: "The host takes an escaped backslash for a slash",
        why: "It decodes the path and then lets the file system's rules read it.",
        apply: |chain| host_reads(chain, |path| path.replace("%5c", "/").replace("%5C", "/")),
    },
    Defect {
        id: "path-parameters-cut",
        title: "The host cuts what follows a semicolon off each segment",
        why: "Servlet containers do, while the check in front of them compares the segment as a whole.",
        apply: |chain| host_reads(chain, without_parameters),
    },
    Defect {
        id: "overlong-utf8-decoded",
        title: "The host decodes overlong UTF-8",
        why: "A decoder written by hand adds up bits and does not look whether fewer bytes would have done.",
        apply: |chain| {
            host_reads(chain, |path| {
                let path = path.to_ascii_lowercase();
                path.replace("%c0%ae", ".").replace("%c0%af", "/").replace("%e0%80%af", "/")
            })
        },
    },
    Defect {
        id: "wide-letters-narrowed",
        title: "The host takes wide letters for their ASCII likeness",
        why: "A conversion to a code page of one byte picks whatever looks most alike.",
        apply: |chain| {
            host_reads(chain, |path| path.to_ascii_lowercase().replace("%ef%bc%8e", ".").replace("%ef%bc%8f", "/"))
        },
    },
    Defect {
        id: "percent-u-decoded",
        title: "The host decodes `%u002e`",
        why: "Old scripts escape so, and IIS understood it for their sake.",
        apply: |chain| host_reads(chain, |path| path.replace("%u002e", ".")),
    },
    Defect {
        id: "path-trimmed",
        title: "The host drops blanks and dots from the end of a path",
        why: "Windows drops them from names of files, and some routers trim what they are given.",
        apply: |chain| host_reads(chain, |path| decoded(path).trim_end_matches([' ', '.', '\n']).to_owned()),
    },
    Defect {
        id: "path-cut-at-escaped-marks",
        title: "The host ends a path at an escaped question mark or hash",
        why: "It decodes first and looks for query and fragment then.",
        apply: |chain| host_reads(chain, |path| decoded(path).split(['?', '#']).next().unwrap_or_default().to_owned()),
    },
    Defect {
        id: "path-cut-at-an-ampersand",
        title: "The host ends a path at an ampersand",
        why: "A router splits the target at everything that parts a query, wherever it stands.",
        apply: |chain| host_reads(chain, |path| path.split('&').next().unwrap_or_default().to_owned()),
    },
    Defect {
        id: "path-cut-at-nul",
        title: "The host ends a path at a NUL, which the front end lets pass",
        why: "A library in C takes the path for a text that ends there; everything before it sees the whole.",
        apply: |chain| {
            let chain = unless(chain, StageId::FrontEnd, stages::front_end, |call| raw(call).contains("%00"));
            host_reads(chain, |path| path.split("%00").next().unwrap_or_default().to_owned())
        },
    },
    Defect {
        id: "wildcard-route",
        title: "The function answers for whatever lies below its path, and only its path is protected",
        why: "The route ends in a wildcard that whoever wrote the rule did not know of.",
        apply: |chain| {
            host_reads(chain, |path| {
                let below = path.to_ascii_lowercase().strip_prefix("/api/orders/").is_some();
                if below { "/api/orders".to_owned() } else { path.to_owned() }
            })
        },
    },
    Defect {
        id: "format-suffix",
        title: "The host takes an ending for the wanted format and drops it from the path",
        why: "`/orders.json` is a custom of some frameworks; the rule names the path without an ending.",
        apply: |chain| host_reads(chain, |path| path.rsplit_once('.').map_or(path, |(path, _)| path).to_owned()),
    },
    Defect {
        id: "any-route-prefix",
        title: "The host finds a function by the end of the path, whatever comes before",
        why: "The prefix is left to whoever stands in front; only the one prefix that was thought of is protected.",
        apply: |chain| {
            host_reads(chain, |path| {
                let found = path.ends_with("/orders");
                if found { "/api/orders".to_owned() } else { path.to_owned() }
            })
        },
    },
    Defect {
        id: "route-prefix-dropped",
        title: "The functions answer without their prefix, and only the prefix is protected",
        why: "`routePrefix` was set to nothing in host.json; the rule for `/api` stayed as it was.",
        apply: |chain| {
            host_reads(chain, |path| if path.starts_with("/api/") { path.to_owned() } else { format!("/api{path}") })
        },
    },
    // Something is let through that should not be.
    Defect {
        id: "files-by-their-ending",
        title: "Whatever ends like a public file needs no token",
        why: "Style sheets and pictures are public, and the rule for them looks at the last letters of the target.",
        apply: |chain| open_for(chain, |call| ends_like_a_file(&call.request.target)),
    },
    Defect {
        id: "files-by-their-ending-with-parameters-cut",
        title: "A path that ends like a public file needs no token, and the host cuts the ending off",
        why: "The rule for public files looks at the path; whatever follows a semicolon is none of it for the host.",
        apply: |chain| {
            let chain = open_for(chain, |call| ends_like_a_file(call.request.path()));
            reading(chain, without_parameters)
        },
    },
    Defect {
        id: "sign-in-by-prefix",
        title: "Whatever begins with `/.auth/` needs no token",
        why: "Sign-in cannot need one; the rule compares the beginning of the path before it is resolved.",
        apply: |chain| open_for(chain, |call| raw(call).starts_with("/.auth/")),
    },
    Defect {
        id: "well-known-by-prefix",
        title: "Whatever begins with `/.well-known/` needs no token",
        why: "Whoever issues certificates looks there without one; the path is resolved only afterwards.",
        apply: |chain| open_for(chain, |call| raw(call).starts_with("/.well-known/")),
    },
    Defect {
        id: "probes-by-prefix",
        title: "Whatever begins like a probe of the platform needs no token",
        why: "Icons, warm-up and ping are asked for without one; the path is resolved only afterwards.",
        apply: |chain| {
            open_for(chain, |call| {
                let path = raw(call);
                ["/favicon.ico", "/robots933456.txt", "/admin/host/ping"].iter().any(|open| path.starts_with(open))
            })
        },
    },
    Defect {
        id: "excluded-folder-before-normalisation",
        title: "What seems to lie below the excluded path is excluded, before dots are resolved",
        why: "The text of the path is compared with the excluded one and a slash; where it leads is seen later.",
        apply: |chain| open_for(chain, |call| excluded(call).any(|open| raw(call).starts_with(&format!("{open}/")))),
    },
    Defect {
        id: "excluded-by-prefix",
        title: "Whatever begins with the excluded path is excluded",
        why: "A prefix is compared where the whole was meant, in the path as it was written.",
        apply: |chain| open_for(chain, |call| excluded(call).any(|open| raw(call).starts_with(open))),
    },
    Defect {
        id: "excluded-by-prefix-without-case",
        title: "Whatever begins with the excluded path in whatever letters is excluded",
        why: "Routes have no case, so a regular expression without case and without an end was written.",
        apply: |chain| {
            open_for(chain, |call| {
                let path = raw(call).to_ascii_lowercase();
                excluded(call).any(|open| path.starts_with(&open.to_ascii_lowercase()))
            })
        },
    },
    Defect {
        id: "excluded-by-suffix",
        title: "Whatever ends with the excluded path is excluded",
        why: "The end is compared because something may stand before the path, and of the whole target.",
        apply: |chain| open_for(chain, |call| excluded(call).any(|open| call.request.target.ends_with(open))),
    },
    Defect {
        id: "excluded-anywhere",
        title: "A target that has the excluded path anywhere in it is excluded",
        why: "A text search, or a regular expression without an anchor.",
        apply: |chain| open_for(chain, |call| excluded(call).any(|open| call.request.target.contains(open))),
    },
    Defect {
        id: "excluded-by-suffix-with-nul-cut",
        title: "A path that ends with the excluded one is excluded, and the host ends it at a NUL or a mark",
        why: "The check sees the end of the path, a library behind it only the beginning.",
        apply: |chain| {
            let chain = unless(chain, StageId::FrontEnd, stages::front_end, |call| raw(call).contains("%00"));
            let chain = open_for(chain, |call| excluded(call).any(|open| call.request.path().ends_with(open)));
            reading(chain, |path| decoded(path).split(['\0', '?', ';']).next().unwrap_or_default().to_owned())
        },
    },
    // Headers that name another path.
    Defect {
        id: "original-url-believed-by-the-check",
        title: "The check believes the path in `X-Original-URL` and `X-Rewrite-URL`",
        why: "IIS sets them for the app behind it; nobody takes away those of a client.",
        apply: |chain| open_for(chain, |call| ORIGINAL.iter().any(|name| names_excluded(call, name))),
    },
    Defect {
        id: "forwarded-uri-believed-by-the-check",
        title: "The check believes the path in the headers that a proxy asks it with",
        why: "nginx and Traefik tell a verifier so what was asked for; here it can be reached without them.",
        apply: |chain| {
            let names = ["x-original-uri", "x-forwarded-uri"];
            open_for(chain, move |call| names.iter().any(|name| names_excluded(call, name)))
        },
    },
    Defect {
        id: "forwarded-prefix-believed-by-the-check",
        title: "The check puts `X-Forwarded-Prefix` before the path and compares the beginning",
        why: "The app can live below another path, which the proxy names; anybody else can too.",
        apply: |chain| open_for(chain, |call| names_excluded(call, "x-forwarded-prefix")),
    },
    Defect {
        id: "original-url-believed-by-the-host",
        title: "The host takes its route from `X-Original-URL` and `X-Rewrite-URL`",
        why: "Some frameworks do so for the sake of IIS; the check saw the path of the request.",
        apply: |chain| routed_by(chain, &ORIGINAL),
    },
    Defect {
        id: "forwarded-path-believed-by-the-host",
        title: "The host takes its route from `X-Forwarded-Path`",
        why: "A gateway that rewrites paths tells the old one so; the app prefers it, from whomever it comes.",
        apply: |chain| routed_by(chain, &["x-forwarded-path"]),
    },
];

/// The path as it was written, without scheme and host.
fn raw(call: &Call) -> &str {
    call.request.path()
}

/// The path with its escapes and dots resolved as far as the sound app does.
fn decoded(path: &str) -> String {
    canonical_path(path).map_or_else(|| path.replace("%00", "\0"), std::borrow::Cow::into_owned)
}

fn excluded(call: &Call) -> impl Iterator<Item = &String> {
    call.site.settings.validation.excluded_paths.iter()
}

/// Whether this is the path of a function, in these very letters.
fn is_route(call: &Call, path: &str) -> bool {
    let route = path.strip_prefix("/api/");
    call.site.functions.iter().any(|function| route == Some(function.route.as_str()))
}

fn names_excluded(call: &Call, header: &str) -> bool {
    call.request.header(header).is_some_and(|value| excluded(call).any(|open| value.ends_with(open)))
}

fn ends_like_a_file(target: &str) -> bool {
    FILES.iter().any(|ending| target.ends_with(ending))
}

fn merged(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    format!("/{}", segments.join("/"))
}

fn without_parameters(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').map(|one| one.split(';').next().unwrap_or_default()).collect();
    segments.join("/")
}

/// An app whose platform asks for a token wherever it knows a route, and leaves the rest to the host, which reads paths so.
fn host_reads(chain: Chain, reads: fn(&str) -> String) -> Chain {
    let chain = open_for(chain, |call| {
        let path = call.path.to_ascii_lowercase();
        !is_route(call, path.strip_suffix('/').unwrap_or(&path))
    });
    reading(chain, reads)
}

/// A host that reads the path of the request so.
fn reading(chain: Chain, reads: fn(&str) -> String) -> Chain {
    before(chain, StageId::HostRoute, stages::host_route, move |call| call.retarget(reads(call.request.path())))
}

fn routed_by(chain: Chain, headers: &'static [&'static str]) -> Chain {
    before(chain, StageId::HostRoute, stages::host_route, |call| {
        if let Some(path) = headers.iter().find_map(|name| call.request.header(name)) {
            call.retarget(path.to_owned());
        }
    })
}
