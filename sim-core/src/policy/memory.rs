//! How much slower is work when memory gets short, and when is it out?
//!
//! **What it does.** Live memory is `base` + `per_request` for each attempt on the instance, waiting or in
//! service. A tracing collector runs each time the free memory, `heap` - live, has been handed out, and each
//! run costs in proportion to what is live: per byte handed out, and so per unit of work, the collector works
//! in proportion to live / (`heap` - live). All work takes 1 + `gc_cost` * live / (`heap` - live) times as
//! long: `gc_cost` is the part that it takes when half of the heap is live. When live reaches `heap` the
//! instance crashes, as by `crash_at`.
//! **Why it exists.** Memory turns a queue into lost capacity: attempts that merely wait are live. Each makes
//! all others slower, slower service makes the queue longer, and the last one kills the process.
//! **Where it fails.** The factor has no bound short of the crash: at 95 % live the collector works 19 times
//! as much as at 50 %. Adding heap moves the cliff, a bound on the queue removes it.
//! **Source.** Jones, Hosking and Moss, *The Garbage Collection Handbook*, 2012 (the cost of tracing falls with
//! the free space); Appel, *Garbage collection can be faster than stack allocation*, IPL 1987. Deviations: the
//! cost is spread evenly over the work; pauses are not shown.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::units::{Cost, Size};

/// The memory of an instance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Memory"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// All there is; when what is live reaches it, the instance crashes.
    pub heap: Size,
    /// What is live without any attempt, below `heap`. Default: 0B.
    #[serde(default)]
    pub base: Size,
    /// What one attempt keeps live while it waits and is served. Default: 0B.
    #[serde(default)]
    pub per_request: Size,
    /// Work of the collector when half of the heap is live, as a part of all other work: a number from 0.
    /// Default: 0, memory is short only when it is out.
    #[serde(default)]
    pub gc_cost: Cost,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.base >= self.heap {
            let sentence = format!(
                "must be below `heap`, which is {}, found {}: the process could not even start",
                self.heap, self.base
            );
            problems.push(Problem::new("base", sentence));
        } else if self.base.bytes() + self.per_request.bytes() >= self.heap.bytes() {
            let sentence = format!(
                "must leave room for one attempt: {} and `base`, which is {}, reach `heap`, which is {}",
                self.per_request, self.base, self.heap
            );
            problems.push(Problem::new("per_request", sentence));
        }
        problems
    }

    /// How many times as long work takes with `live` bytes in use; infinite when nothing is free.
    #[inline]
    pub fn factor(&self, live: u64) -> f64 {
        let heap = self.heap.bytes();
        if live >= heap {
            return f64::INFINITY;
        }
        1.0 + self.gc_cost.get() * live as f64 / (heap - live) as f64
    }

    /// Share of the heap that is in use, 0 to 1.
    #[inline]
    pub fn share(&self, live: u64) -> f64 {
        (live as f64 / self.heap.bytes() as f64).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn the_collector_works_in_proportion_to_live_over_free() {
        let config: Config =
            read(r#"{"heap": "4GiB", "base": "1GiB", "per_request": "1MiB", "gc_cost": 0.1}"#)
                .expect("readable");
        let gib = 1u64 << 30;
        assert_eq!(config.factor(0), 1.0);
        assert!((config.factor(2 * gib) - 1.1).abs() < 1e-12);
        assert!((config.factor(3 * gib) - 1.3).abs() < 1e-12);
        assert_eq!(config.factor(4 * gib), f64::INFINITY);
        assert_eq!((config.share(gib), config.share(5 * gib)), (0.25, 1.0));
    }

    #[test]
    fn a_heap_that_holds_nothing_is_refused() {
        let told = |json: &str| read::<Config>(json).expect("readable").check().swap_remove(0);
        let base = told(r#"{"heap": "1GiB", "base": "1GiB"}"#);
        assert_eq!(base.field, "base");
        let one = told(r#"{"heap": "1GiB", "base": "512MiB", "per_request": "512MiB"}"#);
        assert_eq!(one.field, "per_request");
        assert!(read::<Config>("{}").unwrap_err().contains("missing field `heap`"));
    }
}
