//! Processor sharing: nobody waits, all are served at once and everyone is slower.
//!
//! **What it does.** Every attempt is taken into service on arrival. While `n` are in service on
//! `workers` workers, each is served at the rate min(1, `workers` / `n`): alone at full speed, in a crowd
//! at its share. At most `capacity` are in service.
//! **Why it exists.** It is how threads share cores and requests share a database: short work is not
//! held up by long work. On one worker with Poisson arrivals the mean time in the system is that of
//! M/M/1 for every distribution of work of the same mean.
//! **Where it fails.** Under overload everybody gets slower together until all are late, and none can be
//! told from the outside to be stuck: no queue grows, only the number in service. Without `capacity` it
//! holds as many as come.
//! **Source.** Leonard Kleinrock, Time-shared Systems, JACM 1967. Deviations: none; the engine does the
//! sharing.

use serde::{Deserialize, Serialize};

use crate::units::Limit;

/// Nobody waits: all are served at once and share the workers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ProcessorSharing"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Most attempts in service at the same time; one more fails at once with `queue_full`. Default:
    /// `unlimited`.
    pub capacity: Limit,
}

/// How fast each of `in_service` attempts is served by `workers` workers; 1 is the speed alone.
#[inline]
pub fn rate(in_service: u32, workers: u32) -> f64 {
    debug_assert!(in_service >= 1, "the rate of nobody");
    (f64::from(workers) / f64::from(in_service)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn up_to_one_each_nobody_is_slowed_down() {
        for (in_service, workers) in [(1, 1), (1, 8), (7, 8), (8, 8)] {
            assert_eq!(rate(in_service, workers), 1.0);
        }
    }

    #[test]
    fn above_that_the_workers_are_shared_equally_and_none_idles() {
        assert_eq!(rate(2, 1), 0.5);
        assert_eq!(rate(16, 4), 0.25);
        for n in 8..1_000 {
            assert!((rate(n, 8) * f64::from(n) - 8.0).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn there_is_no_line_to_bound_but_the_number_in_service() {
        assert_eq!(read::<Config>("{}"), Ok(Config { capacity: Limit::Unlimited }));
        assert_eq!(read::<Config>(r#"{"capacity": 200}"#), Ok(Config { capacity: Limit::AtMost(200) }));
        assert!(read::<Config>(r#"{"max_wait": "1s"}"#).unwrap_err().contains("unknown field `max_wait`"));
    }
}
