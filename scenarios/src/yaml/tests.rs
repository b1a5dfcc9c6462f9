//! Tests of the whole way from text to value, on a model that has every kind of place.

mod fuzz;

mod layers;

mod malformed;

mod mistakes;

mod shown;

use std::collections::BTreeMap;

use serde::{Deserialize, de};

use super::{Layer, Node, Problem, Reading, Source, parse, read};

/// A small system, in the shape that scenario files have.
#[derive(Debug, PartialEq, Deserialize)]
struct Model {
    title: String,
    services: BTreeMap<String, Service>,
    #[serde(default)]
    faults: BTreeMap<String, Fault>,
    #[serde(default)]
    expect: Vec<Expectation>,
    #[serde(default)]
    variants: BTreeMap<String, de::IgnoredAny>,
    run: Option<Run>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Service {
    workers: u32,
    service_time: Time,
    #[serde(default)]
    queue: Queue,
    retry: Option<Retry>,
    #[serde(default)]
    keep_alive: bool,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Time {
    Exponential(Exponential),
    Uniform {
        min: Duration,
        max: Duration,
    },
    #[serde(rename = "$text")]
    Fixed(Duration),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Exponential {
    mean: Duration,
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Queue {
    #[default]
    None,
    Fifo(Capacity),
    Lifo(Capacity),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Capacity {
    capacity: Size,
    #[serde(default)]
    drop_share: f64,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Retry {
    None,
    Immediate(Immediate),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Immediate {
    max_attempts: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Fault {
    at: Duration,
    service: String,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(try_from = "RawExpectation")]
struct Expectation {
    between: (f64, f64),
}

#[derive(Deserialize)]
struct RawExpectation {
    between: (f64, f64),
}

impl TryFrom<RawExpectation> for Expectation {
    type Error = String;

    fn try_from(raw: RawExpectation) -> Result<Self, String> {
        let (low, high) = raw.between;
        if low <= high {
            Ok(Self { between: raw.between })
        } else {
            Err(format!("{low} is above {high}\nhelp: swap them"))
        }
    }
}

#[derive(Debug, PartialEq, Deserialize)]
struct Run {
    horizon: Duration,
    #[serde(default)]
    seeds: u16,
    #[serde(default)]
    offset: i32,
}

/// Milliseconds; a custom type that refuses numbers without a unit.
#[derive(Debug, PartialEq, Clone, Copy)]
struct Duration(u64);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl de::Visitor<'_> for Words {
            type Value = Duration;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration such as `10ms`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
                let (digits, unit) = match text.strip_suffix("ms") {
                    Some(digits) => (digits, 1),
                    None => (text.strip_suffix('s').unwrap_or(""), 1000),
                };
                let number: u64 =
                    digits.parse().map_err(|_| E::custom(format!("`{text}` is not a duration")))?;
                Ok(Duration(number * unit))
            }
        }
        deserializer.deserialize_str(Words)
    }
}

/// A number or the word `unlimited`.
#[derive(Debug, PartialEq, Clone, Copy)]
enum Size {
    Of(u64),
    Unlimited,
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl de::Visitor<'_> for Words {
            type Value = Size;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number or `unlimited`")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Size, E> {
                Ok(Size::Of(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Size, E> {
                if text == "unlimited" {
                    Ok(Size::Unlimited)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }
        }
        deserializer.deserialize_any(Words)
    }
}

/// The base that most tests begin with; service `api` stands in lines 2 to 7.
const BASE: &str = "\
title: no
services:
  api:
    workers: 10
    service_time: {exponential: {mean: 10ms}}
    queue: {fifo: {capacity: 100, drop_share: 0.5}}
    retry: {immediate: {max_attempts: 3}}
faults:
  brownout: {at: 60s, service: api}
expect:
  - {between: [0.1, 0.2]}
run: {horizon: 300s, seeds: 30}
";

fn source(name: &str, text: &str) -> Source {
    Source { name: name.to_owned(), text: text.to_owned() }
}

fn tree(text: &str) -> Node {
    match parse(&source("test", text)) {
        Ok(tree) => tree,
        Err(problem) => panic!("{text:?} is not well formed: {problem:?}"),
    }
}

/// Reads a model from texts, lowest layer first; layer and source have the same index.
fn model(texts: &[&str]) -> Reading<Model> {
    let trees: Vec<Node> = texts.iter().map(|text| tree(text)).collect();
    let layers: Vec<Layer<'_>> =
        trees.iter().enumerate().map(|(source, root)| Layer::base(source, root)).collect();
    read(&layers)
}

/// The model, if nothing is wrong with the texts.
fn good(texts: &[&str]) -> Model {
    let reading = model(texts);
    assert_eq!(reading.problems, [], "{texts:?}");
    reading.value.expect("a value without problems")
}

/// `2:3 message` or, in an upper layer, `1@2:3 message`.
fn told(problem: &Problem) -> String {
    let layer =
        problem.source.filter(|&source| source > 0).map_or(String::new(), |source| format!("{source}@"));
    let at = problem.span.map_or("-".to_owned(), |span| format!("{}:{}", span.line, span.column));
    format!("{layer}{at} {}", problem.message)
}

fn all_told(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(told).collect()
}
