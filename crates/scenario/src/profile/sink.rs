//! Where callbacks would arrive.

use std::net::SocketAddr;

use diagnostics::{Node, Problems};

use super::address::{BaseUrl, url};
use super::issuer::socket;

/// Where the run listens for callbacks that must not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    /// Where it listens, over plain HTTP.
    pub listen: SocketAddr,
    /// Under which URL the target would reach it.
    pub url: BaseUrl,
}

pub(super) fn read(node: &Node, problems: &Problems) -> Option<Sink> {
    let fields = problems.fields(node)?;
    let listen = fields.required("listen").and_then(|node| socket(node, problems));
    let address = fields.required("url").and_then(|node| reached(node, problems));
    fields.finish();
    Some(Sink { listen: listen?, url: address? })
}

fn reached(node: &Node, problems: &Problems) -> Option<BaseUrl> {
    let help = "write how the target reaches this machine: http://ci-host:8099";
    let (address, path) = url(problems.text(node)?, node, help, problems)?;
    let message = match (address.https, path.as_str()) {
        (false, "/") => return Some(address),
        (true, _) => "the sink speaks plain HTTP",
        (false, _) => "the sink has no path of its own",
    };
    problems.error(node.span, message, "write http://host:port only");
    None
}
