//! What a reader of the messages sees.

use super::super::{Layer, Problem, nearest, parse, parse_bytes, read, render};
use super::{BASE, Model, source, tree};

#[test]
fn excerpts_point_at_the_words() {
    let variant = "  one: {services: {api: {wrokers: 3, queue: {lifo: {}, fifo: {}}}}}";
    let text = format!("{BASE}extra: 1\nvariants:\n{variant}\n");
    let source = source("retry-storm.yaml", &text);
    let tree = tree(&text);
    let base = Layer::base(0, &tree);
    let variant = Layer::within(0, &tree, "variants/one").expect("the variant is there");
    let mut problems = read::<Model>(std::slice::from_ref(&base)).problems;
    problems.extend(read::<Model>(&[base, variant]).problems);
    let expected = "\
error: unknown key `extra`
  --> retry-storm.yaml:13:1
   |
13 | extra: 1
   | ^^^^^
   |
   = help: allowed here: `title`, `services`, `faults`, `expect`, `variants` and `run`

error: unknown key `wrokers`
  --> retry-storm.yaml:15:26
   |
15 |   one: {services: {api: {wrokers: 3, queue: {lifo: {}, fifo: {}}}}}
   |                          ^^^^^^^ variants.one.services.api.wrokers
   |
   = help: did you mean `workers`? (allowed here: `workers`, `service_time`, `queue`, `retry` and `keep_alive`)

error: two kinds at once: `lifo` and `fifo`
  --> retry-storm.yaml:15:56
   |
15 |   one: {services: {api: {wrokers: 3, queue: {lifo: {}, fifo: {}}}}}
   |                                              ----      ^^^^ variants.one.services.api.queue
   |                                              |
   |                                              the first kind
   |
   = help: a choice takes one of them; remove the other

3 problems in retry-storm.yaml
";
    assert_eq!(render(&[source], &problems, false), expected);
}

#[test]
fn a_syntax_error_is_shown_without_saying_which_source() {
    let (source, tree) = parse_bytes("x.yaml", b"a: 1\nb: [2\n");
    let problem = tree.expect_err("the bracket is open");
    let expected = "\
error: this `[` is never closed
 --> x.yaml:2:4
  |
2 | b: [2
  |    ^
  |
  = help: write the missing `]`

1 problem in x.yaml
";
    assert_eq!(render(&[source], &[problem], false), expected);
}

#[test]
fn two_equal_keys_are_both_shown() {
    let source = source("x.yaml", "a: 1\n\nb: 1\nc: 1\nd: 1\ne: 1\na: 2\n");
    let problem = parse(&source).expect_err("a key occurs twice");
    let shown = render(&[source], &[problem], false);
    assert!(shown.contains("first given here") && shown.contains("x.yaml:7:1"), "{shown}");
}

#[test]
fn problems_of_several_sources_are_counted_apart() {
    let sources = [source("a.yaml", "x: 1"), source("--set", "x=2")];
    let problems =
        [Problem::new("first").in_source(1), Problem::new("second").in_source(0), Problem::new("third")];
    let expected = "error: a.yaml: second\n\nerror: --set: first\n\nerror: third\n\n\
                    1 problem in a.yaml, 1 problem in --set, 1 problem\n";
    assert_eq!(render(&sources, &problems, false), expected);
    assert_eq!(render(&sources, &[], false), "");
}

#[test]
fn the_nearest_word_is_near() {
    let words = ["workers", "service_time", "queue", "retry", "timeouts", "none"];
    let near = |word| nearest(word, words);
    assert_eq!(near("wrokers"), Some("workers"));
    assert_eq!(near("serviceTime"), Some("service_time"));
    assert_eq!(near("service-time"), Some("service_time"));
    assert_eq!(near("Queue"), Some("queue"));
    assert_eq!(near("timeout"), Some("timeouts"));
    assert_eq!(near("ret"), Some("retry"));
    assert_eq!(near("x"), None);
    assert_eq!(near("colour"), None);
    assert_eq!(near(""), None);
}
