//! Did the file's claims hold? One entry per claim: a sign, the claim, what was measured, and the command
//! that replays the first failing seed.

use scenarios::results::{ExpectationResult, Outcome};

use super::{Paint, TextStyle, wrapped};
use crate::words;

/// The list of claims with a count on top.
pub(super) fn list(
    expectations: &[ExpectationResult],
    replay: impl Fn(&ExpectationResult) -> Option<String>,
    style: &TextStyle,
) -> String {
    let held = expectations.iter().filter(|claim| claim.outcome == Outcome::Holds).count();
    let heading = format!("Expectations: {held} of {} hold", expectations.len());
    let mut text = style.paint(&heading, Paint::Bold) + "\n";
    for claim in expectations {
        let paint = match claim.outcome {
            Outcome::Holds => Paint::Good,
            Outcome::Fails => Paint::Bad,
            Outcome::Inconclusive => Paint::Doubtful,
        };
        let sign = match (style.ascii, claim.outcome) {
            (true, Outcome::Holds) => "ok  ",
            (true, Outcome::Fails) => "FAIL",
            (true, Outcome::Inconclusive) => "?   ",
            (false, outcome) => words::outcome_sign(outcome),
        };
        let indent = 3 + sign.chars().count();
        let body = wrapped(&claim.text, style, indent);
        let body = body.trim_start();
        text.push_str(&format!("  {} {body}", style.paint(sign, paint)));
        text.push_str(&wrapped(&format!("measured: {}", words::measured(claim)), style, indent));
        if let Some(command) = replay(claim) {
            text.push_str(&wrapped(&format!("replay:   {command}"), style, indent));
        }
    }
    text
}
