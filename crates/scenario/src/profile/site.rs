//! Other ways to the function: the gateway in front of it, and the instance that it replaces.

use std::path::PathBuf;

use diagnostics::{Node, Problems};

use super::address::{BaseUrl, url};
use super::file;
use super::secret::{self, Secret};
use super::target::{Marker, marker};
use crate::send;

/// Another way to the function than straight to the new instance, and what opens it.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Where it is.
    pub url: BaseUrl,
    /// The path there; none: the target's.
    pub path: Option<String>,
    /// The method there; none: the target's.
    pub method: Option<String>,
    /// How to tell that the function answered; none: as at the target.
    pub marker: Option<Marker>,
    /// A file with the certificate of the authority that its certificate comes from.
    pub ca: Option<PathBuf>,
    /// What every request there carries: the gateway's subscription key, the key of the previous instance; none: nothing.
    pub key: Option<Secret>,
}

/// Reads one; `key` is how its secret is called.
pub(super) fn read(node: &Node, key: &'static str, problems: &Problems) -> Option<Site> {
    let fields = problems.fields(node)?;
    let help =
        "write https://HOST/PATH; a test revision stands behind the API's path: https://HOST/orders;rev=2/health";
    let at = fields.required("url").and_then(|node| url(problems.text(node)?, node, help, problems));
    let own_path = fields.optional("path").and_then(|node| Some((node, send::path(node, problems)?)));
    let own_method = fields.optional("method").and_then(|node| send::method(node, problems));
    let marker = fields.optional("marker").and_then(|node| marker(node, problems));
    let ca = file(&fields, "ca", problems);
    let key = fields.optional(key).and_then(|node| secret::read(node, problems));
    fields.finish();
    let (url, url_path) = at?;
    if let Some((node, _)) = own_path.as_ref().filter(|_| url_path != "/") {
        problems.error(node.span, "the path is in `url` too", "keep it in one of the two");
    }
    let path = own_path.map(|(_, path)| path).or((url_path != "/").then_some(url_path));
    Some(Site { url, path, method: own_method, marker, ca, key })
}
