//! How many are at a service, and which of two numbers is reached first?

use sim_core::ids::{Id, ServiceId};
use sim_core::metrics::{Observation, Probe};
use sim_core::time::{SimDuration, SimTime};

/// Follows the number of attempts in the system of one service, without network between it and its callers.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    service: usize,
    /// From when on it is watched.
    from: SimTime,
    well: Option<u32>,
    lost: u32,
    /// In the system now; once the run is over, at its end.
    pub now: u32,
    /// The most there were at once, and when for the first time.
    pub peak: (SimTime, u32),
    /// In the system at the first moment watched.
    pub first: Option<u32>,
    /// Which came first, and when: true for `well`.
    pub end: Option<(SimTime, bool)>,
}

impl Crowd {
    /// Watches the first service of the file from `from_s` on until there are `well` or fewer (never, if
    /// that is `None`), or `lost` or more.
    pub fn between(from_s: f64, well: Option<u32>, lost: u32) -> Self {
        let from = SimTime::ZERO + SimDuration::from_secs_f64(from_s);
        Crowd { service: 0, from, well, lost, now: 0, peak: (SimTime::ZERO, 0), first: None, end: None }
    }

    /// Seconds from the first moment watched to the end. Panics if there was none.
    pub fn time_s(&self) -> f64 {
        let (end, _) = self.end.expect("the run was long enough");
        end.since(self.from).as_secs_f64()
    }

    fn is_mine(&self, service: ServiceId) -> bool {
        service.index() == self.service
    }

    fn look(&mut self, now: SimTime) {
        if self.end.is_none() {
            if self.well.is_some_and(|well| self.now <= well) {
                self.end = Some((now, true));
            } else if self.now >= self.lost {
                self.end = Some((now, false));
            }
        }
    }
}

impl Probe for Crowd {
    #[inline]
    fn observe(&mut self, now: SimTime, observation: Observation) {
        if self.first.is_none() && now >= self.from {
            self.first = Some(self.now);
            self.look(self.from);
        }
        match observation {
            Observation::Sent { service, .. } if self.is_mine(service) => {
                self.now += 1;
                if self.now > self.peak.1 {
                    self.peak = (now, self.now);
                }
            }
            Observation::Rejected { service, .. }
            | Observation::Dropped { service, .. }
            | Observation::Withdrawn { service, .. }
            | Observation::Lost { service, .. }
            | Observation::Completed { service, .. }
                if self.is_mine(service) =>
            {
                self.now -= 1;
            }
            _ => return,
        }
        if self.first.is_some() {
            self.look(now);
        }
    }
}
