//! Envoy gradient: so many at once as the best round trip over the present one allows, the best measured now and
//! then with hardly anybody in.
//!
//! **What it does.** Measures `min_rtt` first, and anew every `min_rtt_interval` and up to `jitter_ratio` of it
//! later: the limit is pinned to `min_rtt_concurrency` until `min_rtt_samples` attempts that came since are
//! answered, and their `percentile` is taken. Else at the end of each `update_interval` in which answers came,
//! with g = min_rtt * (1 + `buffer_ratio`) / `percentile` of them, between 1/2 and 2: limit = g * limit +
//! sqrt(g * limit), rounded down, from `min_rtt_concurrency` to `max_limit`. Five intervals in a row at the least
//! limit: it measures anew.
//! **Why it exists.** Nobody has to know the capacity, and the yardstick does not drift with the load, because the
//! load is taken away while it is measured.
//! **Where it fails.** Measuring refuses nearly everybody for as long as `min_rtt_samples` answers take at that
//! concurrency: with 3 at once and a second each, 17 s. All instances that start together measure together, apart
//! from the jitter. If the service is slow for another reason while it is measured, slow becomes the yardstick.
//! **Source.** Envoy, `gradient_controller.cc` and the proto of the adaptive concurrency filter. Deviations: exact
//! percentiles (nearest rank) of at most the first 4096 answers of an interval instead of a histogram in
//! microseconds; windows end with the first event after their end; Envoy requires both intervals, the defaults
//! here are those of its examples.

use serde::{Deserialize, Serialize};

use super::{Ended, limits};
use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability};

/// Most answers that are kept of an interval.
const KEPT: usize = 4_096;
/// So many intervals at the least limit make the yardstick suspect.
const SUSPECT: u32 = 5;

/// So many at once as the best round trip over the present one allows.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "EnvoyGradientAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The limit is never above this. Default: 1000 (Envoy).
    pub max_limit: Count,
    /// How often the limit moves; above 0. Default: 100ms.
    pub update_interval: SimDuration,
    /// Which round trip stands for all of an interval, above 0. Default: 50%, the median (Envoy).
    pub percentile: Probability,
    /// How long the best round trip is believed; above `update_interval`. Default: 60s.
    pub min_rtt_interval: SimDuration,
    /// Answers from which it is taken. Default: 50 (Envoy).
    pub min_rtt_samples: Count,
    /// The limit while it is measured, and the least at all times. Default: 3 (Envoy).
    pub min_rtt_concurrency: Count,
    /// How much longer than the best a round trip may be without shrinking the limit. Default: 25% (Envoy).
    pub buffer_ratio: Probability,
    /// Share of `min_rtt_interval` by which the next measurement is put off, by chance. Default: 15% (Envoy).
    pub jitter_ratio: Probability,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_limit: Count::new(1_000),
            update_interval: SimDuration::from_millis(100),
            percentile: Probability::new(0.5),
            min_rtt_interval: SimDuration::from_secs(60),
            min_rtt_samples: Count::new(50),
            min_rtt_concurrency: Count::new(3),
            buffer_ratio: Probability::new(0.25),
            jitter_ratio: Probability::new(0.15),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// invariant: from the least to the largest.
    limit: u32,
    /// While the best round trip is measured: the limit after that, and since when.
    measures: Option<(u32, SimTime)>,
    /// Nanoseconds; no meaning before the first measurement.
    min_rtt: u64,
    window_ends: SimTime,
    remeasure_at: SimTime,
    /// Intervals in a row at the least limit.
    at_least: u32,
    /// Round trips in nanoseconds. invariant: a bounded number.
    samples: Vec<u64>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.min_rtt_concurrency > self.max_limit {
            let sentence = format!(
                "`min_rtt_concurrency` is the least limit and above `max_limit`, which is {}; write at most that, or raise `max_limit`",
                self.max_limit
            );
            problems.push(Problem::new("min_rtt_concurrency", sentence));
        }
        if self.update_interval == SimDuration::ZERO {
            let sentence = "must be above 0: in no time nothing is answered; write for example `100ms`";
            problems.push(Problem::new("update_interval", sentence));
        } else if self.min_rtt_interval <= self.update_interval {
            let sentence = format!(
                "must be longer than `update_interval`, which is {}, found {}: it would measure all the time, with nearly everybody refused",
                self.update_interval, self.min_rtt_interval
            );
            problems.push(Problem::new("min_rtt_interval", sentence));
        }
        if self.percentile == Probability::ZERO {
            let sentence = "must be above 0: it says which answer stands for all; write `50%` for the median";
            problems.push(Problem::new("percentile", sentence));
        }
        problems
    }

    fn least(&self) -> u32 {
        self.min_rtt_concurrency.get()
    }

    /// The limit after an interval with this round trip.
    fn next(&self, limit: u32, min_rtt: u64, sample: u64) -> u32 {
        let best = min_rtt as f64 * (1.0 + self.buffer_ratio.get());
        let gradient = (best / sample as f64).clamp(0.5, 2.0);
        let scaled = f64::from(limit) * gradient;
        ((scaled + crate::math::sqrt(scaled)) as u32).clamp(self.least(), self.max_limit.get())
    }
}

impl State {
    pub(super) fn new(config: &Config, since: SimTime) -> Self {
        State {
            limit: config.least(),
            measures: Some((config.least(), since)),
            min_rtt: 0,
            window_ends: SimTime::NEVER,
            remeasure_at: SimTime::NEVER,
            at_least: 0,
            samples: Vec::new(),
        }
    }

    pub(super) fn admit(&mut self, config: &Config, in_flight: u32, now: SimTime) -> bool {
        self.tick(config, now);
        in_flight < self.limit
    }

    pub(super) fn observe(&mut self, config: &Config, ended: Ended, now: SimTime, luck: Luck) {
        self.tick(config, now);
        if ended.is_drop() {
            return;
        }
        let round_trip = ended.round_trip.as_nanos();
        let Some((limit, since)) = self.measures else {
            if self.samples.len() < KEPT {
                self.samples.push(round_trip.max(1));
            }
            return;
        };
        if now.since(since).as_nanos() < round_trip {
            return; // it came before, among many
        }
        self.samples.push(round_trip.max(1));
        if self.samples.len() >= config.min_rtt_samples.get() as usize {
            self.min_rtt = self.take_percentile(config);
            (self.limit, self.at_least, self.measures) = (limit, 0, None);
            let jitter = config.jitter_ratio.get() * luck.draws(Purpose::LimitProbe).unit();
            self.remeasure_at = now + config.min_rtt_interval.mul_f64(1.0 + jitter);
            self.window_ends = now + config.update_interval;
        }
    }

    /// What the clock has brought since the last event.
    fn tick(&mut self, config: &Config, now: SimTime) {
        if self.measures.is_some() {
            return;
        }
        if self.window_ends <= now && self.window_ends <= self.remeasure_at {
            if !self.samples.is_empty() {
                let sample = self.take_percentile(config);
                let (before, least) = (self.limit, config.least());
                self.limit = config.next(before, self.min_rtt, sample);
                let stays = before == least && self.limit == least;
                self.at_least = if stays { self.at_least + 1 } else { 0 };
                if self.at_least >= SUSPECT {
                    self.remeasure_at = now;
                }
            }
            // Intervals without answers pass without trace.
            let interval = config.update_interval.as_nanos();
            let over = now.since(self.window_ends).as_nanos() / interval + 1;
            self.window_ends = self.window_ends + SimDuration::from_nanos(over * interval);
        }
        if self.remeasure_at <= now {
            self.measures = Some((self.limit, now));
            (self.limit, self.at_least) = (config.least(), 0);
            self.samples.clear();
        }
    }

    fn take_percentile(&mut self, config: &Config) -> u64 {
        let rank = (config.percentile.get() * self.samples.len() as f64).ceil() as usize;
        let (_, sample, _) = self.samples.select_nth_unstable(rank.max(1) - 1);
        let sample = *sample;
        self.samples.clear();
        sample
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        limits::gauge(f64::from(self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Outcome;
    use crate::policy::testing::{at, luck, ms, read};

    fn answer(round_trip_ms: f64) -> Ended {
        Ended { in_flight: 1, round_trip: ms(round_trip_ms), outcome: Outcome::Ok }
    }

    /// Measured: 10 ms, at 1 s.
    fn measured(config: &Config) -> State {
        let mut state = State::new(config, SimTime::ZERO);
        for k in 0..50 {
            assert_eq!(state.gauge().1, 3.0);
            state.observe(config, answer(10.0), at(1_000.0), luck(k));
        }
        assert!(state.measures.is_none());
        state
    }

    #[test]
    fn the_conformance_vector() {
        // policies.md, section 20: L 100, minRTT 10 ms, sample 10, 12.5, 25, 100 ms.
        for (sample, limit) in [(10.0, 136), (12.5, 110), (25.0, 57), (100.0, 57)] {
            let nanos = ms(sample).as_nanos();
            assert_eq!(Config::default().next(100, 10_000_000, nanos), limit, "{sample}");
        }
    }

    #[test]
    fn it_begins_with_three_at_once_until_fifty_are_answered() {
        let config = Config::default();
        let mut state = State::new(&config, SimTime::ZERO);
        assert!(state.admit(&config, 2, at(0.0)));
        assert!(!state.admit(&config, 3, at(60_000.0)), "for as long as it takes");
        let state = measured(&config);
        assert_eq!((state.limit, state.min_rtt), (3, 10_000_000));
    }

    #[test]
    fn the_limit_moves_at_the_end_of_intervals_with_answers() {
        let config = Config::default();
        let mut state = measured(&config);
        let limit = |state: &mut State, now: f64| {
            state.admit(&config, 0, at(now));
            state.limit
        };
        state.observe(&config, answer(10.0), at(1_050.0), luck(0));
        assert_eq!(limit(&mut state, 1_099.0), 3);
        // 1.25 * 3 = 3.75, and its root: 5.68.
        assert_eq!(limit(&mut state, 1_100.0), 5);
        assert_eq!(limit(&mut state, 9_000.0), 5, "nothing was answered");
        for round_trip in [10.0, 40.0, 40.0] {
            state.observe(&config, answer(round_trip), at(9_050.0), luck(0));
        }
        // The median is 40 ms: half of 5, and its root: 4.08.
        assert_eq!(limit(&mut state, 9_100.0), 4);
    }

    #[test]
    fn it_measures_anew_when_the_interval_is_over_and_goes_on_where_it_was() {
        let config = Config { jitter_ratio: Probability::ZERO, ..Config::default() };
        let mut state = measured(&config);
        state.limit = 80;
        assert!(state.admit(&config, 79, at(60_999.0)));
        assert!(!state.admit(&config, 3, at(61_000.0)));
        // Who came before that moment does not count: it was there with 80 others.
        state.observe(&config, answer(30.0), at(61_020.0), luck(0));
        assert!(state.samples.is_empty());
        for _ in 0..50 {
            state.observe(&config, answer(12.0), at(61_200.0), luck(0));
        }
        assert_eq!((state.limit, state.min_rtt), (80, 12_000_000));
    }

    #[test]
    fn measurements_are_put_off_by_up_to_15_percent() {
        let config = Config::default();
        let mut latest = SimTime::ZERO;
        for k in 0..500 {
            let mut state = State::new(&config, SimTime::ZERO);
            (0..50).for_each(|_| state.observe(&config, answer(10.0), at(1_000.0), luck(k)));
            assert!(state.remeasure_at >= at(61_000.0) && state.remeasure_at <= at(70_000.0));
            latest = latest.max(state.remeasure_at);
        }
        assert!(latest > at(69_500.0));
    }

    #[test]
    fn five_intervals_at_the_least_limit_make_it_measure_anew() {
        let config = Config::default();
        let mut state = measured(&config);
        // 100 ms instead of 10: half of 3 and its root are 2.7, below the least.
        for interval in 1..=5 {
            assert!(state.measures.is_none());
            state.observe(&config, answer(100.0), at(1_000.0 + f64::from(interval) * 100.0 - 1.0), luck(0));
            state.admit(&config, 0, at(1_000.0 + f64::from(interval) * 100.0));
        }
        assert!(state.measures.is_some());
    }

    #[test]
    fn what_is_dropped_says_nothing() {
        let config = Config::default();
        let mut state = measured(&config);
        state.observe(&config, Ended { outcome: Outcome::Expired, ..answer(900.0) }, at(1_050.0), luck(0));
        assert!(state.samples.is_empty());
    }

    #[test]
    fn intervals_that_make_no_sense_are_told() {
        let fields = |json| {
            let problems = read::<Config>(json).expect("settings are readable").check();
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(r#"{"min_rtt_interval": "50ms"}"#), ["min_rtt_interval"]);
        assert_eq!(
            fields(r#"{"update_interval": "0s", "percentile": 0}"#),
            ["update_interval", "percentile"]
        );
        assert_eq!(fields(r#"{"max_limit": 2}"#), ["min_rtt_concurrency"]);
        assert!(fields("{}").is_empty());
    }
}
