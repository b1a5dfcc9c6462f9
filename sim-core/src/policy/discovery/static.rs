//! Static addresses: the caller keeps what it read when it started.
//!
//! **What it does.** A caller reads the list of addresses when its process starts, and never again. An instance that
//! comes later gets nothing from it, an address that is dead stays in the list.
//! **Why it exists.** It is what a configuration file, a resolver that caches for ever (a JVM with a security manager)
//! or a pool that never reconnects amounts to. It asks nobody, so nothing can fail to answer.
//! **Where it fails.** With each replacement a further address is dead: after k of n instances have been replaced a
//! share k / n of the first attempts fails, until the caller is restarted.
//! **See it.** `scenarios/library/fallacies/fallacy-5-topology-static.yaml`, variant `for-ever`.
//! **Source.** L. Peter Deutsch, The Eight Fallacies of Distributed Computing, number 5; Oracle, Java networking
//! properties, `networkaddress.cache.ttl` -1. Deviations: none.

/// The share of first attempts that fail after `replaced` of `instances` have a new address, callers choosing
/// evenly among the addresses that they know.
pub fn dead_share(replaced: u32, instances: u32) -> f64 {
    f64::from(replaced.min(instances)) / f64::from(instances.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_fleet_is_half_of_the_calls() {
        assert_eq!(dead_share(5, 10), 0.5);
        assert_eq!(dead_share(25, 10), 1.0, "an instance is replaced twice, its first address dies once");
    }
}
