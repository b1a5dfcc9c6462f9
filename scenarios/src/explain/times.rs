//! How long does an attempt hold its worker? When nobody waits in any line, and when those it calls are silent.

use sim_core::policy::Outcome;
use sim_core::theory::mmc::Mmc;

use super::flow::Load;
use super::system::{Call, Part, System};

/// More calls above one another are not followed here: a circle may allow a thousand.
const DEEPEST: usize = 64;
/// From so many workers on nobody waits while they are not all needed.
const MANY: u32 = 10_000;

/// Seconds that an attempt at each endpoint takes when nobody waits in any line and all goes well. A lower bound
/// in a real run: lines, and the slowest of several side by side, come on top.
pub(super) fn healthy(system: &System<'_>) -> Vec<f64> {
    let mut times = vec![0.0; system.endpoints.len()];
    // From the deepest calls up; without circles a few rounds change nothing any more.
    for _ in 0..DEEPEST {
        let next: Vec<f64> = system
            .endpoints
            .iter()
            .map(|endpoint| {
                length(&endpoint.program, &|call| system.calls[call].network_s + times[system.calls[call].to])
            })
            .collect();
        if next == times {
            break;
        }
        times = next;
    }
    times
}

/// The same with the lines in front of those it calls, as if all came at random and worked exponential times
/// (M/M/c): an estimate. Infinite behind a service that is full.
pub(super) fn with_lines(system: &System<'_>, load: &Load) -> Vec<f64> {
    let mut times = healthy(system);
    for _ in 0..DEEPEST {
        let services = 0..system.config.services.len();
        let waits: Vec<f64> = services.map(|service| mean_wait(system, service, load, &times)).collect();
        let called = |call: &Call<'_>| call.network_s + waits[call.service] + times[call.to];
        let part = |part: &Part| length(part, &|call| called(&system.calls[call]));
        let next: Vec<f64> = system.endpoints.iter().map(|endpoint| part(&endpoint.program)).collect();
        if next == times {
            break;
        }
        times = next;
    }
    times
}

/// Mean wait in seconds in front of one instance of a service.
fn mean_wait(system: &System<'_>, service: usize, load: &Load, times: &[f64]) -> f64 {
    let config = system.service(service);
    let rate = load.at(system, service) / system.capacity_factor(service);
    let here = (0..times.len()).filter(|endpoint| system.endpoints[*endpoint].service == service);
    let used = here.filter(|endpoint| load.endpoints[*endpoint] > 0.0);
    let work: f64 = used.map(|endpoint| load.endpoints[endpoint] * times[endpoint]).sum();
    let (held, servers) = (work / system.capacity_factor(service), config.workers.get());
    if rate <= 0.0 || held <= 0.0 {
        return 0.0;
    }
    match held / f64::from(servers) {
        busy if busy >= 1.0 || busy.is_nan() => f64::INFINITY,
        // Among so many one is free.
        _ if servers > MANY => 0.0,
        _ => Mmc { arrival_rate: rate, service_rate: rate / held, servers }.mean_wait(),
    }
}

/// Seconds that an attempt at each endpoint holds its worker when all that it calls is silent: until the
/// caller's patience is over. Infinite without timeouts.
pub(super) fn silent(system: &System<'_>) -> Vec<f64> {
    let wait = |call: usize| longest_wait(&system.calls[call]).unwrap_or(f64::INFINITY);
    system.endpoints.iter().map(|endpoint| failing(&endpoint.program, &wait).0).collect()
}

/// Seconds until a caller gives up on a call of which every attempt is silent, retries and back-off included;
/// `None` if it never does.
pub(super) fn longest_wait(call: &Call<'_>) -> Option<f64> {
    let attempts = call.attempt_s.map(|attempt| {
        let waits: f64 = (1..call.attempts).map(|retry| call.config.retry.waits(retry).1).sum();
        attempt * f64::from(call.attempts) + waits
    });
    match (attempts, call.total_s) {
        (Some(attempts), Some(total)) => Some(attempts.min(total)),
        (attempts, total) => attempts.or(total),
    }
}

/// Attempts that a call makes when each fails only after `inner_s`, or by its timeout if that comes first: those
/// that begin before the patience with the whole call is over.
pub(super) fn attempts_when_late(call: &Call<'_>, inner_s: f64) -> u32 {
    let patience = call.attempt_s.unwrap_or(f64::INFINITY);
    let outcome = if patience <= inner_s { Outcome::Timeout } else { Outcome::ServerError };
    let most = call.attempts_after(outcome);
    let Some(total) = call.total_s else { return most };
    let attempt = patience.min(inner_s);
    let mut begins = 0.0;
    let mut made = 1;
    while made < most {
        begins += attempt + call.config.retry.waits(made).0;
        if begins >= total {
            break;
        }
        made += 1;
    }
    made
}

/// Mean length of a part in seconds, given that of each call. Of parts side by side the mean of the last that
/// is needed: what chance adds is left out.
fn length(part: &Part, call: &dyn Fn(usize) -> f64) -> f64 {
    match part {
        Part::Work(mean) => *mean,
        Part::Call(number) => call(*number),
        Part::Serial(parts) => parts.iter().map(|part| length(part, call)).sum(),
        Part::Quorum { parts, need } => {
            let mut lengths: Vec<f64> = parts.iter().map(|part| length(part, call)).collect();
            lengths.sort_by(f64::total_cmp);
            lengths.get((*need as usize).saturating_sub(1)).copied().unwrap_or(0.0)
        }
        Part::Copies { part, .. } => length(part, call),
        Part::Ways(ways) => {
            ways.iter().filter(|(p, _)| *p > 0.0).map(|(p, part)| p * length(part, call)).sum()
        }
        Part::Repeat { part, times } => f64::from(*times) * length(part, call),
        Part::Fallback { part, .. } => length(part, call),
        Part::Spawn(_) => 0.0,
    }
}

/// Mean time until a part is over when every call fails after its wait, and the probability that it failed.
fn failing(part: &Part, wait: &dyn Fn(usize) -> f64) -> (f64, f64) {
    match part {
        Part::Work(mean) => (*mean, 0.0),
        Part::Call(number) => (wait(*number), 1.0),
        Part::Serial(parts) => {
            let (mut time, mut alive) = (0.0, 1.0);
            for part in parts {
                if alive <= 0.0 {
                    break;
                }
                let (length, fails) = failing(part, wait);
                time += alive * length;
                alive *= 1.0 - fails;
            }
            (time, 1.0 - alive)
        }
        Part::Quorum { parts, need } => {
            let outcomes: Vec<(f64, f64)> = parts.iter().map(|part| failing(part, wait)).collect();
            let spare = parts.len().saturating_sub(*need as usize);
            let mut failed: Vec<f64> = outcomes.iter().filter(|(_, p)| *p > 0.0).map(|(t, _)| *t).collect();
            failed.sort_by(f64::total_cmp);
            match failed.get(spare) {
                Some(time) => (*time, 1.0),
                None => (length(part, wait).min(f64::INFINITY), 0.0),
            }
        }
        Part::Copies { part, .. } => failing(part, wait),
        Part::Ways(ways) => {
            let outcomes = ways.iter().filter(|(p, _)| *p > 0.0).map(|(p, part)| (*p, failing(part, wait)));
            outcomes.fold((0.0, 0.0), |(time, fails), (p, (t, f))| (time + p * t, fails + p * f))
        }
        Part::Repeat { part, times } => {
            let (time, fails) = failing(part, wait);
            let rounds: f64 = if fails > 0.0 { 1.0 / fails } else { f64::from(*times) };
            (time * rounds.min(f64::from(*times)), if fails > 0.0 { 1.0 } else { 0.0 })
        }
        Part::Fallback { part, otherwise } => {
            let (time, fails) = failing(part, wait);
            let (second, also) = failing(otherwise, wait);
            (time + if fails > 0.0 { fails * second } else { 0.0 }, fails * also)
        }
        Part::Spawn(_) => (0.0, 0.0),
    }
}
