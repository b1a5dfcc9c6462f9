//! What became of one seed? The triggered arm judged against the control arm of the same seed.
//!
//! Success is judged in windows of 5 s, made of whole windows of the series. The longer the horizon, the
//! coarser those are: above 2 000 s a judged window may be longer than 5 s, above 40 000 s it is longer than the
//! 30 s for which success must stay, and then success must stay for one window.

use sim_core::metrics::series::window_width;
use sim_core::model::Model;
use sim_core::time::{SimDuration, SimTime};

use crate::document::RunConfig;
use crate::expectation::Verdict;
use crate::measure::{Record, Span};

/// Length of the windows in which success is judged, seconds.
const WINDOW_S: f64 = 5.0;
/// How far the window slides at a time, seconds.
const SLIDE_S: f64 = 1.0;
/// How long success must stay at least before it counts as recovered, seconds.
const STAYS_S: f64 = 30.0;

/// What counts as healthy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Share of the control's mean success.
    pub healthy: f64,
    /// Success below which the control itself is overloaded.
    pub healthy_success: f64,
}

impl RunConfig {
    /// What counts as healthy in this run.
    pub(crate) fn thresholds(&self) -> Thresholds {
        Thresholds { healthy: self.healthy.get(), healthy_success: self.healthy_success.get() }
    }
}

/// The judgement of one seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Seconds from the end of the last trigger until success is back for good: 0 if it never left,
    /// infinite if it is not back by the horizon, `None` if there is nothing to judge.
    pub recovery_s: Option<f64>,
}

const NOTHING: Judgement = Judgement { verdict: Verdict::Inconclusive, recovery_s: None };

/// The horizon that a verdict on `model` needs at least, if its own leaves too little time after the last trigger to
/// see whether success stays.
pub fn needed_horizon(model: &Model) -> Option<SimDuration> {
    let (begins, ends) = model.trigger_window()?;
    let tells = |horizon: SimTime| {
        let last = spans(horizon, begins, ends).last();
        last.is_some_and(|(_, end_s, _)| end_s >= stays_s(horizon) - 1e-6)
    };
    if tells(model.horizon) {
        return None;
    }
    // A longer horizon may have coarser windows, of which success must stay for one: step by step.
    let later = |horizon: &SimTime| {
        let step = window_width(*horizon).as_nanos().max(1_000_000_000);
        Some(SimTime::from_nanos((horizon.as_nanos() / step + 1) * step))
    };
    let first = SimTime::ZERO + SimDuration::from_secs(ends.as_secs_f64().ceil() as u64 + STAYS_S as u64);
    let enough = std::iter::successors(Some(first), later).find(|horizon| tells(*horizon));
    enough.map(|horizon| horizon.since(SimTime::ZERO))
}

/// Judges the triggered arm of a seed. Without a trigger there is nothing to judge.
pub fn judge(model: &Model, triggered: &Record, control: &Record, thresholds: Thresholds) -> Judgement {
    let Some((begins, ends)) = model.trigger_window() else { return NOTHING };
    if !triggered.complete || !control.complete || needed_horizon(model).is_some() {
        return NOTHING;
    }
    let Some(control_success) = control.answered_share(control.after_warmup()) else { return NOTHING };
    if control_success < thresholds.healthy_success {
        return Judgement { verdict: Verdict::Overloaded, recovery_s: None };
    }
    let judged = spans(model.horizon, begins, ends).map(|(start_s, end_s, span)| {
        // Requests under way at the horizon are not answered. The control has its own of them in the same
        // window, so a window near the horizon is judged by what the control could do there.
        let possible =
            control.answered_share(span).map_or(control_success, |share| share.min(control_success));
        Judged {
            start_s,
            end_s,
            is_healthy: triggered
                .answered_share(span)
                .is_none_or(|share| share >= thresholds.healthy * possible),
        }
    });
    judge_windows(&judged.collect::<Vec<_>>(), stays_s(model.horizon))
}

/// A window in which success is judged.
#[derive(Clone, Copy, Debug)]
struct Judged {
    /// Start, in seconds after the end of the last trigger; negative before it.
    start_s: f64,
    /// End, likewise.
    end_s: f64,
    /// Whether enough of what arrived in it was answered; a window in which nobody came tells nothing, good or
    /// bad, and counts as healthy.
    is_healthy: bool,
}

/// As many windows of the series as are nearest to `seconds`.
fn steps(seconds: f64, width_s: f64) -> usize {
    (seconds / width_s).round().max(1.0) as usize
}

/// How long success must stay in a run until `horizon`: at least one whole window.
fn stays_s(horizon: SimTime) -> f64 {
    let width_s = window_width(horizon).as_secs_f64();
    STAYS_S.max(steps(WINDOW_S, width_s) as f64 * width_s)
}

/// The sliding windows from the start of the first trigger to the horizon: the seconds from the end of the last
/// trigger to their start and to their end, and what they cover. They are laid from that end on, in both
/// directions.
fn spans(horizon: SimTime, begins: SimTime, ends: SimTime) -> impl Iterator<Item = (f64, f64, Span)> {
    let width = window_width(horizon);
    let (width_s, horizon_s) = (width.as_secs_f64(), horizon.as_secs_f64());
    let (length, slide) = (steps(WINDOW_S, width_s), steps(SLIDE_S, width_s));
    let count = horizon.as_nanos().div_ceil(width.as_nanos()) as usize;
    let end_window = (ends.as_secs_f64() / width_s - 1e-9).ceil() as usize;
    let first = (begins.as_secs_f64() / width_s + 1e-9).floor() as usize;
    // Step back from the trigger's end so that one window starts exactly there.
    let start = end_window - (end_window.saturating_sub(first) / slide) * slide;
    let after_end_s = move |window: usize| (window as f64 - end_window as f64) * width_s;
    (start..).step_by(slide).take_while(move |from| from + length <= count).map(move |from| {
        let to = from + length;
        // The last window of the series may be shorter than the others.
        let late_s = (to as f64 * width_s - horizon_s).max(0.0);
        (after_end_s(from), after_end_s(to) - late_s, Span { from, to })
    })
}

fn judge_windows(windows: &[Judged], stays_s: f64) -> Judgement {
    let last_end = windows.last().map_or(0.0, |w| w.end_s);
    if windows.iter().all(|w| w.is_healthy) {
        return Judgement { verdict: Verdict::Unaffected, recovery_s: Some(0.0) };
    }
    let after: Vec<&Judged> = windows.iter().filter(|w| w.start_s >= -1e-9).collect();
    let recovered = after.iter().enumerate().find(|(index, window)| {
        let until = window.start_s + stays_s + 1e-9;
        until - 1e-6 <= last_end
            && after[*index..].iter().take_while(|w| w.end_s <= until).all(|w| w.is_healthy)
    });
    match recovered {
        Some((_, window)) => {
            Judgement { verdict: Verdict::Recovered, recovery_s: Some(window.start_s.max(0.0)) }
        }
        None => Judgement { verdict: Verdict::Stuck, recovery_s: Some(f64::INFINITY) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows of 5 s every second from 5 s before the trigger's end; healthy or not by their start.
    fn judge_if(until: i32, is_healthy: impl Fn(i32) -> bool) -> Judgement {
        let window =
            |s: i32| Judged { start_s: f64::from(s), end_s: f64::from(s) + 5.0, is_healthy: is_healthy(s) };
        judge_windows(&(-5..=until).map(window).collect::<Vec<_>>(), STAYS_S)
    }

    #[test]
    fn recovery_is_the_first_window_from_which_success_stays() {
        let judgement = judge_if(100, |s| s >= 20);
        assert_eq!(judgement, Judgement { verdict: Verdict::Recovered, recovery_s: Some(20.0) });
    }

    #[test]
    fn a_good_moment_that_does_not_stay_is_no_recovery() {
        let flicker = |s: i32| (20..40).contains(&s) || s >= 60;
        assert_eq!(judge_if(100, flicker).recovery_s, Some(60.0));
    }

    #[test]
    fn down_until_the_horizon_is_stuck_and_too_late_to_stay_is_too() {
        let judgement = judge_if(100, |_| false);
        assert_eq!(judgement.verdict, Verdict::Stuck);
        assert_eq!(judgement.recovery_s, Some(f64::INFINITY));
        assert_eq!(judge_if(100, |s| s >= 90).verdict, Verdict::Stuck);
    }

    #[test]
    fn never_unhealthy_is_unaffected() {
        assert_eq!(judge_if(100, |_| true).verdict, Verdict::Unaffected);
    }

    /// A horizon of a day has windows of 50 s.
    #[test]
    fn windows_longer_than_recovery_must_stay_are_judged_too() {
        let horizon = SimTime::from_nanos(86_400_000_000_000);
        let (begins, ends) = (SimTime::from_nanos(3_600_000_000_000), SimTime::from_nanos(7_200_000_000_000));
        let judge_if = |is_healthy: fn(f64) -> bool| {
            let judged = spans(horizon, begins, ends).map(|(start_s, end_s, _)| Judged {
                start_s,
                end_s,
                is_healthy: is_healthy(start_s),
            });
            judge_windows(&judged.collect::<Vec<_>>(), stays_s(horizon))
        };
        assert_eq!(stays_s(horizon), 50.0);
        assert_eq!(judge_if(|_| false).verdict, Verdict::Stuck);
        assert_eq!(judge_if(|s| s >= 500.0).recovery_s, Some(500.0));
    }
}
