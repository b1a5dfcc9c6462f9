//! How does an attempt come to be sent? It walks through the layers of its call from the outermost to the innermost;
//! each lets it pass, makes it wait, or turns it away. Only where layers decide anything: else it is sent at once.

use super::Simulation;
use super::guards::{Part, Seat};
use super::state::Baggage;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::CallId;
use crate::metrics::{Observation, Probe};
use crate::model::pipeline::Layer;
use crate::policy::admission::Arriving;
use crate::policy::scope::Scope;
use crate::policy::{Leave, Outcome};
use crate::time::{SimDuration, SimTime};

/// What a layer does with an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    Passed,
    /// It goes on later.
    Waits,
    /// It goes no further.
    Refused(Outcome),
    /// It is no longer here: over, or on its way by another path.
    Gone,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A call, or the next attempt of it, goes through its layers from this place in their order.
    #[inline(never)]
    pub(super) fn walk(&mut self, id: CallId, from: usize) {
        let model = self.model;
        let edge = &model.edges[self.call(id).edge];
        for (at, layer) in edge.pipeline.order.iter().enumerate().skip(from) {
            let passage = match layer {
                Layer::TotalTimeout => self.start_total_clock(id),
                Layer::Retry if !edge.hedging.is_none() => {
                    self.begin_hedging(id);
                    Passage::Gone
                }
                Layer::Retry => Passage::Passed,
                Layer::CircuitBreaker => self.ask_breaker(id),
                Layer::ClientThrottle => self.ask_throttle(id),
                Layer::RateLimit => self.ask_rate_limit(id),
                Layer::Bulkhead => self.enter_bulkhead(id),
                Layer::Pool => match edge.pool {
                    None => Passage::Passed,
                    Some(pool) => self.acquire(id, pool),
                },
                Layer::AttemptTimeout => self.start_early_clock(id),
            };
            match passage {
                Passage::Passed => {}
                Passage::Gone => return,
                Passage::Waits => {
                    self.contexts[id.0.slot as usize].leaves.waits_at = Some(at as u8);
                    let number = self.call(id).progress.attempts + 1;
                    let call = self.told(id);
                    let awaits = Observation::AwaitsSlot { call, number, layer: *layer };
                    return self.probe.observe(self.now, awaits);
                }
                Passage::Refused(outcome) => return self.stop_at(id, at, outcome),
            }
        }
        self.send_attempt(id);
    }

    /// A layer lets it go no further: one attempt has failed, or the whole call if it is asked once per call.
    pub(super) fn stop_at(&mut self, id: CallId, at: usize, outcome: Outcome) {
        let call = self.calls.get_mut(id.0).expect("it is under way");
        if at > self.model.edges[call.edge].pipeline.place(Layer::Retry) {
            call.progress.attempts += 1;
            return self.not_sent(id, outcome);
        }
        self.probe.observe(self.now, Observation::NotSent { call: id, number: 1, outcome });
        self.fail(id, outcome);
    }

    fn ask_breaker(&mut self, id: CallId) -> Passage {
        let edge = self.call(id).edge;
        match self.model.edges[edge].pipeline.breaker.scope() {
            Scope::PerTarget => Passage::Passed,
            _ => {
                let place = self.place_at(id, Layer::CircuitBreaker);
                self.ask_this_breaker(id, place)
            }
        }
    }

    fn ask_this_breaker(&mut self, id: CallId, place: u32) -> Passage {
        let (now, model) = (self.now, self.model);
        let edge = self.call(id).edge;
        let config = &model.edges[edge].pipeline.breaker;
        if config.is_none() {
            return Passage::Passed;
        }
        let Some(permit) = self.breaker(edge, place).admit(config, now) else {
            return Passage::Refused(Outcome::BreakerOpen);
        };
        self.contexts[id.0.slot as usize].leaves.breaker = Some((now, place, permit));
        self.ledger.edges[edge].passes += 1;
        Passage::Passed
    }

    /// The instance is chosen: the breaker that this client has for it is asked, if there are such.
    pub(super) fn ask_breaker_of(&mut self, id: CallId, target: u32) -> bool {
        let call = self.call(id);
        let edge = &self.model.edges[call.edge];
        if edge.pipeline.breaker.scope() != Scope::PerTarget {
            return true;
        }
        let place = call.client * self.model.services[edge.to].instances + target;
        self.ask_this_breaker(id, place) == Passage::Passed
    }

    fn ask_throttle(&mut self, id: CallId) -> Passage {
        let (now, model) = (self.now, self.model);
        let call = self.call(id);
        let (edge, luck) = (call.edge, call.luck.attempt(call.progress.attempts + 1));
        let config = &model.edges[edge].pipeline.throttle;
        if config.is_none() {
            return Passage::Passed;
        }
        let place = self.place_at(id, Layer::ClientThrottle);
        let Baggage { class, tenant, .. } = self.contexts[id.0.slot as usize].baggage;
        let leave = self.throttle(edge, place).admit(config, class, tenant, now, luck);
        if matches!(leave, Leave::Now | Leave::After(_)) {
            self.contexts[id.0.slot as usize].leaves.throttle = Some(place);
            self.ledger.edges[edge].passes += 1;
        }
        self.now_or_later(id, leave, Outcome::Throttled)
    }

    fn ask_rate_limit(&mut self, id: CallId) -> Passage {
        let (now, model) = (self.now, self.model);
        let call = self.call(id);
        let (edge, luck) = (call.edge, call.luck.attempt(call.progress.attempts + 1));
        let config = &model.edges[edge].pipeline.rate_limit;
        if config.is_none() {
            return Passage::Passed;
        }
        let place = self.place_at(id, Layer::RateLimit);
        let baggage = self.contexts[id.0.slot as usize].baggage;
        let arriving = Arriving {
            class: baggage.class,
            tenant: baggage.tenant,
            key: baggage.key,
            ..Arriving::default()
        };
        let leave = self.limit(edge, place).ask(config, arriving, now, luck);
        self.now_or_later(id, leave, Outcome::RateLimited)
    }

    fn now_or_later(&mut self, id: CallId, leave: Leave, outcome: Outcome) -> Passage {
        match leave {
            Leave::Now => Passage::Passed,
            Leave::Never => Passage::Refused(outcome),
            Leave::After(wait) | Leave::AskAgain(wait) => {
                let leaves = &mut self.contexts[id.0.slot as usize].leaves;
                leaves.asks_again = matches!(leave, Leave::AskAgain(_));
                leaves.ticket += 1;
                let ticket = leaves.ticket;
                self.schedule_timer(Lane::HEAP, self.now + wait, Event::LayerOpens { call: id, ticket });
                Passage::Waits
            }
        }
    }

    /// The layer at which a call has this wait, if it still waits.
    fn waits_at(&self, id: CallId, ticket: u32) -> Option<usize> {
        self.calls.get(id.0)?;
        let leaves = &self.contexts[id.0.slot as usize].leaves;
        leaves.waits_at.filter(|_| leaves.ticket == ticket).map(usize::from)
    }

    /// The time has come that a rate limit or a throttle has named.
    pub(super) fn on_layer_opens(&mut self, id: CallId, ticket: u32) {
        if let Some(at) = self.waits_at(id, ticket) {
            let leaves = &mut self.contexts[id.0.slot as usize].leaves;
            leaves.waits_at = None;
            let from = at + usize::from(!leaves.asks_again);
            self.walk(id, from);
        }
    }

    /// A call has stood in line at its bulkhead as long as it may.
    pub(super) fn on_layer_patience(&mut self, id: CallId, ticket: u32) {
        if let Some(at) = self.waits_at(id, ticket)
            && matches!(self.contexts[id.0.slot as usize].leaves.seat, Seat::InLine(_))
        {
            self.contexts[id.0.slot as usize].leaves.waits_at = None;
            self.leave_bulkhead(id);
            self.stop_at(id, at, Outcome::BulkheadFull);
        }
    }

    /// The patience with the whole call begins, which may be over already.
    pub(super) fn start_total_clock(&mut self, id: CallId) -> Passage {
        let now = self.now;
        let call = self.call(id);
        let edge = &self.model.edges[call.edge];
        let lane = self.callers[call.edge].total_timeout;
        let baggage = &mut self.contexts[id.0.slot as usize].baggage;
        let mut gives_up_at = edge.total_timeout.map_or(SimTime::NEVER, |patience| now + patience);
        match edge.deadline_margin {
            None => baggage.deadline = SimTime::NEVER,
            Some(margin) => {
                if baggage.deadline != SimTime::NEVER {
                    let left = baggage.deadline.as_nanos().saturating_sub(margin.as_nanos());
                    gives_up_at = gives_up_at.min(SimTime::from_nanos(left));
                }
                baggage.deadline = gives_up_at;
                if gives_up_at <= now {
                    self.fail(id, Outcome::Timeout);
                    return Passage::Gone;
                }
            }
        }
        if gives_up_at != SimTime::NEVER {
            self.schedule_timer(lane, gives_up_at, Event::TotalTimeout { call: id });
        }
        Passage::Passed
    }

    /// The clock of the attempt starts here, if anything stands between it and the sending.
    fn start_early_clock(&mut self, id: CallId) -> Passage {
        let call = self.call(id);
        let edge = &self.model.edges[call.edge];
        if let Some(patience) = edge.attempt_timeout
            && edge.pipeline.has_early_clock
        {
            let (lane, patience) = self.patience(call.edge, call.client, patience);
            let leaves = &mut self.contexts[id.0.slot as usize].leaves;
            leaves.clock = self.now;
            leaves.clocks += 1;
            let number = leaves.clocks;
            self.schedule_timer(lane, self.now + patience, Event::EarlyClock { call: id, number });
        }
        Passage::Passed
    }

    /// The patience with an attempt ends that may not have been sent yet.
    pub(super) fn on_early_clock(&mut self, id: CallId, number: u32) {
        let Some(call) = self.calls.get_mut(id.0) else { return };
        let context = &self.contexts[id.0.slot as usize];
        if context.leaves.clocks != number {
            return;
        }
        // The next attempt may wait further out, where its clock has not started.
        let pipeline = &self.model.edges[call.edge].pipeline;
        let waits_inside = match context.leaves.waits_at {
            Some(at) => usize::from(at) > pipeline.place(Layer::AttemptTimeout),
            None if context.awaits_address => true,
            None => context.awaits_slot && pipeline.is_inside_clock(Layer::Pool),
        };
        if waits_inside {
            call.progress.attempts += 1;
            self.contexts[id.0.slot as usize].awaits_address = false;
            self.leave_pool_line(id);
            return self.not_sent(id, Outcome::Timeout);
        }
        let attempt = call.attempt;
        self.on_attempt_timeout(attempt);
    }

    /// What a call holds of its layers when it fails: the inner ones learn that it is withdrawn, the outer ones
    /// how it ended.
    pub(super) fn leave_layers(&mut self, id: CallId, outcome: Outcome) {
        self.hand_back(id, Outcome::Cancelled, Part::Attempt);
        self.hand_back(id, outcome, Part::Call);
    }

    /// How long the attempt that is sent now has been on its clock.
    pub(super) fn on_the_clock(&self, id: CallId) -> SimDuration {
        let call = self.call(id);
        match self.model.edges[call.edge].pipeline.has_early_clock {
            false => SimDuration::ZERO,
            true => self.now.since(self.contexts[id.0.slot as usize].leaves.clock),
        }
    }
}
