//! May this attempt be sent? Circuit breakers and throttles of callers: asked before an attempt takes a slot of its
//! pool, told when it is over in whichever way. Without them nothing here is ever reached.

use super::Simulation;
use crate::ids::CallId;
use crate::metrics::Probe;
use crate::model::edge::Edge;
use crate::policy::breaker::{self, Scope};
use crate::policy::{Outcome, throttle};
use crate::time::SimTime;

/// What the breakers and throttles of an edge remember: one per client, or one for all.
#[derive(Debug)]
pub(super) struct Guards {
    breakers: Vec<breaker::State>,
    throttles: Vec<throttle::State>,
}

/// Leave to send an attempt, until it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    /// When it was given.
    since: SimTime,
    permit: breaker::Permit,
}

/// How many share the states of an edge.
fn states(edge: &Edge, scope: Scope) -> usize {
    match scope {
        Scope::PerCallerInstance => edge.clients as usize,
        Scope::PerEdge => 1,
    }
}

/// The state of this client: its own, or the only one.
fn of<T>(states: &mut [T], client: u32) -> &mut T {
    let last = states.len() - 1;
    &mut states[last.min(client as usize)]
}

impl Guards {
    pub(super) fn new(edge: &Edge) -> Self {
        let mut guards = Guards { breakers: Vec::new(), throttles: Vec::new() };
        if edge.is_guarded {
            let breaker = breaker::State::new(&edge.breaker);
            guards.breakers = vec![breaker; states(edge, edge.breaker.scope())];
            let throttle = throttle::State::new(&edge.throttle);
            guards.throttles = vec![throttle; states(edge, edge.throttle.scope())];
        }
        guards
    }

    /// An operator has changed the edge: what goes by the same settings as before remembers.
    pub(super) fn keep(&mut self, then: &mut Guards, old: &Edge, new: &Edge) {
        if old.is_guarded && new.is_guarded {
            if old.breaker == new.breaker {
                std::mem::swap(&mut self.breakers, &mut then.breakers);
            }
            if old.throttle == new.throttle {
                std::mem::swap(&mut self.throttles, &mut then.throttles);
            }
        }
    }

    /// An answer of the instance at this place carries a word for this client.
    pub(super) fn hear(&mut self, client: u32, place: u32, word: throttle::piggyback::Word) {
        if !self.throttles.is_empty() {
            of(&mut self.throttles, client).hear(place, word);
        }
    }

    /// The mean of what breakers and of what throttles tell, if there are any.
    pub(super) fn read(&self, edge: &Edge, now: SimTime) -> [Option<f64>; 2] {
        let mean = |told: Vec<f64>| (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64);
        let breakers = self.breakers.iter().filter_map(|state| state.gauge(&edge.breaker, now));
        let throttles = self.throttles.iter().filter_map(|state| state.gauge(&edge.throttle, now));
        [mean(breakers.map(|told| told.1).collect()), mean(throttles.map(|told| told.1).collect())]
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The next attempt of a call is due: it goes on to its pool or its instance if breaker and throttle let it.
    #[inline(never)]
    pub(super) fn ask_guards(&mut self, id: CallId) {
        let now = self.now;
        let call = self.calls.get_mut(id.0).expect("only a call under way sends attempts");
        let edge = &self.model.edges[call.edge];
        let guards = &mut self.callers[call.edge].guards;
        let context = &mut self.contexts[id.0.slot as usize];
        let breaker = of(&mut guards.breakers, call.client);
        let Some(permit) = breaker.admit(&edge.breaker, now) else {
            call.progress.attempts += 1;
            return self.not_sent(id, Outcome::BreakerOpen);
        };
        context.pass = Some(Pass { since: now, permit });
        self.ledger.edges[call.edge].passes += 1;
        // The luck of the attempt that would be sent.
        let luck = call.luck.attempt(call.progress.attempts + 1);
        let throttle = of(&mut guards.throttles, call.client);
        let (class, tenant) = (context.baggage.class, context.baggage.tenant);
        if !throttle.admit(&edge.throttle, class, tenant, now, luck) {
            call.progress.attempts += 1;
            return self.not_sent(id, Outcome::Throttled);
        }
        match edge.pool {
            None => self.send_attempt(id),
            Some(pool) => self.acquire(id, pool),
        }
    }

    /// An attempt that had leave to be sent is over.
    pub(super) fn tell_guards(&mut self, id: CallId, outcome: Outcome) {
        if PLAIN {
            return;
        }
        let context = &mut self.contexts[id.0.slot as usize];
        let Some(Pass { since, permit }) = context.pass.take() else { return };
        let class = context.baggage.class;
        let call = self.calls.get(id.0).expect("the call of an attempt that is over");
        self.ledger.edges[call.edge].passes_back += 1;
        let edge = &self.model.edges[call.edge];
        let guards = &mut self.callers[call.edge].guards;
        // An operator may have taken them away since.
        if edge.is_guarded {
            let took = self.now.since(since);
            let breaker = of(&mut guards.breakers, call.client);
            breaker.observe(&edge.breaker, permit, outcome, took, self.now);
            of(&mut guards.throttles, call.client).observe(&edge.throttle, class, outcome, self.now);
        }
    }
}
