//! How many attempts per second reach each endpoint? From the rates of the workloads along the calls: when all
//! goes well, and when a service fails or answers late.

use sim_core::policy::Outcome;
use sim_core::theory::retries::attempts_per_call;

use super::system::{Call, Caller, System};
use super::times;
use super::walk::walk;

/// Rounds after which budgets and failures are taken as settled.
const ROUNDS: usize = 40;
/// Circles of calls are followed to this depth.
const DEEPEST: usize = 1_001;

/// What goes wrong while the load is worked out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Weather {
    /// Nothing: first tries only.
    Fair,
    /// What `error_ratio` says, and the retries after it.
    Errors,
    /// The same with nobody trying again.
    ErrorsOnce,
    /// Every attempt at a service is answered after its caller's patience.
    Late(usize),
    /// Every attempt at a service fails at once.
    Down(usize),
}

/// Attempts on their way, per second.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// At each endpoint.
    pub(super) endpoints: Vec<f64>,
    /// Times that each call is begun.
    pub(super) calls: Vec<f64>,
    /// Attempts over each call.
    pub(super) attempts: Vec<f64>,
    /// Probability that each call fails in the end.
    pub(super) fails: Vec<f64>,
    /// Services above one another, the deepest path.
    pub(super) depth: usize,
}

impl Load {
    /// Attempts per second at a service.
    pub(super) fn at(&self, system: &System<'_>, service: usize) -> f64 {
        let here = system.endpoints.iter().zip(&self.endpoints).filter(|(e, _)| e.service == service);
        here.map(|(_, rate)| rate).sum()
    }
}

/// The load of workloads that send `rates` requests per second.
pub(super) fn load(system: &System<'_>, rates: &[f64], weather: Weather) -> Load {
    let silent = times::silent(system);
    let calls = system.calls.len();
    let mut load = Load {
        endpoints: vec![0.0; system.endpoints.len()],
        calls: vec![0.0; calls],
        attempts: vec![0.0; calls],
        fails: vec![0.0; calls],
        depth: 0,
    };
    for _ in 0..ROUNDS {
        let before = load.clone();
        let per_call = settle_failures(system, weather, &silent, &mut load);
        spread(system, rates, &per_call, &mut load);
        let moved = |a: &[f64], b: &[f64]| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-12 * a.abs());
        if !moved(&load.attempts, &before.attempts) && !moved(&load.fails, &before.fails) {
            break;
        }
    }
    load
}

/// Works out how likely each call fails; gives the attempts per call.
fn settle_failures(system: &System<'_>, weather: Weather, silent: &[f64], load: &mut Load) -> Vec<f64> {
    let mut per_call = vec![1.0; system.calls.len()];
    for _ in 0..ROUNDS {
        let mut visits = vec![0.0; system.calls.len()];
        let endpoint = |e: &super::system::Endpoint| {
            let program = walk(&e.program, 0.0, &load.fails, &mut visits);
            1.0 - (1.0 - program) * (1.0 - own_failure(system, e.service, weather))
        };
        let endpoints: Vec<f64> = system.endpoints.iter().map(endpoint).collect();
        let mut moved = false;
        for (number, call) in system.calls.iter().enumerate() {
            let late = match weather {
                Weather::Late(service) if service == call.service && !call.is_patient_for_ever() => 1.0,
                _ => 0.0,
            };
            let failure = 1.0 - (1.0 - endpoints[call.to]) * (1.0 - late);
            let most = allowed(call, load.calls[number]);
            if !call.config.hedging.is_none() {
                // Whatever is late gets company; the attempts of a call fail independently.
                let all = call.config.hedging.max_attempts();
                let wanted = match late > 0.0 {
                    true => f64::from(all),
                    false => attempts_per_call(failure, all).max(call.hedged_when_well()),
                };
                per_call[number] = wanted.min(most);
                let fails = sim_core::math::pow(failure, per_call[number]);
                moved |= (fails - load.fails[number]).abs() > 1e-12;
                load.fails[number] = fails;
                continue;
            }
            let attempts = match weather {
                Weather::Down(service) if service == call.service => {
                    call.attempts_after(Outcome::ConnectFailure)
                }
                Weather::Fair | Weather::Errors | Weather::Down(_) => {
                    call.attempts_after(Outcome::ServerError)
                }
                Weather::ErrorsOnce => 1,
                Weather::Late(service) if service == call.service => {
                    times::attempts_when_late(call, f64::INFINITY)
                }
                Weather::Late(..) => times::attempts_when_late(call, silent[call.to]),
            };
            let wanted = attempts_per_call(failure, attempts);
            per_call[number] = wanted.min(most);
            // Every success ends a call, so attempts that succeed are calls that do.
            let fails = (1.0 - per_call[number] * (1.0 - failure)).clamp(0.0, 1.0);
            moved |= (fails - load.fails[number]).abs() > 1e-12;
            load.fails[number] = fails;
        }
        if !moved {
            break;
        }
    }
    per_call
}

fn own_failure(system: &System<'_>, service: usize, weather: Weather) -> f64 {
    let errors = system.service(service).error_ratio.get();
    match weather {
        Weather::Down(down) if down == service => 1.0,
        Weather::Fair | Weather::Down(_) => 0.0,
        Weather::Errors | Weather::ErrorsOnce | Weather::Late(..) => errors,
    }
}

/// Most attempts per call that the retry budget lets through in the long run, all clients together.
fn allowed(call: &Call<'_>, calls_per_s: f64) -> f64 {
    let Some(bound) = call.budget().long_run() else { return f64::INFINITY };
    let beside = bound.per_second * call.clients;
    // Nobody has called yet in the first round: what is free by the second bounds nothing by itself.
    1.0 + bound.per_call + if beside > 0.0 { beside / calls_per_s } else { 0.0 }
}

/// Lets the requests run down the calls, one level of depth after the other.
fn spread(system: &System<'_>, rates: &[f64], per_call: &[f64], load: &mut Load) {
    load.endpoints.fill(0.0);
    load.calls.fill(0.0);
    load.attempts.fill(0.0);
    load.depth = 0;
    let mut visits = vec![vec![0.0; system.calls.len()]; system.endpoints.len()];
    for (endpoint, visits) in system.endpoints.iter().zip(&mut visits) {
        walk(&endpoint.program, 1.0, &load.fails, visits);
    }
    let mut level = vec![0.0; system.endpoints.len()];
    let send = |number: usize, calls: f64, next: &mut Vec<f64>, load: &mut Load| {
        load.calls[number] += calls;
        load.attempts[number] += calls * per_call[number];
        next[system.calls[number].to] += calls * per_call[number];
    };
    for (workload, rate) in system.workloads.iter().zip(rates) {
        send(workload.call, *rate, &mut level, load);
    }
    for depth in 0..DEEPEST {
        if level.iter().all(|rate| *rate <= 0.0) {
            break;
        }
        load.depth = depth + 1;
        let mut next = vec![0.0; level.len()];
        for (number, call) in system.calls.iter().enumerate() {
            let Caller::Endpoint(caller) = call.caller else { continue };
            let calls = level[caller] * visits[caller][number];
            // A call that would be deeper is left out and counts as answered.
            if calls > 0.0 && (depth as u32) < call.max_depth {
                send(number, calls, &mut next, load);
            }
        }
        for (total, rate) in load.endpoints.iter_mut().zip(&level) {
            *total += rate;
        }
        level = next;
    }
}
