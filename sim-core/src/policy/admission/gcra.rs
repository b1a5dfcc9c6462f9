//! GCRA: an attempt may come early, but not by more than a burst.
//!
//! **What it does.** With T = 1 / `rate` it remembers one moment, the theoretical arrival time of the next
//! attempt (TAT). One that comes earlier than TAT by at most (`burst` - 1) * T is admitted, and TAT becomes
//! the later of TAT and now, plus T.
//! **Why it exists.** It is a token bucket in one number: no counter to fill, nothing to do while nobody
//! comes. So it fits where a state per caller lies in a shared store.
//! **Where it fails.** As every rate: a rate is not a cost, and each instance counts alone. Refusals do not
//! move TAT, so a caller who hammers gets exactly its rate and keeps hammering.
//! **Source.** ITU-T I.371, generic cell rate algorithm (virtual scheduling). Deviations: T is rounded to whole
//! nanoseconds; what is refused is not told when to come back.

use serde::{Deserialize, Serialize};

use super::Arriving;
use super::per::{Each, Per};
use crate::policy::Problem;
use crate::policy::theoretical_arrival::{Pace, TheoreticalArrival};
use crate::time::SimTime;
use crate::units::{Count, Rate};

/// So many per second, `burst` of them at once.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "GcraAdmission"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Attempts per time in the long run; above 0.
    pub rate: Rate,
    /// Attempts that are admitted at once after a pause. Default: 1.
    #[serde(default = "one")]
    pub burst: Count,
    /// Whose attempts are counted together. Default: `instance`, all of them.
    #[serde(default)]
    pub per: Per,
}

fn one() -> Count {
    Count::ONE
}

/// What one instance remembers: the theoretical arrival times.
#[derive(Clone, Debug)]
pub struct State(Each<TheoreticalArrival>);

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let sentence = "must be above 0: nobody would ever be admitted; write for example `100/s`";
        let is_zero = self.rate.as_per_second() <= 0.0;
        is_zero.then(|| Problem::new("rate", sentence)).into_iter().collect()
    }

    fn pace(&self) -> Pace {
        Pace::new(self.rate, self.burst)
    }
}

impl State {
    pub(super) fn new(since: SimTime) -> Self {
        State(Each::new(TheoreticalArrival::new(since)))
    }

    #[inline]
    pub(super) fn admit(&mut self, config: &Config, arriving: Arriving, now: SimTime) -> bool {
        let (next, pace) = (self.0.of(config.per, arriving), config.pace());
        let admitted = next.wait(pace, now) == 0;
        if admitted {
            next.take(pace, now);
        }
        admitted
    }

    pub(super) fn gauge(&self, config: &Config, now: SimTime) -> Option<(&'static str, f64)> {
        let tokens = self.0.shared(config.per)?.tokens(config.pace(), now);
        Some(("admission_tokens", tokens.max(0.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::admission::rate;
    use crate::policy::testing::{at, config, ms, read};

    #[test]
    fn the_conformance_vector() {
        // policies.md, section 20: GCRA 10/s burst 5; 7 at t = 0: 5 allowed, 2 refused; next at 100 ms.
        let config = config!(r#"{"rate": "10/s", "burst": 5}"#);
        let mut state = State::new(SimTime::ZERO);
        let mut admit = |now| state.admit(&config, Arriving::default(), now);
        assert_eq!([(); 7].map(|()| admit(at(0.0))), [true, true, true, true, true, false, false]);
        assert!(!admit(SimTime::from_nanos(99_999_999)));
        assert!(admit(at(100.0)));
        assert!(!admit(at(100.0)));
    }

    #[test]
    fn it_is_a_token_bucket() {
        let config = config!(r#"{"rate": "10/s", "burst": 5}"#);
        let bucket: rate::Config = read(r#"{"to": "10/s", "burst": 5}"#).expect("settings are readable");
        let (mut gcra, mut tokens) = (State::new(at(0.0)), rate::State::new(&bucket, at(0.0)));
        let mut now = at(0.0);
        for k in 0..20_000_u64 {
            // Between 0 and 197 ms apart, in no order.
            now = now + ms((k * k % 198) as f64);
            let admitted = gcra.admit(&config, Arriving::default(), now);
            assert_eq!(admitted, tokens.admit(&bucket, now), "attempt {k}");
            let (gauge, other) = (gcra.gauge(&config, now), tokens.gauge(&bucket, now));
            assert!((gauge.expect("they share one").1 - other.1).abs() < 1e-6);
        }
    }

    #[test]
    fn each_tenant_has_its_own() {
        let config = config!(r#"{"rate": "1/s", "per": "tenant"}"#);
        let mut state = State::new(SimTime::ZERO);
        let mut admit = |tenant| state.admit(&config, Arriving { tenant, ..Arriving::default() }, at(0.0));
        assert_eq!([0, 0, 7, 7, 1].map(&mut admit), [true, false, true, false, true]);
        assert_eq!(state.gauge(&config, at(0.0)), None);
    }

    #[test]
    fn a_rate_of_nothing_is_a_mistake() {
        let problems = read::<Config>(r#"{"rate": "0/s"}"#).expect("settings are readable").check();
        assert_eq!(problems[0].field, "rate");
    }
}
