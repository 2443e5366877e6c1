//! Looks into trees as Azure Resource Manager does, without the case of names, and builds new ones whose words keep their places.

use diagnostics::{Key, Node, Span, Value};

/// A member of an object, with its name.
pub(super) fn entry<'a>(node: &'a Node, name: &str) -> Option<(&'a Key, &'a Node)> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(key, _)| key.text.eq_ignore_ascii_case(name)).map(|(key, node)| (key, node))
}

/// A member of an object, unless it is null.
pub(super) fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    entry(node, name).map(|(_, node)| node).filter(|node| node.value != Value::Null)
}

/// A member further in: `at(node, "properties.siteConfig")`.
pub(super) fn at<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    path.split('.').try_fold(node, member)
}

/// A member that is text.
pub(super) fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    match &member(node, name)?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// The words by which an object is best pointed at: its name, what it says it is, or the bracket that opens it.
pub(super) fn head(node: &Node) -> Span {
    let named = ["address", "name", "type"].into_iter().find_map(|name| member(node, name));
    let named = named.filter(|node| matches!(node.value, Value::Text(_)));
    named.map_or(Span { start: node.span.start, end: node.span.end.min(node.span.start + 1) }, |node| node.span)
}

/// The members of a list; none of anything else.
pub(super) fn items(node: Option<&Node>) -> &[Node] {
    match node.map(|node| &node.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    }
}

/// The members of an object; none of anything else.
pub(super) fn entries(node: Option<&Node>) -> &[(Key, Node)] {
    match node.map(|node| &node.value) {
        Some(Value::Map(entries)) => entries,
        _ => &[],
    }
}

/// Whether a text is a template expression, such as `[parameters('x')]`. `[[` is an escaped bracket.
pub(super) fn is_expression(text: &str) -> bool {
    text.starts_with('[') && !text.starts_with("[[") && text.ends_with(']')
}

/// The same tree, in which the expressions of templates are what they are: values that only a deployment knows.
pub(super) fn known(node: &Node) -> Node {
    let value = match &node.value {
        Value::Text(text) if is_expression(text) => Value::Unknown,
        Value::List(items) => Value::List(items.iter().map(known).collect()),
        Value::Map(entries) => Value::Map(entries.iter().map(|(key, node)| (key.clone(), known(node))).collect()),
        value => value.clone(),
    };
    Node { value, span: node.span }
}

/// A tree that is built from words which stand elsewhere in other forms.
pub(super) struct Tree {
    root: Node,
}

impl Tree {
    /// An empty one. What it gets that no word stands for has this place.
    pub(super) fn new(span: Span) -> Self {
        Self { root: Node { value: Value::Map(Vec::new()), span } }
    }

    /// Puts a value at a path such as `platform.enabled`; `word` is where its name stands. What is on the way there is made.
    pub(super) fn put(&mut self, path: &str, word: Span, node: Node) {
        let span = self.root.span;
        let mut place = &mut self.root;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            let key_span = if names.peek().is_some() { span } else { word };
            // A value that is not known has no members that could be.
            let Value::Map(entries) = &mut place.value else { return };
            let found = entries.iter().position(|(key, _)| key.text == name);
            let index = found.unwrap_or_else(|| {
                let empty = Node { value: Value::Map(Vec::new()), span };
                entries.push((Key { text: name.to_owned(), span: key_span }, empty));
                entries.len() - 1
            });
            place = &mut entries[index].1;
        }
        *place = node;
    }

    /// Puts a value that no word stands for.
    pub(super) fn put_value(&mut self, path: &str, value: Value) {
        let span = self.root.span;
        self.put(path, span, Node { value, span });
    }

    /// Puts a value under a name of the user's own.
    pub(super) fn put_named(&mut self, key: Key, node: Node) {
        if let Value::Map(entries) = &mut self.root.value {
            entries.push((key, node));
        }
    }

    /// What was built.
    pub(super) fn into_node(self) -> Node {
        self.root
    }
}
