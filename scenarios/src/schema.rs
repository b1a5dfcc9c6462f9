//! What may stand in a scenario file, in the words of an editor? The JSON Schema (draft 2020-12) of
//! [`Document`], with which editors complete, explain and check while somebody types.
//!
//! The types give most of it. Six things are added that types cannot say: a choice takes a plain value
//! where the reader does, and a plain word where a kind needs no settings; what has a unit is no bare
//! number; nothing is ever `null`; presets have names; patterns have pages; and a variant has the shape of the file (`overlay`).

mod overlay;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::document::{Document, FORMAT};
use crate::policies;
use crate::presets::{self, Part};

/// The name of the variant of a choice that takes a plain value.
const TEXT: &str = "$text";

/// Definitions whose values have a unit: a bare number is refused.
const WITH_UNIT: [&str; 3] = ["Duration", "Patience", "Rate"];

/// The JSON Schema of a scenario file.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>().to_value();
    schema["title"] = json!("Spiral scenario");
    schema["properties"]["spiral"] = json!({"const": FORMAT, "description": "Version of the file format."});
    let name = json!("^[a-z0-9-]+$");
    schema["properties"]["id"]["pattern"] = name.clone();
    schema["properties"]["variants"]["propertyNames"] = json!({"pattern": name});
    for definition in WITH_UNIT {
        if let Some(definition) = schema["$defs"].get_mut(definition) {
            definition["type"] = json!("string");
        }
    }
    tidy(&mut schema);
    name_presets(&mut schema);
    policies::describe(&mut schema);
    let definitions = schema["$defs"].clone();
    add_words(&mut schema, &definitions);
    overlay::add(&mut schema);
    schema
}

/// The names that fit where a preset may be named.
fn name_presets(schema: &mut Value) {
    for (definition, part) in
        [("CallConfig", Part::Call), ("ServiceConfig", Part::Service), ("PoolConfig", Part::Pool)]
    {
        let fitting = presets::all().iter().filter(|preset| preset.part(part).is_some());
        let names: Vec<&str> = fitting.map(|preset| preset.name).chain(["none"]).collect();
        schema["$defs"][definition]["properties"]["preset"]["enum"] = json!(names);
    }
}

/// Takes out what comes from Rust and means nothing in a file.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(tidy),
        Value::Object(parts) => {
            parts.values_mut().for_each(tidy);
            without_null(parts);
            without_text(parts);
            if parts.get("default").is_some_and(Value::is_null) {
                parts.remove("default");
            }
            // How a number is kept: `uint32`.
            parts.retain(|key, part| key != "format" || !part.is_string());
            parts.get_mut("default").into_iter().for_each(forget_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is left out does not stand among the defaults of a block.
fn forget_nulls(value: &mut Value) {
    if let Value::Object(parts) = value {
        parts.retain(|_, part| !part.is_null());
        parts.values_mut().for_each(forget_nulls);
    }
}

/// An optional setting is left out or `none`, it is never `null`.
fn without_null(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(parts)) = schema.get_mut("anyOf") {
        for part in parts.iter_mut().filter(|part| part["type"] == "null") {
            *part = json!({"const": "none", "type": "string", "description": "Leaves it out."});
        }
    }
}

/// The kind named [`TEXT`] is no key: it is the plain value itself.
fn without_text(schema: &mut Map<String, Value>) {
    let value = schema.get_mut("properties").and_then(|properties| properties.get_mut(TEXT)).map(Value::take);
    if let Some(value) = value {
        for key in ["properties", "required", "additionalProperties", "type"] {
            schema.remove(key);
        }
        let Value::Object(value) = value else { unreachable!("the schema of a value is an object") };
        value.into_iter().for_each(|(key, value)| {
            schema.entry(key).or_insert(value);
        });
    }
}

/// A kind whose settings all have defaults may be written as a plain word: `queue: lifo`.
fn add_words(schema: &mut Value, definitions: &Value) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(|part| add_words(part, definitions)),
        Value::Object(parts) => {
            parts.values_mut().for_each(|part| add_words(part, definitions));
            if let Some(Value::Array(kinds)) = parts.get_mut("oneOf") {
                let words = kinds.iter().filter_map(|kind| word(kind, definitions)).collect::<Vec<_>>();
                kinds.extend(words);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn word(kind: &Value, definitions: &Value) -> Option<Value> {
    let tag = tag(kind)?;
    let target = kind["properties"][tag]["$ref"].as_str()?.strip_prefix("#/$defs/")?;
    let settings = definitions.get(target)?;
    let needs_nothing = settings["type"] == "object" && settings.get("required").is_none();
    needs_nothing.then(|| json!({"const": tag, "type": "string", "description": kind["description"]}))
}

/// The name of the kind, if this is one kind of a choice: an object with exactly one key, which it needs.
fn tag(kind: &Value) -> Option<&str> {
    match kind.get("required")?.as_array()?.as_slice() {
        [only] if kind["properties"].as_object()?.len() == 1 => only.as_str(),
        _ => None,
    }
}
