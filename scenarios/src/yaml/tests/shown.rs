//! What a reader of the messages sees.

use super::super::{Layer, read, render};
use super::{BASE, Model, source, tree};

#[test]
fn excerpts_point_at_the_words() {
    let text = format!("{BASE}extra: 1\nvariants:\n  one: {{services: {{api: {{wrokers: 3, queue: {{lifo: {{}}, fifo: {{}}}}}}}}}}\n");
    let source = source("retry-storm.yaml", &text);
    let tree = tree(&text);
    let base = Layer::base(0, &tree);
    let variant = Layer::within(0, &tree, "variants/one").expect("the variant is there");
    let mut problems = read::<Model>(std::slice::from_ref(&base)).problems;
    problems.extend(read::<Model>(&[base, variant]).problems);
    let shown = render(&[source], &problems, false);
    println!("{shown}");
    assert_eq!(shown, "");
}
