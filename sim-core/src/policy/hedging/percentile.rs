//! Percentile: another attempt once this one has taken longer than most of those before it.
//!
//! **What it does.** Remembers how long first attempts took over the last `window`, and every `refresh` reads off
//! the time that a share `percentile` of them did not exceed. An attempt that takes longer, and at least
//! `min_delay`, gets company; up to `max_attempts`, each that much after the last. Before anything is known nothing is
//! hedged.
//! **Why it exists.** The extra load is a share by design: after the 95th percentile at most 5% of the calls are
//! sent twice, whatever the latency is and however it drifts.
//! **Where it fails.** By design only as long as the past is like the present: when the service slows down all at
//! once, every call is late by the old measure and is sent again, for up to `refresh` at full price and for a `window`
//! until the new times are the usual ones. Hedged below the median it doubles the load, slows everybody down, and so
//! finds its own delay confirmed. A budget bounds both.
//! **See it.** `scenarios/library/resilience/fan-out-and-hedging.yaml`, variants `hedge-p95` and
//! `busy-hedge-p50`.
//! **Source.** Dean and Barroso, The Tail at Scale, CACM 2013 (after the 95th percentile); Finagle
//! `BackupRequestFilter`: 1 - `maxExtraLoad`, at least 1 ms, refreshed every 3 s from three slices of 10 s; its budget
//! is a deposit of `maxExtraLoad` without reserve. Deviations: a first attempt that was left because another was
//! quicker counts with its age, which keeps the share above the delay what it is (Finagle leaves out what it
//! interrupted, and its delay sinks); buckets 1.6% wide, and the upper end is taken.

use serde::{Deserialize, Serialize};

use super::terms::{check_attempts, with_terms};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability};

/// Slices of the window.
const SLICES: usize = 3;
/// Durations are told apart in units of 2^10 nanoseconds.
const UNIT_BITS: u32 = 10;
/// Buckets between two powers of two: 2^6.
const BUCKET_BITS: u32 = 6;

fn p95() -> Probability {
    Probability::new(0.95)
}

const fn window() -> SimDuration {
    SimDuration::from_secs(30)
}

const fn refresh() -> SimDuration {
    SimDuration::from_secs(3)
}

const fn min_delay() -> SimDuration {
    SimDuration::from_millis(1)
}

with_terms! {
/// The next attempt once the first is slower than most.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PercentileHedging"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Share of the first attempts that get no company, above 0 and below 1; Finagle's 1 - `maxExtraLoad`. Default:
    /// 0.95.
    #[serde(default = "p95")]
    pub percentile: Probability,
    /// How long latencies are remembered; forgotten by thirds. Default: 30s (Finagle).
    #[serde(default = "window")]
    pub window: SimDuration,
    /// How often the delay is read off anew, at most `window`. Default: 3s (Finagle).
    #[serde(default = "refresh")]
    pub refresh: SimDuration,
    /// The least delay. Default: 1ms (Finagle).
    #[serde(default = "min_delay")]
    pub min_delay: SimDuration,
    /// Attempts per call, the first included; 2 to 11. Default: 2.
    #[serde(default = "super::terms::two")]
    pub max_attempts: Count,
}
}

/// What one client remembers: the latencies of its first attempts, and the delay read off last.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Counts by bucket; entry `k` belongs to the latest slice whose number leaves the rest `k`.
    slices: [Vec<u32>; SLICES],
    /// Number of the slice written last.
    newest: u64,
    delay: Option<SimDuration>,
    /// From when on the delay is read off anew.
    stale_at: SimTime,
}

fn bucket(age: SimDuration) -> usize {
    let units = age.as_nanos() >> UNIT_BITS;
    let shift = (u64::BITS - units.leading_zeros()).saturating_sub(BUCKET_BITS + 1);
    ((u64::from(shift) << BUCKET_BITS) + (units >> shift)) as usize
}

/// The longest duration of a bucket.
fn upper_end(bucket: usize) -> SimDuration {
    let shift = (bucket >> BUCKET_BITS).saturating_sub(1) as u64;
    let units = bucket as u64 - (shift << BUCKET_BITS);
    SimDuration::from_nanos((((units + 1) << shift) << UNIT_BITS) - 1)
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> = check_attempts(self.max_attempts).into_iter().collect();
        let percentile = self.percentile.get();
        if percentile <= 0.0 || percentile >= 1.0 {
            let sentence =
                format!("must lie between 0 and 1, found {}; 0.95 hedges the slowest 5%", self.percentile);
            problems.push(Problem::new("percentile", sentence));
        }
        if self.window < SimDuration::from_millis(1) {
            problems.push(Problem::new("window", format!("must be at least 1ms, found {}", self.window)));
        }
        if self.refresh == SimDuration::ZERO || self.refresh > self.window {
            let sentence = format!(
                "must be above 0 and at most `window`, which is {}, found {}",
                self.window, self.refresh
            );
            problems.push(Problem::new("refresh", sentence));
        }
        problems.extend(self.terms().check());
        problems
    }

    fn slice(&self, now: SimTime) -> u64 {
        now.as_nanos() / (self.window.as_nanos() / SLICES as u64)
    }
}

impl State {
    /// A first attempt is over after `age`.
    pub(super) fn record(&mut self, config: &Config, age: SimDuration, now: SimTime) {
        self.move_on(config, now);
        let slice = &mut self.slices[(self.newest % SLICES as u64) as usize];
        let bucket = bucket(age);
        if bucket >= slice.len() {
            slice.resize(bucket + 1, 0);
        }
        slice[bucket] += 1;
    }

    /// The delay, read off anew if it is time.
    pub(super) fn delay(&mut self, config: &Config, now: SimTime) -> Option<SimDuration> {
        if now >= self.stale_at {
            self.move_on(config, now);
            self.stale_at = now + config.refresh;
            self.delay = self.read(config.percentile.get()).map(|delay| delay.max(config.min_delay));
        }
        self.delay
    }

    /// The delay read off last.
    pub(super) const fn last(&self) -> Option<SimDuration> {
        self.delay
    }

    /// Drops the slices that are over.
    fn move_on(&mut self, config: &Config, now: SimTime) {
        let number = config.slice(now);
        for over in (self.newest + 1..=number).take(SLICES) {
            self.slices[(over % SLICES as u64) as usize].fill(0);
        }
        if number > self.newest + SLICES as u64 {
            self.slices.iter_mut().for_each(|slice| slice.fill(0));
        }
        self.newest = number;
    }

    /// The duration that a share `p` of those remembered does not exceed.
    fn read(&self, p: f64) -> Option<SimDuration> {
        let count = |bucket: usize| -> u64 {
            self.slices.iter().filter_map(|slice| slice.get(bucket)).map(|count| u64::from(*count)).sum()
        };
        let buckets = self.slices.iter().map(Vec::len).max().unwrap_or(0);
        let all: u64 = (0..buckets).map(count).sum();
        let wanted = (p * all as f64).ceil() as u64;
        let mut below = 0;
        (0..buckets).find_map(|bucket| {
            let here = count(bucket);
            below += here;
            (here > 0 && below >= wanted).then(|| upper_end(bucket))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, ms, read};

    fn at_ms(ms: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(ms)
    }

    #[test]
    fn buckets_hold_what_they_say_and_are_narrow() {
        for nanos in [0, 1, 1_023, 1_024, 65_535, 65_536, 1_000_000, 123_456_789, 60_000_000_000, 1 << 50] {
            let end = upper_end(bucket(SimDuration::from_nanos(nanos))).as_nanos();
            assert!(nanos <= end && end - nanos <= 1_023 + nanos / 64, "{nanos} {end}");
        }
        let buckets: Vec<usize> = (0..100_000).map(|k| bucket(SimDuration::from_nanos(k * 1_000))).collect();
        assert!(buckets.is_sorted() && buckets.windows(2).all(|two| two[1] - two[0] <= 1));
    }

    #[test]
    fn the_delay_is_what_most_did_not_exceed() {
        let config = config!(r#"{"percentile": 0.9}"#);
        let mut state = State::default();
        assert_eq!(state.delay(&config, at_ms(0)), None, "nothing is known");
        for k in 1..=100 {
            state.record(&config, ms(f64::from(k)), at_ms(1_000));
        }
        assert_eq!(state.delay(&config, at_ms(2_999)), None, "not read off yet");
        let delay = state.delay(&config, at_ms(3_000)).expect("something is known");
        assert!(ms(90.0) <= delay && delay < ms(91.6), "{delay}");
        assert_eq!(state.last(), Some(delay));
    }

    #[test]
    fn it_is_never_shorter_than_the_least() {
        let config = config!(r#"{"min_delay": "20ms"}"#);
        let mut state = State::default();
        state.record(&config, ms(2.0), at_ms(0));
        assert_eq!(state.delay(&config, at_ms(0)), Some(ms(20.0)));
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let config = config!(r#"{"window": "30s", "refresh": "1s"}"#);
        let mut state = State::default();
        state.record(&config, ms(500.0), at_ms(9_000));
        state.record(&config, ms(5.0), at_ms(29_999));
        assert!(state.delay(&config, at_ms(29_999)).expect("both are known") > ms(400.0));
        assert!(
            state.delay(&config, at_ms(31_000)).expect("one is known") < ms(6.0),
            "the first third is gone"
        );
        assert_eq!(state.delay(&config, at_ms(10_000_000)), None);
    }

    #[test]
    fn percentiles_and_times_out_of_range_are_told() {
        let fields = |json: &str| {
            let config: Config = read(json).expect("settings are readable");
            config.check().into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(r#"{"percentile": 1}"#), ["percentile"]);
        assert_eq!(fields(r#"{"refresh": "0s"}"#), ["refresh"]);
        assert_eq!(fields(r#"{"window": "1s"}"#), ["refresh"]);
        assert_eq!(fields(r#"{"window": "0s", "refresh": "0s"}"#), ["window", "refresh"]);
    }
}
