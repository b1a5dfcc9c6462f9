//! How fast may the number change? Stabilisation windows and speed limits of a scaler, as in Kubernetes.
//!
//! Upwards a scaler goes to the lowest recommendation of its window at most, downwards to the highest at
//! least. Then each policy bounds what happens within its period, counted back from now; `select` says which
//! of them decides, the one that allows the most or the least, or that nothing happens at all.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::{Count, Factor};

/// How fast the number changes in one direction.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScalingLimits"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct LimitsConfig {
    /// The recommendations of so long count; at most 1h. Default: 0s up, 300s down.
    pub stabilization: Option<SimDuration>,
    /// Most changes per period. Default: up `[{pods: 4, period: 15s}, {ratio: 1, period: 15s}]`, down
    /// `[{ratio: 1, period: 15s}]`.
    pub policies: Option<Vec<PolicyConfig>>,
    /// Which of the policies decides. Default: `max`, the one that allows the largest change.
    pub select: Select,
}

/// Which of several speed limits decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SelectPolicy"))]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// The one that allows the largest change.
    #[default]
    Max,
    /// The one that allows the smallest change.
    Min,
    /// Nothing changes in this direction.
    Disabled,
}

/// The most that changes within a period: `pods` or `ratio`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ScalingPolicy"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct PolicyConfig {
    /// So many instances.
    #[serde(default)]
    pub pods: Option<Count>,
    /// So many as this share of those that there were when the period began.
    #[serde(default)]
    pub ratio: Option<Factor>,
    /// Counted back from now; above 0s, at most 30m.
    pub period: SimDuration,
}

/// The same, complete.
#[derive(Clone, Debug)]
pub struct Direction {
    stabilization: SimDuration,
    policies: Vec<(Step, SimDuration)>,
    select: Select,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Pods(u32),
    /// In millionths.
    Ratio(u64),
}

const MOST_STABILIZATION: SimDuration = SimDuration::from_secs(3_600);
const MOST_PERIOD: SimDuration = SimDuration::from_secs(1_800);

impl LimitsConfig {
    /// Contradictions between fields; empty if there is none.
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.stabilization.is_some_and(|window| window > MOST_STABILIZATION) {
            problems.push(Problem::new("stabilization", "must be at most 1h, as in Kubernetes"));
        }
        let policies = self.policies.as_deref().unwrap_or_default();
        if self.policies.is_some() && policies.is_empty() {
            let sentence = "the list is empty; name a limit such as `{pods: 4, period: 15s}`, or write `select: disabled` to stop this direction";
            problems.push(Problem::new("policies", sentence));
        }
        for (k, policy) in policies.iter().enumerate() {
            if policy.pods.is_some() == policy.ratio.is_some() {
                let sentence = "a limit is either `pods: 4` or `ratio: 1`, per `period`; write one of them";
                problems.push(Problem::new(&format!("policies/{k}"), sentence));
            }
            if policy.period == SimDuration::ZERO || policy.period > MOST_PERIOD {
                let sentence = "must be above 0s and at most 30m";
                problems.push(Problem::new(&format!("policies/{k}/period"), sentence));
            }
        }
        problems
    }

    pub(super) fn lower(&self, up: bool) -> Direction {
        let quarter = SimDuration::from_secs(15);
        let all = (Step::Ratio(1_000_000), quarter);
        let policies = match &self.policies {
            None if up => vec![(Step::Pods(4), quarter), all],
            None => vec![all],
            Some(policies) => policies.iter().map(PolicyConfig::lower).collect(),
        };
        let window = SimDuration::from_secs(if up { 0 } else { 300 });
        Direction { stabilization: self.stabilization.unwrap_or(window), policies, select: self.select }
    }
}

impl PolicyConfig {
    fn lower(&self) -> (Step, SimDuration) {
        let step = match (self.pods, self.ratio) {
            (Some(pods), _) => Step::Pods(pods.get()),
            (None, ratio) => Step::Ratio(ratio.map_or(0, |ratio| (ratio.get() * 1e6).round() as u64)),
        };
        (step, self.period)
    }
}

/// What was recommended and done lately.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    recommended: VecDeque<(SimTime, u32)>,
    added: VecDeque<(SimTime, u32)>,
    removed: VecDeque<(SimTime, u32)>,
}

/// Whether `moment` lies within the last `window`; one exactly that long ago does not.
fn is_recent(moment: SimTime, window: SimDuration, now: SimTime) -> bool {
    moment + window > now
}

impl Limits {
    /// The number that is reached now, on the way from `current` to `wanted`; remembered as done.
    pub(super) fn limit(
        &mut self,
        up: &Direction,
        down: &Direction,
        (min, max): (u32, u32),
        current: u32,
        wanted: u32,
        now: SimTime,
    ) -> u32 {
        let stable = self.stabilized(up, down, current, wanted, now);
        let next = match stable.cmp(&current) {
            std::cmp::Ordering::Equal => current,
            std::cmp::Ordering::Greater => stable.min(self.ceiling(up, current, now).max(current)),
            std::cmp::Ordering::Less => stable.max(self.floor(down, current, now).min(current)),
        };
        let next = next.clamp(min, max);
        let longest = |direction: &Direction| {
            direction.policies.iter().map(|(_, period)| *period).max().unwrap_or(SimDuration::ZERO)
        };
        let keep = longest(up).max(longest(down));
        for (list, change) in [
            (&mut self.added, next.saturating_sub(current)),
            (&mut self.removed, current.saturating_sub(next)),
        ] {
            while list.front().is_some_and(|(at, _)| !is_recent(*at, keep, now)) {
                list.pop_front();
            }
            if change > 0 {
                list.push_back((now, change));
            }
        }
        next
    }

    /// Up to the lowest, down to the highest recommendation of its window.
    fn stabilized(
        &mut self,
        up: &Direction,
        down: &Direction,
        current: u32,
        wanted: u32,
        now: SimTime,
    ) -> u32 {
        let longest = up.stabilization.max(down.stabilization);
        while self.recommended.front().is_some_and(|(at, _)| !is_recent(*at, longest, now)) {
            self.recommended.pop_front();
        }
        let within = |window: SimDuration| {
            self.recommended.iter().filter(move |(at, _)| is_recent(*at, window, now)).map(|(_, n)| *n)
        };
        let lowest = within(up.stabilization).fold(wanted, u32::min);
        let highest = within(down.stabilization).fold(wanted, u32::max);
        self.recommended.push_back((now, wanted));
        current.max(lowest).min(highest)
    }

    /// How many there were `period` ago.
    fn before(&self, current: u32, period: SimDuration, now: SimTime) -> i64 {
        let within = |list: &VecDeque<(SimTime, u32)>| -> i64 {
            list.iter().filter(|(at, _)| is_recent(*at, period, now)).map(|(_, n)| i64::from(*n)).sum()
        };
        i64::from(current) - within(&self.added) + within(&self.removed)
    }

    fn ceiling(&self, up: &Direction, current: u32, now: SimTime) -> u32 {
        let proposals = up.policies.iter().map(|(step, period)| {
            let start = self.before(current, *period, now);
            match *step {
                Step::Pods(pods) => start + i64::from(pods),
                Step::Ratio(ratio) => {
                    let share = i128::from(start) * i128::from(ratio);
                    start + (share + 999_999).div_euclid(1_000_000) as i64
                }
            }
        });
        let ceiling = match up.select {
            Select::Max => proposals.max(),
            Select::Min => proposals.min(),
            Select::Disabled => None,
        };
        ceiling.map_or(current, |most| most.clamp(0, i64::from(u32::MAX)) as u32)
    }

    fn floor(&self, down: &Direction, current: u32, now: SimTime) -> u32 {
        let proposals = down.policies.iter().map(|(step, period)| {
            let start = self.before(current, *period, now);
            match *step {
                Step::Pods(pods) => start - i64::from(pods),
                Step::Ratio(ratio) => {
                    let left = i128::from(start) * (1_000_000 - i128::from(ratio.min(1_000_000)));
                    left.div_euclid(1_000_000) as i64
                }
            }
        });
        let floor = match down.select {
            Select::Max => proposals.min(),
            Select::Min => proposals.max(),
            Select::Disabled => None,
        };
        floor.map_or(current, |least| least.clamp(0, i64::from(u32::MAX)) as u32)
    }
}
