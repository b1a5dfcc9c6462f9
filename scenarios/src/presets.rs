//! What does a library do if nobody sets anything? Presets: the values of real libraries under their names, which a
//! call, a service or a pool may be built on.
//!
//! Each is one file in `presets/`, a piece of a scenario with the source of each value behind it in the same line:
//! the mark of its class, then where it was read. What the file of a scenario says itself replaces the preset's value,
//! by the rules of layers (`yaml`).

mod resolved;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};

use crate::yaml::{self, Kind, Node, Source};

pub(crate) use resolved::resolved;
pub use resolved::{Origin, PresetUse, ResolvedValue};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// A named set of values.
#[derive(Debug)]
pub struct Preset {
    /// Its name, which is also its file's.
    pub name: &'static str,
    /// One line that says whose settings these are.
    pub title: String,
    /// What was read, and when.
    pub source: String,
    /// What a reader has to know: what cannot be said here, what is said in other words.
    pub notes: Vec<String>,
    /// The file.
    pub text: &'static str,
    tree: Node,
}

/// What a preset has values for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A call: what the caller does.
    Call,
    /// A service: what its instances do.
    Service,
    /// A pool of a caller.
    Pool,
}

/// How a value is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Source code, protobuf or specification text was read.
    Source,
    /// Official documentation was read.
    Documentation,
    /// Official text, seen as a quotation only.
    Quotation,
    /// General knowledge of the field, not read again.
    Knowledge,
    /// Chosen here, because the original leaves it open or is said in other words.
    Chosen,
}

/// A value of a preset.
#[derive(Clone, Debug)]
pub struct Value {
    /// Its place below the call, the service or the pool: `retry/exponential/base`.
    pub path: String,
    /// As written.
    pub text: String,
    /// How it is known.
    pub class: Class,
    /// Where it was read.
    pub source: &'static str,
}

/// All presets by name.
pub fn all() -> &'static [Preset] {
    static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<Preset> = FILES
            .files()
            .map(|file| {
                let name =
                    file.path().file_stem().and_then(|stem| stem.to_str()).expect("file names are ASCII");
                read(name, file.contents_utf8().expect("presets are UTF-8"))
            })
            .collect();
        all.sort_by_key(|preset| preset.name);
        all
    })
}

/// The preset of this name.
pub fn find(name: &str) -> Option<&'static Preset> {
    all().iter().find(|preset| preset.name == name)
}

fn read(name: &'static str, text: &'static str) -> Preset {
    let source = Source { name: format!("{name}.yaml"), text: text.to_owned() };
    let tree = yaml::parse(&source).unwrap_or_else(|problem| panic!("preset {name}: {}", problem.message));
    let line = |key: &str| -> String {
        let entry = tree.entry(key).unwrap_or_else(|| panic!("preset {name} lacks `{key}`"));
        entry.value.single().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let notes = match tree.entry("notes").map(|entry| &entry.value.kind) {
        Some(Kind::Sequence(notes)) => {
            notes.iter().filter_map(|note| note.single().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    };
    Preset { name, title: line("title"), source: line("source"), notes, text, tree }
}

impl Part {
    /// All of them.
    pub const ALL: [Part; 3] = [Part::Call, Part::Service, Part::Pool];

    /// The part that belongs to a place: a service, a pool, else a call.
    pub fn at(path: &str) -> Part {
        match path.split('/').collect::<Vec<_>>()[..] {
            ["services", _] => Part::Service,
            [.., "pools", _] => Part::Pool,
            _ => Part::Call,
        }
    }

    /// The key in a preset's file, and what people call it.
    pub const fn word(self) -> &'static str {
        match self {
            Part::Call => "call",
            Part::Service => "service",
            Part::Pool => "pool",
        }
    }
}

impl Class {
    /// By its mark in a preset's file.
    fn of(mark: &str) -> Option<Class> {
        Some(match mark {
            "S" => Class::Source,
            "D" => Class::Documentation,
            "Q" => Class::Quotation,
            "K" => Class::Knowledge,
            "-" => Class::Chosen,
            _ => return None,
        })
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Class::Source => "source code read",
            Class::Documentation => "documentation read",
            Class::Quotation => "quoted, original not read",
            Class::Knowledge => "general knowledge, not verified",
            Class::Chosen => "chosen here",
        }
    }
}

impl Preset {
    /// What it says of a call, a service or a pool.
    pub fn part(&self, part: Part) -> Option<&Node> {
        self.tree.entry(part.word()).map(|entry| &entry.value)
    }

    /// What it says anything of.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        Part::ALL.into_iter().filter(|part| self.part(*part).is_some())
    }

    /// Its values for a call, a service or a pool, in the order of the file.
    pub fn values(&self, part: Part) -> Vec<Value> {
        let mut values = Vec::new();
        if let Some(node) = self.part(part) {
            self.gather(node, String::new(), &mut values);
        }
        values
    }

    fn gather(&self, node: &Node, path: String, values: &mut Vec<Value>) {
        match &node.kind {
            Kind::Mapping(entries) if !entries.is_empty() => {
                for entry in entries {
                    self.gather(&entry.value, yaml::join(&path, &entry.key), values);
                }
            }
            Kind::Mapping(_) | Kind::Sequence(_) | Kind::Scalar { .. } => {
                let (class, source) = self.known_from(node.span.line);
                let text = self.text[node.span.start..node.span.end].to_owned();
                values.push(Value { path, text, class, source });
            }
        }
    }

    /// What stands behind the values of a line.
    ///
    /// # Panics
    ///
    /// If there is nothing of the kind; a test reads all presets.
    fn known_from(&self, line: usize) -> (Class, &'static str) {
        let text = self.text.lines().nth(line - 1).unwrap_or_default();
        let remark = text.split_once(" # ").map_or("", |(_, remark)| remark.trim());
        let (mark, source) = remark.split_once(' ').unwrap_or((remark, ""));
        let class = Class::of(mark);
        (class.unwrap_or_else(|| panic!("preset {}, line {line}: how is it known?", self.name)), source)
    }
}
