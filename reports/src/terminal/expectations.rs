//! Did the file's claims hold? One entry per claim: a sign, the claim, what was measured, and for a
//! failure the command that replays the first failing seed.

use scenarios::results::{ExpectationResult, Outcome, VariantResult};

use super::{Paint, TextStyle, wrapped};
use crate::words;

/// The list of claims with a count on top.
pub(super) fn list(
    expectations: &[ExpectationResult],
    scenario: &str,
    variants: &[VariantResult],
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
        let seeds = words::seeds_ok(claim);
        let is_said = claim.seeds_ok.is_none() && claim.measured.contains("seed");
        let seeds = if is_said { String::new() } else { format!(" ({seeds})") };
        let measured = format!("measured: {}{seeds}", claim.measured);
        text.push_str(&wrapped(&measured, style, indent));
        if claim.outcome == Outcome::Fails
            && let Some(command) = words::replay(claim, scenario, variants)
        {
            text.push_str(&wrapped(&format!("replay:   {command}"), style, indent));
        }
    }
    text
}
