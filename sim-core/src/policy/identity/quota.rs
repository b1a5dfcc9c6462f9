//! Has this peer had its share for now?
//!
//! **What it does.** Each instance gives each service that calls it, and each workload, a bucket of its own of `burst`
//! calls, refilled by `rate`. Who finds it empty is refused (`shed`), whoever else is served.
//! **Why it exists.** Who is let in may still be taken over, or broken: what one peer can take is bounded.
//! **Where it fails.** All calls of a peer come out of one bucket, those of an intruder and those of the service that it has
//! taken over: the harm is smaller, and the peer's own users pay for it. Set once, it is the limit that nobody
//! remembers when the peer grows. Counted at each instance, it is larger in a larger fleet.
//! **See it.** `scenarios/library/fallacies/fallacy-4-network-secure.yaml`, variant `quota`.
//! **Source.** Envoy, local rate limit by `source.principal`; the bucket is GCRA (ITU-T I.371). Deviations: none.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::policy::theoretical_arrival::{Pace, TheoreticalArrival};
use crate::time::SimTime;
use crate::units::{Count, Rate};

/// How many calls one peer may make.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PeerQuota"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Calls per second of one peer at one instance, above 0.
    pub rate: Rate,
    /// Calls at once. Default: 10.
    #[serde(default = "ten")]
    pub burst: Count,
}

fn ten() -> Count {
    Count::new(10)
}

/// What an instance remembers of one peer.
#[derive(Clone, Copy, Debug)]
pub struct State(TheoreticalArrival);

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        match self.rate.as_per_second() > 0.0 {
            true => Vec::new(),
            false => {
                let sentence =
                    "nobody would be let in; write a rate above zero such as `100/s`, or remove `quota`";
                vec![Problem::new("rate", sentence)]
            }
        }
    }
}

impl State {
    /// A peer that has not called yet.
    pub fn new() -> Self {
        State(TheoreticalArrival::new(SimTime::ZERO))
    }

    /// One more call: whether it is within the quota.
    pub fn admits(&mut self, config: &Config, now: SimTime) -> bool {
        let pace = Pace::new(config.rate, config.burst);
        let is_in_time = self.0.wait(pace, now) == 0;
        if is_in_time {
            self.0.take(pace, now);
        }
        is_in_time
    }
}

impl Default for State {
    fn default() -> Self {
        State::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config};

    #[test]
    fn a_burst_and_then_the_rate() {
        let quota = config!(r#"{"rate": "10/s", "burst": 2}"#);
        let mut peer = State::new();
        let admits = [0.0, 0.0, 0.0, 99.0, 100.0, 150.0].map(|ms| peer.admits(&quota, at(ms)));
        assert_eq!(admits, [true, true, false, false, true, false]);
    }

    #[test]
    fn no_rate_at_all_is_a_mistake() {
        let quota = Config { rate: Rate::per_second(0.0), burst: ten() };
        assert_eq!(quota.check().len(), 1);
    }
}
