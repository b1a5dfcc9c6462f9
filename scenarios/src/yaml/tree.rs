//! What does a parsed text look like?

use super::path;

/// A stretch of a text, with the position of its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset behind the last character.
    pub end: usize,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, in characters.
    pub column: usize,
}

/// A value in the text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it stands, from its first to its last character.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// The three kinds of value that YAML has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value. What it means is up to the type that is read from it.
    Scalar {
        /// The text, without quotes and with escapes resolved; empty if nothing was given.
        text: String,
        /// Written in quotes or as a text block, so that it is certainly meant as text.
        quoted: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values, in the order of the text; no key occurs twice.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key's text; a number or `true` as a key is text, too.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Node {
    /// Nothing was written (`key:`), or one of YAML's words for nothing.
    pub fn is_nothing(&self) -> bool {
        match &self.kind {
            Kind::Scalar { text, quoted } => !quoted && matches!(text.as_str(), "" | "~" | "null"),
            Kind::Sequence(_) | Kind::Mapping(_) => false,
        }
    }

    /// The text, if this is a plain word, number or text, without quotes.
    pub fn plain(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, quoted: false } => Some(text),
            Kind::Scalar { quoted: true, .. } | Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// The text of a single value, quoted or not.
    pub fn single(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            Kind::Sequence(_) | Kind::Mapping(_) => None,
        }
    }

    /// The entry with this key, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            Kind::Scalar { .. } | Kind::Sequence(_) => None,
        }
    }

    /// What a message calls this: `` `10ms` ``, `the text "10"`, `a list`.
    pub(super) fn described(&self) -> String {
        match &self.kind {
            Kind::Scalar { text, quoted: true } => format!("the text \"{}\"", super::suggest::cut(text)),
            Kind::Scalar { .. } if self.is_nothing() => "nothing".to_owned(),
            Kind::Scalar { text, .. } => format!("`{}`", super::suggest::cut(text)),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        }
    }
}

/// The node at a path such as `services/api/workers`; list positions are numbers from 0.
pub fn node_at<'a>(root: &'a Node, path: &str) -> Option<&'a Node> {
    let mut node = root;
    for part in path::parts(path) {
        node = match &node.kind {
            Kind::Mapping(_) => &node.entry(&part)?.value,
            Kind::Sequence(items) => items.get(part.parse::<usize>().ok()?)?,
            Kind::Scalar { .. } => return None,
        };
    }
    Some(node)
}
