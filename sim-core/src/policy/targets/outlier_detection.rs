//! Outlier detection: an instance that fails this client's attempts gets none for a while.
//!
//! **What it does.** Ejects an instance at once after `consecutive_errors` in a row; and every `interval`
//! those whose success rate lies below mean - `stdev_factor` * standard deviation of all (`success_rate`)
//! or that fail a share of `threshold_ratio` or more (`failure_percentage`). The k-th ejection in a row
//! lasts min(k * `base_ejection`, `max_ejection`); ends are looked for every `interval`, and every
//! interval without ejection takes one off k. Never more than a share of `max_ejected_ratio` is out.
//! **Why it exists.** It judges by what users get, so it sees what health checks do not, and it needs
//! nobody's cooperation. It is Envoy's circuit breaker per host.
//! **Where it fails.** It cannot tell a bad instance from a bad day: when all are overloaded, some are
//! ejected and the rest gets their load. The default share of 10% ejects nobody out of fewer than ten
//! instances (`always_eject_one`). A client with few attempts learns too late or never.
//! **Source.** Envoy `outlier_detection.proto` and `outlier_detection_impl.cc`; gRFC A50. Deviations: the
//! share is never exceeded, as in Envoy since 1.31 (before, the last ejection could pass it); what
//! Envoy enforces by a runtime percentage is a draw of the client's own; local errors are not split.
//!
//! What counts as an error is what reached an instance and did not come back well: `server_error`, `timeout`,
//! `connect_failure`, `reset`, and what a server answers with 503: `queue_full`, `shed`, `expired`. A call
//! that was `cancelled` counts as nothing. Gateway errors are all of these except `server_error`.

use super::{Change, ChangeKind};
use crate::luck::{Draws, mix};
use crate::math;
use crate::policy::Outcome;
use crate::time::{SimDuration, SimTime};
use crate::units::Probability;

mod config;

pub use config::{Config, FailurePercentage, InARow, SuccessRate};

/// What one client remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// By instance.
    hosts: Vec<Host>,
    /// The client's own number for draws.
    seed: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    errors_in_a_row: u32,
    gateway_errors_in_a_row: u32,
    /// Attempts that ended in this interval.
    ended: u32,
    /// Errors among them.
    errors: u32,
    ejected: Option<Ejection>,
    /// How many times `base_ejection` the latest ejection lasts; one less after every interval without.
    multiplier: u32,
    /// Draws made for it so far.
    draws: u64,
}

#[derive(Clone, Copy, Debug)]
struct Ejection {
    at: SimTime,
    jitter: SimDuration,
}

/// What an outcome says of the instance.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    Success,
    Error,
    GatewayError,
    Nothing,
}

const fn finding(outcome: Outcome) -> Finding {
    match outcome {
        _ if outcome.is_callers_own() => Finding::Nothing,
        Outcome::Ok | Outcome::Conflict | Outcome::Denied => Finding::Success,
        Outcome::ServerError => Finding::Error,
        _ => Finding::GatewayError,
    }
}

impl State {
    pub(super) fn new(seed: u64) -> Self {
        State { hosts: Vec::new(), seed: mix(seed, 0x0071_1e55) }
    }

    pub(super) fn grow(&mut self, instances: u32) {
        self.hosts.resize(instances as usize, Host::default());
    }

    pub(super) fn is_ejected(&self, instance: u32) -> bool {
        self.hosts[instance as usize].ejected.is_some()
    }

    /// The instance has gone; who comes back under its number is somebody else.
    pub(super) fn forget(&mut self, instance: u32) {
        let host = &mut self.hosts[instance as usize];
        *host = Host { draws: host.draws, ..Host::default() };
    }

    /// An attempt at one of `members` ended.
    pub(super) fn ended(
        &mut self,
        config: &Config,
        members: &[u32],
        instance: u32,
        outcome: Outcome,
        now: SimTime,
    ) -> Option<Change> {
        let host = &mut self.hosts[instance as usize];
        let finding = finding(outcome);
        match finding {
            Finding::Nothing => return None,
            Finding::Success => {
                (host.errors_in_a_row, host.gateway_errors_in_a_row) = (0, 0);
                host.ended += 1;
                return None;
            }
            Finding::Error => host.gateway_errors_in_a_row = 0,
            Finding::GatewayError => host.gateway_errors_in_a_row += 1,
        }
        host.errors_in_a_row += 1;
        host.ended += 1;
        host.errors += 1;
        let gateway = config.consecutive_gateway_errors.reached(host.gateway_errors_in_a_row);
        if gateway {
            host.gateway_errors_in_a_row = 0;
        }
        let any = config.consecutive_errors.reached(host.errors_in_a_row);
        if any {
            host.errors_in_a_row = 0;
        }
        (gateway || any).then(|| self.eject(config, members, instance, now)).flatten()
    }

    /// The timer of every `interval`: ejections end, multipliers fall, and the rates of the interval are
    /// judged.
    pub(super) fn on_interval(&mut self, config: &Config, members: &[u32], now: SimTime) -> Vec<Change> {
        let mut changes = Vec::new();
        for &member in members {
            let host = &mut self.hosts[member as usize];
            match host.ejected {
                None => host.multiplier = host.multiplier.saturating_sub(1),
                Some(ejection) => {
                    if config.length(host.multiplier) + ejection.jitter <= now.since(ejection.at) {
                        changes.extend(self.readmit(member));
                    }
                }
            }
        }
        let rates = self.take_rates(members);
        for suspect in config.success_rate.outliers(&rates) {
            if self.enforces(config.success_rate.enforce_ratio, suspect) {
                changes.extend(self.eject(config, members, suspect, now));
            }
        }
        for suspect in config.failure_percentage.outliers(&rates) {
            if self.enforces(config.failure_percentage.enforce_ratio, suspect) {
                changes.extend(self.eject(config, members, suspect, now));
            }
        }
        changes
    }

    /// Ends an ejection, if there is one.
    pub(super) fn readmit(&mut self, instance: u32) -> Option<Change> {
        let host = &mut self.hosts[instance as usize];
        host.ejected.take()?;
        // Otherwise a single error could be the last one in a row that began before.
        (host.errors_in_a_row, host.gateway_errors_in_a_row) = (0, 0);
        Some(Change { instance, kind: ChangeKind::Readmitted })
    }

    fn eject(&mut self, config: &Config, members: &[u32], instance: u32, now: SimTime) -> Option<Change> {
        let ejected = members.iter().filter(|member| self.is_ejected(**member)).count();
        // A quotient of integers is the number nearest to the true one, as the ratio from the file is.
        let has_room = (ejected + 1) as f64 / members.len() as f64 <= config.max_ejected_ratio.get();
        if self.is_ejected(instance) || !(has_room || (config.always_eject_one && ejected == 0)) {
            return None;
        }
        let jitter = match config.ejection_jitter {
            SimDuration::ZERO => SimDuration::ZERO,
            longest => longest.mul_f64(self.draw(instance)),
        };
        let host = &mut self.hosts[instance as usize];
        host.ejected = Some(Ejection { at: now, jitter });
        // One more would be cut off anyway, and would only have to be taken off again.
        if config.base_ejection.mul_f64(f64::from(host.multiplier)) < config.longest() + config.base_ejection
        {
            host.multiplier += 1;
        }
        Some(Change { instance, kind: ChangeKind::Ejected })
    }

    /// Attempts and errors of the members that are in, counted since the last time.
    fn take_rates(&mut self, members: &[u32]) -> Vec<Rate> {
        let mut rates = Vec::new();
        for &instance in members {
            let host = &mut self.hosts[instance as usize];
            let (ended, errors) = (std::mem::take(&mut host.ended), std::mem::take(&mut host.errors));
            if host.ejected.is_none() && ended > 0 {
                rates.push(Rate { instance, ended, errors });
            }
        }
        rates
    }

    fn enforces(&mut self, ratio: Probability, instance: u32) -> bool {
        self.draw(instance) < ratio.get()
    }

    /// The next uniform number in (0, 1) of an instance.
    fn draw(&mut self, instance: u32) -> f64 {
        let host = &mut self.hosts[instance as usize];
        host.draws += 1;
        Draws::keyed(mix(mix(self.seed, u64::from(instance)), host.draws)).unit()
    }
}

/// How an instance did in an interval.
#[derive(Clone, Copy, Debug)]
struct Rate {
    instance: u32,
    ended: u32,
    errors: u32,
}

impl Rate {
    fn success(self) -> f64 {
        f64::from(self.ended - self.errors) / f64::from(self.ended)
    }
}

impl SuccessRate {
    /// Those whose success rate is far below that of all.
    fn outliers(&self, rates: &[Rate]) -> Vec<u32> {
        let judged: Vec<Rate> =
            rates.iter().copied().filter(|rate| rate.ended >= self.min_requests.get()).collect();
        if judged.len() < self.min_hosts.get() as usize {
            return Vec::new();
        }
        let hosts = judged.len() as f64;
        let mean = judged.iter().map(|rate| rate.success()).sum::<f64>() / hosts;
        let squares = judged.iter().map(|rate| (rate.success() - mean) * (rate.success() - mean));
        let deviation = math::sqrt(squares.sum::<f64>() / hosts);
        let threshold = mean - self.stdev_factor.get() * deviation;
        let below = judged.iter().filter(|rate| rate.success() < threshold);
        below.map(|rate| rate.instance).collect()
    }
}

impl FailurePercentage {
    /// Those that fail too large a share.
    fn outliers(&self, rates: &[Rate]) -> Vec<u32> {
        let judged: Vec<Rate> =
            rates.iter().copied().filter(|rate| rate.ended >= self.min_requests.get()).collect();
        if judged.len() < self.min_hosts.get() as usize {
            return Vec::new();
        }
        let failing =
            |rate: &&Rate| f64::from(rate.errors) / f64::from(rate.ended) >= self.threshold_ratio.get();
        judged.iter().filter(failing).map(|rate| rate.instance).collect()
    }
}

#[cfg(test)]
mod tests;
