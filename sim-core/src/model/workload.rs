//! Who sends requests? Open workloads: users who come whether or not the system copes.

use serde::{Deserialize, Serialize};

use crate::ids::{EdgeId, WorkloadId};
use crate::model::edge::CallConfig;
use crate::model::rate::{Piece, RateProfile};
use crate::streams::Stream;
use crate::time::SimTime;
use crate::units::Count;

/// A group of users that sends requests of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WorkloadConfig {
    /// When requests come.
    pub arrivals: ArrivalsConfig,
    /// Clients that share the load, each with policy state of its own (such as a retry budget); every
    /// request comes from one of them at random. Default 1.
    #[serde(default = "one")]
    pub clients: Count,
    /// What a request does: the call, with the clients' policies.
    pub call: CallConfig,
}

fn one() -> Count {
    Count::ONE
}

/// An open arrival process: its rate does not depend on the answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum ArrivalsConfig {
    /// Independent users: exponential gaps.
    Poisson(Arrivals),
    /// A metronome: equal gaps.
    EvenlySpaced(Arrivals),
}

/// The rate of an arrival process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Arrivals {
    /// Requests per second: a rate such as `800/s`, or a profile over time.
    pub rate: RateProfile,
}

impl ArrivalsConfig {
    /// The rate over time.
    pub fn rate(&self) -> &RateProfile {
        match self {
            ArrivalsConfig::Poisson(arrivals) | ArrivalsConfig::EvenlySpaced(arrivals) => &arrivals.rate,
        }
    }

    /// The rate over time, to fill in a trace.
    pub fn rate_mut(&mut self) -> &mut RateProfile {
        match self {
            ArrivalsConfig::Poisson(arrivals) | ArrivalsConfig::EvenlySpaced(arrivals) => &mut arrivals.rate,
        }
    }
}

/// How gaps between arrivals come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// Exponential.
    Poisson,
    /// Equal.
    Even,
}

impl Spacing {
    /// How much load must come from one arrival to the next: exactly one request's worth, or for
    /// independent users an exponential of mean one.
    #[inline]
    pub(crate) fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Spacing::Poisson => stream.exponential(),
            Spacing::Even => 1.0,
        }
    }
}

/// A workload, ready to run.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Name in the file.
    pub name: String,
    /// The call that every request makes.
    pub edge: EdgeId,
    /// Clients that share the load.
    pub clients: u32,
}

/// A window in which the load is another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadLevel {
    /// From this moment on.
    pub begins: SimTime,
    /// Until before this moment.
    pub ends: SimTime,
    /// How many times the load.
    pub factor: f64,
}

/// One arrival process, ready to run. A load spike is a process beside the workload's own, so that the
/// requests that come anyway keep their moments and their luck.
#[derive(Clone, Debug)]
pub struct ArrivalSource {
    /// Whose requests they are.
    pub workload: WorkloadId,
    /// How gaps come about.
    pub spacing: Spacing,
    /// The rate over time.
    pub pieces: Vec<Piece>,
    /// Whether it is the extra load of spikes.
    pub is_spike: bool,
    /// Windows in which only a share of its requests comes.
    pub thinning: Vec<LoadLevel>,
    /// Number of the source's stream and of its requests' luck; follows from the name of the workload
    /// or spike, so that it does not move when something else is added.
    pub key: u32,
}
