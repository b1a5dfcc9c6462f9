//! Subsets: each client knows only some of the instances.
//!
//! **What it does.** `random`: a client takes the `size` instances whose hashes with the client's own
//! number are the highest. `deterministic`: clients come in rounds; each round shuffles the instances and
//! deals them out, `size` to each of its clients. A `size` of all instances or more is no subset.
//! **Why it exists.** A thousand clients with a connection to each of a thousand instances are a million
//! connections and health checks. And a poisonous client reaches its subset only.
//! **Where it fails.** `random` is uneven: with 100 clients, 10 of 100 instances each, an instance has 10
//! clients give or take 3. `deterministic` is exactly even if `size` divides the number of instances, but
//! deals anew whenever an instance comes or goes. With either a client whose whole subset is down has
//! nobody, while others idle.
//! **Source.** gRFC A68 (`random_subsetting`, rendezvous hash with a seed per client); Google SRE book,
//! chapter 20 (deterministic subsets, 20 to 100 instances). Deviations: `luck::mix` is the hash (gRPC:
//! xxHash, the book: Python's shuffle), the law is the same.

use serde::{Deserialize, Serialize};

use crate::luck::{Draws, mix};
use crate::units::Count;

/// Which instances a client knows. Default: `none`, which is all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Subset"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Every one.
    #[default]
    None,
    /// Some at random, others for each client.
    Random(Size),
    /// Some that are dealt out evenly, round after round of clients.
    Deterministic(Size),
}

/// How many instances a client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "SubsetSize"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Size {
    /// Instances per client, from 1 (the SRE book: 20 to 100).
    pub size: Count,
}

impl Config {
    /// Those of `ready`, ascending, that client number `client` of the edge knows. `seed` is the client's
    /// own number for hashes.
    pub(super) fn choose(&self, ready: &[u32], client: u32, seed: u64) -> Vec<u32> {
        let size = match self {
            Config::None => ready.len(),
            Config::Random(Size { size }) | Config::Deterministic(Size { size }) => size.get() as usize,
        };
        if size >= ready.len() {
            return ready.to_vec();
        }
        let mut chosen = match self {
            Config::None => unreachable!("`none` takes all"),
            Config::Random(_) => {
                let mut hashed: Vec<(u64, u32)> =
                    ready.iter().map(|instance| (mix(seed, u64::from(*instance) + 1), *instance)).collect();
                hashed.sort_unstable_by(|a, b| b.cmp(a));
                hashed[..size].iter().map(|(_, instance)| *instance).collect()
            }
            Config::Deterministic(_) => dealt(ready, client as usize, size),
        };
        chosen.sort_unstable();
        chosen
    }
}

/// The hand of a client: `size` of the shuffled cards of its round.
fn dealt(ready: &[u32], client: usize, size: usize) -> Vec<u32> {
    let hands = ready.len() / size;
    let (round, hand) = (client / hands, client % hands);
    let mut cards = ready.to_vec();
    let mut draws = Draws::keyed(mix(0x000d_ea17, round as u64));
    for last in (1..cards.len()).rev() {
        cards.swap(last, draws.below(last as u32 + 1) as usize);
    }
    cards[hand * size..(hand + 1) * size].to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn random(size: u32) -> Config {
        Config::Random(Size { size: Count::new(size) })
    }

    fn deterministic(size: u32) -> Config {
        Config::Deterministic(Size { size: Count::new(size) })
    }

    /// How many of the first `clients` clients know each of `instances`.
    fn clients_of(config: Config, instances: u32, clients: u32) -> Vec<u32> {
        let ready: Vec<u32> = (0..instances).collect();
        let mut counts = vec![0; instances as usize];
        for client in 0..clients {
            let chosen = config.choose(&ready, client, mix(1, u64::from(client)));
            assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]), "ascending: {chosen:?}");
            chosen.into_iter().for_each(|instance| counts[instance as usize] += 1);
        }
        counts
    }

    #[test]
    fn no_subset_and_a_large_one_are_all() {
        for config in [Config::None, random(5), deterministic(7)] {
            assert_eq!(config.choose(&[1, 2, 4, 8, 9], 3, 7), [1, 2, 4, 8, 9]);
        }
    }

    #[test]
    fn deterministic_subsets_are_exactly_even_if_the_size_divides() {
        assert_eq!(clients_of(deterministic(20), 100, 5), [1; 100]);
        assert_eq!(clients_of(deterministic(20), 100, 500), [100; 100]);
    }

    #[test]
    fn deterministic_rounds_leave_the_remainder_to_others() {
        // 3 hands of 3 from 10 cards: one is left over in each round of 3 clients.
        let counts = clients_of(deterministic(3), 10, 3_000);
        assert_eq!(counts.iter().sum::<u32>(), 9_000);
        // Left over in 1 of 10 of 1000 rounds: 900 within 4 standard errors of 9.5.
        assert!(counts.iter().all(|n| n.abs_diff(900) < 4 * 10), "{counts:?}");
    }

    #[test]
    fn random_subsets_are_even_on_average_only() {
        // 10 000 clients, 5 of 20 each: 2500 within 4 standard errors of sqrt(n p (1-p)) = 43.
        let counts = clients_of(random(5), 20, 10_000);
        assert!(counts.iter().all(|n| n.abs_diff(2_500) < 4 * 44), "{counts:?}");
        let few = clients_of(random(10), 100, 100);
        assert!(few.iter().any(|n| *n < 7) && few.iter().any(|n| *n > 13), "10 give or take 3: {few:?}");
    }

    #[test]
    fn a_random_subset_changes_by_the_one_that_goes() {
        let ready: Vec<u32> = (0..20).collect();
        let before = random(5).choose(&ready, 0, 99);
        let without: Vec<u32> = ready.into_iter().filter(|instance| *instance != before[2]).collect();
        let after = random(5).choose(&without, 0, 99);
        assert_eq!(before.iter().filter(|instance| after.contains(instance)).count(), 4);
    }

    #[test]
    fn subsets_are_words_or_tags() {
        assert_eq!(read(r#""none""#), Ok(Config::None));
        assert_eq!(read(r#"{"random": {"size": 5}}"#), Ok(random(5)));
        assert_eq!(read(r#"{"deterministic": {"size": 20}}"#), Ok(deterministic(20)));
        assert!(read::<Config>(r#"{"random": {"size": 0}}"#).unwrap_err().contains("must be at least 1"));
    }
}
