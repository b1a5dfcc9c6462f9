//! How does a YAML text become one of our types, with every mistake reported at its exact place?
//!
//! A text is parsed once into a tree that remembers positions ([`parse`]). A value is then read from one
//! or more layers of such trees ([`read`]): the base file, a variant on top of it, `--set` arguments on top of
//! that. There is no merge step: the reader knows from the type whether a place is a struct, a map, a list, a
//! choice or a single value, and looks through the layers accordingly.
//!
//! ```
//! use scenarios::yaml::{self, Layer, Source};
//!
//! #[derive(serde::Deserialize)]
//! struct Service {
//!     workers: u32,
//! }
//!
//! let source = Source { name: "api.yaml".into(), text: "workers: 4\nworkerz: 5\n".into() };
//! let tree = yaml::parse(&source).expect("the text is well formed");
//! let reading = yaml::read::<Service>(&[Layer::base(0, &tree)]);
//! assert_eq!(reading.value.expect("a value").workers, 4);
//! assert_eq!(reading.problems[0].message, "unknown key `workerz`");
//! println!("{}", yaml::render(&[source], &reading.problems, false));
//! ```
//!
//! # How layers combine
//!
//! | the type asks for | what an upper layer does |
//! |---|---|
//! | one value | replaces |
//! | struct | sets the fields it names, the others stay |
//! | map of named entries | adds or changes the entries it names; `name: none` removes one |
//! | list | replaces; `{append: [...]}` adds at the end |
//! | setting that may be left out | `none` takes it away |
//! | choice (`queue: {lifo: {...}}`) | same kind: sets the fields it names; another kind or a plain word: replaces |
//!
//! A struct with a field `preset` may be built on a preset: its values lie beneath all layers (`beneath`).
//!
//! A type that reads its values with `deserialize_str` or `deserialize_any` reports a mistake with
//! `serde::de::Error::custom("a full sentence")`; the sentence appears as it is, at the exact value. A second line
//! beginning with `help: ` becomes the suggestion. A choice may have a newtype variant renamed to `$text`: it
//! takes a plain value which is none of the choice's words, so `10ms` and `{exponential: {...}}` fit one place.

#![allow(
    clippy::result_large_err,
    reason = "a text that is not well formed is told once, and then all is over"
)]

mod tree;

mod text;

mod parse;

mod syntax;

mod overlay;

mod path;

mod origin;

mod beneath;

mod problem;

mod render;

mod suggest;

mod read;

mod session;

mod place;

mod error;

mod de;

mod access;

mod choice;

mod scalar;

mod stand_in;

#[cfg(test)]
mod tests;

pub use origin::{Written, nearest_origin, origin, origin_key, written};
pub use overlay::overlay_from_path;
pub use parse::{parse, parse_bytes};
pub use path::{join, shown};
pub use problem::{Problem, tidy};
pub use read::{Reading, read};
pub use render::render;
pub use session::Choice;
pub use suggest::nearest;
pub use tree::{Entry, Kind, Node, Span, node_at};

/// A text and the name under which messages show it: a file name, or `--set`.
#[derive(Clone, Debug)]
pub struct Source {
    /// What messages show.
    pub name: String,
    /// The whole text; spans are byte ranges of it.
    pub text: String,
}

/// One of the trees that a value is read from. Layers are given lowest first.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    /// Index of the tree's text in the caller's list of sources.
    pub source: usize,
    /// The node that holds this layer's whole value.
    pub root: &'a Node,
    /// Path of `root` in its file, such as `variants/one-attempt`; empty for a whole file.
    pub prefix: String,
}

impl<'a> Layer<'a> {
    /// A layer that is a whole file.
    pub fn base(source: usize, root: &'a Node) -> Self {
        Self { source, root, prefix: String::new() }
    }

    /// The layer that a file holds within itself at `path`, such as a variant at `variants/one-attempt` ([`join`] makes
    /// such a path from a name).
    ///
    /// Read as an upper layer over the file it comes from; its problems point at its own lines. Problems of the
    /// base are found again by every such reading: [`tidy`] over all problems drops the repetitions.
    pub fn within(source: usize, file: &'a Node, path: &str) -> Option<Self> {
        Some(Self { source, root: node_at(file, path)?, prefix: path.to_owned() })
    }
}
