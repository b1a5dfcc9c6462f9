//! What does an instance do with an attempt? Turn it away, let it wait, serve it, answer it.

use super::Simulation;
use crate::event::Event;
use crate::ids::{AttemptId, CallId, Handle, InstanceId};
use crate::luck::Purpose;
use crate::metrics::{Observation, Probe};
use crate::policy::Outcome;

impl<P: Probe> Simulation<'_, P> {
    /// An attempt reaches its instance.
    #[inline]
    pub(super) fn reach(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.get(id.0).expect("an attempt is under way when it reaches its instance");
        let instance = attempt.instance;
        let server = &mut self.servers[instance];
        let service = &self.model.services[server.service];
        let meter = &mut self.meters[instance];
        self.ledger.services[server.service].arrived += 1;
        if meter.busy < service.workers && !self.services[server.service].stopped {
            debug_assert!(server.waiting() == 0, "a worker idles while an attempt waits");
            meter.advance(now);
            meter.in_system += 1;
            self.start(id);
        } else if service.capacity.admits(server.waiting()) {
            meter.advance(now);
            meter.in_system += 1;
            server.join(id);
            self.probe.observe(now, Observation::Queued { attempt: id, waiting: server.waiting() });
        } else {
            self.ledger.services[server.service].rejected += 1;
            self.probe.observe(now, Observation::Rejected { attempt: id, service: server.service });
            let attempt = self.attempts.remove(id.0);
            self.attempt_failed(attempt.call, id, Outcome::QueueFull);
        }
    }

    /// An idle worker takes the attempt. Its service time is a function of its own luck, stretched by
    /// the condition of the service at this moment.
    #[inline]
    fn start(&mut self, id: AttemptId) {
        let now = self.now;
        let attempt = self.attempts.get_mut(id.0).expect("an attempt in line is under way");
        let service_id = self.servers[attempt.instance].service;
        let (service, state) = (&self.model.services[service_id], &self.services[service_id]);
        let mut service_time = service.service_time.sample(&mut attempt.luck.draws(Purpose::ServiceTime));
        if state.slowdown != 1.0 {
            service_time = service_time.mul_f64(state.slowdown);
        }
        attempt.started = now;
        attempt.in_service = true;
        let waited = now.since(attempt.entered);
        self.meters[attempt.instance].busy += 1; // the caller has brought the meter up to now
        let finish = Event::Finish { attempt: id, call_slot: attempt.call.0.slot };
        self.events.schedule_in(state.finish, now + service_time, finish);
        self.probe
            .observe(now, Observation::Started { attempt: id, service: service_id, waited, service_time });
    }

    /// A worker is done: it takes the next attempt in line, then the answer goes back.
    #[inline]
    pub(super) fn on_finish(&mut self, id: AttemptId, call_slot: u32) {
        let now = self.now;
        let attempt = self.attempts.remove(id.0);
        let service_id = self.servers[attempt.instance].service;
        let meter = &mut self.meters[attempt.instance];
        meter.advance(now);
        meter.busy -= 1;
        meter.in_system -= 1;
        let ledger = &mut self.ledger.services[service_id];
        ledger.completed += 1;
        ledger.service_given += u128::from(now.since(attempt.started).as_nanos());
        ledger.time_in_system += u128::from(now.since(attempt.entered).as_nanos());
        self.ledger.edges[attempt.edge].produced += 1;

        let error_ratio = self.services[service_id].error_ratio;
        let fails = error_ratio > 0.0 && attempt.luck.draws(Purpose::Error).unit() < error_ratio;
        let outcome = if fails { Outcome::ServerError } else { Outcome::Ok };
        let completed =
            Observation::Completed { attempt: id, service: service_id, outcome, wanted: attempt.wanted };
        self.probe.observe(now, completed);

        self.start_waiting(attempt.instance);
        if attempt.wanted {
            let call = CallId(Handle { slot: call_slot, ..attempt.call.0 });
            match fails {
                false => self.answer(call),
                true => self.attempt_failed(call, id, outcome),
            }
        }
    }

    /// Idle workers take attempts from the line; those that waited too long are dropped on the way.
    /// The instance's meter has been brought up to now.
    #[inline]
    pub(super) fn start_waiting(&mut self, instance: InstanceId) {
        let now = self.now;
        let service_id = self.servers[instance].service;
        let service = &self.model.services[service_id];
        if self.services[service_id].stopped {
            return;
        }
        while self.meters[instance].busy < service.workers {
            let Some(id) = self.servers[instance].take(service.discipline) else { return };
            let attempt = self.attempts.get(id.0).expect("an attempt in line is under way");
            let waited = now.since(attempt.entered);
            if waited <= service.max_wait {
                self.start(id);
                continue;
            }
            let attempt = self.attempts.remove(id.0);
            self.meters[instance].in_system -= 1;
            let ledger = &mut self.ledger.services[service_id];
            ledger.dropped += 1;
            ledger.time_in_system += u128::from(waited.as_nanos());
            self.probe.observe(now, Observation::Dropped { attempt: id, service: service_id });
            if attempt.wanted {
                self.attempt_failed(attempt.call, id, Outcome::Expired);
            }
        }
    }
}
