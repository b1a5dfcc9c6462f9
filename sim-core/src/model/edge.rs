//! What is an edge? A caller's use of a service, with the policies of that caller.

use serde::{Deserialize, Serialize};

use super::message::{SizeConfig, Sizes};
use super::network::{NetworkConfig, Rough};
use super::pipeline::{Layer, Pipeline};
use crate::dist::Sampler;
use crate::ids::{CacheId, EndpointId, PoolId, ServiceId, WorkloadId};
use crate::policy::admission::pushback::Pushback;
use crate::policy::{
    balancer, breaker, bulkhead, chooser, hedging, rate_limit, retry, targets, throttle, transport,
};
use crate::time::SimDuration;
use crate::units::{Count, Patience, Size};

/// A call to a service: the edge from the caller to it, with the caller's policies. With nothing said
/// nothing happens: no timeout, no retry, no time on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CallConfig {
    /// Name of the service that is called, or `service/endpoint`.
    pub to: String,
    /// Name of a preset, whose values hold where the file says nothing itself (`spiral explain preset` lists them);
    /// default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// How long the caller waits; default: for ever.
    #[serde(default)]
    pub timeouts: TimeoutsConfig,
    /// Whether the server and those behind it are told how long the caller waits; default `none`.
    #[serde(default)]
    pub deadline: DeadlineConfig,
    /// Whether and when a failed attempt is tried again; default `none`.
    #[serde(default)]
    pub retry: retry::Config,
    /// Name of a pool of the caller; every attempt holds a slot of it. Default: none.
    #[serde(default)]
    pub pool: Option<String>,
    /// What lies between the caller and the service; default: nothing, no time.
    #[serde(default)]
    pub network: NetworkConfig,
    /// Most calls above this one in the request; a call that would be deeper is left out and counts as
    /// answered. A circle of calls needs it. Default: no bound.
    #[serde(default)]
    pub max_depth: Option<Count>,
    /// Which instance serves an attempt; default `round_robin`.
    #[serde(default)]
    pub load_balancer: balancer::Config,
    /// Which instances there are to choose from: health checks, outlier detection, subsets. Default: all.
    #[serde(default)]
    pub targets: targets::Config,
    /// Whether doing the work twice does no harm; asked by a `retry` with `only_idempotent`. Default: what the
    /// endpoint says.
    #[serde(default)]
    pub idempotent: Option<bool>,
    /// When an attempt is not even sent, because others failed; default `none`.
    #[serde(default)]
    pub circuit_breaker: breaker::Config,
    /// How much of the load the caller keeps back while the service refuses; default `none`.
    #[serde(default)]
    pub client_throttle: throttle::Config,
    /// How many attempts the caller sends per second; default `none`.
    #[serde(default)]
    pub rate_limit: rate_limit::Config,
    /// How many attempts may be under way at once; default `none`.
    #[serde(default)]
    pub bulkhead: bulkhead::Config,
    /// In which order the policies of the call act, outermost first. Default: `[total_timeout, retry,
    /// circuit_breaker, client_throttle, rate_limit, bulkhead, pool, attempt_timeout]`.
    #[serde(default)]
    pub pipeline: Option<Vec<Layer>>,
    /// What the caller waits for; default `answered`.
    #[serde(default)]
    pub until: UntilConfig,
    /// Whether further attempts are sent beside a slow one; in place of `retry`. Default `none`.
    #[serde(default)]
    pub hedging: hedging::Config,
    /// Which connections its attempts need; default: what the caller's service says, else `none`: they are always there.
    #[serde(default)]
    pub connection: Option<transport::Config>,
    /// How large a request is: a size or a distribution of sizes. Default: what the endpoint says, or nothing.
    #[serde(default)]
    pub request_size: Option<SizeConfig>,
    /// How large an answer is: a size or a distribution of sizes. Default: what the endpoint says, or nothing.
    #[serde(default)]
    pub response_size: Option<SizeConfig>,
    /// Largest answer that is asked for: a page. What is longer is cut off there; default: all of it.
    #[serde(default)]
    pub response_limit: Option<Size>,
}

impl CallConfig {
    /// A call to `to` with nothing else said.
    pub fn plain(to: &str) -> Self {
        CallConfig {
            to: to.to_owned(),
            preset: None,
            timeouts: TimeoutsConfig::default(),
            deadline: DeadlineConfig::default(),
            retry: retry::Config::default(),
            pool: None,
            network: NetworkConfig::default(),
            max_depth: None,
            load_balancer: balancer::Config::default(),
            targets: targets::Config::default(),
            idempotent: None,
            circuit_breaker: breaker::Config::default(),
            client_throttle: throttle::Config::default(),
            rate_limit: rate_limit::Config::default(),
            bulkhead: bulkhead::Config::default(),
            pipeline: None,
            until: UntilConfig::default(),
            hedging: hedging::Config::default(),
            request_size: None,
            response_size: None,
            connection: None,
            response_limit: None,
        }
    }
}

/// What a caller waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum UntilConfig {
    /// The answer: the work is done.
    #[default]
    Answered,
    /// To be let in: the work is handed over (an append to a queue). The call ends well as soon as it is in the
    /// waiting line, or with a worker; what becomes of the work after that, nobody is told.
    Accepted,
}

/// Whether a call carries the moment at which its caller stops waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum DeadlineConfig {
    /// The server knows nothing of its caller's patience.
    #[default]
    None,
    /// The call ends at the earliest of its own timeouts and the deadline of the request that it serves,
    /// less a margin; the server is told (gRPC).
    Propagate(PropagateConfig),
}

/// How much of the time left is passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct PropagateConfig {
    /// Kept back from the deadline at this hop, for the work after the answer and the way back; default 0ms.
    #[serde(default)]
    pub margin: SimDuration,
}

/// How long a caller waits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct TimeoutsConfig {
    /// Patience with one attempt, from its own send; its answer is ignored afterwards, the server works
    /// on. A duration or `none` (default).
    #[serde(default)]
    pub attempt: Patience,
    /// Patience with the whole call, all attempts and back-offs included, from the first send. A
    /// duration or `none` (default).
    #[serde(default)]
    pub total: Patience,
    /// Patience with the silence of one attempt, from its request's leaving on a connection, and again from each piece
    /// of the answer that comes (Envoy `per_try_idle_timeout`, read timeouts of OkHttp and httpx). It never bounds how
    /// long a trickle lasts. Answers come in pieces only under a `slice` fault: else in one, and this is a timeout of the
    /// attempt that does not count the wait for a connection. A duration or `none` (default).
    #[serde(default)]
    pub idle: Patience,
}

/// Who uses an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeCaller {
    /// The clients of a workload.
    Workload(WorkloadId),
    /// The instances of a service.
    Service(ServiceId),
    /// Probes and health checks: nobody's request.
    Monitor,
    /// The users of a workload who open connections: no request either.
    Connector(WorkloadId),
    /// Whoever has taken over instances of a service: no request of a user either.
    Intruder(ServiceId),
}

impl EdgeCaller {
    /// Whether its calls belong to no request of a user, so that they carry no errand of one.
    pub fn is_nobodys(self) -> bool {
        matches!(self, EdgeCaller::Monitor | EdgeCaller::Intruder(_))
    }
}

/// An edge, ready to run.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where it stands in the file, such as `workloads/users/call`.
    pub path: String,
    /// Number of the edge in the luck of its calls; follows from the path alone.
    pub key: u32,
    /// Who calls.
    pub caller: EdgeCaller,
    /// The service that is called.
    pub to: ServiceId,
    /// What it is asked to do.
    pub endpoint: EndpointId,
    /// Callers with policy state of their own.
    pub clients: u32,
    /// Patience with one attempt.
    pub attempt_timeout: Option<SimDuration>,
    /// Patience with the whole call.
    pub total_timeout: Option<SimDuration>,
    /// Patience with the silence of one attempt.
    pub idle_timeout: Option<SimDuration>,
    /// Whether deadlines travel with its calls, and how much is kept back.
    pub deadline_margin: Option<SimDuration>,
    /// The retry policy.
    pub retry: retry::Config,
    /// Chooses the instance.
    pub chooser: chooser::Config,
    /// Whether there is anything to choose: several instances, or any that callers may know to be away.
    pub chooses: bool,
    /// Whether choices depend on what became of earlier attempts.
    pub is_watched: bool,
    /// The pool that its attempts hold slots of.
    pub pool: Option<PoolId>,
    /// Time on the way beside that between zones, one way.
    pub latency: Option<Sampler>,
    /// Whether anything lies on the way.
    pub has_network: bool,
    /// Whether zones lie at both ends.
    pub crosses_zones: bool,
    /// Most calls above this one.
    pub max_depth: u32,
    /// Whether its attempts go to the instance that the user is connected to.
    pub over_connection: bool,
    /// The cache that its answers fill even when nobody waits for them any more.
    pub fills: Option<CacheId>,
    /// Whether doing the work twice does no harm.
    pub idempotent: bool,
    /// What a refusal says about coming back.
    pub pushback: Option<Pushback>,
    /// How often another instance is looked for if one that the call has tried comes out.
    pub reselections: u32,
    /// What an attempt passes on its way out.
    pub pipeline: Pipeline,
    /// Whether the throttle listens to what answers carry.
    pub listens: bool,
    /// Whether its calls end as soon as they are accepted.
    pub until_accepted: bool,
    /// Whether attempts are sent side by side.
    pub hedging: hedging::Config,
    /// Which connections its attempts need.
    pub connection: Option<transport::Config>,
    /// How large its messages are.
    pub sizes: Sizes,
    /// What can happen to its messages beside time that passes.
    pub rough: Option<Box<Rough>>,
    /// Whether its clients choose among addresses that they have learnt.
    pub discovers: bool,
}
