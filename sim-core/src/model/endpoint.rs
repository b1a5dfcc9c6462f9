//! What does a service do with an attempt? The steps of an endpoint: work of its own, calls to others,
//! in order, side by side, now and then, again and again. A worker is held from the first step to the
//! last, waiting for answers included: that is what lets trouble climb.

use serde::{Deserialize, Serialize};

use super::Named;
use super::cache::{CachedConfig, PutConfig};
use super::edge::CallConfig;
use super::message::SizeConfig;
use super::network::Way;
use super::saga::{LookConfig, SagaStepConfig};
use crate::dist::{Distribution, Sampler};
use crate::ids::{CacheId, EdgeId, EffectId, RecordsId, SagaId, ServiceId, StepId};
use crate::policy::Outcome;
use crate::units::{Count, Probability};

/// One way to use a service: steps in order; the first that fails ends the attempt with `server_error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct EndpointConfig {
    /// What is done, in order.
    pub steps: Vec<StepConfig>,
    /// Whether doing it twice does no harm; a call may say otherwise. Default: false.
    #[serde(default)]
    pub idempotent: bool,
    /// How large a request to it is: a size or a distribution of sizes; a call may say otherwise. Default: nothing.
    #[serde(default)]
    pub request_size: Option<SizeConfig>,
    /// How large its answer is: a size or a distribution of sizes; a call may say otherwise. Default: nothing.
    #[serde(default)]
    pub response_size: Option<SizeConfig>,
}

/// A step of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum StepConfig {
    /// Work of the service itself: a duration, or a distribution such as `{exponential: {mean: 10ms}}`.
    Compute(Distribution),
    /// A call to another service, with the policies of this caller; the worker waits for the answer.
    Call(Box<CallConfig>),
    /// Steps one after the other; the first that fails ends the group.
    Serial(GroupConfig),
    /// Steps side by side; fails as soon as fewer than `need` can still succeed.
    Parallel(ParallelConfig),
    /// The same steps several times side by side, each with luck of its own.
    FanOut(FanOutConfig),
    /// The steps are done with a probability, else nothing.
    Maybe(MaybeConfig),
    /// One way of several, each with a probability.
    Choose(ChooseConfig),
    /// The steps are done several times, one round after the other.
    Repeat(RepeatConfig),
    /// If a step fails, the steps of `otherwise` are done instead; the attempt succeeds if they do.
    Fallback(FallbackConfig),
    /// Fire and forget: the steps go on beside the attempt; nobody waits for them, no worker is held.
    Spawn(GroupConfig),
    /// The steps are done only if a cache does not hold their result.
    Cached(Box<CachedConfig>),
    /// Notes the version of one of the service's `records`, in no time.
    Read(String),
    /// Changes one of the service's `records`, in no time; fails with `conflict` if it is not as it was read.
    Write(String),
    /// What the request brings is put into a cache, under the key of the request; it takes no time.
    Put(PutConfig),
    /// Applies one of the service's `effects` for the request, in no time.
    Effect(String),
    /// Undoes one of the service's `effects` for the request, in no time.
    Undo(String),
    /// Steps that are undone in reverse if one of them fails.
    Saga(SagaStepConfig),
    /// Looks at an object of one of the service's `sagas`, in no time.
    Look(LookConfig),
}

/// Steps in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct GroupConfig {
    /// What is done, in order.
    pub steps: Vec<StepConfig>,
}

/// Steps side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ParallelConfig {
    /// What is done at the same time.
    pub steps: Vec<StepConfig>,
    /// How many must succeed; the group goes on with the last of these. Default: all.
    #[serde(default)]
    pub need: Option<Count>,
}

/// The same steps side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FanOutConfig {
    /// How many copies. Leave it out to send one to each instance of the service called first in `steps`:
    /// the instances are shards.
    #[serde(default)]
    pub times: Option<Count>,
    /// What each copy does, in order.
    pub steps: Vec<StepConfig>,
    /// How many copies must succeed. Default: all.
    #[serde(default)]
    pub need: Option<Count>,
}

/// Steps that are done now and then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct MaybeConfig {
    /// Share of the attempts that do them, 0 to 1.
    pub probability: Probability,
    /// What is done, in order.
    pub steps: Vec<StepConfig>,
    /// What the other attempts do; default: nothing.
    #[serde(default)]
    pub otherwise: Vec<StepConfig>,
}

/// One way of several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ChooseConfig {
    /// The ways; an attempt goes exactly one. Their probabilities add up to at most 1: what is left of 1
    /// does nothing.
    pub ways: Vec<WayConfig>,
}

/// A way that some attempts go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct WayConfig {
    /// Share of the attempts that go this way, 0 to 1.
    pub probability: Probability,
    /// What they do, in order.
    pub steps: Vec<StepConfig>,
}

/// Steps that are done again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RepeatConfig {
    /// How many rounds.
    pub times: Count,
    /// What each round does, in order.
    pub steps: Vec<StepConfig>,
}

/// Steps with a second way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct FallbackConfig {
    /// What is tried first, in order.
    pub steps: Vec<StepConfig>,
    /// What is done instead if one of them fails; `[]` does without.
    pub otherwise: Vec<StepConfig>,
    /// Failures for which it is done, by outcome word, such as `[timeout, reset]`; others are the step's own.
    /// Default: all.
    #[serde(default)]
    pub on: Option<Vec<Outcome>>,
    /// Most attempts of an instance that are at `otherwise` at once; one more fails (Hystrix: 10). Default: no bound.
    #[serde(default)]
    pub max_concurrent: Option<Count>,
}

/// Endpoints by name.
pub type EndpointsConfig = Named<EndpointConfig>;

impl StepConfig {
    /// The word that files use for this kind of step.
    pub fn word(&self) -> &'static str {
        match self {
            StepConfig::Compute(_) => "compute",
            StepConfig::Call(_) => "call",
            StepConfig::Serial(_) => "serial",
            StepConfig::Parallel(_) => "parallel",
            StepConfig::FanOut(_) => "fan_out",
            StepConfig::Maybe(_) => "maybe",
            StepConfig::Choose(_) => "choose",
            StepConfig::Repeat(_) => "repeat",
            StepConfig::Fallback(_) => "fallback",
            StepConfig::Spawn(_) => "spawn",
            StepConfig::Cached(_) => "cached",
            StepConfig::Read(_) => "read",
            StepConfig::Write(_) => "write",
            StepConfig::Put(_) => "put",
            StepConfig::Effect(_) => "effect",
            StepConfig::Undo(_) => "undo",
            StepConfig::Saga(_) => "saga",
            StepConfig::Look(_) => "look",
        }
    }

    /// The lists of steps inside that must not be empty, with the place of each below this step.
    pub fn inner(&self) -> Vec<(String, &[StepConfig])> {
        let only = |steps| vec![("steps".to_owned(), steps)];
        match self {
            StepConfig::Compute(_)
            | StepConfig::Call(_)
            | StepConfig::Read(_)
            | StepConfig::Write(_)
            | StepConfig::Put(_)
            | StepConfig::Effect(_)
            | StepConfig::Undo(_)
            | StepConfig::Look(_) => Vec::new(),
            StepConfig::Saga(saga) => {
                let parts = saga.steps.iter().enumerate();
                parts.map(|(k, part)| (format!("steps/{k}/do"), &part.act[..])).collect()
            }
            StepConfig::Serial(group) | StepConfig::Spawn(group) => only(&group.steps[..]),
            StepConfig::Parallel(group) => only(&group.steps),
            StepConfig::FanOut(group) => only(&group.steps),
            StepConfig::Repeat(group) => only(&group.steps),
            StepConfig::Maybe(group) => only(&group.steps),
            StepConfig::Fallback(group) => only(&group.steps),
            StepConfig::Cached(group) => only(&group.steps),
            StepConfig::Choose(group) => {
                let place = |(k, way)| -> (String, &[StepConfig]) {
                    let way: &WayConfig = way;
                    (format!("ways/{k}/steps"), &way.steps)
                };
                group.ways.iter().enumerate().map(place).collect()
            }
        }
    }
}

/// A step, ready to run.
#[derive(Clone, Debug)]
pub enum Step {
    /// Own work.
    Compute {
        /// Draws its length.
        work: Sampler,
        /// Number of the step in the luck of the attempt; follows from its place alone.
        key: u32,
    },
    /// A call.
    Call {
        /// Over which edge.
        edge: EdgeId,
        /// Whether copy `k` of a fan-out goes to instance `k`.
        by_shard: bool,
    },
    /// One after the other.
    Serial {
        /// In order.
        steps: Box<[StepId]>,
    },
    /// Side by side.
    Parallel {
        /// All at once.
        steps: Box<[StepId]>,
        /// How many must succeed.
        need: u32,
        /// As in `Compute`.
        key: u32,
    },
    /// Copies side by side.
    FanOut {
        /// What each copy does.
        step: StepId,
        /// How many copies.
        times: u32,
        /// How many must succeed.
        need: u32,
        /// As in `Compute`.
        key: u32,
    },
    /// With a probability.
    Maybe {
        /// Share of the attempts.
        probability: f64,
        /// What they do.
        step: StepId,
        /// What the others do.
        otherwise: StepId,
        /// As in `Compute`.
        key: u32,
    },
    /// Round after round.
    Repeat {
        /// What each round does.
        step: StepId,
        /// How many rounds.
        times: u32,
        /// As in `Compute`.
        key: u32,
    },
    /// One way, else another.
    Fallback {
        /// Tried first.
        step: StepId,
        /// Done if it fails.
        otherwise: StepId,
        /// In one of these ways; `None` for any.
        on: Option<Box<[Outcome]>>,
        /// Most at once at an instance.
        most: u32,
    },
    /// Nobody waits.
    Spawn {
        /// What is done.
        step: StepId,
        /// As in `Compute`.
        key: u32,
    },
    /// Unless a cache holds it.
    Cached {
        /// Which cache.
        cache: CacheId,
        /// What a miss does.
        step: StepId,
        /// Work for a hit, if it takes any.
        hit_time: Option<Sampler>,
        /// As in `Compute`.
        key: u32,
    },
    /// Notes a version.
    Read {
        /// Of what.
        records: RecordsId,
    },
    /// Changes what is as it was read.
    Write {
        /// What.
        records: RecordsId,
    },
    /// A message is encoded or decoded: that of the attempt itself, or that of a call over an edge.
    Code {
        /// Of the call over it; of the attempt itself where there is none.
        edge: Option<EdgeId>,
        /// Requests or answers.
        way: Way,
        /// As in `Compute`.
        key: u32,
    },
    /// A value comes in.
    Put {
        /// Into which cache.
        cache: CacheId,
        /// As in `Compute`.
        key: u32,
    },
    /// Something is done that should be done once.
    Effect {
        /// What.
        effect: EffectId,
    },
    /// It is undone.
    Undo {
        /// What.
        effect: EffectId,
    },
    /// One after the other, undone in reverse if one fails.
    Saga {
        /// Of which kind.
        saga: SagaId,
        /// What is done and what undoes it, in order; never empty.
        steps: Box<[(StepId, StepId)]>,
        /// As in `Compute`.
        key: u32,
    },
    /// Somebody looks at an object.
    Look {
        /// Of which kind of saga.
        saga: SagaId,
        /// One of so many that were begun last.
        latest: u32,
        /// As in `Compute`.
        key: u32,
    },
}

/// An endpoint, ready to run.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Name as calls use it: `orders`, or `orders/create`.
    pub name: String,
    /// Whose.
    pub service: ServiceId,
    /// What is done.
    pub program: Program,
    /// Whether doing it twice does no harm.
    pub idempotent: bool,
}

/// What an endpoint does.
#[derive(Clone, Debug)]
pub enum Program {
    /// Nothing but own work: the worker is busy for one draw, nothing else is kept.
    Leaf(Sampler),
    /// Steps; the root is `Serial`.
    Steps(StepId),
}
