//! Ring hash: the same key goes to the same instance.
//!
//! **What it does.** Every instance has ceil(`minimum_ring_size` / n) points on a ring of hashes; a request
//! goes to the first point at or after the hash of its key. A second choice (a host to avoid) hashes
//! anew. With `load_bound_ratio` a key leaves an instance that has too much (`bounded_load.rs`).
//! **Why it exists.** Caches: what one instance has learned about a key stays useful. When an
//! instance goes, its own keys move, 1/n of all, and about as many others: those that meet the points which
//! the rest gets to fill the ring.
//! **Where it fails.** Shares are uneven: by 1/sqrt(points per instance), 10% with 100 points. One hot key
//! is one hot instance, which only a bound relieves. When an instance goes, all keys that move are cold at
//! once.
//! **Source.** Karger et al., Consistent Hashing and Random Trees, STOC 1997; Ketama; Envoy `RING_HASH`
//! (`minimum_ring_size` 1024, at most 8 388 608). Deviations: the hash is our own `luck::mix`, not xxHash,
//! so that keys lie elsewhere than Envoy's; the law is the same. No weights.

use serde::{Deserialize, Serialize};

use super::View;
use super::bounded_load::LoadBound;
use crate::luck::mix;
use crate::policy::Problem;
use crate::units::Count;

/// Envoy's largest ring.
const LARGEST_RING: u32 = 8_388_608;

/// The same key goes to the same instance, by points on a ring.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "RingHashBalancer"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The fewest points on the ring, 1 to 8388608; more make shares more even. Default: 1024 (Envoy).
    pub minimum_ring_size: Count,
    /// How many times the mean an instance may have before its keys go elsewhere: from 1 (Envoy: 1.2 to
    /// 2), or `none`. Default: `none`.
    pub load_bound_ratio: LoadBound,
}

impl Default for Config {
    fn default() -> Self {
        Config { minimum_ring_size: Count::new(1_024), load_bound_ratio: LoadBound::default() }
    }
}

/// The ring as one client sees it.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Places and instances, by place.
    ring: Vec<(u64, u32)>,
    order: Vec<u32>,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        if self.minimum_ring_size.get() <= LARGEST_RING {
            return Vec::new();
        }
        let sentence = format!("must be at most {LARGEST_RING}, found {}", self.minimum_ring_size);
        vec![Problem::new("minimum_ring_size", sentence)]
    }
}

impl State {
    pub(super) fn renew(&mut self, config: &Config, members: &[u32]) {
        let each = config.minimum_ring_size.get().div_ceil(members.len().max(1) as u32);
        self.ring.clear();
        for &member in members {
            let of_member = mix(0x0071_4619, u64::from(member));
            self.ring.extend((0..each).map(|point| (mix(of_member, u64::from(point) + 1), member)));
        }
        self.ring.sort_unstable();
    }

    #[inline]
    pub(super) fn pick<F>(&mut self, config: &Config, view: &View<'_, F>) -> u32 {
        let hash = view.hash();
        let place = self.ring.partition_point(|(place, _)| *place < hash);
        let (_, first) = self.ring.get(place).unwrap_or(&self.ring[0]);
        config.load_bound_ratio.choose(*first, hash, view, &mut self.order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::balancer::testing::{View4, view};
    use crate::policy::testing::{luck, read};

    fn places(config: &Config, members: &[u32], keys: u64) -> Vec<u32> {
        let mut state = State::default();
        state.renew(config, members);
        (0..keys).map(|key| state.pick(config, &View { key, ..view(members) })).collect()
    }

    #[test]
    fn the_keys_of_one_that_goes_move_and_some_of_the_others_for_the_points_they_get() {
        let moved = |minimum_ring_size| {
            let config = Config { minimum_ring_size: Count::new(minimum_ring_size), ..Config::default() };
            let before = places(&config, &[0, 1, 2, 3], 10_000);
            let after = places(&config, &[0, 1, 3], 10_000);
            assert_eq!(before, places(&config, &[0, 1, 2, 3], 10_000));
            let others = before.iter().zip(&after).filter(|(before, _)| **before != 2);
            (others.clone().filter(|(before, after)| before != after).count(), others.count())
        };
        assert_eq!(moved(3).0, 0, "one point each, before and after");
        // 256 points each before, 342 after: a quarter of the ring is new, a third of that stays.
        let (moved, others) = moved(1_024);
        assert!(moved > others / 10 && moved < others / 4, "{moved} of {others}");
    }

    #[test]
    fn shares_are_uneven_by_the_number_of_points() {
        // An instance's share is the sum of the gaps before its points: 1/n, give or take a relative
        // 1/sqrt(points). 100 instances, 100 000 keys, 16 384 points each: 0.8% beside the keys' own 3.2%,
        // so all shares lie within 4 * 3.3% of 1000; with 11 points (30%) some do not.
        let members: Vec<u32> = (0..100).collect();
        let spread = |ring: u32| {
            let config = Config { minimum_ring_size: Count::new(ring), ..Config::default() };
            let mut counts = vec![0u32; 100];
            places(&config, &members, 100_000).into_iter().for_each(|place| counts[place as usize] += 1);
            counts.into_iter().map(|n| n.abs_diff(1_000)).max()
        };
        assert!(spread(1_638_400) < Some(132), "{:?}", spread(1_638_400));
        assert!(spread(1_024) > Some(300), "{:?}", spread(1_024));
    }

    #[test]
    fn points_are_rounded_up() {
        let mut state = State::default();
        state.renew(&Config::default(), &[0, 1, 2]);
        assert_eq!(state.ring.len(), 3 * 342);
    }

    #[test]
    fn a_second_choice_hashes_anew() {
        let mut state = State::default();
        let members: Vec<u32> = (0..1_000).collect();
        state.renew(&Config::default(), &members);
        let mut ask = |round| state.pick(&Config::default(), &View { key: 7, round, ..view(&members) });
        assert_eq!(ask(0), ask(0));
        assert_ne!(ask(0), ask(1));
    }

    #[test]
    fn a_bound_relieves_a_hot_instance() {
        let config: Config = read(r#"{"load_bound_ratio": 1.25}"#).expect("settings are readable");
        let mut state = State::default();
        state.renew(&config, &[0, 1, 2, 3]);
        let mut own = [0; 4];
        for _ in 0..40 {
            let sight = View4 { own, in_system: [0; 4] };
            own[sight.ask(luck(0), |view| state.pick(&config, view)) as usize] += 1;
        }
        // One key alone. Mean 10, bound ceil(1.25 * 40) / 4 = 13, and one more is let in.
        assert!(own.iter().all(|n| *n <= 14) && own.iter().any(|n| *n > 10), "{own:?}");
    }

    #[test]
    fn rings_have_bounds() {
        let config: Config = read(r#"{"minimum_ring_size": 9000000}"#).expect("settings are readable");
        let problems = config.check();
        assert_eq!(problems[0].field, "minimum_ring_size");
        assert_eq!(problems[0].sentence, "must be at most 8388608, found 9000000");
        assert_eq!(read(r#"{"load_bound_ratio": "none"}"#), Ok(Config::default()));
    }
}
