//! What is left of a sweep that somebody stopped? The points at which every seed was run.

use scenarios::results::SweepResult;

/// Drops the points that lack seeds; whether any is left.
pub(super) fn keep_whole_points(sweep: &mut SweepResult) -> bool {
    let seeds = sweep.seeds.len();
    sweep
        .points
        .retain(|point| point.variants.iter().all(|variant| variant.verdicts.stuck.of as usize == seeds));
    !sweep.points.is_empty()
}
