//! Universal scalability: those in service hold each other up, by what only one can do at a time and by what
//! each has to agree on with every other.
//!
//! **What it does.** With N attempts in service an instance does N / (1 + a (N-1) + b N (N-1)) times the work
//! that it does for one: a is `contention`, b is `coherency`. Each of them goes at 1 / (1 + a (N-1) + b N (N-1)).
//! In service are all that hold a worker, those that wait for another service's answer included: they hold
//! their locks meanwhile.
//! **Why it exists.** More threads are not more capacity. With a alone the gain ends at 1 / a (Amdahl's law);
//! with b it turns into a loss beyond N* = sqrt((1 - a) / b), so that a worker pool above N* makes an overload
//! worse.
//! **Where it fails.** It knows only how many there are, not what they do; the two numbers have to be fitted
//! to a load test of the very system. Those in the line cost nothing.
//! **Source.** Gunther, *A Simple Capacity Model of Massively Parallel Transaction Systems*, CMG 1993; *Guerrilla
//! Capacity Planning*, 2007. Deviations: none.

use serde::{Deserialize, Serialize};

use crate::units::{Cost, Probability};

/// Those in service hold each other up.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "UslDegradation"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Share of the work that only one can do at a time, 0 to 1.
    pub contention: Probability,
    /// What keeping each pair in agreement costs, as a part of the work: a number from 0. Default: 0.
    #[serde(default)]
    pub coherency: Cost,
}

/// How fast each of `in_service` attempts is; 1 is the speed alone.
#[inline]
pub(super) fn speed(config: &Config, in_service: u32) -> f64 {
    let (n, others) = (f64::from(in_service), f64::from(in_service.saturating_sub(1)));
    1.0 / (1.0 + config.contention.get() * others + config.coherency.get() * n * others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;
    use crate::theory::usl::Usl;

    #[test]
    fn together_they_do_what_the_law_says() {
        let config: Config =
            read(r#"{"contention": 0.02, "coherency": 0.0005}"#).expect("settings are readable");
        let law = Usl { contention: 0.02, coherency: 0.000_5 };
        for n in 1..200 {
            let together = f64::from(n) * speed(&config, n);
            assert!((together - law.speedup(f64::from(n))).abs() < 1e-12, "{n}");
        }
        assert_eq!(speed(&config, 0), 1.0);
    }

    #[test]
    fn contention_is_a_share() {
        let error = read::<Config>(r#"{"contention": 1.5}"#).unwrap_err();
        assert!(error.contains("outside 0 to 1"), "{error}");
    }
}
