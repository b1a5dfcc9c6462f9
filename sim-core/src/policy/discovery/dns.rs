//! DNS: a caller looks the name up and keeps the answer for a while.
//!
//! **What it does.** An answer is the list of addresses as it is published, which is `propagation_delay` after an
//! instance has come or gone. A caller keeps it for `ttl`, or for `client_cache_ttl` whatever the answer says, or for
//! ever (`honour_ttl: false`). The first attempt after that waits for a look-up of length `look_up`, and so do those
//! that come meanwhile. A look-up that fails is not made again for `negative_ttl`; until then `on_error` says whether
//! the caller goes on with the old answer.
//! **Why it exists.** Everybody speaks it, and the price is known: callers / `ttl` look-ups a second, whatever the load.
//! **Where it fails.** An address is used for up to `propagation_delay` + `ttl` after its instance has gone, half of
//! that on average; a short time to live makes the name servers part of every call. Resolvers that do not honour it
//! are common. A wrong answer lives as long as a right one.
//! **See it.** `scenarios/library/fallacies/fallacy-5-topology-static.yaml`, variants `ttl-300s` and `ttl-5s`.
//! **Source.** RFC 1035 (time to live), RFC 2308 (negative answers), RFC 8767 (stale answers); Oracle, Java networking
//! properties (30 s, negative 10 s, for ever with a security manager); Envoy, strict DNS (`dns_refresh_rate` 5 s,
//! `respect_dns_ttl` false). Deviations: one cache per caller, none in between, so that the whole time to live runs from
//! the caller's look-up; an answer holds all addresses; at the start of a run each caller has an answer of an age of
//! its own.

use serde::{Deserialize, Serialize};

use super::WithoutAnswer;
use crate::dist::Distribution;
use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};

/// Settings of a name and of those who look it up.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Dns"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How long an answer says that it may be kept, above 0s. Default: 30s.
    pub ttl: SimDuration,
    /// Whether callers look again after that time; else they keep the first answer for ever. Default: true.
    pub honour_ttl: bool,
    /// How long callers keep an answer, whatever it says: a duration above 0s. Default: `none`, as long as `ttl`.
    pub client_cache_ttl: Option<SimDuration>,
    /// How long a look-up takes: a duration or a distribution. Default: 0s.
    pub look_up: Distribution,
    /// From a change at the service to its publication. Default: 0s.
    pub propagation_delay: SimDuration,
    /// How long a caller remembers that a look-up failed; from 0s. Default: 10s (JVM).
    pub negative_ttl: SimDuration,
    /// What a caller does meanwhile. Default: `fail`.
    pub on_error: WithoutAnswer,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            ttl: SimDuration::from_secs(30),
            honour_ttl: true,
            client_cache_ttl: None,
            look_up: Distribution::Text(SimDuration::ZERO),
            propagation_delay: SimDuration::ZERO,
            negative_ttl: SimDuration::from_secs(10),
            on_error: WithoutAnswer::Fail,
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.ttl == SimDuration::ZERO {
            problems.push(Problem::new("ttl", "must be above 0s: write `1ms` for a look-up per request"));
        }
        if self.client_cache_ttl == Some(SimDuration::ZERO) {
            let sentence = "must be above 0s: write `1ms` for a look-up per request, or `none`";
            problems.push(Problem::new("client_cache_ttl", sentence));
        }
        if self.client_cache_ttl.is_some() && !self.honour_ttl {
            let sentence = "acts where answers get old; with `honour_ttl: false` they are kept for ever: remove one of \
                            the two";
            problems.push(Problem::new("client_cache_ttl", sentence));
        }
        if let Err(sentence) = self.look_up.check() {
            problems.push(Problem::new("look_up", sentence));
        }
        problems
    }

    /// How long an answer is kept; none if for ever.
    pub fn kept(&self) -> Option<SimDuration> {
        self.honour_ttl.then_some(self.client_cache_ttl.unwrap_or(self.ttl))
    }

    /// The longest time for which an address is used after it left the service, look-ups of no length.
    pub(super) fn longest_stale(&self) -> Option<SimDuration> {
        self.kept().map(|kept| kept + self.propagation_delay)
    }
}

/// What a caller does before it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It uses what it has.
    Use,
    /// It looks the name up first.
    LookUp,
    /// It knows nobody.
    Fail,
}

/// What one caller remembers of its look-ups; the addresses lie elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// Until when its answer may be used.
    expires: SimTime,
    /// Until when it does not ask again, because asking failed.
    failed_until: SimTime,
    /// Whether it has ever had an answer.
    has_answer: bool,
}

impl State {
    /// A caller with an answer that is `age` of its time old: 0 for one that has just asked, 1 for one that must ask.
    pub fn new(config: &Config, age: f64) -> Self {
        let left = |kept: SimDuration| SimTime::ZERO + kept.mul_f64(1.0 - age);
        State {
            expires: config.kept().map_or(SimTime::NEVER, left),
            failed_until: SimTime::ZERO,
            has_answer: true,
        }
    }

    /// The caller's process has just started.
    pub fn forget(&mut self) {
        (self.expires, self.failed_until, self.has_answer) = (SimTime::ZERO, SimTime::ZERO, false);
    }

    /// Before an attempt.
    pub fn ask(&self, config: &Config, now: SimTime) -> Ask {
        if self.has_answer && now < self.expires {
            Ask::Use
        } else if now >= self.failed_until {
            Ask::LookUp
        } else {
            match config.on_error {
                WithoutAnswer::UseLast if self.has_answer => Ask::Use,
                WithoutAnswer::UseLast | WithoutAnswer::Fail => Ask::Fail,
            }
        }
    }

    /// A look-up has been answered.
    pub fn answered(&mut self, config: &Config, now: SimTime) {
        self.has_answer = true;
        self.expires = config.kept().map_or(SimTime::NEVER, |kept| now + kept);
    }

    /// A look-up has failed: those who waited for it use or fail by what `ask` says in this moment.
    pub fn failed(&mut self, config: &Config, now: SimTime) {
        // At least for those who waited for this very answer.
        self.failed_until = now + config.negative_ttl.max(SimDuration::from_nanos(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn an_answer_is_used_until_it_is_too_old() {
        let config = Config::default();
        let mut state = State::new(&config, 0.5);
        assert_eq!(state.ask(&config, at(14)), Ask::Use);
        assert_eq!(state.ask(&config, at(15)), Ask::LookUp);
        state.answered(&config, at(15));
        assert_eq!(state.ask(&config, at(44)), Ask::Use);
        assert_eq!(state.ask(&config, at(45)), Ask::LookUp);
    }

    #[test]
    fn a_resolver_that_does_not_honour_it_never_asks_again() {
        let config = Config { honour_ttl: false, ..Config::default() };
        assert_eq!(State::new(&config, 0.9).ask(&config, at(1_000_000)), Ask::Use);
        assert_eq!(config.longest_stale(), None);
    }

    #[test]
    fn the_callers_own_time_overrides_the_answers() {
        let config = Config { client_cache_ttl: Some(SimDuration::from_secs(5)), ..Config::default() };
        assert_eq!(State::new(&config, 0.0).ask(&config, at(5)), Ask::LookUp);
        assert_eq!(config.longest_stale(), Some(SimDuration::from_secs(5)));
    }

    #[test]
    fn a_failure_is_remembered() {
        let mut config = Config::default();
        let mut state = State::new(&config, 1.0);
        state.failed(&config, at(0));
        assert_eq!(state.ask(&config, at(9)), Ask::Fail);
        config.on_error = WithoutAnswer::UseLast;
        assert_eq!(state.ask(&config, at(9)), Ask::Use);
        assert_eq!(state.ask(&config, at(10)), Ask::LookUp);
        state.forget();
        state.failed(&config, at(10));
        assert_eq!(state.ask(&config, at(11)), Ask::Fail, "there is no last answer");
    }

    #[test]
    fn times_that_never_act_are_refused() {
        let both = Config {
            honour_ttl: false,
            client_cache_ttl: Some(SimDuration::from_secs(5)),
            ttl: SimDuration::ZERO,
            ..Config::default()
        };
        let fields: Vec<_> = both.check().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["ttl", "client_cache_ttl"]);
    }
}
