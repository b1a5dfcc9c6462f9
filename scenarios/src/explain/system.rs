//! What does the analysis look at? The file's services, endpoints and calls as a tree of steps with numbers,
//! every call with its place in the file.
//!
//! A new kind of step is taught here, in [`Lowering::step`], and everywhere else only if it needs a new [`Part`].
//! A look-up in a cache hits as often as the caller of [`System::new`] says.
//! What a service can do is asked of [`System::capacity_factor`] alone: capacity that depends on load, caches
//! with hit ratios and autoscalers get their say there, or a remark that nothing can be known before a run.

use sim_core::dist::Distribution;
use sim_core::model::edge::{CallConfig, DeadlineConfig, UntilConfig};
use sim_core::model::endpoint::StepConfig;
use sim_core::model::network::ReorderConfig;
use sim_core::model::service::ServiceConfig;
use sim_core::model::workload::{ArrivalsConfig, WorkloadConfig};
use sim_core::model::{Model, SystemConfig};
use sim_core::policy::retry::budget;
use sim_core::policy::{Outcome, hedging};
use sim_core::time::SimDuration;
use sim_core::units::Count;

/// A system with everything that can be worked out from it alone.
pub(super) struct System<'a> {
    pub(super) config: &'a SystemConfig,
    pub(super) endpoints: Vec<Endpoint>,
    /// Those of workloads first, in their order.
    pub(super) calls: Vec<Call<'a>>,
    pub(super) workloads: Vec<Demand<'a>>,
}

/// Something that a service can be asked for.
pub(super) struct Endpoint {
    /// As calls name it.
    pub(super) name: String,
    pub(super) service: usize,
    pub(super) program: Part,
    /// 99th percentile of the work, if that is all there is.
    pub(super) work_p99_s: Option<f64>,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Workload(usize),
    Endpoint(usize),
}

/// A call with its policies. Spans in seconds.
pub(super) struct Call<'a> {
    /// Its place in the file.
    pub(super) path: String,
    pub(super) caller: Caller,
    /// The endpoint that is called, and its service.
    pub(super) to: usize,
    pub(super) service: usize,
    pub(super) config: &'a CallConfig,
    /// Callers with policy state of their own.
    pub(super) clients: f64,
    pub(super) attempts: u32,
    /// Whether doing the work twice does no harm.
    pub(super) idempotent: bool,
    /// Patience with one attempt, or with its silence: answers come in one piece.
    pub(super) attempt_s: Option<f64>,
    pub(super) total_s: Option<f64>,
    /// Whether it may end by the deadline of the request that it serves.
    pub(super) inherits_deadline: bool,
    /// There and back, on average, without what lies between zones.
    pub(super) network_s: f64,
    /// Most calls above it.
    pub(super) max_depth: u32,
}

impl<'a> Call<'a> {
    /// The most attempts of a call whose attempts all fail like this.
    pub(super) fn attempts_after(&self, outcome: Outcome) -> u32 {
        if self.config.retry.takes(outcome, self.idempotent) { self.attempts } else { 1 }
    }

    /// The most attempts of a call, one after the other or side by side.
    pub(super) fn most_attempts(&self) -> u32 {
        self.attempts.max(self.config.hedging.max_attempts())
    }

    /// Attempts of a hedged call when all goes well, as far as that is known before a run: how many are slower than a
    /// fixed delay is not.
    pub(super) fn hedged_when_well(&self) -> f64 {
        match &self.config.hedging {
            hedging::Config::Percentile(percentile) => 2.0 - percentile.percentile.get(),
            hedging::Config::Fixed(fixed) if fixed.delay.0 == Some(SimDuration::ZERO) => {
                f64::from(fixed.max_attempts.get())
            }
            _ => 1.0,
        }
    }

    /// What bounds the attempts beside or after the first, over all calls of a client.
    pub(super) fn budget(&self) -> &'a budget::Config {
        match self.config.hedging.is_none() {
            true => self.config.retry.budget(),
            false => self.config.hedging.terms().budget,
        }
    }

    /// Whether the caller ever stops waiting by itself.
    pub(super) fn is_patient_for_ever(&self) -> bool {
        self.attempt_s.is_none() && self.total_s.is_none()
    }

    /// How long one attempt is waited for at most.
    pub(super) fn patience_s(&self) -> Option<f64> {
        match (self.attempt_s, self.total_s) {
            (Some(attempt), Some(total)) => Some(attempt.min(total)),
            (attempt, total) => attempt.or(total),
        }
    }
}

/// What an attempt does, with numbers. Spans in seconds.
pub(super) enum Part {
    /// Own work of this mean.
    Work(f64),
    /// A call, by its number.
    Call(usize),
    Serial(Vec<Part>),
    /// Side by side, so many of them must succeed.
    Quorum {
        parts: Vec<Part>,
        need: u32,
    },
    /// Copies side by side.
    Copies {
        part: Box<Part>,
        times: u32,
        need: u32,
    },
    /// Exactly one of these, with its probability.
    Ways(Vec<(f64, Part)>),
    Repeat {
        part: Box<Part>,
        times: u32,
    },
    Fallback {
        part: Box<Part>,
        otherwise: Box<Part>,
    },
    /// Nobody waits.
    Spawn(Box<Part>),
}

/// What a workload asks for.
pub(super) struct Demand<'a> {
    pub(super) name: &'a str,
    pub(super) config: &'a WorkloadConfig,
    /// Requests per second at the highest point of the run without spikes; `None` if users wait for their
    /// answers, so that the system itself sets the pace.
    pub(super) peak: Option<f64>,
    /// The same on average over the run.
    pub(super) mean: Option<f64>,
    /// Its call.
    pub(super) call: usize,
}

impl<'a> System<'a> {
    /// `hits` gives the share of look-ups that a cache of a service answers.
    pub(super) fn new(
        config: &'a SystemConfig,
        model: &Model,
        hits: &dyn Fn(usize, &str) -> f64,
    ) -> System<'a> {
        let mut lowering = Lowering { config, hits, endpoints: Vec::new(), calls: Vec::new() };
        lowering.name_endpoints();
        for (number, (name, workload)) in config.workloads.iter().enumerate() {
            let clients = f64::from(workload.clients.get());
            lowering.call(
                Caller::Workload(number),
                &workload.call,
                format!("workloads/{name}/call"),
                clients,
            );
        }
        lowering.programs();
        let demand = |(number, (name, config)): (usize, (&'a str, &'a WorkloadConfig))| {
            let (peak, mean) = rates(model, number, config);
            Demand { name, config, peak, mean, call: number }
        };
        let workloads = config.workloads.iter().enumerate().map(demand).collect();
        System { config, endpoints: lowering.endpoints, calls: lowering.calls, workloads }
    }

    pub(super) fn service(&self, number: usize) -> &'a ServiceConfig {
        &self.config.services.0[number].1
    }

    pub(super) fn service_name(&self, number: usize) -> &'a str {
        &self.config.services.0[number].0
    }

    pub(super) fn service_path(&self, number: usize) -> String {
        format!("services/{}", self.service_name(number))
    }

    /// How many workers of speed 1 a service has, all instances together.
    pub(super) fn workers(&self, number: usize) -> f64 {
        let service = self.service(number);
        f64::from(service.workers.get()) * self.capacity_factor(number)
    }

    /// How many instances of speed 1 a service amounts to.
    pub(super) fn capacity_factor(&self, number: usize) -> f64 {
        let service = self.service(number);
        let listed: f64 = service.speeds.iter().map(|speed| speed.get()).sum();
        listed + f64::from(service.instances.get()) - service.speeds.len() as f64
    }

    /// The calls to a service.
    pub(super) fn calls_to(&self, service: usize) -> impl Iterator<Item = &Call<'a>> {
        self.calls.iter().filter(move |call| call.service == service)
    }

    /// The name of who calls.
    pub(super) fn caller_name(&self, call: &Call<'_>) -> &str {
        match call.caller {
            Caller::Workload(number) => self.workloads[number].name,
            Caller::Endpoint(number) => &self.endpoints[number].name,
        }
    }
}

/// Highest and mean rate of a workload's own arrivals.
fn rates(model: &Model, number: usize, config: &WorkloadConfig) -> (Option<f64>, Option<f64>) {
    use sim_core::ids::Id;
    let each = match &config.arrivals {
        // Of connected users the messages: connects are few while nothing happens.
        ArrivalsConfig::Poisson(_) | ArrivalsConfig::EvenlySpaced(_) | ArrivalsConfig::Connected(_) => 1.0,
        ArrivalsConfig::Sessions(sessions) => f64::from(sessions.requests.get()),
        // About one ask per term, and one that is refused.
        ArrivalsConfig::Closed(_) | ArrivalsConfig::Lock(_) => return (None, None),
        // Nobody establishes anything while all is well.
        ArrivalsConfig::Leases(leases) => {
            let rate = Some(leases.renewals_per_second());
            return (rate, rate);
        }
    };
    let own = model.sources.iter().filter(|source| source.workload.index() == number && !source.is_spike);
    let horizon = model.horizon.as_secs_f64();
    let (mut peak, mut area): (f64, f64) = (0.0, 0.0);
    for source in own {
        for (k, piece) in source.pieces.iter().enumerate() {
            let start = piece.start.as_secs_f64();
            let end = source.pieces.get(k + 1).map_or(horizon, |next| next.start.as_secs_f64()).min(horizon);
            if start >= end {
                continue;
            }
            // Per nanosecond in the model.
            let (begins, slope) = (piece.rate * 1e9, piece.slope * 1e18);
            let ends = begins + slope * (end - start);
            peak = peak.max(begins).max(ends);
            area += 0.5 * (begins + ends) * (end - start);
        }
    }
    (Some(each * peak), Some(each * area / horizon))
}

struct Lowering<'a, 'h> {
    config: &'a SystemConfig,
    hits: &'h dyn Fn(usize, &str) -> f64,
    endpoints: Vec<Endpoint>,
    calls: Vec<Call<'a>>,
}

impl<'a> Lowering<'a, '_> {
    fn name_endpoints(&mut self) {
        for (service, (name, config)) in self.config.services.iter().enumerate() {
            let endpoint =
                |name: String| Endpoint { name, service, program: Part::Work(0.0), work_p99_s: None };
            if config.service_time.is_some() || !config.steps.is_empty() {
                self.endpoints.push(endpoint(name.to_owned()));
            }
            self.endpoints.extend(config.endpoints.names().map(|other| endpoint(format!("{name}/{other}"))));
        }
    }

    fn programs(&mut self) {
        let mut at = 0;
        for (name, service) in self.config.services.iter() {
            let path = format!("services/{name}");
            let clients = f64::from(service.instances.get());
            if let Some(work) = &service.service_time {
                self.endpoints[at].program = Part::Work(mean(work));
                self.endpoints[at].work_p99_s = Some(work.quantile_secs(0.99));
                at += 1;
            } else if !service.steps.is_empty() {
                self.program(at, &service.steps, &format!("{path}/steps"), clients);
                at += 1;
            }
            for (other, endpoint) in service.endpoints.iter() {
                self.program(at, &endpoint.steps, &format!("{path}/endpoints/{other}/steps"), clients);
                at += 1;
            }
        }
    }

    fn program(&mut self, at: usize, steps: &'a [StepConfig], path: &str, clients: f64) {
        if let [StepConfig::Compute(work)] = steps {
            self.endpoints[at].work_p99_s = Some(work.quantile_secs(0.99));
        }
        self.endpoints[at].program = Part::Serial(self.all(at, steps, path, clients));
    }

    fn all(&mut self, at: usize, steps: &'a [StepConfig], path: &str, clients: f64) -> Vec<Part> {
        let part = |(k, step)| self.step(at, step, &format!("{path}/{k}"), clients);
        steps.iter().enumerate().map(part).collect()
    }

    fn step(&mut self, at: usize, step: &'a StepConfig, path: &str, clients: f64) -> Part {
        let path = format!("{path}/{}", step.word());
        let mut serial = |field: &str, steps: &'a [StepConfig]| {
            Part::Serial(self.all(at, steps, &format!("{path}/{field}"), clients))
        };
        match step {
            StepConfig::Compute(work) => Part::Work(mean(work)),
            StepConfig::Put(_) => Part::Work(0.0),
            StepConfig::Call(call) => {
                let part = Part::Call(self.call(Caller::Endpoint(at), call, path, clients));
                match call.until {
                    UntilConfig::Answered => part,
                    UntilConfig::Accepted => Part::Spawn(Box::new(part)),
                }
            }
            StepConfig::Serial(group) => serial("steps", &group.steps),
            StepConfig::Cached(group) => {
                let steps = serial("steps", &group.steps);
                let hits = (self.hits)(self.endpoints[at].service, &group.cache);
                let known = Part::Work(group.hit_time.as_ref().map_or(0.0, mean));
                if hits > 0.0 { Part::Ways(vec![(1.0 - hits, steps), (hits, known)]) } else { steps }
            }
            StepConfig::Read(_)
            | StepConfig::Write(_)
            | StepConfig::Effect(_)
            | StepConfig::Undo(_)
            | StepConfig::Look(_) => Part::Work(0.0),
            // As if no step failed: what is undone is work that depends on failures.
            StepConfig::Saga(saga) => {
                let part = |(k, part): (usize, &'a sim_core::model::saga::SagaPartConfig)| {
                    self.saga_part(at, part, &format!("{path}/steps/{k}"), clients)
                };
                Part::Serial(saga.steps.iter().enumerate().map(part).collect())
            }
            StepConfig::Spawn(group) => Part::Spawn(Box::new(serial("steps", &group.steps))),
            StepConfig::Parallel(group) => {
                let parts = self.all(at, &group.steps, &format!("{path}/steps"), clients);
                let need = group.need.map_or(parts.len() as u32, Count::get);
                Part::Quorum { parts, need }
            }
            StepConfig::FanOut(group) => {
                let times = group.times.map_or_else(|| self.shards(&group.steps), Count::get);
                let part =
                    Box::new(Part::Serial(self.all(at, &group.steps, &format!("{path}/steps"), clients)));
                Part::Copies { part, times, need: group.need.map_or(times, Count::get) }
            }
            StepConfig::Maybe(group) => {
                let probability = group.probability.get();
                let steps = serial("steps", &group.steps);
                let otherwise = serial("otherwise", &group.otherwise);
                Part::Ways(vec![(probability, steps), (1.0 - probability, otherwise)])
            }
            StepConfig::Choose(group) => {
                let way = |(k, way): (usize, &'a sim_core::model::endpoint::WayConfig)| {
                    (way.probability.get(), serial(&format!("ways/{k}/steps"), &way.steps))
                };
                Part::Ways(group.ways.iter().enumerate().map(way).collect())
            }
            StepConfig::Repeat(group) => {
                let part = Box::new(serial("steps", &group.steps));
                Part::Repeat { part, times: group.times.get() }
            }
            StepConfig::Fallback(group) => {
                let part = Box::new(serial("steps", &group.steps));
                Part::Fallback { part, otherwise: Box::new(serial("otherwise", &group.otherwise)) }
            }
        }
    }

    /// What a step of a saga does; what undoes it is no load, but its calls are known.
    fn saga_part(
        &mut self,
        at: usize,
        part: &'a sim_core::model::saga::SagaPartConfig,
        path: &str,
        clients: f64,
    ) -> Part {
        let act = Part::Serial(self.all(at, &part.act, &format!("{path}/do"), clients));
        let undo = Part::Serial(self.all(at, &part.undo, &format!("{path}/undo"), clients));
        Part::Ways(vec![(1.0, act), (0.0, undo)])
    }

    /// Instances of the service that is called first: copies of a fan-out that names no number.
    fn shards(&self, steps: &[StepConfig]) -> u32 {
        let called = steps.iter().find_map(|step| match step {
            StepConfig::Call(call) => call.to.split('/').next(),
            _ => None,
        });
        called.and_then(|name| self.config.services.get(name)).map_or(1, |service| service.instances.get())
    }

    /// Whether an endpoint says that doing its work twice does no harm.
    fn is_idempotent(&self, to: &str) -> bool {
        let endpoint = to
            .split_once('/')
            .and_then(|(service, endpoint)| self.config.services.get(service)?.endpoints.get(endpoint));
        endpoint.is_some_and(|endpoint| endpoint.idempotent)
    }

    fn call(&mut self, caller: Caller, config: &'a CallConfig, path: String, clients: f64) -> usize {
        let to = self.endpoints.iter().position(|endpoint| endpoint.name == config.to);
        let to = to.expect("a model exists, so every call leads somewhere");
        let latency = config.network.latency.as_ref().map_or(0.0, mean);
        let held_up = config.network.reorder.as_ref().map_or(0.0, ReorderConfig::mean_secs);
        self.calls.push(Call {
            path,
            caller,
            to,
            service: self.endpoints[to].service,
            config,
            clients,
            attempts: config.retry.max_attempts(),
            idempotent: config.idempotent.unwrap_or_else(|| self.is_idempotent(&config.to)),
            attempt_s: [config.timeouts.attempt, config.timeouts.idle]
                .into_iter()
                .filter_map(|patience| patience.0)
                .min()
                .map(SimDuration::as_secs_f64),
            total_s: config.timeouts.total.0.map(SimDuration::as_secs_f64),
            inherits_deadline: config.deadline != DeadlineConfig::None,
            network_s: 2.0 * (latency + held_up),
            max_depth: config.max_depth.map_or(u32::MAX, Count::get),
        });
        self.calls.len() - 1
    }
}

/// Mean of a law in seconds; infinite if it has none.
fn mean(law: &Distribution) -> f64 {
    law.mean_secs().unwrap_or(f64::INFINITY)
}
