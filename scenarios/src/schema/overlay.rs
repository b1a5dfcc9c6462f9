//! What may stand in a variant? The schema of the file once more, with nothing required, lists that may be
//! appended to, and `none` for a named entry that shall go. It is derived from the schema of the file, so
//! the two cannot drift apart.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::check::VARIANT_KEYS;

const DEFINITIONS: &str = "#/$defs/";
const SUFFIX: &str = "Overlay";

/// Adds the definition that a variant has to keep, and those it needs.
pub(super) fn add(schema: &mut Value) {
    let definitions = schema["$defs"].as_object().cloned().expect("a file consists of named types");
    let changed = changed(&definitions);
    for name in &changed {
        let mut overlay = relaxed(&definitions[name], false);
        redirect(&mut overlay, &changed);
        schema["$defs"][format!("{name}{SUFFIX}")] = overlay;
    }
    let properties = VARIANT_KEYS.iter().map(|key| {
        let mut overlay = relaxed(&schema["properties"][key], false);
        redirect(&mut overlay, &changed);
        ((*key).to_owned(), overlay)
    });
    schema["$defs"]["Overlay"] = json!({
        "description": "Changes to the file: what is not named stays as it is.",
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "additionalProperties": false,
    });
}

/// Definitions that look different in a variant: those that change themselves, and those that lead there.
fn changed(definitions: &Map<String, Value>) -> BTreeSet<String> {
    let differs =
        |(name, schema): (&String, &Value)| (relaxed(schema, false) != *schema).then(|| name.clone());
    let mut changed: BTreeSet<String> = definitions.iter().filter_map(differs).collect();
    loop {
        let leads = |schema: &Value| redirect(&mut schema.clone(), &changed);
        let more: Vec<String> = definitions
            .iter()
            .filter(|(name, schema)| !changed.contains(*name) && leads(schema))
            .map(|(name, _)| name.clone())
            .collect();
        if more.is_empty() {
            return changed;
        }
        changed.extend(more);
    }
}

/// The schema with the liberties of a variant. A kind of a choice keeps its `required`: the kind is
/// named in a variant, too.
fn relaxed(schema: &Value, is_kind: bool) -> Value {
    let Value::Object(parts) = schema else { return schema.clone() };
    if parts.get("type") == Some(&json!("array")) {
        return appendable(parts);
    }
    let mut relaxed = Map::new();
    for (key, value) in parts {
        let value = match (key.as_str(), value) {
            ("required", _) if !is_kind => continue,
            ("default", _) => continue, // what is left out stays, it does not become the default
            ("properties", Value::Object(fields)) => {
                fields.iter().map(|(name, field)| (name.clone(), self::relaxed(field, false))).collect()
            }
            ("additionalProperties", Value::Object(_)) => removable(value),
            ("oneOf" | "anyOf", Value::Array(kinds)) => {
                kinds.iter().map(|kind| self::relaxed(kind, true)).collect()
            }
            _ => value.clone(),
        };
        relaxed.insert(key.clone(), value);
    }
    Value::Object(relaxed)
}

/// A list replaces the list of the file, or adds to it. Its items are whole: they change nothing.
fn appendable(list: &Map<String, Value>) -> Value {
    let mut whole = list.clone();
    whole.remove("default");
    let description = whole.remove("description");
    let append = json!({
        "type": "object",
        "properties": {"append": whole},
        "required": ["append"],
        "additionalProperties": false,
        "description": "Adds these items at the end.",
    });
    let mut schema = json!({"anyOf": [whole, append]});
    if let Some(description) = description {
        schema["description"] = description;
    }
    schema
}

/// A named entry may be changed, added or removed.
fn removable(entry: &Value) -> Value {
    json!({"anyOf": [
        relaxed(entry, false),
        {"const": "none", "description": "Removes this entry."},
    ]})
}

/// Lets references to changed definitions lead to their overlays; whether there is any. Items of lists
/// are whole, so what they lead to stays.
fn redirect(schema: &mut Value, changed: &BTreeSet<String>) -> bool {
    match schema {
        Value::Array(parts) => parts.iter_mut().fold(false, |any, part| redirect(part, changed) | any),
        Value::Object(parts) => {
            let mut any = false;
            for (key, part) in parts.iter_mut().filter(|(key, _)| *key != "items") {
                let target = part.as_str().and_then(|target| target.strip_prefix(DEFINITIONS));
                match target.filter(|name| key == "$ref" && changed.contains(*name)) {
                    Some(name) => {
                        *part = json!(format!("{DEFINITIONS}{name}{SUFFIX}"));
                        any = true;
                    }
                    None => any |= redirect(part, changed),
                }
            }
            any
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
