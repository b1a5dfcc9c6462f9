//! Every kind of mistake is told in the right words at the right place.

use serde::Deserialize;

use super::super::{Layer, read};
use super::{BASE, Service, all_told, model, told, tree};

/// [`BASE`] with one line replaced.
fn with_line(line: usize, text: &str) -> String {
    let lines = BASE.lines().enumerate().map(|(index, old)| if index + 1 == line { text } else { old });
    lines.collect::<Vec<_>>().join("\n")
}

/// The problem and the suggestion.
fn told_with_help(problem: &super::Problem) -> String {
    format!("{} | {}", told(problem), problem.help.as_deref().unwrap_or(""))
}

#[test]
fn wrong_values_are_told_where_they_stand() {
    let fields = "allowed here: `workers`, `service_time`, `queue`, `retry` and `keep_alive`";
    let unknown_field = format!("4:5 unknown key `workrs` | did you mean `workers`? ({fields})");
    let table = [
        (4, "    workrs: 10", unknown_field.as_str()),
        (4, "    workers: ten", "4:14 expected a whole number, found `ten` | "),
        (4, "    workers: -1", "4:14 must be at least 0, found `-1` | "),
        (4, "    workers: 5000000000", "4:14 must be at most 4294967295, found `5000000000` | "),
        (4, "    workers: 10.0", "4:14 expected a whole number, found `10.0` | write `10`"),
        (4, "    workers: 1e3", "4:14 expected a whole number, found `1e3` | write `1000`"),
        (4, "    workers: 1_000", "4:14 expected a whole number, found `1_000` | write `1000`"),
        (4, "    workers: 0x1F", "4:14 expected a whole number, found `0x1F` | "),
        (
            4,
            "    workers: 010",
            "4:14 expected a whole number, found `010` | write `10` without leading zeros",
        ),
        (4, "    workers: \"10\"", "4:14 expected a whole number, found the text \"10\" | remove the quotes"),
        (4, "    workers:", "4:12 nothing given for `workers`: expected a whole number | "),
        (4, "    workers: ~", "4:14 nothing given for `workers`: expected a whole number | "),
        (4, "    workers: [1]", "4:14 expected a whole number, found a list | "),
        (4, "    workers: {a: 1}", "4:14 expected a whole number, found a mapping | "),
        (4, "    keep_alive: false", "3:3 `services.api` lacks `workers` | add `workers: ...`"),
        (5, "    service_time: 10m", "5:19 `10m` is not a duration | "),
        (5, "    service_time: {exponential: {mean: 10}}", "5:40 `10` is not a duration | "),
        (
            5,
            "    service_time: {exponential: {mean: [1]}}",
            "5:40 expected a duration such as `10ms`, found a list | ",
        ),
        (
            5,
            "    service_time: {exponental: {mean: 10ms}}",
            "5:20 unknown word `exponental` | did you mean `exponential`? (allowed here: `exponential` and `uniform`)",
        ),
        (
            5,
            "    service_time: {exponential: {median: 10ms}}",
            "5:34 unknown key `median` | did you mean `mean`? (only `mean` is allowed here)",
        ),
        (
            5,
            "    service_time: {exponential: {}}",
            "5:20 `services.api.service_time.exponential` lacks `mean` | add `mean: ...`",
        ),
        (
            5,
            "    service_time: {exponential: }",
            "5:31 nothing given for `exponential`: expected a mapping with `mean` | ",
        ),
        (
            5,
            "    service_time: exponential",
            "5:19 `services.api.service_time.exponential` lacks `mean` | write `service_time: {exponential: {mean: ...}}`",
        ),
        (
            5,
            "    service_time: {uniform: {min: 1ms, maxi: 2ms}}",
            "5:40 unknown key `maxi` | did you mean `max`? (allowed here: `min` and `max`)",
        ),
        (
            5,
            "    service_time: {}",
            "5:19 expected a plain value or `exponential` or `uniform`, found an empty mapping | ",
        ),
        (
            5,
            "    service_time: [10ms]",
            "5:19 expected a plain value or `exponential` or `uniform`, found a list | ",
        ),
        (
            6,
            "    queue: lfo",
            "6:12 unknown word `lfo` | did you mean `lifo`? (allowed here: `none`, `fifo` and `lifo`)",
        ),
        (6, "    queue: {none: {}}", "6:13 `none` takes no settings | write the word `none` alone"),
        (
            6,
            "    queue: {fifo: {capacity: 1}, lifo: {capacity: 1}}",
            "6:34 two kinds at once: `fifo` and `lifo` | a choice takes one of them; remove the other",
        ),
        (
            6,
            "    queue: {fifo: {}, capacity: 3}",
            "6:23 `capacity` stands beside the kind `fifo` | settings stand inside: `fifo: {capacity: ...}`",
        ),
        (
            6,
            "    queue: {kind: fifo, capacity: 3}",
            "6:13 unknown word `kind` | the kind is the key: write `fifo: {...}`",
        ),
        (
            6,
            "    queue: {fifo: {capacity: some}}",
            "6:30 expected a whole number or `unlimited`, found `some` | ",
        ),
        (
            6,
            "    queue: {fifo: {capacity: {a: 1}}}",
            "6:30 expected a whole number or `unlimited`, found a mapping | ",
        ),
        (
            6,
            "    queue: {fifo: {capacity: 1, drop_share: 50%}}",
            "6:45 expected a number, found `50%` | write a fraction: `0.5`",
        ),
        (6, "    queue: {fifo: {capacity: 1, drop_share: .nan}}", "6:45 expected a number, found `.nan` | "),
        (7, "    keep_alive: yes", "7:17 expected `true` or `false`, found `yes` | write `true`"),
        (7, "    retry:", "7:10 nothing given for `retry`: expected `none` or `immediate` | "),
        (7, "    retry: {immediate: {max_attempts: 300}}", "7:39 must be at most 255, found `300` | "),
        (
            9,
            "  brownout:",
            "9:11 nothing given for `brownout`: expected a mapping with `at` and `service` | ",
        ),
        (9, "  brownout: none", "9:13 expected a mapping with `at` and `service`, found `none` | "),
        (9, "  - {at: 60s, service: api}", "9:3 expected a mapping, found a list | "),
        (
            11,
            "  {between: [1, 2]}",
            "11:3 expected a list, found a mapping | write `[a, b]`, or one item per line after `- `",
        ),
        (11, "  - {between: [2, 1]}", "11:5 2 is above 1 | swap them"),
        (11, "  - {between: [2, 1, 3]}", "11:15 expected a list of 2 values, found 3 | "),
        (11, "  - {between: 2}", "11:15 expected a list, found `2` | write `[2]`"),
    ];
    for (line, text, expected) in table {
        let reading = model(&[&with_line(line, text)]);
        let first = reading.problems.first().map(told_with_help);
        assert_eq!(first.as_deref(), Some(expected), "{text}");
        assert!(reading.value.is_some(), "something stands in for {text}");
    }
}

#[test]
fn one_mistake_is_told_once() {
    // Neither is a misspelt field also missing, nor is a list told for its stand-in.
    for (line, text) in
        [(4, "    workrs: 10"), (5, "    service_time: [10ms]"), (11, "  - {between: [x, 1]}")]
    {
        assert_eq!(model(&[&with_line(line, text)]).problems.len(), 1, "{text}");
    }
}

#[test]
fn mistakes_in_upper_layers_are_told_there() {
    let table = [
        ("services: {api: {workers: x}}", "1@1:27 expected a whole number, found `x` | "),
        (
            "services: {web: {workers: 1}}",
            "1@1:12 `services.web` lacks `service_time` | add `service_time: ...`",
        ),
        ("faults: {brownut: none}", "1@1:10 there is no `brownut` to remove | did you mean `brownout`?"),
        ("faults: {x: none, y: {at: 1s, service: api}}", "1@1:10 there is no `x` to remove | "),
        ("expect: {append: 3}", "1@1:18 `append` takes a list, found `3` | "),
        (
            "expect: {add: []}",
            "1@1:9 expected a list, found a mapping | write `[...]` to replace the list, `{append: [...]}` to add to it",
        ),
        ("expect: none", "1@1:9 expected a list, found `none` | write `[]` for an empty list"),
        ("expect: {append: [{between: [2, 1]}]}", "1@1:19 2 is above 1 | swap them"),
        (
            "services: {api: {retry: {imediate: {}}}}",
            "1@1:26 unknown word `imediate` | did you mean `immediate`? (allowed here: `none` and `immediate`)",
        ),
        (
            "services: {api: {queue: {lifo: {}}}}",
            "1@1:26 `services.api.queue.lifo` lacks `capacity` | add `capacity: ...`",
        ),
        (
            "services: {api: {queue: {none: }}}",
            "1@1:26 `none` takes no settings | write the word `none` alone",
        ),
        ("run: nothing", "1@1:6 expected a mapping with `horizon`, `seeds` and `offset`, found `nothing` | "),
        ("services: none", "1@1:11 expected a mapping, found `none` | "),
        (
            "services:",
            "1@1:9 nothing given for `services`: expected a mapping | write `{}` if there is nothing to set",
        ),
        (
            "services: {api: {queue: {fifo: 3}}}",
            "1@1:32 expected a mapping with `capacity` and `drop_share`, found `3` | ",
        ),
        (
            "~",
            "1@1:1 nothing given: expected a mapping with `title`, `services`, `faults`, `expect`, `variants` and `run` \
             | write `{}` if there is nothing to set",
        ),
    ];
    for (upper, expected) in table {
        let reading = model(&[BASE, upper]);
        let shown: Vec<String> = reading.problems.iter().map(told_with_help).collect();
        assert_eq!(shown, [expected], "{upper}");
        assert!(reading.value.is_some(), "something stands in for {upper}");
    }
}

#[test]
fn forgotten_colons_and_spaces_are_recognised() {
    let help = |line: usize, text: &str| {
        model(&[&with_line(line, text)]).problems[0].help.clone().unwrap_or_default()
    };
    assert_eq!(help(12, "run: {horizon:300s}"), "a space behind `:` is missing: write `horizon: 300s`");
    assert_eq!(help(12, "run: {horizon 300s}"), "a `:` is missing: write `horizon: 300s`");
    assert_eq!(help(12, "run: horizon:300s"), "write a space behind the `:`");
}

#[test]
fn all_problems_are_told_at_once() {
    let text = "\
title: [a]
servces: {}
services:
  web: {workers: 0.5, service_time: {}, keep_alive: maybe}
  db: {}
  cache: 5
  log: {workers: 1, service_time: {exponential: {mean: soon, median: 1ms}}, queue: {lifo: {capacity: -3}}}
expect:
  - {between: [2, 1]}
  - {between: [x, 1]}
  - 7
faults: {f: {at: 5, service: {}}, g: {}}
run: {seeds: 1e9}
";
    let reading = model(&[text]);
    assert_eq!(
        all_told(&reading.problems),
        [
            "1:8 expected a text, found a list",
            "2:1 unknown key `servces`",
            "4:18 expected a whole number, found `0.5`",
            "4:37 expected a plain value or `exponential` or `uniform`, found an empty mapping",
            "4:53 expected `true` or `false`, found `maybe`",
            "5:3 `services.db` lacks `service_time`",
            "5:3 `services.db` lacks `workers`",
            "6:10 expected a mapping with `workers`, `service_time`, `queue`, `retry` and `keep_alive`, found `5`",
            "7:56 `soon` is not a duration",
            "7:62 unknown key `median`",
            "7:102 expected a whole number or `unlimited`, found `-3`",
            "9:5 2 is above 1",
            "10:16 expected a number, found `x`",
            "11:5 expected a mapping with `between`, found `7`",
            "12:18 `5` is not a duration",
            "12:30 expected a text, found a mapping",
            "12:35 `faults.g` lacks `at`",
            "12:35 `faults.g` lacks `service`",
            "13:1 `run` lacks `horizon`",
            "13:14 expected a whole number, found `1e9`",
        ]
    );
    let value = reading.value.as_ref().expect("a whole value, with stand-ins");
    assert_eq!(value.services.len(), 4);
    assert!(!reading.is_real("services/web/workers") && !reading.is_real("services/web"));
    assert!(reading.is_real("services/log/workers") && reading.is_real("services/log/service"));
}

#[test]
fn problems_have_paths() {
    let reading =
        model(&[&with_line(11, "  - {between: [x, 1]}"), "services: {api: {queue: {fifo: {capacity: []}}}}"]);
    let paths: Vec<&str> = reading.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(paths, ["expect/0/between/0", "services/api/queue/fifo/capacity"]);
}

#[test]
fn too_many_problems_end_with_and_more() {
    let wrong_values: String = (0..300).map(|n| format!("  f{n}: {{at: 1, service: x}}\n")).collect();
    let unknown_keys: String =
        (0..300).map(|n| format!("  f{n}: {{at: 1s, service: x, extra: 1}}\n")).collect();
    for entries in [wrong_values, unknown_keys] {
        let reading = model(&[&format!("title: x\nservices: {{}}\nfaults:\n{entries}")]);
        let count = reading.problems.len();
        assert!((150..=201).contains(&count), "{count} problems");
        assert_eq!(told(&reading.problems[count - 1]), "- and more; correct these first");
    }
}

#[test]
fn a_type_that_accepts_nothing_gives_problems_but_no_value() {
    #[derive(Debug)]
    struct Never;
    impl<'de> Deserialize<'de> for Never {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let text = String::deserialize(deserializer)?;
            Err(serde::de::Error::custom(format!("never `{text}`")))
        }
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Holder {
        never: Never,
        workers: u32,
    }
    let tree = tree("never: ever\nworkers: x");
    let reading = read::<Holder>(&[Layer::base(0, &tree)]);
    assert!(reading.value.is_none());
    assert_eq!(all_told(&reading.problems), ["1:8 never `ever`", "2:10 expected a whole number, found `x`"]);
}

#[test]
fn a_type_that_contains_itself_ends() {
    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only read")]
    enum Chain {
        Again(Box<Chain>),
        Struct { next: Box<Chain> },
    }
    let tree = tree("again: {struct: {next: {agan: 1}}}");
    let reading = read::<Chain>(&[Layer::base(0, &tree)]);
    assert_eq!(all_told(&reading.problems[..1]), ["1:25 unknown word `agan`"]);
}

#[test]
fn a_stand_in_is_never_the_reason_for_a_problem() {
    // The bounds cannot be compared: one of them is a stand-in that would be above the other.
    let reading = model(&[&with_line(11, "  - {between: [x, 0.01]}")]);
    assert_eq!(all_told(&reading.problems), ["11:16 expected a number, found `x`"]);
    // A service that lacks everything counts as one place with problems; the model is whole all the same.
    let reading = read::<Service>(&[Layer::base(0, &tree("{}"))]);
    assert_eq!(all_told(&reading.problems), ["1:1 `service_time` is missing", "1:1 `workers` is missing"]);
    assert!(reading.value.is_some());
}
