//! What if the third of five steps fails? Sagas: steps at several services, each with what undoes it, and no transaction
//! around them.
//!
//! A step `saga` does its steps in order. If one fails, those before it are undone, the last first, and the saga
//! fails as that step did; the failed step itself is not undone, and what a call has done that timed out stays done.
//! From the first step that is done until the last, or until all is undone again, the object of the saga is half-way.
//! Nothing hides that: a step `look` sees an object as it is, unless `pending_state` marks it as unfinished. An
//! object whose undoing is given up or put aside is inconsistent. If the instance that does the steps crashes, or its
//! caller leaves and it stops at once, what was done is undone only with `parking`, which stands for a log of the saga.
//! Undoing does not mind the deadline of the request.
//!
//! It is the orchestrated saga. Memory: what is under way and what is parked, and of the objects that were given up the
//! numbers of those that a `look` may still see.

use serde::{Deserialize, Serialize};

use super::endpoint::StepConfig;
use crate::ids::ServiceId;
use crate::policy::compensation;
use crate::units::Count;

/// A kind of saga that a service conducts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SagaConfig {
    /// How often undoing is tried; default: once.
    pub compensation: compensation::Config,
    /// Whether its object says that it is unfinished until it is done or undone, so that nobody takes it for finished;
    /// default false.
    pub pending_state: bool,
}

/// A step that is a saga.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SagaStepConfig {
    /// Which of the service's `sagas` it is.
    pub of: String,
    /// Its steps, in order.
    pub steps: Vec<SagaPartConfig>,
}

/// One step of a saga.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct SagaPartConfig {
    /// What is done, in order.
    #[serde(rename = "do")]
    pub act: Vec<StepConfig>,
    /// What undoes it, in order; default: nothing has to be.
    #[serde(default)]
    pub undo: Vec<StepConfig>,
}

/// Somebody looks at an object of a saga.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LookConfig {
    /// Which of the service's `sagas`.
    pub saga: String,
    /// It is one of so many that were begun last, all alike; default 1: the very last.
    #[serde(default = "one")]
    pub latest: Count,
}

fn one() -> Count {
    Count::ONE
}

/// A kind of saga, ready to run.
#[derive(Clone, Debug)]
pub struct Saga {
    /// Where it stands in the file: `services/orders/sagas/order`.
    pub path: String,
    /// Whose.
    pub service: ServiceId,
    /// How often undoing is tried.
    pub compensation: compensation::Config,
    /// Whether unfinished objects say so.
    pub pending_state: bool,
    /// How far back anybody looks.
    pub latest: u32,
}
