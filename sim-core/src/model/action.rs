//! What does an operator do, and when? Changes to a running system at a moment, or once a condition has held.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::Named;
use super::fault::RestartFault;
use crate::ids::{InstanceId, ServiceId, WorkloadId};
use crate::time::{SimDuration, SimTime};
use crate::units::Probability;

/// Most systems of one model, beside the one at the start: every set of changes that can be on at once.
pub const MAX_STAGES: usize = 63;

/// Something that an operator does: when, and what. Actions are answers to an incident: the control arm of a
/// comparison, in which nothing goes wrong, has none.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ActionConfig {
    /// When it is done.
    #[serde(default)]
    pub at: Option<SimDuration>,
    /// Done once, as soon as this has held; looked at every second, as on a dashboard.
    #[serde(default)]
    pub when: Option<ConditionConfig>,
    /// With `when`: from the moment at which the condition has held until it is done. Somebody is woken, looks, finds
    /// out and decides; what has resolved by then is done all the same. Default: 0s.
    #[serde(default)]
    pub reaction_time: SimDuration,
    /// For how long `apply` and `pause` hold; default: to the end.
    #[serde(default, rename = "for")]
    pub length: Option<SimDuration>,
    /// Changes to `services` and `workloads`, in the shape of the file: a policy, a number of workers or
    /// instances, the probability of a step. What an action changes starts afresh; what waits goes on waiting.
    #[serde(default)]
    pub apply: Option<Overlay>,
    /// Instances are stopped in good order and start again, after `apply`.
    #[serde(default)]
    pub restart: Option<RestartFault>,
    /// The users of a workload send nothing. Those who wait for answers before they go on wait with the next
    /// request.
    #[serde(default)]
    pub pause: Option<PauseConfig>,
}

impl ActionConfig {
    /// What it does, in words.
    pub fn describe(&self) -> String {
        let mut parts = Vec::new();
        if self.apply.is_some() {
            parts.push("changes settings".to_owned());
        }
        if let Some(restart) = &self.restart {
            parts.push(format!("restarts {}", restart.service));
        }
        if let Some(pause) = &self.pause {
            parts.push(format!("pauses {}", pause.workload));
        }
        format!("an operator {}", parts.join(", "))
    }

    /// When it is done, in words.
    pub fn describe_start(&self) -> String {
        match (&self.when, self.at) {
            (Some(when), _) if self.reaction_time > SimDuration::ZERO => {
                format!("{} after {}", self.reaction_time, when.describe())
            }
            (Some(when), _) => format!("once {}", when.describe()),
            (None, at) => format!("at {}", at.unwrap_or_default()),
        }
    }
}

/// Whose requests stay away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PauseConfig {
    /// Name of the workload.
    pub workload: String,
}

/// What an operator waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum ConditionConfig {
    /// Attempts in line at all instances of a service.
    QueueLength(ServiceCondition),
    /// Instances that are up and ready.
    ReadyInstances(ServiceCondition),
    /// Share of the requests that ended well, of all that ended since the last look; where none ended it is as
    /// at the last look.
    Success(SuccessCondition),
    /// The alert of a monitor fires.
    Alert(AlertCondition),
}

/// An alert that operators see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct AlertCondition {
    /// Name of the monitor.
    pub monitor: String,
    /// All the time for so long; default 0s: seen once.
    #[serde(default, rename = "for")]
    pub length: SimDuration,
}

/// A level of a service that is too high or too low.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ServiceCondition {
    /// Name of the service.
    pub service: String,
    /// It is above this number.
    #[serde(default)]
    pub above: Option<f64>,
    /// It is below this number.
    #[serde(default)]
    pub below: Option<f64>,
    /// All the time for so long; default 0s: seen once.
    #[serde(default, rename = "for")]
    pub length: SimDuration,
}

/// A share of requests that is too high or too low.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SuccessCondition {
    /// It is above this share.
    #[serde(default)]
    pub above: Option<Probability>,
    /// It is below this share.
    #[serde(default)]
    pub below: Option<Probability>,
    /// All the time for so long; default 0s: seen once.
    #[serde(default, rename = "for")]
    pub length: SimDuration,
}

impl ConditionConfig {
    /// Its word in the file.
    pub fn word(&self) -> &'static str {
        match self {
            ConditionConfig::QueueLength(_) => "queue_length",
            ConditionConfig::ReadyInstances(_) => "ready_instances",
            ConditionConfig::Success(_) => "success",
            ConditionConfig::Alert(_) => "alert",
        }
    }

    /// The bounds above and below which the level is meant, and for how long it has to be there.
    pub fn bounds(&self) -> (Option<f64>, Option<f64>, SimDuration) {
        match self {
            ConditionConfig::QueueLength(level) | ConditionConfig::ReadyInstances(level) => {
                (level.above, level.below, level.length)
            }
            ConditionConfig::Success(level) => {
                (level.above.map(Probability::get), level.below.map(Probability::get), level.length)
            }
            // Fires or not: 1 or 0.
            ConditionConfig::Alert(alert) => (Some(0.5), None, alert.length),
        }
    }

    /// In words: `queue_length of api is above 100 for 5s`.
    pub fn describe(&self) -> String {
        let of = match self {
            ConditionConfig::QueueLength(level) | ConditionConfig::ReadyInstances(level) => {
                format!(" of {}", level.service)
            }
            ConditionConfig::Success(_) => String::new(),
            ConditionConfig::Alert(alert) => {
                let held = match alert.length {
                    SimDuration::ZERO => String::new(),
                    length => format!(" for {length}"),
                };
                return format!("the alert of {} fires{held}", alert.monitor);
            }
        };
        let (above, below, length) = self.bounds();
        let side = if above.is_some() { "above" } else { "below" };
        let held = if length > SimDuration::ZERO { format!(" for {length}") } else { String::new() };
        format!("{}{of} is {side} {}{held}", self.word(), above.or(below).unwrap_or_default())
    }
}

/// A part of a file that is read again as a layer over the base; its content is not looked at here.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay;

impl<'de> Deserialize<'de> for Overlay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Overlay)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for Overlay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Overlay".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        // Replaced by the overlay of the whole file's schema, which only that crate knows.
        schemars::json_schema!({"type": "object"})
    }
}

/// An action, ready to run.
#[derive(Clone, Debug)]
pub struct Action {
    /// Name in the file.
    pub name: String,
    /// What starts it.
    pub start: Start,
    /// From the condition to the deed.
    pub reaction_time: SimDuration,
    /// For how long its changes hold, if they end.
    pub length: Option<SimDuration>,
    /// Its bit in the number of a stage; none if it changes no settings.
    pub bit: u64,
    /// Instances that are restarted.
    pub restarted: Vec<InstanceId>,
    /// Whose requests stay away.
    pub paused: Option<WorkloadId>,
}

impl Action {
    /// When it begins and ends, if a clock says so.
    pub fn window(&self, horizon: SimTime) -> Option<(SimTime, SimTime)> {
        let Start::At(at) = self.start else { return None };
        Some((at, self.length.map_or(horizon, |length| (at + length).min(horizon))))
    }
}

/// What starts an action.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// The clock.
    At(SimTime),
    /// A condition that has held for so long.
    When(Level, Bound, SimDuration),
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Attempts in line.
    QueueLength(ServiceId),
    /// Instances that are up and ready.
    ReadyInstances(ServiceId),
    /// Share of the ended requests that got their answer.
    Success,
    /// 1 while the alert of this monitor fires.
    Alert(u32),
}

/// Which levels are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// Higher ones.
    Above(f64),
    /// Lower ones.
    Below(f64),
}

impl Bound {
    /// Whether a level is meant.
    pub fn holds(self, level: f64) -> bool {
        match self {
            Bound::Above(bound) => level > bound,
            Bound::Below(bound) => level < bound,
        }
    }
}

/// The settings of services and workloads while some changes are on.
#[derive(Clone, Debug, PartialEq)]
pub struct StageConfig {
    /// Which: bit k for the k-th action of the file.
    pub on: u64,
    /// The services with these changes.
    pub services: Named<super::service::ServiceConfig>,
    /// The workloads with these changes.
    pub workloads: Named<super::workload::WorkloadConfig>,
}

/// Which sets of changes can be on at once, beside none; changes lie over each other in the order of the file.
/// Moments are known where a clock starts and ends them; what waits for a condition may come at any time.
/// Gives up above [`MAX_STAGES`].
pub fn stages(actions: &Named<ActionConfig>) -> Option<Vec<u64>> {
    let bit = |k: usize| 1u64.checked_shl(k as u32).unwrap_or(0);
    let changes: Vec<(u64, &ActionConfig)> = actions
        .iter()
        .enumerate()
        .filter(|(_, (_, a))| a.apply.is_some())
        .map(|(k, (_, a))| (bit(k), a))
        .collect();
    if actions.len() > 64 {
        return None;
    }
    // What is on after each moment of the clock.
    let mut moments = vec![SimDuration::ZERO];
    for (_, action) in &changes {
        let Some(at) = action.at else { continue };
        moments.extend([Some(at), action.length.map(|length| at + length)].into_iter().flatten());
    }
    let is_on = |action: &ActionConfig, moment: SimDuration| {
        action.at.is_some_and(|at| at <= moment && action.length.is_none_or(|length| moment < at + length))
    };
    let clock = |moment: SimDuration| -> u64 {
        changes.iter().filter(|(_, action)| is_on(action, moment)).map(|(bit, _)| bit).sum()
    };
    let mut found: Vec<u64> = moments.into_iter().map(clock).collect();
    for (bit, _) in changes.iter().filter(|(_, action)| action.when.is_some()) {
        found.extend(found.clone().into_iter().map(|on| on | bit));
        found.sort_unstable();
        found.dedup();
        if found.len() > MAX_STAGES + 1 {
            return None;
        }
    }
    found.sort_unstable();
    found.dedup();
    found.retain(|on| *on != 0);
    (found.len() <= MAX_STAGES).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(text: &str) -> Named<ActionConfig> {
        serde_json::from_str(text).expect("the actions can be read")
    }

    #[test]
    fn the_clock_tells_which_changes_are_on_together() {
        let clocked = actions(
            r#"{"a": {"at": "10s", "for": "10s", "apply": {}},
                "b": {"at": "15s", "apply": {}},
                "c": {"at": "20s", "restart": {"service": "api"}}}"#,
        );
        // a alone, both, b alone; the restart changes no settings.
        assert_eq!(stages(&clocked), Some(vec![0b01, 0b10, 0b11]));
        let apart =
            actions(r#"{"a": {"at": "10s", "for": "5s", "apply": {}}, "b": {"at": "15s", "apply": {}}}"#);
        assert_eq!(
            stages(&apart),
            Some(vec![0b01, 0b10]),
            "one ends at the moment at which the other begins"
        );
    }

    #[test]
    fn what_waits_for_a_condition_may_come_at_any_time() {
        let when = r#"{"when": {"success": {"below": 0.5}}, "apply": {}}"#;
        let two = actions(&format!(r#"{{"a": {when}, "b": {when}, "c": {{"at": "1s", "apply": {{}}}}}}"#));
        assert_eq!(stages(&two), Some((1..8).collect()));
        let seven: Vec<String> = (0..7).map(|k| format!(r#""a{k}": {when}"#)).collect();
        assert_eq!(stages(&actions(&format!("{{{}}}", seven.join(",")))), None, "that are too many");
    }
}
