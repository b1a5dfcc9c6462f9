//! Credits: the instance says how many attempts each caller may have under way.
//!
//! **What it does.** Keeps a number of credits. Once per `update_interval` in which somebody was served it looks at
//! the longest wait among those: below `target_delay` there are more, by `increase_ratio` per client and at least
//! by 1; from it on there are fewer, times max(1 - `decrease_ratio` (wait - target) / target, 1/2). Every answer
//! tells its caller its share, credits / clients, at least 1: so many attempts it may have under way
//! (`client_throttle: piggyback`). Whoever has waited longer than 2 * `target_delay` when its turn comes is dropped
//! (`expired`).
//! **Why it exists.** A refusal costs the network, the server and the caller; what is never sent costs nothing. The
//! load is bounded before it leaves the callers, and the wait by the drop, which catches what many callers send at
//! the same moment.
//! **Where it fails.** Callers that do not listen are not bounded. With more clients than credits each still has
//! one, so a crowd that comes together is too much at first. What a client knows is as old as its last answer.
//! **Source.** Cho et al., Overload Control for us-scale RPCs with Breakwater, OSDI 2020: 10 us, 80 us, .1 %, 2 %.
//! Deviations: a caller is told its share as a bound, not in single credits; it does not tell how much it wants,
//! so that credits of idle clients are not lent to others; defaults suit services that take milliseconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Probability};

/// A client that was not answered for so long is not counted any more.
const FORGOTTEN_AFTER: SimDuration = SimDuration::from_secs(10);

/// Every attempt that comes is let in: the bound is at the callers.
pub(super) const ADMIT: bool = true;

/// So many under way per caller as the instance says.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CreditsAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Credits when the instance becomes ready. Default: 100.
    pub initial_credits: Count,
    /// There are never more. Default: 10000.
    pub max_credits: Count,
    /// The wait that is aimed at; above 0 (Breakwater 80us). Default: 5ms.
    pub target_delay: SimDuration,
    /// How often the number changes; above 0 (Breakwater: a round trip, 10us). Default: 1ms.
    pub update_interval: SimDuration,
    /// Credits more per client and interval, but at least 1 in all. Default: 0.001 (Breakwater).
    pub increase_ratio: Probability,
    /// The share fewer for a wait of twice the target, above 0. Default: 0.02 (Breakwater).
    pub decrease_ratio: Probability,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            initial_credits: Count::new(100),
            max_credits: Count::new(10_000),
            target_delay: SimDuration::from_millis(5),
            update_interval: SimDuration::from_millis(1),
            increase_ratio: Probability::new(0.001),
            decrease_ratio: Probability::new(0.02),
        }
    }
}

/// What one instance remembers.
#[derive(Clone, Debug)]
pub struct State {
    /// invariant: from 1 to the most.
    credits: f64,
    interval_began: SimTime,
    /// The longest wait of this interval, if anybody was served in it.
    longest: Option<SimDuration>,
    /// When each client was answered last.
    clients: BTreeMap<u64, SimTime>,
    /// When they were last looked through for those that are forgotten.
    swept: SimTime,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.initial_credits > self.max_credits {
            let sentence = format!("must be at most `max_credits`, which is {}", self.max_credits);
            problems.push(Problem::new("initial_credits", sentence));
        }
        for (field, span) in [("target_delay", self.target_delay), ("update_interval", self.update_interval)]
        {
            if span == SimDuration::ZERO {
                problems.push(Problem::new(field, "must be above 0; write for example `5ms`"));
            }
        }
        if self.decrease_ratio == Probability::ZERO {
            let sentence = "must be above 0: credits would never become fewer; write for example `0.02`";
            problems.push(Problem::new("decrease_ratio", sentence));
        }
        problems
    }

    /// The longest wait that is still served.
    pub(super) fn max_wait(&self) -> SimDuration {
        self.target_delay + self.target_delay
    }
}

impl State {
    pub(super) fn new(config: &Config, since: SimTime) -> Self {
        State {
            credits: f64::from(config.initial_credits.get()),
            interval_began: since,
            longest: None,
            clients: BTreeMap::new(),
            swept: since,
        }
    }

    /// An attempt has waited so long, and is served or dropped.
    pub(super) fn waited(&mut self, config: &Config, wait: SimDuration, now: SimTime) {
        if now.since(self.interval_began) >= config.update_interval {
            if let Some(longest) = self.longest.take() {
                self.update(config, longest);
            }
            self.interval_began = now;
        }
        self.longest = self.longest.max(Some(wait));
    }

    fn update(&mut self, config: &Config, wait: SimDuration) {
        let target = config.target_delay.as_nanos_f64();
        let excess = wait.as_nanos_f64() / target - 1.0;
        let credits = match excess < 0.0 {
            true => self.credits + (config.increase_ratio.get() * self.clients.len() as f64).max(1.0),
            false => self.credits * (1.0 - config.decrease_ratio.get() * excess).max(0.5),
        };
        self.credits = credits.clamp(1.0, f64::from(config.max_credits.get()));
    }

    /// An answer goes to this client: how many attempts it may have under way.
    pub(super) fn share(&mut self, client: u64, now: SimTime) -> u32 {
        self.clients.insert(client, now);
        if now.since(self.swept) >= FORGOTTEN_AFTER {
            self.clients.retain(|_, answered| now.since(*answered) < FORGOTTEN_AFTER);
            self.swept = now;
        }
        ((self.credits / self.clients.len() as f64) as u32).max(1)
    }

    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("credits", self.credits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, ms, read};

    /// Credits after intervals with these longest waits in milliseconds.
    fn after(config: &Config, clients: u64, waits: &[f64]) -> Vec<f64> {
        let mut state = State::new(config, SimTime::ZERO);
        (0..clients).for_each(|client| {
            state.share(client, SimTime::ZERO);
        });
        let mut credits = Vec::new();
        for (k, wait) in (0_u32..).zip(waits) {
            state.waited(config, ms(*wait), at(f64::from(k)));
            state.waited(config, ms(wait / 2.0), at(f64::from(k) + 0.5));
            state.waited(config, SimDuration::ZERO, at(f64::from(k) + 0.999));
            credits.push(state.gauge().1);
        }
        // What belongs to an interval shows when the next has begun.
        state.waited(config, SimDuration::ZERO, at(waits.len() as f64));
        credits.push(state.gauge().1);
        credits.remove(0);
        credits
    }

    #[test]
    fn below_the_target_they_grow_from_it_on_they_shrink() {
        let config = config!("{}");
        assert_eq!(after(&config, 10, &[0.0, 4.9]), [101.0, 102.0], "one more, as ten clients are few");
        assert_eq!(after(&config, 5_000, &[0.0]), [105.0], ".1 % per client");
        assert_eq!(after(&config, 1, &[5.0, 10.0]), [100.0, 98.0], "2 % for twice the target");
        assert_eq!(after(&config, 1, &[1e6]), [50.0], "never less than half");
    }

    #[test]
    fn they_stay_within_their_bounds() {
        let config = config!(r#"{"initial_credits": 3, "max_credits": 4}"#);
        assert_eq!(after(&config, 1, &[0.0; 3]), [4.0; 3]);
        assert_eq!(after(&config, 1, &[1e6; 4]), [1.5, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn each_client_has_its_share_and_never_less_than_one() {
        let config = config!("{}");
        let mut state = State::new(&config, SimTime::ZERO);
        assert_eq!([0, 1, 2, 0, 1].map(|client| state.share(client, at(1.0))), [100, 50, 33, 33, 33]);
        assert_eq!((3..500).map(|client| state.share(client, at(2.0))).last(), Some(1));
    }

    #[test]
    fn clients_that_stay_away_are_forgotten() {
        let config = config!("{}");
        let mut state = State::new(&config, SimTime::ZERO);
        state.share(1, at(0.0));
        assert_eq!(state.share(2, at(9_999.0)), 50);
        assert_eq!(state.share(2, at(10_000.0)), 100);
    }

    #[test]
    fn time_in_which_nobody_is_served_changes_nothing() {
        let config = config!("{}");
        let mut state = State::new(&config, SimTime::ZERO);
        state.waited(&config, ms(1.0), at(0.0));
        state.waited(&config, ms(1.0), at(1e6));
        assert_eq!(state.gauge().1, 101.0);
    }

    #[test]
    fn contradictions_are_told() {
        let json = r#"{"initial_credits": 9, "max_credits": 4, "target_delay": "0s", "decrease_ratio": 0}"#;
        let problems = read::<Config>(json).expect("settings are readable").check();
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["initial_credits", "target_delay", "decrease_ratio"]);
    }
}
