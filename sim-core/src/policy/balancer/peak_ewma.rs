//! Peak EWMA: of two instances the one with less load, where load is expected time.
//!
//! **What it does.** Keeps a cost per instance, an average of the times that attempts took: a longer time
//! becomes the cost at once, a shorter one only gradually, cost = w cost + (1 - w) time with w =
//! e^(-dt / `decay_time`). Draws two different instances and takes the one with the lower cost *
//! (attempts under way + 1). An instance under way without any cost yet counts as endlessly loaded.
//! **Why it exists.** It notices an instance that has become slow with the first slow answer, and
//! forgets slowly: new attempts go elsewhere before a queue has built up.
//! **Where it fails.** A time is a time: failing fast lowers the cost, so that a broken instance draws
//! everyone's attempts. One slow answer (a rare, expensive request) is blamed on the instance for
//! `decay_time`. Each client learns by itself.
//! **Source.** Finagle `PeakEwma.scala` (`decayTime` 10 s) and `P2CPick`; Linkerd's proxy. Deviations:
//! none (looking at a load decays its cost, as there).

use serde::{Deserialize, Serialize};

use super::{View, two};
use crate::math;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};

/// The load of an instance that nothing is known of and that has attempts under way. Finagle: the
/// largest 64-bit number, shifted right by 16.
const PENALTY: f64 = (i64::MAX >> 16) as f64;

/// Of two instances the one with less load, where load is expected time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PeakEwmaBalancer"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The time in which a cost falls to 37% (1/e) of itself, above 0s. Default: 10s (Finagle).
    pub decay_time: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config { decay_time: SimDuration::from_secs(10) }
    }
}

/// What one client remembers, by instance.
#[derive(Clone, Debug, Default)]
pub struct State {
    costs: Vec<Cost>,
}

/// An average of times, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    cost: f64,
    updated: SimTime,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        if self.decay_time > SimDuration::ZERO {
            return Vec::new();
        }
        vec![Problem::new("decay_time", "must be above 0s: without memory there is no average")]
    }
}

impl Cost {
    #[inline]
    fn observe(&mut self, config: &Config, time_ns: f64, now: SimTime) {
        if time_ns > self.cost {
            self.cost = time_ns;
        } else {
            let share = now.since(self.updated).as_nanos_f64() / config.decay_time.as_nanos_f64();
            let w = math::exp(-share);
            self.cost = w * self.cost + (1.0 - w) * time_ns;
        }
        self.updated = now;
    }

    #[inline]
    fn load(&mut self, config: &Config, under_way: u32, now: SimTime) -> f64 {
        self.observe(config, 0.0, now);
        if self.cost == 0.0 && under_way > 0 {
            PENALTY + f64::from(under_way)
        } else {
            self.cost * f64::from(under_way + 1)
        }
    }
}

impl State {
    pub(super) fn renew(&mut self, members: &[u32]) {
        let instances = members.last().map_or(0, |last| *last as usize + 1);
        if self.costs.len() < instances {
            self.costs.resize(instances, Cost::default());
        }
    }

    /// An attempt ended, however it did.
    #[inline]
    pub(super) fn ended(&mut self, config: &Config, instance: u32, took: SimDuration, now: SimTime) {
        if let Some(cost) = self.costs.get_mut(instance as usize) {
            cost.observe(config, took.as_nanos_f64(), now);
        }
    }

    #[inline]
    pub(super) fn pick<F>(&mut self, config: &Config, view: &View<'_, F>) -> u32 {
        let members = view.members.len() as u32;
        if members == 1 {
            return view.members[0];
        }
        let [first, second] = two(members, &mut view.draws()).map(|position| view.members[position as usize]);
        let mut load =
            |instance: u32| self.costs[instance as usize].load(config, view.own.at(instance), view.now);
        if load(first) <= load(second) { first } else { second }
    }

    /// What the client thinks an attempt at `instance` costs, in seconds, without looking at it.
    pub fn cost_secs(&self, instance: u32) -> f64 {
        self.costs.get(instance as usize).map_or(0.0, |cost| cost.cost / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::balancer::testing::View4;
    use crate::policy::testing::{luck, ms, read};

    const START: SimTime = SimTime::ZERO;

    fn after(seconds: u64) -> SimTime {
        START + SimDuration::from_secs(seconds)
    }

    /// A client of four instances that took so many milliseconds at the start.
    fn client(times_ms: [f64; 4]) -> State {
        let mut state = State::default();
        state.renew(&[0, 1, 2, 3]);
        for (instance, time_ms) in (0..).zip(times_ms) {
            state.ended(&Config::default(), instance, ms(time_ms), START);
        }
        state
    }

    #[test]
    fn conformance_peak_ewma() {
        // policies.md, section 20: cost 100, rtt 10 after 1 s, tau 10 s: 91.44; rtt 150: 150 at once.
        let config = Config::default();
        let mut state = client([100.0; 4]);
        state.ended(&config, 0, ms(10.0), after(1));
        state.ended(&config, 1, ms(150.0), after(1));
        assert!((state.cost_secs(0) - 0.091_435).abs() < 1e-6, "{}", state.cost_secs(0));
        assert_eq!(state.cost_secs(1), 0.15);
    }

    #[test]
    fn the_slower_of_two_is_not_taken() {
        let mut state = client([10.0, 20.0, 30.0, 40.0]);
        let sight = View4 { own: [0; 4], in_system: [0; 4] };
        let mut counts = [0u32; 4];
        for k in 0..60_000 {
            counts[sight.ask(luck(k), |view| state.pick(&Config::default(), view)) as usize] += 1;
        }
        // Shares 1/2, 1/3, 1/6, 0 of the 6 pairs, within 4 standard errors of at most 122.
        let expected = [30_000u32, 20_000, 10_000, 0];
        assert!(counts.iter().zip(expected).all(|(n, p)| n.abs_diff(p) < 4 * 123), "{counts:?}");
    }

    #[test]
    fn attempts_under_way_multiply_the_cost() {
        let mut state = client([10.0, 25.0, 25.0, 25.0]);
        let sight = View4 { own: [2, 0, 0, 0], in_system: [0; 4] };
        let picked: Vec<u32> =
            (0..1_000).map(|k| sight.ask(luck(k), |view| state.pick(&Config::default(), view))).collect();
        assert!(!picked.contains(&0), "three times 10 ms are more than 25 ms");
    }

    #[test]
    fn what_is_unknown_is_tried_once_and_then_left_until_it_answers() {
        let config = Config::default();
        let mut cost = Cost::default();
        assert_eq!(cost.load(&config, 0, START), 0.0, "nothing is known: try it");
        assert!(cost.load(&config, 1, START) > 1e14, "tried, and no answer yet");
        cost.observe(&config, 5e6, START);
        assert_eq!(cost.load(&config, 1, START), 1e7);
    }

    #[test]
    fn looking_at_a_load_decays_it() {
        let config = Config::default();
        let mut cost = Cost { cost: 1e9, updated: START };
        let load = cost.load(&config, 0, after(10));
        assert!((load / 1e9 - 0.367_879).abs() < 1e-6, "{load}");
    }

    #[test]
    fn a_decay_time_of_zero_is_refused() {
        let config: Config = read(r#"{"decay_time": "0s"}"#).expect("settings are readable");
        assert_eq!(config.check()[0].sentence, "must be above 0s: without memory there is no average");
        assert_eq!(read::<Config>("{}").map(|config| config.check()), Ok(Vec::new()));
    }
}
