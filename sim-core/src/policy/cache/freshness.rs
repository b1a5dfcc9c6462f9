//! How long may an entry serve? Fresh for its time to live; after that perhaps still, while a new one is
//! fetched or because the store fails.
//!
//! **What it does.** A load that succeeded is fresh for `ttl` x U(1 - jitter, 1 + jitter), from its end. For
//! `stale_while_revalidate` after that it is served as it is, while one load in the background replaces it; for
//! `stale_if_error` after that it is served if a load fails. A load that failed is remembered for `negative_ttl`
//! and its error given to everyone, unless the value from before may still serve.
//! **Why it exists.** Expiry bounds how old an answer can be. Entries that were filled together expire together;
//! jitter spreads them. Serving stale takes the load out of the request's way.
//! **Where it fails.** At the expiry of a hot key everyone who asks during a load misses: rate x load time loads.
//! A remembered error outlives its cause by `negative_ttl`. A key that nobody asks for within the grace is gone.
//! **Source.** RFC 5861 (HTTP `stale-while-revalidate`, `stale-if-error`); RFC 2308 for negative caching.

use super::Config;
use crate::luck::{Luck, Purpose};
use crate::policy::Outcome;
use crate::time::{SimDuration, SimTime};

/// What may be done with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Served.
    Fresh,
    /// Served, while it is loaded anew behind the request.
    Stale,
    /// Not served.
    Expired,
}

impl Config {
    /// Until when a value that was loaded at `now` is fresh.
    pub(super) fn fresh_until(&self, now: SimTime, luck: Luck) -> SimTime {
        let Some(ttl) = self.ttl.0 else { return SimTime::NEVER };
        let jitter = self.ttl_jitter.get();
        if jitter == 0.0 {
            return now + ttl;
        }
        let factor = 1.0 + jitter * (2.0 * luck.draws(Purpose::TtlJitter).unit() - 1.0);
        now + ttl.mul_f64(factor)
    }

    /// What may be done at `now` with an entry of this kind that is fresh until then.
    #[inline]
    pub(super) fn freshness(&self, outcome: Outcome, fresh_until: SimTime, now: SimTime) -> Freshness {
        if now < fresh_until {
            return Freshness::Fresh;
        }
        match outcome.is_ok() && within(self.stale_while_revalidate.0, fresh_until, now) {
            true => Freshness::Stale,
            false => Freshness::Expired,
        }
    }

    /// Whether a value that is fresh until then may stand in for a load that failed at `now`.
    pub(super) fn stands_in(&self, outcome: Outcome, fresh_until: SimTime, now: SimTime) -> bool {
        outcome.is_ok() && (now < fresh_until || within(self.stale_if_error.0, fresh_until, now))
    }
}

fn within(grace: Option<SimDuration>, fresh_until: SimTime, now: SimTime) -> bool {
    grace.is_some_and(|grace| now < fresh_until + grace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{assert_uniform, at, read};

    #[test]
    fn an_entry_is_fresh_then_stale_then_gone() {
        let config: Config =
            read(r#"{"ttl": "100ms", "stale_while_revalidate": "50ms", "stale_if_error": "80ms"}"#)
                .expect("sound");
        let look = |outcome, t| config.freshness(outcome, at(100.0), at(t));
        assert_eq!(look(Outcome::Ok, 99.0), Freshness::Fresh);
        assert_eq!(look(Outcome::Ok, 100.0), Freshness::Stale);
        assert_eq!(look(Outcome::Ok, 149.0), Freshness::Stale);
        assert_eq!(look(Outcome::Ok, 150.0), Freshness::Expired);
        assert_eq!(look(Outcome::ServerError, 99.0), Freshness::Fresh);
        assert_eq!(look(Outcome::ServerError, 100.0), Freshness::Expired);
        let stands_in = |outcome, t| config.stands_in(outcome, at(100.0), at(t));
        assert!(stands_in(Outcome::Ok, 50.0) && stands_in(Outcome::Ok, 179.0));
        assert!(!stands_in(Outcome::Ok, 180.0) && !stands_in(Outcome::ServerError, 50.0));
    }

    #[test]
    fn without_a_ttl_it_is_fresh_for_ever() {
        let config = Config::default();
        let luck = crate::policy::testing::luck(1);
        assert_eq!(config.fresh_until(at(5.0), luck), SimTime::NEVER);
        assert!(!config.stands_in(Outcome::ServerError, SimTime::NEVER, at(1.0)));
    }

    #[test]
    fn jitter_spreads_evenly_to_both_sides() {
        let config: Config = read(r#"{"ttl": "1s", "ttl_jitter": 0.2}"#).expect("sound");
        assert_uniform(|luck| config.fresh_until(at(0.0), luck).since(SimTime::ZERO), 800.0, 1_200.0);
    }
}
