//! Cycle: so many permits per cycle, which callers may reserve ahead.
//!
//! **What it does.** Time since the start is cut into cycles of one `period`; each brings `limit` permits, and no more
//! than that are ever kept. Who finds none reserves one of a later cycle, which makes the number negative, and has to
//! wait for the beginning of that cycle; if that is longer than `timeout`, nothing is reserved and the attempt is
//! refused. Behind a server nobody can wait: it admits what has a permit now and refuses the rest.
//! **Why it exists.** Reserving makes a rate limit a queue in order of arrival without a queue: a caller knows at
//! once how long it has to wait, and whoever would wait too long knows at once that it is in vain.
//! **Where it fails.** Permits come in lumps: `limit` callers go off together at each boundary, and around one twice
//! as many. The default of resilience4j, 50 per 500 ns, limits nothing.
//! **Source.** resilience4j `AtomicRateLimiter` (`limitForPeriod`, `limitRefreshPeriod`, `timeoutDuration`), default
//! timeout 5 s. Deviations: none known; limit and period have no defaults here, because theirs surprise.

use serde::{Deserialize, Serialize};

use crate::policy::{Leave, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// So many permits per cycle.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "CycleLimit"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Permits of each cycle (resilience4j 50).
    pub limit: Count,
    /// Length of a cycle; above 0 (resilience4j 500ns).
    pub period: SimDuration,
    /// The longest wait for a reserved permit; a server has none. Default: 5s (resilience4j).
    #[serde(default = "five_s")]
    pub timeout: SimDuration,
}

fn five_s() -> SimDuration {
    SimDuration::from_secs(5)
}

/// Permits and reservations.
#[derive(Clone, Copy, Debug)]
pub struct State {
    since: SimTime,
    /// Number of the cycle in which somebody asked last.
    cycle: u64,
    /// Those left then; below 0 that many are reserved.
    permits: i64,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let sentence = "must be above 0: permits come once per period; write for example `1s`";
        let is_zero = self.period == SimDuration::ZERO;
        is_zero.then(|| Problem::new("period", sentence)).into_iter().collect()
    }
}

impl State {
    /// Cycles begin at `since`.
    pub fn new(config: &Config, since: SimTime) -> Self {
        State { since, cycle: 0, permits: i64::from(config.limit.get()) }
    }

    /// The number of the cycle, and how many permits there are in it.
    fn at(&self, config: &Config, now: SimTime) -> (u64, i64) {
        let cycle = now.since(self.since).as_nanos() / config.period.as_nanos();
        let limit = i64::from(config.limit.get());
        let came = i64::try_from(cycle - self.cycle).unwrap_or(i64::MAX).saturating_mul(limit);
        (cycle, self.permits.saturating_add(came).min(limit))
    }

    /// Asks for a permit, willing to wait as long as `timeout`.
    pub fn reserve(&mut self, config: &Config, timeout: SimDuration, now: SimTime) -> Leave {
        let (cycle, permits) = self.at(config, now);
        (self.cycle, self.permits) = (cycle, permits);
        if permits > 0 {
            self.permits -= 1;
            return Leave::Now;
        }
        // The next cycle brings the first that are missing.
        let limit = u64::from(config.limit.get());
        let full_cycles = permits.unsigned_abs() / limit;
        let into = now.since(self.since).as_nanos() % config.period.as_nanos();
        let until_next = config.period.as_nanos() - into;
        let wait = full_cycles
            .checked_mul(config.period.as_nanos())
            .and_then(|more| more.checked_add(until_next))
            .map(SimDuration::from_nanos);
        match wait.filter(|wait| *wait <= timeout) {
            None => Leave::Never,
            Some(wait) => {
                self.permits -= 1;
                Leave::After(wait)
            }
        }
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, now: SimTime) -> bool {
        self.reserve(config, SimDuration::ZERO, now) == Leave::Now
    }

    /// Permits that are left in this cycle.
    pub fn gauge(&self, config: &Config, now: SimTime) -> (&'static str, f64) {
        ("admissions_left", self.at(config, now).1.max(0) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{at, config, ms, read};

    #[test]
    fn who_finds_no_permit_waits_for_its_cycle() {
        let config = config!(r#"{"limit": 2, "period": "100ms", "timeout": "250ms"}"#);
        let mut state = State::new(&config, SimTime::ZERO);
        let mut ask = |now| state.reserve(&config, config.timeout, at(now));
        assert_eq!([ask(30.0), ask(30.0)], [Leave::Now; 2]);
        // Two of the cycle at 100 ms, two of that at 200 ms; 300 ms is 270 ms away.
        let later = |wait| Leave::After(ms(wait));
        assert_eq!([ask(30.0), ask(30.0)], [later(70.0); 2]);
        assert_eq!([ask(30.0), ask(30.0)], [later(170.0); 2]);
        assert_eq!([ask(30.0), ask(49.0)], [Leave::Never; 2]);
        assert_eq!(ask(50.0), later(250.0), "exactly as long as it would");
    }

    #[test]
    fn a_refusal_reserves_nothing() {
        let config = config!(r#"{"limit": 1, "period": "1s", "timeout": "0s"}"#);
        let mut state = State::new(&config, SimTime::ZERO);
        let mut ask = |now| state.reserve(&config, config.timeout, at(now));
        assert_eq!(ask(0.0), Leave::Now);
        assert!((1..1_000).all(|ms| ask(f64::from(ms)) == Leave::Never));
        assert_eq!(ask(1_000.0), Leave::Now);
    }

    #[test]
    fn permits_do_not_pile_up() {
        let config = config!(r#"{"limit": 3, "period": "1s"}"#);
        let mut state = State::new(&config, SimTime::ZERO);
        let mut admit = |now| state.admit(&config, at(now));
        assert_eq!([(); 5].map(|()| admit(500_000.0)), [true, true, true, false, false]);
        assert_eq!(state.gauge(&config, at(500_001.0)).1, 0.0);
        assert_eq!(state.gauge(&config, at(501_000.0)).1, 3.0);
    }

    #[test]
    fn reservations_are_paid_before_anybody_else_comes() {
        let config = config!(r#"{"limit": 2, "period": "1s"}"#);
        let mut state = State::new(&config, SimTime::ZERO);
        let asked: Vec<Leave> = (0..5).map(|_| state.reserve(&config, config.timeout, at(0.0))).collect();
        assert_eq!(asked[4], Leave::After(ms(2_000.0)));
        // Three are reserved: both of the first second, one of the next.
        assert_eq!(state.reserve(&config, SimDuration::ZERO, at(1_000.0)), Leave::Never);
        assert_eq!(state.reserve(&config, SimDuration::ZERO, at(2_000.0)), Leave::Now);
    }

    #[test]
    fn the_default_of_resilience4j_is_practically_unlimited() {
        // policies.md, section 0, 9: 50 permits per 500 ns are 10^8 per second; who comes every 10 ns never waits.
        let config = config!(r#"{"limit": 50, "period": "500ns"}"#);
        let mut state = State::new(&config, SimTime::ZERO);
        let mut ask = |k: u64| state.reserve(&config, config.timeout, SimTime::from_nanos(10 * k));
        assert!((0..100_000).all(|k| ask(k) == Leave::Now));
    }

    #[test]
    fn a_cycle_of_no_length_is_a_mistake() {
        let problems =
            read::<Config>(r#"{"limit": 1, "period": "0s"}"#).expect("settings are readable").check();
        assert_eq!(problems[0].field, "period");
    }
}
