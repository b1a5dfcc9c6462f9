//! Who understands whom while two versions run? Instances have a version, what they send bears it, and a matrix says
//! which reader can make something of which writer.

use serde::{Deserialize, Serialize};

use super::Named;
use crate::ids::{FaultId, ServiceId};
use crate::time::{SimDuration, SimTime};

/// Most versions of one service over a run.
pub const MAX_VERSIONS: usize = 64;

/// The version that all instances run at the start, and what this service can read. An attempt bears the version of
/// the instance that sent it, for as long as it waits in a line: a message that was handed over (`until: accepted`)
/// may be read long after its writer has gone back to another version. A worker that takes what it cannot read is done
/// with it at once, as with an error of its own (`server_error`): who waits for the answer learns it, what was handed
/// over is lost. Answers are read by everybody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct VersionsConfig {
    /// The version at the start; required. Others come by `rollout` among the `faults`.
    #[serde(default)]
    pub start: String,
    /// For each version of this service, what it makes of each version that services which call it write. Every pair
    /// that can meet must be there; callers without versions are always read.
    #[serde(default)]
    pub reads: Named<Named<Compatibility>>,
}

/// What a reader makes of what a writer wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Compatibility {
    /// It can read it.
    Ok,
    /// It cannot.
    DecodeError,
}

/// Instances of a service change to another version, one after the other and evenly: the k-th of n after k/n of the
/// time, the last when the fault ends. A rollout that begins later on the same service ends this one, and instances
/// that have not changed by then do so under the later one only: rolling back is a rollout to the version of before.
/// Changing takes an instance no time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RolloutFault {
    /// Name of the service; it has `versions`.
    pub service: String,
    /// The version; required.
    #[serde(default)]
    pub to: String,
    /// Whether somebody asks first if it can be read; default `none`.
    #[serde(default)]
    pub gate: Gate,
}

impl RolloutFault {
    /// In words.
    pub fn describe(&self) -> String {
        format!("{} goes to {}", self.service, self.to)
    }
}

/// Who asks before a rollout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum Gate {
    /// Nobody.
    #[default]
    None,
    /// A contract test against what is deployed: the rollout does not take place if one of the versions that run now, or
    /// that rollouts under way lead to, could not read the new one, or the new one not them. It knows what is
    /// deployed, not what waits in queues. (Pact: `can-i-deploy`.)
    Contract,
}

/// The versions of a service, ready to run.
#[derive(Clone, Debug)]
pub struct Versions {
    /// Their names; the first is that of the start.
    pub names: Vec<String>,
    /// Changes in order of time, without those that a gate has refused.
    pub changes: Vec<Change>,
    /// Rollouts that a gate has refused.
    pub refused: Vec<FaultId>,
    /// By writing service: for each own version, bits of the versions that it reads.
    pub reads: Vec<(ServiceId, Vec<u64>)>,
}

/// Instances go to another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it begins.
    pub begins: SimTime,
    /// How long it takes.
    pub over: SimDuration,
    /// Which version.
    pub to: u8,
}

impl Versions {
    /// The version of the instance at `place` of `instances` at a moment.
    pub fn at(&self, place: u32, instances: u32, now: SimTime) -> u8 {
        let share = f64::from(place + 1) / f64::from(instances);
        let mut version = 0;
        for (k, change) in self.changes.iter().enumerate() {
            let moment = change.begins + change.over.mul_f64(share);
            let stopped = self.changes.get(k + 1).is_some_and(|next| next.begins <= moment);
            if moment <= now && !stopped {
                version = change.to;
            }
        }
        version
    }

    /// Whether an instance of this version can read what `writer` wrote in that version.
    pub fn can_read(&self, own: u8, writer: ServiceId, version: u8) -> bool {
        let known = self.reads.iter().find(|(service, _)| *service == writer);
        known.is_none_or(|(_, reads)| reads[own as usize] >> version & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(begins: u64, over: u64, to: u8) -> Change {
        Change {
            begins: SimTime::ZERO + SimDuration::from_secs(begins),
            over: SimDuration::from_secs(over),
            to,
        }
    }

    fn versions(changes: Vec<Change>) -> Versions {
        Versions { names: vec!["v1".into(), "v2".into()], changes, refused: Vec::new(), reads: Vec::new() }
    }

    fn all(versions: &Versions, now: u64) -> Vec<u8> {
        (0..4).map(|place| versions.at(place, 4, SimTime::ZERO + SimDuration::from_secs(now))).collect()
    }

    #[test]
    fn instances_change_one_after_the_other() {
        let versions = versions(vec![change(100, 40, 1)]);
        assert_eq!(all(&versions, 109), [0, 0, 0, 0]);
        assert_eq!(all(&versions, 110), [1, 0, 0, 0]);
        assert_eq!(all(&versions, 130), [1, 1, 1, 0]);
        assert_eq!(all(&versions, 140), [1, 1, 1, 1]);
    }

    #[test]
    fn a_later_rollout_ends_the_one_before() {
        let versions = versions(vec![change(100, 40, 1), change(120, 20, 0)]);
        assert_eq!(
            all(&versions, 119),
            [1, 0, 0, 0],
            "the second would have come at the moment of the rollback"
        );
        assert_eq!(all(&versions, 124), [1, 0, 0, 0]);
        assert_eq!(all(&versions, 125), [0, 0, 0, 0]);
        assert_eq!(all(&versions, 200), [0, 0, 0, 0]);
    }
}
