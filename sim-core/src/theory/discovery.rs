//! For how long does a caller believe in an instance that is gone? What the delays of discovery add up to.
//!
//! A death that nothing foresees falls anywhere into each of the intervals that it has to wait for, independently of the
//! others: half of each on average, all of each at worst.

/// The intervals of a registry with leases, in one unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delays {
    /// Between two heartbeats.
    pub heartbeat: f64,
    /// How long an instance may be silent.
    pub lease: f64,
    /// Between two evictions.
    pub eviction: f64,
    /// How old the copy may be that answers callers; 0 where each caller reads the list itself.
    pub copy: f64,
    /// Between two polls of a caller; 0 where callers are told.
    pub poll: f64,
}

impl Delays {
    /// The shortest and the longest time from a silent death to the moment at which the registry knows: the last
    /// heartbeat came just before it, or a whole interval before; the eviction falls on the end of the lease, or just
    /// misses it.
    pub fn detection(&self) -> [f64; 2] {
        [self.lease - self.heartbeat, self.lease + self.eviction]
    }

    /// The same on average.
    pub fn mean_detection(&self) -> f64 {
        self.lease - 0.5 * self.heartbeat + 0.5 * self.eviction
    }

    /// The longest time for which a caller believes in an instance that died silently.
    ///
    /// **Source.** Eureka's defaults make 180 + 60 + 30 + 30 = 300 s.
    pub fn longest(&self) -> f64 {
        self.detection()[1] + self.copy + self.poll
    }

    /// The same on average; for a caller whose polls fall anywhere into the life of a copy.
    pub fn mean(&self) -> f64 {
        self.mean_detection() + 0.5 * (self.copy + self.poll)
    }
}

/// The share of calls that go to dead addresses while one of `instances` gets a new address every `every`, each of them
/// believed in for `stale` on average, callers choosing evenly.
pub fn dead_share(stale: f64, every: f64, instances: u32) -> f64 {
    assert!(every > 0.0 && stale >= 0.0 && instances > 0, "replacements that can be");
    (stale / every / f64::from(instances)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::discovery::registry;

    #[test]
    fn eurekas_numbers_add_up_to_five_minutes() {
        let eureka = Delays { heartbeat: 30.0, lease: 180.0, eviction: 60.0, copy: 30.0, poll: 30.0 };
        assert_eq!(eureka.longest(), 300.0);
        assert_eq!(eureka.mean(), 225.0);
        assert_eq!(eureka.detection(), [150.0, 240.0]);
        assert_eq!(registry::Config::default().longest_stale(false).as_secs_f64(), eureka.longest());
    }

    #[test]
    fn five_minutes_of_a_minute_are_five_dead_at_a_time() {
        assert_eq!(dead_share(300.0, 60.0, 10), 0.5);
        assert_eq!(dead_share(2.5, 60.0, 10), 2.5 / 600.0);
    }
}
