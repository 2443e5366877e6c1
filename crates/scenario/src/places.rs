//! Whether what is filled when a case is played is known, and stands where it can be filled.

use diagnostics::{Node, Problems, Span, Value};
use token::variables::{Piece, pieces};

use crate::check::exact;
use crate::variables::{Kind, is_runtime, kind, meant};

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where nothing is filled.
    Fixed,
    /// The path of a request.
    Path,
    /// What else is sent beside the token.
    Request,
    /// A token's recipe.
    Recipe,
    /// How a token's parts are put together.
    Shape,
    /// What is done to the issuer.
    Act,
}

impl Place {
    fn takes(self, kind: Kind) -> bool {
        match self {
            Self::Fixed => false,
            Self::Path => kind == Kind::World,
            Self::Request => matches!(kind, Kind::Token | Kind::World),
            Self::Recipe => matches!(kind, Kind::World | Kind::Key | Kind::Issued),
            Self::Shape => kind != Kind::Token,
            Self::Act => matches!(kind, Kind::World | Kind::Key),
        }
    }
}

/// Looks through the parts of a step in which every axis is filled. Collects the places that it refused.
pub(crate) struct Places<'a> {
    problems: &'a Problems,
    refused: Vec<Span>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(problems: &'a Problems) -> Self {
        Self { problems, refused: Vec::new() }
    }

    /// The places that were refused: what is read there makes no sense.
    pub(crate) fn finish(self) -> Vec<Span> {
        self.refused
    }

    pub(crate) fn send(&mut self, node: &Node) {
        self.members(node, |places, key, value| match key {
            "path" => places.node(value, Place::Path),
            "query" | "headers" | "authorization" | "body" | "target" | "lines" => places.node(value, Place::Request),
            "token" | "other-token" => places.token(value),
            _ => places.node(value, Place::Fixed),
        });
    }

    /// What an answer is compared with, and what is counted.
    pub(crate) fn fixed(&mut self, node: &Node) {
        self.node(node, Place::Fixed);
    }

    pub(crate) fn act(&mut self, node: &Node) {
        self.node(node, Place::Act);
    }

    fn token(&mut self, node: &Node) {
        self.members(node, |places, key, value| match key {
            "claims" => places.node(value, Place::Recipe),
            "forge" => places.forge(value),
            _ => places.node(value, Place::Fixed),
        });
    }

    fn forge(&mut self, node: &Node) {
        self.members(node, |places, key, value| match key {
            "header" | "header-bytes" | "payload-bytes" | "signature" => places.node(value, Place::Recipe),
            "shape" => places.node(value, Place::Shape),
            _ => places.node(value, Place::Fixed),
        });
    }

    fn members(&mut self, node: &Node, member: impl Fn(&mut Self, &str, &Node)) {
        let Value::Map(entries) = &node.value else { return self.node(node, Place::Fixed) };
        for (key, value) in entries {
            self.text(&key.text, key.span, Place::Fixed);
            member(self, &key.text, value);
        }
    }

    fn node(&mut self, node: &Node, place: Place) {
        match &node.value {
            Value::Text(written) => self.text(written, node.span, place),
            Value::List(items) => items.iter().for_each(|item| self.node(item, place)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.text(&key.text, key.span, Place::Fixed);
                    self.node(value, place);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, written: &str, span: Span, place: Place) {
        for piece in pieces(written) {
            let Piece::Variable(variable) = piece else { continue };
            // What no axis has either is reported before the variants are read.
            if !is_runtime(variable) {
                continue;
            }
            match kind(variable.name) {
                Some(kind) if place.takes(kind) => {}
                Some(kind) => self.refuse(span, variable.written, "has no place here", where_it_may_stand(kind)),
                None => self.refuse(span, variable.written, "is not known", &meant(variable)),
            }
        }
    }

    fn refuse(&mut self, span: Span, variable: &str, what: &str, help: &str) {
        let message = format!("`{variable}` {what}");
        self.problems.error(exact(span, variable, self.problems), message, help);
        self.refused.push(span);
    }
}

fn where_it_may_stand(kind: Kind) -> &'static str {
    match kind {
        Kind::Token => "it may stand in query, headers, authorization, body, target and lines of `send:`",
        Kind::Part => "it may stand in the `shape` of a token's `forge`",
        Kind::World => {
            "it may stand in path, query, headers, authorization, body, target and lines of `send:`, in a token's `claims` and \
             `forge`, and in an `issuer` step"
        }
        Kind::Key => "it may stand in a token's `claims` and `forge`, and in an `issuer` step",
        Kind::Issued => "it may stand in a token's `claims` and `forge`",
    }
}
