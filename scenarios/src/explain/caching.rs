//! What do caches spare the services behind them at best? Between nothing, while they are empty, and this, once they
//! are warm, lies the load.
//!
//! Hit ratios under independent references (`sim_core::theory::cache`): Che's approximation for LRU, the fixed point
//! of FIFO, the most popular keys for LFU, and no more than a `ttl` leaves if loads took no time. Known where every
//! workload that comes by has the same `keys`.

use sim_core::model::workload::KeysConfig;
use sim_core::policy::balancer;
use sim_core::policy::cache::{Config, Scope, eviction};
use sim_core::theory::cache::{fifo_hit_ratio, lru_hit_ratio, ttl_hit_ratio};
use sim_core::time::SimDuration;

use super::capacity::View;
use super::flow::{Weather, load};

/// More keys than this take a theory seconds.
const MOST_KEYS: u32 = 100_000;

/// A cache whose hits are known: its service, its name, and the share of look-ups that hit at best.
#[derive(Clone, Debug)]
pub(super) struct Warm {
    pub(super) service: usize,
    pub(super) cache: String,
    pub(super) hit_ratio: f64,
}

/// The caches of a system as far as they are known; `view` takes every look-up for a miss.
pub(super) fn warm(view: &View<'_>) -> Vec<Warm> {
    let mut found = Vec::new();
    for (service, (_, config)) in view.system.config.services.iter().enumerate() {
        let rate = view.services[service].first;
        for (name, cache) in config.caches.iter() {
            if let Some(shares) = keys_of(view, service).filter(|_| rate > 0.0) {
                let hit_ratio = hit_ratio(view, service, cache, shares, rate);
                found.push(Warm { service, cache: name.to_owned(), hit_ratio });
            }
        }
    }
    found
}

/// Shares of the keys of everybody whose requests come to a service, if they are the same; who names none asks for one
/// key always.
fn keys_of(view: &View<'_>, service: usize) -> Option<Vec<f64>> {
    let comes = |number: &usize| {
        let mut rates = vec![0.0; view.rates.len()];
        rates[*number] = 1.0;
        load(&view.system, &rates, Weather::Fair).at(&view.system, service) > 0.0
    };
    let mut all =
        (0..view.rates.len()).filter(comes).map(|number| view.system.workloads[number].config.keys.as_ref());
    let first = all.next()?;
    let count = first.map_or(1, |keys| keys.count.get());
    let is_known = count <= MOST_KEYS && all.all(|other| other == first);
    is_known.then(|| first.map_or_else(|| vec![1.0], KeysConfig::shares))
}

fn hit_ratio(view: &View<'_>, service: usize, cache: &Config, mut shares: Vec<f64>, rate: f64) -> f64 {
    let instances = f64::from(view.system.service(service).instances.get());
    let by_key = |call: &super::system::Call<'_>| {
        matches!(call.config.load_balancer, balancer::Config::RingHash(_) | balancer::Config::Maglev(_))
    };
    let places = f64::from(cache.places(shares.len() as u32));
    // Caches of their own hold the same popular keys, unless each is asked for its own.
    let (places, rate) = match cache.scope {
        Scope::Shared => (places, rate),
        Scope::Instance if view.system.calls_to(service).all(by_key) => (places * instances, rate),
        Scope::Instance => (places, rate / instances),
    };
    let kept = match cache.eviction {
        eviction::Config::Lru => lru_hit_ratio(&shares, places),
        eviction::Config::Fifo => fifo_hit_ratio(&shares, places),
        eviction::Config::Lfu(_) => {
            shares.sort_by(|a, b| b.total_cmp(a));
            shares.iter().take(places as usize).sum()
        }
    };
    let ttl = cache.ttl.0.map(SimDuration::as_secs_f64);
    ttl.map_or(kept, |ttl| kept.min(ttl_hit_ratio(&shares, rate, ttl)))
}
