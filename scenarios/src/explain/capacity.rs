//! How much can each service do, what reaches it at worst, and which load always heals? Utilisation by Little's
//! law, amplification, hidden and advertised capacity.

use sim_core::model::workload::ArrivalsConfig;
use sim_core::theory::closed_loop::ClosedLoop;

use super::flow::{Load, Weather, load};
use super::system::{Part, System};
use super::times;

/// What is worked out once and asked by everything else.
pub(super) struct View<'a> {
    pub(super) system: System<'a>,
    /// Requests per second of each workload: the highest of the run, or what closed users ask for at most.
    pub(super) rates: Vec<f64>,
    /// The same on average over the run.
    pub(super) means: Vec<f64>,
    /// Seconds that an attempt at each endpoint takes when nobody waits.
    pub(super) healthy_s: Vec<f64>,
    /// Seconds that it holds a worker when all that it calls is silent.
    pub(super) silent_s: Vec<f64>,
    /// First tries at `rates`.
    pub(super) first: Load,
    /// First tries at `means`.
    pub(super) usual: Load,
    pub(super) services: Vec<ServiceView>,
}

/// What is known of one service.
pub(super) struct ServiceView {
    /// First tries per second.
    pub(super) first: f64,
    /// Busy share of the workers with first tries only.
    pub(super) utilisation: f64,
    /// Attempts over first tries if every attempt here fails, whatever the reason; `None` if nobody comes here
    /// when all goes well.
    pub(super) amplification: Option<f64>,
    /// The same as long as attempts fail only because the answer is late.
    pub(super) storm: Option<f64>,
    /// Busy share of the workers in that storm, if nothing bounded it; above 1 it feeds itself.
    pub(super) storm_utilisation: f64,
    /// By how much all open workloads can grow, or must shrink, until first tries fill the service.
    pub(super) advertised_scale: f64,
    /// The same until the worst storm just fills it.
    pub(super) hidden_scale: f64,
}

impl<'a> View<'a> {
    pub(super) fn new(system: System<'a>) -> View<'a> {
        let healthy_s = times::healthy(&system);
        let silent_s = times::silent(&system);
        let closed = closed_rates(&system, &healthy_s);
        let of = |rate: fn(&super::system::Demand<'_>) -> Option<f64>| -> Vec<f64> {
            system.workloads.iter().zip(&closed).map(|(w, closed)| rate(w).unwrap_or(*closed)).collect()
        };
        let (rates, means) = (of(|workload| workload.peak), of(|workload| workload.mean));
        let first = load(&system, &rates, Weather::Fair);
        let usual = load(&system, &means, Weather::Fair);
        let mut view = View { system, rates, means, healthy_s, silent_s, first, usual, services: Vec::new() };
        view.services = (0..view.system.config.services.len()).map(|service| view.service(service)).collect();
        view
    }

    fn service(&self, service: usize) -> ServiceView {
        let first = self.first.at(&self.system, service);
        let down = load(&self.system, &self.rates, Weather::Down(service)).at(&self.system, service);
        let storm = self.storm(service, &self.rates);
        // What fails early may spare later calls: good times are then the worst.
        let late = storm.at(&self.system, service).max(first);
        let of_first = |attempts: f64| (first > 0.0).then(|| attempts / first);
        let utilisation = self.utilisation(service, &self.first);
        let fair = |rates: &[f64]| load(&self.system, rates, Weather::Fair);
        let advertised_scale = self.scale(|rates| self.utilisation(service, &fair(rates)));
        let hidden_scale = self.scale(|rates| self.utilisation(service, &self.storm(service, rates)));
        ServiceView {
            first,
            utilisation,
            amplification: of_first(down.max(late)),
            storm: of_first(late),
            storm_utilisation: self.utilisation(service, &storm).max(utilisation),
            advertised_scale,
            hidden_scale: hidden_scale.min(advertised_scale),
        }
    }

    /// The load while every attempt at a service is answered too late. With a series of calls to it a smaller share
    /// of late answers would send more, if each were late by chance; but in a line all are late or none is, and the
    /// engine heals up to the load that this storm allows (`tests/explain`).
    pub(super) fn storm(&self, service: usize, rates: &[f64]) -> Load {
        load(&self.system, rates, Weather::Late(service))
    }

    /// Busy share of a service's workers: attempts per second times the time that each holds one, callees
    /// healthy and lines empty.
    pub(super) fn utilisation(&self, service: usize, load: &Load) -> f64 {
        let shared = self.system.service(service).queue.is_shared();
        let held: f64 = (self.system.endpoints.iter().enumerate().zip(&load.endpoints))
            .filter(|((_, endpoint), rate)| endpoint.service == service && **rate > 0.0)
            .map(|((number, endpoint), rate)| {
                rate * if shared { own_work(&endpoint.program) } else { self.healthy_s[number] }
            })
            .sum();
        (held + 0.0) / self.system.workers(service) // the sum of nothing is minus zero
    }

    /// Mean time in seconds that an attempt holds a worker of a service, in the mix of first tries; if there are
    /// none, over its endpoints alike.
    pub(super) fn holds_s(&self, service: usize) -> f64 {
        let first = self.first.at(&self.system, service);
        if first > 0.0 {
            return self.utilisation(service, &self.first) * self.system.workers(service) / first;
        }
        let own = self.system.endpoints.iter().zip(&self.healthy_s).filter(|(e, _)| e.service == service);
        let times: Vec<f64> = own.map(|(_, time)| *time).collect();
        times.iter().sum::<f64>() / times.len().max(1) as f64
    }

    /// The factor on the open workloads at which `utilisation` is 1; infinite if it never is, 0 if it always is.
    fn scale(&self, utilisation: impl Fn(&[f64]) -> f64) -> f64 {
        let scaled = |factor: f64| -> Vec<f64> {
            let of = |(rate, workload): (&f64, &super::system::Demand<'_>)| {
                if workload.peak.is_some() { rate * factor } else { *rate }
            };
            self.rates.iter().zip(&self.system.workloads).map(of).collect()
        };
        let at = |factor: f64| utilisation(&scaled(factor));
        let now = at(1.0);
        if !now.is_finite() {
            return 0.0;
        }
        // In proportion, unless closed users or the reserves of budgets add something that does not scale.
        let guess = 1.0 / now;
        if now <= 0.0 {
            return f64::INFINITY;
        }
        if (at(guess) - 1.0).abs() < 1e-9 {
            return guess;
        }
        let (mut low, mut high) = (0.0, guess.max(1.0));
        while at(high) < 1.0 {
            high *= 2.0;
            if high > 1e9 {
                return f64::INFINITY;
            }
        }
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if at(middle) < 1.0 { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    }

    /// Services that matter to a workload: those that its requests come to when all goes well, and those of every
    /// workload that shares one with it. Who waits for a service that is full keeps workers from all others.
    pub(super) fn reached(&self, workload: usize) -> Vec<usize> {
        let of = |workload: usize| -> Vec<usize> {
            let mut rates = vec![0.0; self.rates.len()];
            rates[workload] = 1.0;
            let load = load(&self.system, &rates, Weather::Fair);
            (0..self.services.len()).filter(|service| load.at(&self.system, *service) > 0.0).collect()
        };
        let each: Vec<Vec<usize>> = (0..self.rates.len()).map(of).collect();
        let mut reached = each[workload].clone();
        loop {
            let shares = |own: &&Vec<usize>| own.iter().any(|service| reached.contains(service));
            let mut all: Vec<usize> = each.iter().filter(shares).flatten().copied().collect();
            all.sort_unstable();
            all.dedup();
            if all == reached {
                return reached;
            }
            reached = all;
        }
    }

    /// The service among `services` that is full first, by one of the two scales.
    pub(super) fn bottleneck(&self, services: &[usize], scale: fn(&ServiceView) -> f64) -> Option<usize> {
        let of = |service: &usize| scale(&self.services[*service]);
        services.iter().copied().filter(|s| of(s).is_finite()).min_by(|a, b| of(a).total_cmp(&of(b)))
    }
}

/// Mean of what an attempt works itself.
pub(super) fn own_work(part: &Part) -> f64 {
    match part {
        Part::Work(mean) => *mean,
        Part::Call(_) => 0.0,
        Part::Serial(parts) | Part::Quorum { parts, .. } => parts.iter().map(own_work).sum(),
        Part::Copies { part, times, .. } | Part::Repeat { part, times } => f64::from(*times) * own_work(part),
        Part::Ways(ways) => ways.iter().filter(|(p, _)| *p > 0.0).map(|(p, part)| p * own_work(part)).sum(),
        Part::Fallback { part, .. } | Part::Spawn(part) => own_work(part),
    }
}

/// Requests per second that closed users ask for at most: N / (Z + S), and no more than the services do.
fn closed_rates(system: &System<'_>, healthy_s: &[f64]) -> Vec<f64> {
    let rate = |workload: &super::system::Demand<'_>| {
        let ArrivalsConfig::Closed(closed) = &workload.config.arrivals else { return 0.0 };
        let call = &system.calls[workload.call];
        let think = closed.think_time.as_ref().map_or(0.0, |law| law.mean_secs().unwrap_or(f64::INFINITY));
        let service = healthy_s[call.to] + call.network_s;
        if think + service <= 0.0 || !(think + service).is_finite() {
            return 0.0;
        }
        if service <= 0.0 {
            return f64::from(closed.users.get()) / think;
        }
        let mut one = vec![0.0; system.workloads.len()];
        one[workload.call] = 1.0;
        let once = load(system, &one, Weather::Fair);
        // Seconds of work per request at the busiest service, over its workers.
        let busiest = (0..system.config.services.len())
            .map(|service| {
                let here = system.endpoints.iter().enumerate().filter(|(_, e)| e.service == service);
                here.map(|(n, _)| once.endpoints[n] * healthy_s[n]).sum::<f64>() / system.workers(service)
            })
            .fold(0.0, f64::max);
        let users = closed.users.get();
        let alone = ClosedLoop { clients: users, think, service, servers: users }.throughput_bound();
        if busiest > 0.0 { alone.min(1.0 / busiest) } else { alone }
    };
    system.workloads.iter().map(rate).collect()
}
