//! Which values hold where a preset is named, and where does each come from?

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sim_core::model::SystemConfig;

use super::{Class, Part, Preset};
use crate::yaml::{self, Layer, Source};

/// A call, a service or a pool that is built on a preset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PresetUse {
    /// Its place in the file: `workloads.users.call`.
    pub place: String,
    /// The preset.
    pub preset: String,
    /// What holds there, of all settings that the preset speaks of.
    pub values: Vec<ResolvedValue>,
    /// What the preset says and does not hold there, because the file chooses something else altogether.
    pub set_aside: Vec<String>,
}

/// A setting that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolvedValue {
    /// Its place below: `retry.exponential.base`.
    pub path: String,
    /// What holds.
    pub value: String,
    /// Where it comes from.
    pub from: Origin,
    /// What the preset says, if the file says something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The preset.
    Preset {
        /// How it is known there.
        class: Class,
        /// Where it was read.
        source: String,
    },
    /// The file, its variant, an action, or the command line.
    Text {
        /// Name of the text: a file, or `--set`.
        file: String,
        /// Line, from 1.
        line: usize,
    },
}

/// All uses of presets in a system, whose layers are these.
pub(crate) fn resolved(system: &SystemConfig, layers: &[Layer<'_>], sources: &[Source]) -> Vec<PresetUse> {
    let mut uses = Vec::new();
    for (family, json) in [
        ("services", serde_json::to_value(&system.services)),
        ("workloads", serde_json::to_value(&system.workloads)),
    ] {
        let json = json.expect("a system becomes JSON");
        walk(&json, family.to_owned(), &mut |place, block| {
            let Some(preset) = block.get("preset").and_then(Json::as_str).and_then(super::find) else {
                return;
            };
            uses.push(used(preset, place, block, layers, sources));
        });
    }
    uses
}

/// All blocks with their places.
fn walk(json: &Json, place: String, found: &mut impl FnMut(&str, &Json)) {
    match json {
        Json::Object(entries) => {
            found(&place, json);
            entries.iter().for_each(|(key, below)| walk(below, yaml::join(&place, key), found));
        }
        Json::Array(items) => {
            for (index, below) in items.iter().enumerate() {
                walk(below, yaml::join(&place, &index.to_string()), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

fn used(preset: &Preset, place: &str, block: &Json, layers: &[Layer<'_>], sources: &[Source]) -> PresetUse {
    let part = Part::at(place);
    let said = preset.values(part);
    let mut leaves = Vec::new();
    gather(block, String::new(), &mut leaves);
    let mut values = Vec::new();
    for (path, value) in &leaves {
        let key = path.split('/').next().unwrap_or_default();
        if !said.iter().any(|value| value.path.split('/').next() == Some(key)) {
            continue;
        }
        let Some((path, value, written)) = written(layers, place, path, value) else { continue };
        if values.iter().any(|value: &ResolvedValue| value.path == yaml::shown(&path)) {
            continue;
        }
        let top = &written[0];
        let from = match top.in_preset {
            Some(span) => {
                let (class, source) = preset.known_from(span.line);
                Origin::Preset { class, source: source.to_owned() }
            }
            None => {
                Origin::Text { file: sources[layers[top.layer].source].name.clone(), line: top.span.line }
            }
        };
        let other = said.iter().find(|said| said.path == path).filter(|_| top.in_preset.is_none());
        let is_other = |text: &String| *text != value && top.text != Some(text);
        let instead_of = other.map(|other| other.text.clone()).filter(is_other);
        values.push(ResolvedValue { path: yaml::shown(&path), value, from, instead_of });
    }
    let is_there =
        |path: &str| leaves.iter().any(|(leaf, _)| leaf == path || leaf.starts_with(&format!("{path}/")));
    let set_aside = said.iter().filter(|said| !is_there(&said.path) && said.text != "none");
    PresetUse {
        place: yaml::shown(place),
        preset: preset.name.to_owned(),
        values,
        set_aside: set_aside.map(|said| format!("{}: {}", yaml::shown(&said.path), said.text)).collect(),
    }
}

/// What is written of a setting. A kind that is written as a plain word stands for all of its settings.
fn written<'a>(
    layers: &[Layer<'a>],
    place: &str,
    path: &str,
    value: &str,
) -> Option<(String, String, Vec<yaml::Written<'a>>)> {
    let found = yaml::written(layers, &format!("{place}/{path}"));
    if !found.is_empty() {
        return Some((path.to_owned(), value.to_owned(), found));
    }
    let ends = path.match_indices('/').map(|(at, _)| (&path[..at], path[at + 1..].split('/').next()));
    ends.into_iter().find_map(|(above, word)| {
        let found = yaml::written(layers, &format!("{place}/{above}"));
        let is_word = found.first().is_some_and(|top| top.text.is_some() && top.text == word);
        is_word.then(|| (above.to_owned(), word.unwrap_or_default().to_owned(), found))
    })
}

/// Single values and lists of them, with their paths.
fn gather(json: &Json, path: String, leaves: &mut Vec<(String, String)>) {
    match json {
        Json::Object(entries) => {
            entries.iter().for_each(|(key, below)| gather(below, yaml::join(&path, key), leaves));
        }
        Json::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {}
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            leaves.push((path, format!("[{}]", items.join(", "))));
        }
        Json::Null => {}
        Json::Bool(_) | Json::Number(_) | Json::String(_) => leaves.push((path, text(json))),
    }
}

fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}
