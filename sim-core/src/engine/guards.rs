//! What do the layers of an edge remember, who shares it, and what do they learn at the end? Circuit breakers,
//! throttles, rate limits and bulkheads of callers; without them nothing here is ever reached.

use std::collections::BTreeMap;

use super::Simulation;
use super::bulkheads::Bulkhead;
use super::state::{Baggage, Call};
use crate::ids::{CallId, EdgeId};
use crate::metrics::Probe;
use crate::model::edge::Edge;
use crate::model::pipeline::{Layer, Pipeline};
use crate::policy::scope::Scope;
use crate::policy::{Outcome, breaker, rate_limit, throttle};
use crate::time::SimTime;

/// States of one layer: one per client, per target, per key, or one for all.
#[derive(Debug)]
pub(super) struct Shared<T>(pub(super) BTreeMap<u32, T>);

impl<T> Shared<T> {
    /// Those that are known from the start; keys and tenants come as they come.
    fn new(edge: &Edge, layer: Layer, instances: u32, new: impl Fn() -> T) -> Self {
        let states = match edge.pipeline.scope(layer) {
            Scope::PerCallerInstance => edge.clients,
            Scope::PerTarget => edge.clients * instances,
            Scope::PerEdge => 1,
            Scope::Global => u32::from(edge.pipeline.homes[layer as usize].is_none()),
            Scope::PerKey | Scope::PerTenant => 0,
        };
        Shared((0..states).map(|place| (place, new())).collect())
    }

    pub(super) fn of(&mut self, place: u32, new: impl Fn() -> T) -> &mut T {
        self.0.entry(place).or_insert_with(new)
    }

    /// The mean of what they tell, if there are any.
    fn mean(&self, tell: impl Fn(&T) -> Option<(&'static str, f64)>) -> Option<(&'static str, Option<f64>)> {
        let (mut name, mut sum, mut count) = (None, 0.0, 0_u32);
        for (told, value) in self.0.values().filter_map(tell) {
            (name, sum, count) = (Some(told), sum + value, count + 1);
        }
        Some((name?, Some(sum / f64::from(count))))
    }
}

/// What the layers of an edge remember.
#[derive(Debug)]
pub(super) struct Guards {
    breakers: Shared<breaker::State>,
    throttles: Shared<throttle::State>,
    limits: Shared<rate_limit::State>,
    pub(super) bulkheads: Shared<Bulkhead>,
}

impl Guards {
    pub(super) fn new(edge: &Edge, instances: u32) -> Self {
        let Pipeline { breaker, throttle, rate_limit, bulkhead, .. } = &edge.pipeline;
        if !edge.pipeline.is_guarded {
            return Guards {
                breakers: Shared(BTreeMap::new()),
                throttles: Shared(BTreeMap::new()),
                limits: Shared(BTreeMap::new()),
                bulkheads: Shared(BTreeMap::new()),
            };
        }
        Guards {
            breakers: Shared::new(edge, Layer::CircuitBreaker, instances, || breaker::State::new(breaker)),
            throttles: Shared::new(edge, Layer::ClientThrottle, instances, || throttle::State::new(throttle)),
            limits: Shared::new(edge, Layer::RateLimit, instances, || rate_limit::State::new(rate_limit)),
            bulkheads: Shared::new(edge, Layer::Bulkhead, instances, || Bulkhead::new(bulkhead)),
        }
    }

    /// An operator has changed the edge: what goes by the same settings as before remembers. Who is in a
    /// bulkhead, or waits for it, does so whatever its settings are.
    pub(super) fn keep(&mut self, then: &mut Guards, old: &Edge, new: &Edge) {
        let (before, after) = (&old.pipeline, &new.pipeline);
        if before.breaker == after.breaker {
            std::mem::swap(&mut self.breakers, &mut then.breakers);
        }
        if before.throttle == after.throttle {
            std::mem::swap(&mut self.throttles, &mut then.throttles);
        }
        if before.rate_limit == after.rate_limit {
            std::mem::swap(&mut self.limits, &mut then.limits);
        }
        std::mem::swap(&mut self.bulkheads, &mut then.bulkheads);
        if before.bulkhead != after.bulkhead {
            for bulkhead in self.bulkheads.0.values_mut() {
                bulkhead.renew(&after.bulkhead);
            }
        }
    }

    /// An answer of the instance at this place carries a word for this throttle.
    pub(super) fn hear(&mut self, share: u32, place: u32, word: throttle::piggyback::Word) {
        if let Some(throttle) = self.throttles.0.get_mut(&share) {
            throttle.hear(place, word);
        }
    }

    /// What the layers tell of themselves: name and mean.
    pub(super) fn read(
        &self,
        edge: &Edge,
        now: SimTime,
    ) -> impl Iterator<Item = (&'static str, Option<f64>)> {
        let Pipeline { breaker, throttle, rate_limit, bulkhead, .. } = &edge.pipeline;
        let is_home = |layer: Layer| edge.pipeline.homes[layer as usize].is_none();
        // Keys may not have come yet: the gauge is there, without a value.
        let named = |told: Option<(&'static str, Option<f64>)>, is_none: bool, layer, name| {
            (!is_none && is_home(layer)).then(|| told.unwrap_or((name, None)))
        };
        let breakers = self.breakers.mean(|state| state.gauge(breaker, now));
        let throttles = self.throttles.mean(|state| state.gauge(throttle, now));
        let bulkheads = self.bulkheads.mean(|state| state.gauge(bulkhead));
        [
            named(breakers, breaker.is_none(), Layer::CircuitBreaker, "breaker_open"),
            named(throttles, throttle.is_none(), Layer::ClientThrottle, "throttled_share"),
            self.limits.mean(|state| state.gauge(rate_limit, now)),
            named(bulkheads, bulkhead.is_none(), Layer::Bulkhead, "bulkhead_in_use"),
        ]
        .into_iter()
        .flatten()
    }
}

/// What a call holds of the layers of its edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaves {
    /// Of the breaker: since when, which one, and its permit.
    pub(super) breaker: Option<(SimTime, u32, breaker::Permit)>,
    /// Of the throttle: which one.
    pub(super) throttle: Option<u32>,
    /// Where it is in which bulkhead.
    pub(super) seat: Seat,
    /// The layer at which it waits.
    pub(super) waits_at: Option<u8>,
    /// Whether that layer is asked again after the wait.
    pub(super) asks_again: bool,
    /// Counts its waits.
    pub(super) ticket: u32,
    /// When the clock of its attempt has started.
    pub(super) clock: SimTime,
    /// Counts those clocks.
    pub(super) clocks: u32,
}

/// Where a call is in a bulkhead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seat {
    Outside,
    InLine(u32),
    Inside(u32),
}

impl Leaves {
    pub(super) const NONE: Leaves = Leaves {
        breaker: None,
        throttle: None,
        seat: Seat::Outside,
        waits_at: None,
        asks_again: false,
        ticket: 0,
        clock: SimTime::ZERO,
        clocks: 0,
    };

    /// How many layers wait to hear of it.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.breaker.is_some())
            + u64::from(self.throttle.is_some())
            + u64::from(matches!(self.seat, Seat::Inside(_)))
    }
}

/// What of a call is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its attempt.
    Attempt,
    /// All of it.
    Call,
}

/// Which of the states of a layer is this call's.
pub(super) fn share(scope: Scope, call: &Call, baggage: &Baggage) -> u32 {
    match scope {
        Scope::PerCallerInstance => call.client,
        Scope::PerEdge | Scope::Global => 0,
        Scope::PerKey => baggage.key,
        Scope::PerTenant => baggage.tenant,
        Scope::PerTarget => unreachable!("known when the instance is chosen"),
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A call that has to do with layers, which is under way.
    #[inline]
    pub(super) fn call(&self, id: CallId) -> &Call {
        self.calls.get(id.0).expect("only a call under way has to do with layers")
    }

    /// Where the states of a layer are.
    pub(super) fn home(&self, edge: EdgeId, layer: Layer) -> EdgeId {
        self.model.edges[edge].pipeline.homes[layer as usize].unwrap_or(edge)
    }

    /// Which of the states of a layer a call has to do with.
    pub(super) fn place_at(&self, id: CallId, layer: Layer) -> u32 {
        let call = self.call(id);
        let scope = self.model.edges[call.edge].pipeline.scope(layer);
        share(scope, call, &self.contexts[id.0.slot as usize].baggage)
    }

    /// The state of a breaker.
    pub(super) fn breaker(&mut self, edge: EdgeId, place: u32) -> &mut breaker::State {
        let home = self.home(edge, Layer::CircuitBreaker);
        let config = &self.model.edges[edge].pipeline.breaker;
        self.callers[home].guards.breakers.of(place, || breaker::State::new(config))
    }

    pub(super) fn throttle(&mut self, edge: EdgeId, place: u32) -> &mut throttle::State {
        let home = self.home(edge, Layer::ClientThrottle);
        let config = &self.model.edges[edge].pipeline.throttle;
        self.callers[home].guards.throttles.of(place, || throttle::State::new(config))
    }

    pub(super) fn limit(&mut self, edge: EdgeId, place: u32) -> &mut rate_limit::State {
        let home = self.home(edge, Layer::RateLimit);
        let config = &self.model.edges[edge].pipeline.rate_limit;
        self.callers[home].guards.limits.of(place, || rate_limit::State::new(config))
    }

    /// An attempt, or a call, is over: the layers that let it pass learn how, and its places are free.
    #[inline]
    pub(super) fn hand_back(&mut self, id: CallId, outcome: Outcome, part: Part) {
        if PLAIN {
            return;
        }
        let leaves = &self.contexts[id.0.slot as usize].leaves;
        if leaves.count() > 0 || leaves.waits_at.is_some() {
            self.hand_back_leaves(id, outcome, part);
        }
    }

    #[inline(never)]
    fn hand_back_leaves(&mut self, id: CallId, outcome: Outcome, part: Part) {
        let call = self.call(id);
        let edge_id = call.edge;
        let model = self.model;
        let pipeline = &model.edges[edge_id].pipeline;
        let is_over = |layer| part == Part::Call || pipeline.is_per_attempt(layer);
        let heard = |layer| match outcome {
            Outcome::Timeout if pipeline.is_inside_clock(layer) => Outcome::Cancelled,
            outcome => outcome,
        };
        let slot = id.0.slot as usize;
        let class = self.contexts[slot].baggage.class;
        let now = self.now;
        if is_over(Layer::CircuitBreaker)
            && let Some((since, place, permit)) = self.contexts[slot].leaves.breaker.take()
        {
            self.ledger.edges[edge_id].passes_back += 1;
            let outcome = heard(Layer::CircuitBreaker);
            self.breaker(edge_id, place).observe(&pipeline.breaker, permit, outcome, now.since(since), now);
        }
        if is_over(Layer::ClientThrottle)
            && let Some(place) = self.contexts[slot].leaves.throttle.take()
        {
            self.ledger.edges[edge_id].passes_back += 1;
            let outcome = heard(Layer::ClientThrottle);
            self.throttle(edge_id, place).observe(&pipeline.throttle, class, outcome, now);
        }
        if is_over(Layer::Bulkhead) {
            self.leave_bulkhead(id);
        }
        let leaves = &mut self.contexts[slot].leaves;
        if leaves
            .waits_at
            .is_some_and(|at| part == Part::Call || usize::from(at) > pipeline.place(Layer::Retry))
        {
            leaves.waits_at = None;
        }
    }
}
