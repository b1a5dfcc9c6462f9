//! Weighted: each instance in turn, the larger ones more often.
//!
//! **What it does.** Round robin by deadlines (`deadlines.rs`): an instance of weight w has a turn every
//! 1/w, so its share of the attempts is w / sum of weights. Weight 0 gets nothing. Client number c passes
//! over c turns (mod n) first.
//! **Why it exists.** Machines of different size get work in proportion, and a new version gets its few
//! percent, without anything to measure.
//! **Where it fails.** The weights are yesterday's belief: an instance that becomes slow keeps its share.
//! When a large one is gone, the small ones share its load.
//! **Source.** Envoy `ROUND_ROBIN` with weights (`EdfLoadBalancerBase`); nginx `upstream ... weight`.
//! Deviations: weight 0 is allowed (Envoy: from 1), clients are spread by number instead of at random,
//! see also `deadlines.rs`; nginx breaks turns up by another rule, with the same shares.

use serde::{Deserialize, Serialize};

use super::View;
use super::deadlines::Deadlines;
use crate::policy::Problem;

/// Each instance in turn, the larger ones more often.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "WeightedBalancer"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// One whole number from 0 for each instance, not all 0: `[1, 1, 2]` sends half to the third.
    pub weights: Vec<u32>,
}

/// What one client remembers.
#[derive(Clone, Debug)]
pub struct State {
    deadlines: Deadlines,
    client: u32,
}

impl Config {
    pub(super) fn check(&self, instances: u32) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.weights.len() != instances as usize {
            let sentence = format!(
                "must have one weight for each instance: the service has {instances}, found {}",
                self.weights.len()
            );
            problems.push(Problem::new("weights", sentence));
        } else if self.weights.iter().all(|weight| *weight == 0) {
            let sentence =
                "must not all be 0: nobody would get anything; give at least one instance a weight";
            problems.push(Problem::new("weights", sentence));
        }
        problems
    }

    /// The weight of an instance; one that came later counts 1.
    pub(super) fn weight(&self, instance: u32) -> f64 {
        f64::from(self.weights.get(instance as usize).copied().unwrap_or(1))
    }
}

impl State {
    pub(super) fn new(client: u32) -> Self {
        State { deadlines: Deadlines::default(), client }
    }

    /// `warmth` is what slow start leaves of a weight: 1 for all but newcomers.
    pub(super) fn renew(&mut self, config: &Config, members: &[u32], warmth: impl Fn(u32) -> f64) {
        let skip = self.client as usize % members.len().max(1);
        let weight = |instance| config.weight(instance) * warmth(instance);
        self.deadlines.update(members, weight, skip);
    }

    pub(super) fn pick<F>(
        &mut self,
        config: &Config,
        view: &View<'_, F>,
        warmth: impl Fn(u32) -> f64,
    ) -> u32 {
        let weight = |instance| config.weight(instance) * warmth(instance);
        view.members[self.deadlines.pick(view.members, weight)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::balancer::testing::view;
    use crate::policy::testing::read;

    fn picks(config: &Config, client: u32, members: &[u32], count: usize) -> Vec<u32> {
        let mut state = State::new(client);
        state.renew(config, members, |_| 1.0);
        (0..count).map(|_| state.pick(config, &view(members), |_| 1.0)).collect()
    }

    #[test]
    fn shares_follow_the_weights() {
        let config: Config = read(r#"{"weights": [1, 2, 5]}"#).expect("settings are readable");
        let picked = picks(&config, 0, &[0, 1, 2], 8_000);
        let counts = [0, 1, 2].map(|i| picked.iter().filter(|picked| **picked == i).count());
        assert_eq!(counts, [1_000, 2_000, 5_000]);
    }

    #[test]
    fn equal_weights_are_round_robin_from_the_clients_number_on() {
        let config = Config { weights: vec![7; 3] };
        assert_eq!(picks(&config, 0, &[0, 1, 2], 4), [0, 1, 2, 0]);
        assert_eq!(picks(&config, 4, &[0, 1, 2], 4), [1, 2, 0, 1]);
    }

    #[test]
    fn the_share_of_one_that_is_gone_goes_to_the_others_in_proportion() {
        let config = Config { weights: vec![1, 2, 5] };
        let picked = picks(&config, 0, &[0, 1], 300);
        assert_eq!(picked.iter().filter(|picked| **picked == 1).count(), 200);
    }

    #[test]
    fn weights_that_cannot_be_are_named() {
        let problems = |weights: &[u32]| {
            let problems = Config { weights: weights.to_vec() }.check(2);
            problems.into_iter().map(|p| format!("{}: {}", p.field, p.sentence)).collect::<Vec<_>>()
        };
        assert_eq!(problems(&[0, 1]), [""; 0]);
        assert_eq!(
            problems(&[1, 2, 3]),
            ["weights: must have one weight for each instance: the service has 2, found 3"]
        );
        assert_eq!(
            problems(&[0, 0]),
            ["weights: must not all be 0: nobody would get anything; give at least one instance a weight"]
        );
    }
}
