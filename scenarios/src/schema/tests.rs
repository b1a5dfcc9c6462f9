//! Does the schema accept what the reader accepts, and is the committed copy up to date?

use serde_json::{Value, json};

use super::schema;
use crate::library;
use crate::yaml::{self, Layer, Source};

/// The schema as it is committed for editors; `spiral schema --out` writes the same bytes.
const COMMITTED: &str = include_str!("../../schema/scenario.schema.json");

/// The first line of every shipped scenario.
const FIRST_LINE: &str = "# yaml-language-server: $schema=../../schema/scenario.schema.json";

fn read(text: &str) -> Value {
    let source = Source { name: "test.yaml".to_owned(), text: text.to_owned() };
    let tree = yaml::parse(&source).expect("well-formed YAML");
    yaml::read::<Value>(&[Layer::base(0, &tree)]).value.expect("any YAML is a value")
}

/// Where and why `value` breaks `schema`; regular expressions are not looked at.
fn complaints(root: &Value, schema: &Value, value: &Value, path: &str) -> Vec<String> {
    let Value::Object(parts) = schema else { return Vec::new() };
    let mut found = Vec::new();
    for (key, part) in parts {
        match (key.as_str(), part) {
            ("$ref", Value::String(target)) => {
                let pointer = target.strip_prefix('#').expect("references stay in the file");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{target} leads nowhere"));
                found.extend(complaints(root, target, value, path));
            }
            ("type", kinds) => {
                let is = |kind: &Value| match kind.as_str().expect("a type is a word") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    "integer" => value.is_u64() || value.is_i64(),
                    "boolean" => value.is_boolean(),
                    other => panic!("type {other}"),
                };
                if !kinds.as_array().map_or_else(|| is(kinds), |kinds| kinds.iter().any(is)) {
                    found.push(format!("{path}: no {kinds}"));
                }
            }
            ("const", only) if only != value => found.push(format!("{path}: not {only}")),
            ("enum", Value::Array(all)) if !all.contains(value) => {
                found.push(format!("{path}: not in {part}"));
            }
            ("required", Value::Array(names)) => {
                let lacks = |name: &&Value| value.is_object() && value.get(name.as_str().unwrap()).is_none();
                found.extend(names.iter().filter(lacks).map(|name| format!("{path}: lacks {name}")));
            }
            ("oneOf" | "anyOf", Value::Array(kinds)) => {
                let fits = kinds.iter().filter(|kind| complaints(root, kind, value, path).is_empty()).count();
                if fits == 0 || (key == "oneOf" && fits > 1) {
                    found.push(format!("{path}: {fits} alternatives fit"));
                }
            }
            ("items", items) => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(complaints(root, items, item, &format!("{path}/{index}")));
                }
            }
            _ => {} // properties are looked at below
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        match (parts.get("properties").and_then(|known| known.get(name)), parts.get("additionalProperties")) {
            (Some(known), _) => found.extend(complaints(root, known, field, &path)),
            (None, Some(Value::Bool(false))) => found.push(format!("{path}: unknown")),
            (None, Some(any)) => found.extend(complaints(root, any, field, &path)),
            (None, None) => {}
        }
    }
    found
}

fn check(text: &str) -> Vec<String> {
    let schema = schema();
    complaints(&schema, &schema, &read(text), "")
}

#[test]
fn the_committed_copy_is_current() {
    let current = format!("{:#}\n", schema());
    assert!(COMMITTED == current, "run `spiral schema --out scenarios/schema/scenario.schema.json`");
}

#[test]
fn every_shipped_scenario_keeps_the_schema_and_names_it() {
    for scenario in library::shipped() {
        assert_eq!(check(scenario.text), Vec::<String>::new(), "{}", scenario.id);
        assert_eq!(scenario.text.lines().next(), Some(FIRST_LINE), "{}", scenario.id);
    }
}

/// Nearly every word of the format, plain words and steps within steps among them.
const EVERYTHING: &str = include_str!("../../tests/fixtures/everything.yaml");

#[test]
fn nearly_every_word_is_read_and_keeps_the_schema() {
    assert_eq!(check(EVERYTHING), Vec::<String>::new());
    let loaded = crate::load::load("everything.yaml", EVERYTHING.as_bytes(), &[], &|_| Err(String::new()));
    assert_eq!(loaded.unwrap_or_else(|error| panic!("{}", error.render(false))).variants.len(), 5);
}

/// The words of connections and identities.
const SECURED: &str = include_str!("../../tests/fixtures/secured.yaml");

#[test]
fn connections_and_identities_are_read_and_keep_the_schema() {
    assert_eq!(check(SECURED), Vec::<String>::new());
    let loaded = crate::load::load("secured.yaml", SECURED.as_bytes(), &[], &|_| Err(String::new()));
    assert_eq!(loaded.unwrap_or_else(|error| panic!("{}", error.render(false))).variants.len(), 2);
}
/// Every word of changes.
const CHANGES: &str = include_str!("../../tests/fixtures/changes.yaml");

#[test]
fn every_word_of_changes_is_read_and_keeps_the_schema() {
    assert_eq!(check(CHANGES), Vec::<String>::new());
    let loaded = crate::load::load("changes.yaml", CHANGES.as_bytes(), &[], &|_| Err(String::new()));
    assert_eq!(loaded.unwrap_or_else(|error| panic!("{}", error.render(false))).variants.len(), 5);
}

/// Every word of discovery.
const DISCOVERY: &str = include_str!("../../tests/fixtures/discovery.yaml");

#[test]
fn every_word_of_discovery_is_read_and_keeps_the_schema() {
    assert_eq!(check(DISCOVERY), Vec::<String>::new());
    let loaded = crate::load::load("discovery.yaml", DISCOVERY.as_bytes(), &[], &|_| Err(String::new()));
    assert_eq!(loaded.unwrap_or_else(|error| panic!("{}", error.render(false))).variants.len(), 3);
}

#[test]
fn steps_are_checked_at_every_depth() {
    for (from, to) in [
        ("times: 2, steps: [{compute: 1ms}]", "times: 2, steps: [{compte: 1ms}]"),
        ("times: 2, steps: [{compute: 1ms}]", "times: 2, stpes: [{compute: 1ms}]"),
        ("times: 2, steps: [{compute: 1ms}]", "times: 2, steps: [{compute: 1}]"),
        ("probability: 20%, steps", "probability: 20%, step"),
        ("load_balancer: least_request\n", "load_balancer: weighted\n"),
        ("deadline: propagate\n", "deadline: propagated\n"),
        ("[{compute: 2ms}]}, cart", "[{compute: 2ms, call: {to: cart}}]}, cart"),
        ("health_check: none", "health_check: off"),
        ("restart: {}", "restart: often"),
    ] {
        let text = EVERYTHING.replacen(from, to, 1);
        assert_ne!(text, EVERYTHING, "{from}");
        assert_ne!(check(&text), Vec::<String>::new(), "{to}");
        let loaded = crate::load::load("test.yaml", text.as_bytes(), &[], &|_| Err(String::new()));
        assert!(loaded.is_err(), "{to}");
    }
}

const SMALL: &str = "
spiral: 1
id: small
title: Small
services: {api: {service_time: 10ms, queue: lifo}}
workloads: {users: {arrivals: {poisson: {rate: {steps: [{at: 0s, rate: 5/s}]}}}, call: {to: api}}}
faults: {cut: {at: 5s, for: 1s, stop: {service: api}}}
variants:
  a: {}
run: {horizon: 10s}
";

#[test]
fn what_the_reader_accepts_is_accepted() {
    for variant in [
        "{}",
        "{faults: {cut: none}}",
        "{faults: {cut: {for: 2s}}}",
        "{services: {api: {workers: 2, queue: {fifo: {max_wait: 1s}}}}}",
        "{services: {api: {service_time: {exponential: {mean: 10ms}}}, db: {service_time: 1ms}}}",
        "{workloads: {users: {call: {retry: none, timeouts: {attempt: 1s}}}}}",
        "{workloads: {users: {arrivals: {poisson: {rate: {steps: {append: [{at: 4s, rate: 9/s}]}}}}}}}",
        "{workloads: {users: {arrivals: {poisson: {rate: 9/s}}}}, run: {warmup: 1s}}",
    ] {
        let text = SMALL.replace("a: {}", &format!("a: {variant}"));
        assert_eq!(check(&text), Vec::<String>::new(), "{variant}");
        let loaded = crate::load::load("test.yaml", text.as_bytes(), &[], &|_| Err(String::new()));
        loaded.unwrap_or_else(|error| panic!("{variant}\n{}", error.render(false)));
    }
}

#[test]
fn what_the_reader_refuses_is_refused() {
    for (from, to) in [
        ("a: {}", "a: {servces: {}}"),
        ("a: {}", "a: {title: other}"),
        ("a: {}", "a: {services: {api: {workrs: 2}}}"),
        ("a: {}", "a: {services: {api: {service_time: 10}}}"),
        ("a: {}", "a: {workloads: {users: {arrivals: {poisson: {rate: {step: []}}}}}}"),
        ("spiral: 1", "spiral: 2"),
        ("queue: lifo", "queue: random"),
        ("horizon: 10s", "warmup: 1s"),
        ("at: 5s, for: 1s", "at: 5s"),
        ("title: Small", "title: Small\nexpects: []"),
    ] {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL);
        assert_ne!(check(&text), Vec::<String>::new(), "{to}");
        let loaded = crate::load::load("test.yaml", text.as_bytes(), &[], &|_| Err(String::new()));
        assert!(loaded.is_err(), "{to}");
    }
}

#[test]
fn nothing_of_rust_shows() {
    let text = schema().to_string();
    for word in ["$text", "null", "uint32"] {
        assert!(!text.contains(word), "{word}");
    }
    assert_eq!(schema()["properties"]["spiral"]["const"], json!(1));
}
