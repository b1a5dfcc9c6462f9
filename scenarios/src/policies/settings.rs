//! What can be set of a pattern? Read from the JSON Schema, which follows from the same types as the reader.

use serde::Serialize;
use serde_json::Value;

use super::{SOURCES, Source};

/// A setting of a pattern.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its key.
    pub name: String,
    /// What it takes, with its unit.
    pub kind: String,
    /// What holds if it is left out; `None` if it must be written.
    pub default: Option<String>,
    /// What it does.
    pub text: String,
}

/// Where a pattern is chosen.
pub(super) struct Entry {
    /// Pointer to the part of the schema that describes it, among the definitions.
    pub(super) place: String,
    /// The key's own schema; `null` for a plain word.
    pub(super) schema: Value,
}

/// The definition of a pattern's own settings: that of its `Config`, or the one that is called as its file is.
pub(super) fn own_definition(source: &Source, definitions: &Value) -> Option<String> {
    let file = source.path.rsplit('/').next().unwrap_or_default();
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let called: String = file.split('_').filter(|word| !word.is_empty()).map(capital).collect();
    let declared = definition(source.text).map(str::to_owned);
    declared.into_iter().chain([called]).find(|name| definitions.get(name).is_some())
}

/// The schema's name for the `Config` that a source declares.
fn definition(text: &str) -> Option<&str> {
    let declared =
        ["pub struct Config", "pub enum Config"].iter().filter_map(|words| text.find(words)).min()?;
    let (_, name) = text[..declared].rsplit_once("schemars(rename = \"")?;
    name.split('"').next()
}

/// The pattern among those of its family: in a choice, or as a key of a block.
pub(super) fn entry_of_family(source: &Source, definitions: &Value) -> Option<Entry> {
    let (folder, pattern) = source.path.rsplit_once('/')?;
    let name = |file: &'static include_dir::File<'static>| definition(file.contents_utf8()?);
    let family = SOURCES.get_file(format!("{folder}.rs")).and_then(name);
    let beside = SOURCES.get_dir(folder).into_iter().flat_map(include_dir::Dir::files).filter_map(name);
    if let Some((name, schema)) =
        family.and_then(|name| Some((name, definitions[name]["properties"].get(pattern)?)))
    {
        return Some(Entry { place: format!("/{name}/properties/{pattern}"), schema: schema.clone() });
    }
    for name in family.into_iter().chain(beside) {
        let block = &definitions[name];
        for (number, kind) in block["oneOf"].as_array().into_iter().flatten().enumerate() {
            let place = format!("/{name}/oneOf/{number}");
            if kind["const"] == pattern {
                return Some(Entry { place, schema: Value::Null });
            }
            if let Some(schema) = kind["properties"].get(pattern) {
                return Some(Entry { place, schema: schema.clone() });
            }
        }
    }
    None
}

/// The settings of a pattern.
pub(super) fn of(source: &Source, definitions: &Value) -> Vec<Setting> {
    let own = own_definition(source, definitions);
    let pattern = source.path.rsplit('/').next().unwrap_or_default();
    match (own, entry_of_family(source, definitions)) {
        (Some(name), _) => of_block(&definitions[name.as_str()], definitions),
        (None, Some(entry)) => match target(&entry.schema, definitions) {
            Some(block) if block.get("properties").is_some() => of_block(block, definitions),
            _ if entry.schema.is_null() => Vec::new(),
            _ => vec![setting(pattern, &entry.schema, false, definitions)],
        },
        (None, None) => Vec::new(),
    }
}

/// The settings of what a key takes.
pub(crate) fn of_key(schema: &Value, definitions: &Value) -> Vec<Setting> {
    target(schema, definitions).map_or_else(Vec::new, |block| of_block(block, definitions))
}

fn of_block(block: &Value, definitions: &Value) -> Vec<Setting> {
    let required =
        |name: &str| block["required"].as_array().is_some_and(|all| all.iter().any(|key| key == name));
    let of_keys = block["properties"].as_object().into_iter().flatten();
    let keys = of_keys.map(|(name, schema)| setting(name, schema, required(name), definitions));
    // A choice: each kind with what it means.
    let kinds = block["oneOf"].as_array().into_iter().flatten().filter_map(|kind| {
        let key = kind["properties"].as_object().and_then(|keys| keys.iter().next());
        let (name, takes) = match key {
            Some((name, schema)) => (name.as_str(), words(schema, definitions)),
            None => (kind["const"].as_str()?, "a plain word".to_owned()),
        };
        let text = kind["description"].as_str().unwrap_or_default().to_owned();
        Some(Setting { name: name.to_owned(), kind: takes, default: Some(String::new()), text })
    });
    let mut all: Vec<Setting> = keys.chain(kinds).collect();
    all.dedup_by(|later, earlier| later.name == earlier.name);
    all.sort_by_key(|setting| setting.default.is_some());
    all
}

fn setting(name: &str, schema: &Value, is_required: bool, definitions: &Value) -> Setting {
    let text = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
    let default = match &schema["default"] {
        _ if is_required => None,
        Value::Null => Some("none".to_owned()),
        Value::String(word) => Some(word.clone()),
        other => Some(other.to_string()),
    };
    Setting { name: name.to_owned(), kind: words(schema, definitions), default, text }
}

fn target<'a>(schema: &Value, definitions: &'a Value) -> Option<&'a Value> {
    let reference = schema["$ref"].as_str().or_else(|| schema["anyOf"][0]["$ref"].as_str())?;
    definitions.get(reference.strip_prefix("#/$defs/")?)
}

/// What a value looks like, in a few words.
fn words(schema: &Value, definitions: &Value) -> String {
    if let Some(kinds) = schema["anyOf"].as_array() {
        return kinds.iter().map(|kind| words(kind, definitions)).collect::<Vec<_>>().join(" or ");
    }
    if let Some(only) = schema["const"].as_str() {
        return format!("`{only}`");
    }
    if let Some(block) = target(schema, definitions) {
        if let Some(kinds) = block["oneOf"].as_array() {
            let name = |kind: &Value| {
                let key = kind["properties"].as_object().and_then(|keys| keys.keys().next().cloned());
                key.or_else(|| kind["const"].as_str().map(str::to_owned))
            };
            let mut names: Vec<String> = kinds.iter().filter_map(name).collect();
            names.sort();
            names.dedup();
            return format!("one of `{}`", names.join("`, `"));
        }
        let text = block["description"].as_str().unwrap_or("settings");
        let is_single = block.get("pattern").is_some();
        let short = text.split([';', '\n']).next().unwrap_or(text);
        // Examples go, a word beside the value stays: `10s`, or `unlimited`.
        let (short, rest) = short.split_once(", for example").unwrap_or((short, ""));
        let word = rest.find(", or ").map_or("", |at| &rest[at..]);
        let short = format!("{}{}", short.trim_end_matches('.'), word.trim_end_matches('.'));
        return if is_single { short } else { "settings".to_owned() };
    }
    match schema["type"].as_str() {
        Some("array") => format!("a list; each {}", words(&schema["items"], definitions)),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer" | "number") => "a number".to_owned(),
        Some("string") => "a name".to_owned(),
        _ => "settings".to_owned(),
    }
}
