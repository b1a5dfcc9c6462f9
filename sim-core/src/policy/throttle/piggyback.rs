//! Piggyback: keep back what the instances said they would refuse.
//!
//! **What it does.** Answers of a service with `admission: dagor` carry the highest level that is let in, those of
//! one with `admission: credits` how many attempts the client may have under way. The client remembers what it was
//! told last, and fails an attempt above the level, or beyond the number, before it is sent. Who was told nothing
//! sends everything.
//! **Why it exists.** What would be refused anyway need not travel: it costs the network and the server, which is
//! busy as it is, and the caller waits for a no that it could have known.
//! **Where it fails.** What it knows is as old as its last answer. A client that keeps everything back hears nothing
//! new; so with levels one attempt in 100 is sent all the same, and of credits one is always left. Answers that come
//! after their timeout are not heard.
//! **Source.** DAGOR (SoCC 2018), collaborative admission control; Breakwater (OSDI 2020), credits. Deviations: of
//! several instances the level heard last counts and the credits of all add up, because the instance is chosen
//! afterwards; the one in 100 is ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Scope;
use crate::luck::{Luck, Purpose};
use crate::policy::admission::dagor;
use crate::policy::{Criticality, Outcome, Problem};
use crate::time::SimTime;

/// The share of the attempts above the level that are sent all the same.
const CURIOSITY: f64 = 0.01;

/// What the instances said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "PiggybackThrottle"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Who shares one memory. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        self.scope.check_before_choice().into_iter().collect()
    }
}

/// What an answer carries beside the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The highest level that is let in.
    Level(u32),
    /// So many attempts the client may have under way there.
    Credits(u32),
}

/// What one client was told.
#[derive(Clone, Debug, Default)]
pub struct State {
    level: Option<u32>,
    /// By instance; empty if none has told.
    credits: BTreeMap<u32, u32>,
    /// Attempts that were let pass and are not over.
    under_way: u32,
}

impl State {
    /// Whether an attempt is sent. One that is counts as under way until it is over.
    pub(super) fn admit(&mut self, class: Criticality, tenant: u32, now: SimTime, luck: Luck) -> bool {
        let is_above = self.level.is_some_and(|highest| dagor::level(class, tenant, now) > highest);
        let passes =
            self.left() != Some(0) && (!is_above || luck.draws(Purpose::Throttle).unit() < CURIOSITY);
        self.under_way += u32::from(passes);
        passes
    }

    /// Attempts that may still be sent, if anybody has told.
    fn left(&self) -> Option<u32> {
        let told = self.credits.values().fold(0_u32, |sum, credits| sum.saturating_add(*credits));
        (!self.credits.is_empty()).then(|| told.saturating_sub(self.under_way))
    }

    /// An attempt that was let pass is over, or one that was not.
    pub(super) fn observe(&mut self, outcome: Outcome) {
        if outcome != Outcome::Throttled {
            // The memory may be younger than the attempt.
            self.under_way = self.under_way.saturating_sub(1);
        }
    }

    /// An instance has told something.
    pub(super) fn hear(&mut self, instance: u32, word: Word) {
        match word {
            Word::Level(level) => self.level = Some(level),
            Word::Credits(credits) => {
                self.credits.insert(instance, credits);
            }
        }
    }

    /// The share of the levels, or of the client, that is kept back at the moment.
    pub(super) fn kept_back(&self) -> f64 {
        let levels = self.level.map_or(0.0, |level| 1.0 - f64::from(level + 1) / f64::from(dagor::LEVELS));
        if self.left() == Some(0) { 1.0 } else { levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::luck;

    fn admits(state: &mut State, tenant: u32, k: u64) -> bool {
        state.admit(Criticality::Critical, tenant, SimTime::ZERO, luck(k))
    }

    #[test]
    fn who_was_told_nothing_sends_everything() {
        let mut state = State::default();
        assert!((0..1_000).all(|k| admits(&mut state, k, u64::from(k))));
        assert_eq!(state.kept_back(), 0.0);
    }

    #[test]
    fn what_is_above_the_level_stays_but_for_one_in_a_hundred() {
        let mut state = State::default();
        state.hear(0, Word::Level(191));
        let below = |tenant: &u32| dagor::level(Criticality::Critical, *tenant, SimTime::ZERO) <= 191;
        let (low, high): (Vec<u32>, Vec<u32>) = (0..20_000).partition(below);
        assert!(low.iter().all(|tenant| admits(&mut state, *tenant, u64::from(*tenant))));
        let sent = high.iter().filter(|tenant| admits(&mut state, **tenant, u64::from(**tenant))).count();
        // sqrt(n p (1-p)) of about 10 000 at .01 is 10.
        assert!((60..=140).contains(&sent), "{sent} of {}", high.len());
        assert_eq!(state.kept_back(), 1.0 - 192.0 / 512.0);
    }

    #[test]
    fn credits_bound_what_is_under_way_at_all_instances_together() {
        let mut state = State::default();
        state.hear(0, Word::Credits(2));
        state.hear(3, Word::Credits(1));
        assert_eq!([(); 5].map(|()| admits(&mut state, 0, 0)), [true, true, true, false, false]);
        assert_eq!(state.kept_back(), 1.0);
        state.observe(Outcome::Throttled);
        assert!(!admits(&mut state, 0, 0), "what was not sent is not over");
        state.observe(Outcome::Timeout);
        assert!(admits(&mut state, 0, 0));
        state.hear(3, Word::Credits(5));
        assert!(admits(&mut state, 0, 0), "an instance is heard anew");
    }

    #[test]
    fn an_attempt_of_before_the_memory_does_no_harm() {
        let mut state = State::default();
        state.observe(Outcome::Ok);
        assert_eq!(state.under_way, 0);
    }
}
