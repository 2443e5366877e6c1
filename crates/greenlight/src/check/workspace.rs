//! Where a check runs: on somebody's machine or on a CI server, and where in the repository.

use std::env;
use std::path::{Path, PathBuf};

use report::annotations::Server;

/// What the environment says.
pub(super) struct Workspace {
    /// The CI server whose output this is.
    pub(super) server: Option<Server>,
    /// The current folder as seen from the root of the repository; empty where that is not known.
    pub(super) folder: String,
}

impl Workspace {
    /// Both servers set a variable of their own, and another with the folder that they put the repository into.
    pub(super) fn look() -> Self {
        let github = env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
        let azure = env::var_os("TF_BUILD").is_some_and(|value| !value.is_empty());
        let (server, root) = match (github, azure) {
            (true, _) => (Some(Server::GitHub), env::var_os("GITHUB_WORKSPACE")),
            (_, true) => (Some(Server::AzurePipelines), env::var_os("BUILD_SOURCESDIRECTORY")),
            _ => (None, None),
        };
        let folder = root.and_then(|root| below(&PathBuf::from(root)));
        Self { server, folder: folder.unwrap_or_default() }
    }
}

/// The current folder as seen from another; none where it is not within it.
fn below(root: &Path) -> Option<String> {
    let (here, root) = (env::current_dir().ok()?.canonicalize().ok()?, root.canonicalize().ok()?);
    let steps: Vec<_> = here.strip_prefix(root).ok()?.iter().map(|step| step.to_string_lossy()).collect();
    Some(steps.join("/"))
}
