//! What does a pattern do, why does it exist, and where does it fail? The page of each pattern: the head of its own
//! source file, and its settings as the JSON Schema has them.
//!
//! The head is written once. rustdoc shows it as the page of the module, `spiral schema` as what an editor says about
//! the word (`describe`), `spiral explain policy` in the terminal. So a new pattern has its page everywhere as soon
//! as its file is there.

mod settings;

use include_dir::{Dir, DirEntry, include_dir};
use serde::Serialize;
use serde_json::{Value, json};

pub use settings::Setting;
pub(crate) use settings::of_key as settings_of;

static SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../sim-core/src/policy");

/// Folders whose families have another word in files.
const WORDS: [(&str, &str); 5] = [
    ("balancer", "load_balancer"),
    ("breaker", "circuit_breaker"),
    ("cache", "caches"),
    ("throttle", "client_throttle"),
    ("transport", "connection"),
];

/// A family that takes patterns of another one: their pages are there.
const BORROWS: (&str, &str) = ("rate_limit", "admission");

/// Parts of a policy that nobody can set.
const INTERNAL: [&str; 1] = ["retry/progress"];

/// The head of a source file, and what its settings are called in the schema.
struct Source {
    /// Path below the folder of policies, without its ending: `balancer/random`.
    path: String,
    text: &'static str,
}

/// What is to be known of a pattern or a family.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// As files write it: `load_balancer/random`.
    pub name: String,
    /// Whether it is a family of patterns, with one row for each of them.
    pub is_family: bool,
    /// The first sentence.
    pub title: String,
    /// What follows, in order.
    pub sections: Vec<Section>,
    /// Rows of tables, cell by cell; the first is the header.
    pub rows: Vec<Vec<String>>,
    /// What can be set; of a family nothing.
    pub settings: Vec<Setting>,
}

/// A part of a page.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// `What it does`, `Why it exists`, `Where it fails`, `See it`, `Source`; empty for text between them.
    pub heading: String,
    /// The text in one line.
    pub text: String,
}

/// All pages by name: every family before its patterns.
pub fn all() -> Vec<Page> {
    let schema = crate::schema::schema();
    sources().iter().map(|source| page(source, &schema["$defs"])).collect()
}

/// The pages that a word may mean: a whole name, or the end of one; `breaker/rate` as the folder is called, too.
pub fn named<'a>(pages: &'a [Page], word: &str) -> Vec<&'a Page> {
    let word = word.trim_matches('/');
    let (first, rest) = word.split_once('/').map_or((word, None), |(first, rest)| (first, Some(rest)));
    let folder = WORDS.iter().find(|(folder, _)| *folder == first).map_or(first, |(_, word)| word);
    let word = rest.map_or(folder.to_owned(), |rest| format!("{folder}/{rest}"));
    if let Some(exact) = pages.iter().find(|page| page.name == word) {
        return vec![exact];
    }
    if folder == BORROWS.0
        && let Some(rest) = rest
        && let Some(lent) = pages.iter().find(|page| page.name == format!("{}/{rest}", BORROWS.1))
    {
        return vec![lent];
    }
    pages.iter().filter(|page| page.name.ends_with(&format!("/{word}"))).collect()
}

/// Puts the pages of patterns into the schema, where editors show them.
pub(crate) fn describe(schema: &mut Value) {
    for source in sources().iter().filter(|source| !source.is_family()) {
        let page = head(source);
        let text = page.sections.iter().map(|section| match section.heading.as_str() {
            "" => section.text.clone(),
            heading => format!("{heading}: {}", section.text),
        });
        let text = std::iter::once(page.title.clone()).chain(text).collect::<Vec<_>>().join("\n\n");
        let definitions = &mut schema["$defs"];
        let place = match settings::own_definition(source, definitions) {
            Some(name) => Some(format!("/{name}")),
            None => settings::entry_of_family(source, definitions).map(|found| found.place),
        };
        if let Some(part) = place.and_then(|place| definitions.pointer_mut(&place)) {
            part["description"] = json!(text);
        }
    }
}

fn sources() -> Vec<Source> {
    fn gather(folder: &Dir<'static>, found: &mut Vec<Source>) {
        for entry in folder.entries() {
            match entry {
                DirEntry::Dir(below) => gather(below, found),
                DirEntry::File(file) => {
                    let path = file.path().with_extension("").to_string_lossy().replace('\\', "/");
                    let source = Source { path, text: file.contents_utf8().expect("sources are UTF-8") };
                    if source.is_family() || source.is_pattern() {
                        found.push(source);
                    }
                }
            }
        }
    }
    let mut found = Vec::new();
    gather(&SOURCES, &mut found);
    found.sort_by_key(Source::name);
    found
}

impl Source {
    fn is_family(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("//! | pattern |"))
    }

    fn is_pattern(&self) -> bool {
        self.text.lines().any(|line| line.starts_with("//! **What it does.**"))
            && !INTERNAL.contains(&self.path.as_str())
    }

    /// As files write it.
    fn name(&self) -> String {
        let (folder, rest) = self.path.split_once('/').unwrap_or((&self.path, ""));
        let word = WORDS.iter().find(|(of, _)| *of == folder).map_or(folder, |(_, word)| word);
        if rest.is_empty() { word.to_owned() } else { format!("{word}/{rest}") }
    }
}

fn page(source: &Source, definitions: &Value) -> Page {
    let settings = if source.is_family() { Vec::new() } else { settings::of(source, definitions) };
    Page { settings, ..head(source) }
}

/// The page without its settings.
fn head(source: &Source) -> Page {
    let line =
        |line: &str| line.strip_prefix("//!").map(|text| text.trim().replace("[`", "`").replace("`]", "`"));
    let lines: Vec<String> = source.text.lines().map_while(line).collect();
    let mut paragraphs = lines.split(String::is_empty);
    let title = paragraphs.next().unwrap_or_default().join(" ");
    let (mut sections, mut rows): (Vec<Section>, Vec<Vec<String>>) = (Vec::new(), Vec::new());
    for paragraph in paragraphs {
        let mut begins = true;
        for line in paragraph {
            if let Some(row) = line.strip_prefix('|') {
                let cells = row.trim_end_matches('|').split('|').map(|cell| cell.trim().to_owned());
                let cells: Vec<String> = cells.collect();
                rows.extend((!cells.iter().all(|cell| cell.starts_with("--"))).then_some(cells));
            } else if let Some((heading, text)) =
                line.strip_prefix("**").and_then(|line| line.split_once(".**"))
            {
                sections.push(Section { heading: heading.to_owned(), text: text.trim().to_owned() });
            } else if let Some(section) = sections.last_mut().filter(|_| !begins) {
                section.text = format!("{} {line}", section.text);
            } else {
                sections.push(Section { heading: String::new(), text: line.clone() });
            }
            begins = false;
        }
    }
    let (name, is_family) = (source.name(), source.is_family());
    Page { name, is_family, title, sections, rows, settings: Vec::new() }
}

#[cfg(test)]
mod tests;
