//! The parser's tree as JSON, and how to walk it.

use serde_json::Value;

/// A node, or a part of one. What is not there is [`Value::Null`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Tree<'a>(pub(super) &'a Value);

impl<'a> Tree<'a> {
    /// A field.
    pub(super) fn get(self, key: &str) -> Tree<'a> {
        Tree(self.0.get(key).unwrap_or(&Value::Null))
    }

    /// Whether there is anything.
    pub(super) fn is_some(self) -> bool {
        !self.0.is_null()
    }

    /// A field that holds a text.
    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key)?.as_str()
    }

    /// A field that holds a number: enums are numbers too.
    pub(super) fn number(self, key: &str) -> i32 {
        self.0.get(key).and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok()).unwrap_or_default()
    }

    /// Whether a field is true.
    pub(super) fn flag(self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The elements of a list: of an array, or of a `List` node.
    pub(super) fn items(self) -> impl Iterator<Item = Tree<'a>> {
        let array = match self.0 {
            Value::Array(items) => Some(items),
            _ => match self.variant() {
                ("List", list) => list.get("items").0.as_array(),
                _ => None,
            },
        };
        array.into_iter().flatten().map(Tree)
    }

    /// The name of a node and what it holds: of `{"node": {"A": …}}` and of `{"A": …}`.
    pub(super) fn variant(self) -> (&'a str, Tree<'a>) {
        let inner = self.0.get("node").unwrap_or(self.0);
        match inner.as_object().and_then(|object| object.iter().next()) {
            Some((name, value)) => (name, Tree(value)),
            None => ("", Tree(&Value::Null)),
        }
    }

    /// The text of a `String` node, or of a constant string.
    pub(super) fn string(self) -> Option<&'a str> {
        match self.variant() {
            ("String", string) => string.text("sval"),
            ("AConst", constant) => constant.get("val").get("Sval").text("sval"),
            _ => None,
        }
    }
}
