//! Do figures, tables and text show when alerts fired and people acted?

use reports::figures::of_comparison;
use reports::{Options, Size, TextStyle, Theme, comparison_text};
use scenarios::results::ComparisonReport;
use scenarios::results::marks::{MarkResult, MarkWhat};

use crate::sample::{Sample, storm};

fn mark(what: MarkWhat, name: &str, at_s: Option<[f64; 3]>) -> MarkResult {
    MarkResult {
        what,
        name: name.to_owned(),
        seeds: if at_s.is_some() { 3 } else { 0 },
        of: 3,
        times: 4,
        at_s,
        after_trigger_s: at_s.map(|[_, middle, _]| middle - 60.0),
        moments_s: Vec::new(),
    }
}

/// Two variants, of which the second has somebody who looks.
fn watched() -> ComparisonReport {
    let variants = storm().variants[..2].to_vec();
    let mut report = Sample { variants, seeds: 3, windows: 6, horizon_s: 150.0 }.report();
    report.comparison.variants[1].marks = vec![
        mark(MarkWhat::AlertFires, "errors", Some([61.0, 64.0, 70.0])),
        mark(MarkWhat::Paged, "errors", Some([61.0, 64.0, 70.0])),
        mark(MarkWhat::Paged, "silent", None),
        mark(MarkWhat::AlertResolves, "errors", Some([90.0, 92.0, 99.0])),
        mark(MarkWhat::OperatorActs, "known", Some([80.0, 82.0, 85.0])),
    ];
    report
}

#[test]
fn a_figure_has_a_row_of_marks_and_says_what_they_are() {
    let options = Options { theme: Theme::Light, size: Size::Page, png: false };
    let figures = of_comparison(&watched(), &options).unwrap();
    let goodput = figures.iter().find(|figure| figure.name == "goodput").unwrap();
    assert!(
        goodput.alt.contains("first alert at 64.0 s (4.00 s after the trigger), operator acts at 82.0 s")
    );
    let bare = storm().variants[..2].to_vec();
    let bare = Sample { variants: bare, seeds: 3, windows: 6, horizon_s: 150.0 }.report();
    let bare = of_comparison(&bare, &options).unwrap();
    let without = bare.iter().find(|figure| figure.name == "goodput").unwrap();
    assert!(goodput.svg.len() > without.svg.len() && !without.alt.contains("alert"));
    // The signs differ in shape: down, up, and a diamond, each with a halo.
    let shapes = |svg: &str| svg.matches("<polygon").count();
    assert!(shapes(&goodput.svg) >= shapes(&without.svg) + 6);
}

#[test]
fn the_terminal_tells_when_and_how_late() {
    let text = comparison_text(&watched(), &TextStyle::default());
    let line =
        |words: &str| text.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{text}"));
    assert!(line("alert errors fires").contains("64.0 s") && line("alert errors fires").contains("4.00 s"));
    assert!(line("alert silent fires").contains("0 of 3"));
    assert!(line("operator: known").contains("82.0 s"));
    assert!(!text.contains("by its rule"), "without a delay the rule and those on call are one");
}
