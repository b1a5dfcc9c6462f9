//! May a message be lost that somebody waits for without a timeout? Nobody is told of a lost message: each one takes a worker
//! for good. Errs where the time is told: as if each loss hit another worker, and load went on as before.

use sim_core::model::edge::UntilConfig;
use sim_core::model::fault::{Between, Direction, FaultConfig, Kind, PartitionMode};
use sim_core::model::network::TransportConfig;
use sim_core::units::Probability;

use super::super::capacity::View;
use super::super::system::{Call, Caller, System};
use super::{Found, percent, short, span};

/// The probability that request or answer is lost, and while which trigger lasts.
pub(super) struct Loss<'a> {
    pub(super) share: f64,
    while_on: Option<&'a str>,
}

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (number, call) in system.calls.iter().enumerate() {
        let Some(loss) = of(system, call) else { continue };
        let (from, to) = (system.caller_name(call), system.service_name(call.service));
        let when = loss.while_on.map_or_else(String::new, |trigger| format!(" while `{trigger}` lasts"));
        let lost = format!("{} of the calls of `{from}` to `{to}` lose a message{when}", percent(loss.share));
        let rest = match call.caller {
            Caller::Workload(_) => "those users wait for ever".to_owned(),
            Caller::Endpoint(endpoint) => {
                let workers = workers(system, system.endpoints[endpoint].service);
                let within = workers / (view.first.attempts[number] * loss.share);
                let how_fast = match within.is_finite() {
                    true => format!(", at this load all {} of them within {}", short(workers), span(within)),
                    false => String::new(),
                };
                format!("each takes a worker for ever{how_fast}")
            }
        };
        found.push(Found {
            path: call.path.clone(),
            message: format!("{lost}, nobody is told, and there is no timeout: {rest}"),
            instead: "`timeouts: {attempt: ...}`, longer than the 99th percentile of a good answer; with a `retry` only where doing it twice does no harm".to_owned(),
            shown_by: &["fallacy-1-network-reliable"],
        });
    }
    found
}

/// What a call loses, if its caller waits without a timeout.
pub(super) fn of<'a>(system: &System<'a>, call: &Call<'a>) -> Option<Loss<'a>> {
    let waits = call.is_patient_for_ever()
        && !call.inherits_deadline
        && call.config.hedging.is_none()
        && call.config.until == UntilConfig::Answered;
    // TCP sends again what is lost.
    if !waits || call.config.network.transport != TransportConfig::Message {
        return None;
    }
    let [there, back] = call.config.network.loss.ways().map(Probability::get);
    let fine = 1.0 - call.config.network.corrupt.get();
    let own = 1.0 - (1.0 - there) * (1.0 - back) * fine * fine;
    if own > 0.0 {
        return Some(Loss { share: own, while_on: None });
    }
    let hit = |(name, fault): (&'a str, &'a FaultConfig)| {
        let share = share(system, call, fault)?;
        (share > 0.0).then_some(Loss { share, while_on: Some(name) })
    };
    system.config.faults.iter().filter_map(hit).max_by(|a, b| a.share.total_cmp(&b.share))
}

/// The share of the calls that lose a message while a trigger is on.
fn share(system: &System<'_>, call: &Call<'_>, fault: &FaultConfig) -> Option<f64> {
    let both = |ratio: f64, direction: Direction| match direction {
        Direction::Both => 1.0 - (1.0 - ratio) * (1.0 - ratio),
        Direction::There | Direction::Back => ratio,
    };
    let lies = |between: Between<'_>| lies_between(system, call, between);
    match fault.kinds()[..] {
        [Kind::Loss(f)] => lies(f.between()).then(|| both(f.ratio.get(), f.direction)),
        [Kind::Corrupt(f)] => lies(f.between()).then(|| both(f.ratio.get(), f.direction)),
        [Kind::Partition(f)] if f.mode == PartitionMode::BlackHole => match f.zones.is_empty() {
            true => lies(f.between()).then(|| f.ratio.get()),
            false => Some(parted(system, call, &f.zones) * f.ratio.get()),
        },
        _ => None,
    }
}

fn lies_between(system: &System<'_>, call: &Call<'_>, between: Between<'_>) -> bool {
    let caller = match call.caller {
        Caller::Workload(number) => system.workloads[number].name,
        Caller::Endpoint(endpoint) => system.service_name(system.endpoints[endpoint].service),
    };
    let called = system.service_name(call.service);
    between.from.is_none_or(|from| from == caller) && between.to.is_none_or(|to| to == called)
}

/// The share of the pairs of a caller and an instance that stand on different sides of a partition, as far as zones tell.
fn parted(system: &System<'_>, call: &Call<'_>, cut: &[String]) -> f64 {
    let here: Vec<&str> = match call.caller {
        Caller::Workload(number) => system.workloads[number].config.zone.iter().map(String::as_str).collect(),
        Caller::Endpoint(endpoint) => {
            system.service(system.endpoints[endpoint].service).zones.iter().map(String::as_str).collect()
        }
    };
    let there = &system.service(call.service).zones;
    let is_cut = |a: &str, b: &str| match cut {
        [zone] => (a == zone) != (b == zone),
        [one, other, ..] => (a == one && b == other) || (a == other && b == one),
        [] => false,
    };
    let pairs = here.len() * there.len();
    let apart = here.iter().flat_map(|a| there.iter().filter(move |b| is_cut(a, b))).count();
    if pairs == 0 { 0.0 } else { apart as f64 / pairs as f64 }
}

/// Workers of a service, all instances together.
fn workers(system: &System<'_>, service: usize) -> f64 {
    let service = system.service(service);
    f64::from(service.workers.get()) * f64::from(service.instances.get())
}
