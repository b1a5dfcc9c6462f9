//! What happens once a breaker has opened? The three states, the same for every pattern.
//!
//! Open: nothing passes. The first attempt strictly after `open_duration` makes it half-open (with
//! `auto_half_open` the clock does, a nanosecond earlier). Half-open: `half_open_calls` attempts pass and no more
//! until it is decided; one that is withdrawn gives its place back. What ends is judged by `half_open_decision`,
//! attempts sent earlier that end only now included, as in resilience4j, Polly and Hystrix.
//!
//! Time alone changes the state in two ways only, and both are made up for when somebody asks; so no timers.

use serde::{Deserialize, Serialize};

use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// What closes a half-open breaker, or opens it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HalfOpenDecision {
    /// The share of failures, once enough have ended (resilience4j).
    #[default]
    Ratio,
    /// All must succeed: the first failure opens it again.
    All,
    /// The first that ends decides (Hystrix and Polly, with `half_open_calls: 1`).
    First,
}

/// The settings that all patterns share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) open_duration: SimDuration,
    pub(super) half_open_calls: Count,
    pub(super) half_open_max_wait: Option<SimDuration>,
    pub(super) auto_half_open: bool,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Closed,
    Open {
        since: SimTime,
    },
    HalfOpen {
        since: SimTime,
        /// Attempts that may still pass.
        left: u32,
    },
}

/// Results since the breaker became half-open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Trial {
    pub(super) ended: u32,
    pub(super) failed: u32,
    pub(super) slow: u32,
}

/// What a breaker does beside remembering.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circuit {
    stand: Stand,
    trial: Trial,
    /// Counts the times that it became half-open; 0 for permits of a closed breaker.
    round: u32,
}

impl Circuit {
    pub(super) const fn new() -> Self {
        Circuit { stand: Stand::Closed, trial: Trial { ended: 0, failed: 0, slow: 0 }, round: 0 }
    }

    /// Makes up for what time has done.
    pub(super) fn turn(&mut self, rules: &Rules, now: SimTime) {
        loop {
            match self.stand {
                Stand::Open { since } if rules.auto_half_open && now >= since + rules.open_duration => {
                    self.half_open(rules, since + rules.open_duration);
                }
                Stand::HalfOpen { since, .. } => match rules.half_open_max_wait {
                    Some(wait) if now >= since + wait => self.open(since + wait),
                    _ => return,
                },
                Stand::Closed | Stand::Open { .. } => return,
            }
        }
    }

    /// The number of a permit, if there is one.
    pub(super) fn admit(&mut self, rules: &Rules, now: SimTime) -> Option<u32> {
        if let Stand::Open { since } = self.stand
            && now > since + rules.open_duration
        {
            self.half_open(rules, now);
        }
        match &mut self.stand {
            Stand::Closed => Some(0),
            Stand::Open { .. } | Stand::HalfOpen { left: 0, .. } => None,
            Stand::HalfOpen { left, .. } => {
                *left -= 1;
                Some(self.round)
            }
        }
    }

    /// An attempt ended without a word of the service: if it was one of those let through, another may pass.
    pub(super) fn give_back(&mut self, rules: &Rules, permit: u32) {
        if let Stand::HalfOpen { left, .. } = &mut self.stand
            && permit == self.round
        {
            *left = (*left + 1).min(rules.half_open_calls.get());
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.stand == Stand::Closed
    }

    /// The results so far, if it is half-open, with one more.
    pub(super) fn tried(&mut self, is_failure: bool, is_slow: bool) -> Option<Trial> {
        let Stand::HalfOpen { .. } = self.stand else { return None };
        self.trial.ended += 1;
        self.trial.failed += u32::from(is_failure);
        self.trial.slow += u32::from(is_slow);
        Some(self.trial)
    }

    pub(super) fn open(&mut self, now: SimTime) {
        self.stand = Stand::Open { since: now };
    }

    pub(super) fn close(&mut self) {
        self.stand = Stand::Closed;
    }

    fn half_open(&mut self, rules: &Rules, now: SimTime) {
        self.round = self.round.wrapping_add(1).max(1);
        self.trial = Trial::default();
        self.stand = Stand::HalfOpen { since: now, left: rules.half_open_calls.get() };
    }

    /// 0 closed, 1 open, half-open between.
    pub(super) fn openness(&self) -> f64 {
        match self.stand {
            Stand::Closed => 0.0,
            Stand::HalfOpen { .. } => 0.5,
            Stand::Open { .. } => 1.0,
        }
    }
}
