//! In which order do the policies of a call act? Each layer lets an attempt pass, makes it wait, or turns it away.
//!
//! What stands outside `retry` is asked once per call and told how the call ended; what stands inside is asked for
//! every attempt and told how that attempt ended. So a breaker outside the retries never sees what they mend, and a
//! bulkhead outside holds its place through every back-off. What stands inside `attempt_timeout` waits on that
//! clock, and is told of a withdrawal when the clock ends the attempt, not of a timeout.

use serde::{Deserialize, Serialize};

use crate::ids::EdgeId;
use crate::policy::{Problem, breaker, bulkhead, rate_limit, scope::Scope, throttle};

/// A layer that an attempt passes on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The clock of the whole call starts.
    TotalTimeout = 0,
    /// From here on, everything is done for every attempt.
    Retry = 1,
    /// Is it worth sending?
    CircuitBreaker = 2,
    /// Is this attempt kept back?
    ClientThrottle = 3,
    /// Is it time to send it?
    RateLimit = 4,
    /// Is there a place among those under way?
    Bulkhead = 5,
    /// Is there a slot of the pool that the call names?
    Pool = 6,
    /// The clock of the attempt starts.
    AttemptTimeout = 7,
}

impl Layer {
    /// All layers in the order of a call that says nothing else, outermost first.
    pub const ALL: [Layer; 8] = [
        Layer::TotalTimeout,
        Layer::Retry,
        Layer::CircuitBreaker,
        Layer::ClientThrottle,
        Layer::RateLimit,
        Layer::Bulkhead,
        Layer::Pool,
        Layer::AttemptTimeout,
    ];

    /// The word that files use.
    pub const fn word(self) -> &'static str {
        match self {
            Layer::TotalTimeout => "total_timeout",
            Layer::Retry => "retry",
            Layer::CircuitBreaker => "circuit_breaker",
            Layer::ClientThrottle => "client_throttle",
            Layer::RateLimit => "rate_limit",
            Layer::Bulkhead => "bulkhead",
            Layer::Pool => "pool",
            Layer::AttemptTimeout => "attempt_timeout",
        }
    }
}

/// The layers of an edge, ready to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// All layers, outermost first; those that the call does not use let everything pass.
    pub order: [Layer; 8],
    /// Place of each layer in the order.
    places: [u8; 8],
    /// Whether anything of it is more than clocks, retries and a pool in their usual order.
    pub is_guarded: bool,
    /// Whether something that waits stands inside the clock of the attempt.
    pub has_early_clock: bool,
    /// The circuit breaker.
    pub breaker: breaker::Config,
    /// The throttle of the client.
    pub throttle: throttle::Config,
    /// The rate that the client keeps.
    pub rate_limit: rate_limit::Config,
    /// How many may be under way.
    pub bulkhead: bulkhead::Config,
    /// The edge that holds the state of a layer whose scope is `global`, by layer; else none.
    pub homes: [Option<EdgeId>; 8],
}

/// What a call says about its layers.
pub(super) struct Layers<'a> {
    pub(super) pipeline: Option<&'a [Layer]>,
    pub(super) has_total_timeout: bool,
    pub(super) has_attempt_timeout: bool,
    pub(super) retries: bool,
    pub(super) has_pool: bool,
    pub(super) breaker: &'a breaker::Config,
    pub(super) throttle: &'a throttle::Config,
    pub(super) rate_limit: &'a rate_limit::Config,
    pub(super) bulkhead: &'a bulkhead::Config,
}

impl Layers<'_> {
    fn uses(&self, layer: Layer) -> bool {
        match layer {
            Layer::TotalTimeout => self.has_total_timeout,
            Layer::Retry => self.retries,
            Layer::CircuitBreaker => !self.breaker.is_none(),
            Layer::ClientThrottle => !self.throttle.is_none(),
            Layer::RateLimit => !self.rate_limit.is_none(),
            Layer::Bulkhead => !self.bulkhead.is_none(),
            Layer::Pool => self.has_pool,
            Layer::AttemptTimeout => self.has_attempt_timeout,
        }
    }

    /// What is wrong with the list, with what to write instead.
    pub(super) fn check(&self) -> Vec<Problem> {
        let Some(named) = self.pipeline else { return Vec::new() };
        let mut problems = Vec::new();
        let mut tell = |message: String| problems.push(Problem::new("pipeline", message));
        for (place, layer) in named.iter().enumerate() {
            if named[..place].contains(layer) {
                tell(format!("`{}` stands in it twice; keep one", layer.word()));
            }
        }
        for layer in Layer::ALL {
            if self.uses(layer) && !named.contains(&layer) {
                let word = layer.word();
                tell(format!(
                    "the call has a {word}, but the list does not say where it stands; add `{word}`"
                ));
            }
        }
        let place = |layer: Layer| named.iter().position(|other| *other == layer);
        let Some(retry) = place(Layer::Retry) else {
            if self.retries {
                return problems;
            }
            if !named.is_empty() {
                tell("without `retry` it does not say what is done once per call and what for every attempt; add it".to_owned());
            }
            return problems;
        };
        if place(Layer::TotalTimeout).is_some_and(|place| place > retry) {
            tell("`total_timeout` is the patience with all attempts; put it before `retry`".to_owned());
        }
        for inner in [Layer::Pool, Layer::AttemptTimeout] {
            if place(inner).is_some_and(|place| place < retry) {
                tell(format!("`{}` is about one attempt; put it after `retry`", inner.word()));
            }
        }
        problems
    }

    /// The order: the layers of the list, then those that it does not name and the call does not use.
    pub(super) fn lower(&self) -> Pipeline {
        let mut order = Vec::new();
        for layer in self.pipeline.unwrap_or_default().iter().chain(&Layer::ALL) {
            if !order.contains(layer) {
                order.push(*layer);
            }
        }
        // A list with mistakes is not run.
        let order: [Layer; 8] = order.try_into().unwrap_or(Layer::ALL);
        let mut places = [0; 8];
        for (place, layer) in order.iter().enumerate() {
            places[*layer as usize] = place as u8;
        }
        let uses = |layer| self.uses(layer);
        let inside_clock = &order[usize::from(places[Layer::AttemptTimeout as usize])..];
        let waits =
            [Layer::ClientThrottle, Layer::RateLimit, Layer::Bulkhead, Layer::Pool, Layer::CircuitBreaker];
        let has_early_clock = self.has_attempt_timeout
            && waits.into_iter().any(|layer| uses(layer) && inside_clock.contains(&layer));
        let own = [Layer::CircuitBreaker, Layer::ClientThrottle, Layer::RateLimit, Layer::Bulkhead];
        Pipeline {
            order,
            places,
            is_guarded: own.into_iter().any(uses) || has_early_clock,
            has_early_clock,
            breaker: self.breaker.clone(),
            throttle: self.throttle.clone(),
            rate_limit: self.rate_limit.clone(),
            bulkhead: self.bulkhead.clone(),
            homes: [None; 8],
        }
    }
}

impl Pipeline {
    /// Nothing but the attempt's own clock.
    pub(super) fn plain() -> Self {
        Layers {
            pipeline: None,
            has_total_timeout: false,
            has_attempt_timeout: true,
            retries: false,
            has_pool: false,
            breaker: &breaker::Config::None,
            throttle: &throttle::Config::None,
            rate_limit: &rate_limit::Config::None,
            bulkhead: &bulkhead::Config::None,
        }
        .lower()
    }

    /// Where a layer stands, 0 for the outermost.
    #[inline]
    pub fn place(&self, layer: Layer) -> usize {
        usize::from(self.places[layer as usize])
    }

    /// Whether a layer is asked for every attempt, and not once per call. A breaker per target always is: it is
    /// asked when the instance of an attempt is chosen, wherever it stands.
    #[inline]
    pub fn is_per_attempt(&self, layer: Layer) -> bool {
        let is_late = layer == Layer::CircuitBreaker && self.breaker.scope() == Scope::PerTarget;
        is_late || self.place(layer) > self.place(Layer::Retry)
    }

    /// Whether the clock of the attempt runs while this layer decides, so that it never hears of a timeout.
    pub fn is_inside_clock(&self, layer: Layer) -> bool {
        self.has_early_clock && self.place(layer) > self.place(Layer::AttemptTimeout)
    }

    /// Who shares the state of a layer that has one.
    pub fn scope(&self, layer: Layer) -> Scope {
        match layer {
            Layer::CircuitBreaker => self.breaker.scope(),
            Layer::ClientThrottle => self.throttle.scope(),
            Layer::RateLimit => self.rate_limit.scope(),
            Layer::Bulkhead => self.bulkhead.scope(),
            Layer::TotalTimeout | Layer::Retry | Layer::Pool | Layer::AttemptTimeout => {
                Scope::PerCallerInstance
            }
        }
    }
}
