//! What does a cache hit? Caches under independent references: each request asks for item i with
//! probability p_i, whatever was asked before.

use super::{assert_positive, root_of_rising};
use crate::math;

/// Shares of `items` items under Zipf's law: the k-th most popular is asked for in proportion to
/// k^(-exponent). Panics unless there is an item and the exponent is 0 or more.
pub fn zipf(items: u32, exponent: f64) -> Vec<f64> {
    assert!(items >= 1, "a popularity law needs an item");
    assert!(exponent >= 0.0, "Zipf's exponent is zero or more, found {exponent}");
    let weights: Vec<f64> = (1..=items).map(|k| math::pow(f64::from(k), -exponent)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Panics unless the shares are a probability law.
fn assert_popularity(popularity: &[f64]) {
    let total: f64 = popularity.iter().sum();
    assert!(
        popularity.iter().all(|p| *p >= 0.0) && (total - 1.0).abs() < 1e-6,
        "shares sum to 1, found {total}"
    );
}

/// Number of requests that an item survives in a cache of `places` items that evicts the least
/// recently used: the t at which sum(1 - e^(-p_i t)) = C distinct items have been asked for. Panics
/// unless the shares sum to 1 and 0 < `places` < number of items with a share.
///
/// **Source.** Che, Tung and Wang, *Hierarchical Web Caching Systems*, IEEE JSAC 20(7), 2002; why it is
/// so exact: Fricker, Robert and Roberts, *A Versatile and Accurate Approximation for LRU Cache
/// Performance*, ITC 2012.
pub fn characteristic_time(popularity: &[f64], places: f64) -> f64 {
    assert_popularity(popularity);
    assert_positive("the number of places", places);
    let asked_for = popularity.iter().filter(|p| **p > 0.0).count() as f64;
    assert!(places < asked_for, "a cache of {places} places holds all {asked_for} items for ever");
    let distinct = |t: f64| popularity.iter().map(|p| -math::exp_m1(-p * t)).sum::<f64>();
    let mut high = places;
    while distinct(high) < places {
        high *= 2.0;
    }
    root_of_rising(0.0, high, |t| distinct(t) - places)
}

/// Share of hits of a cache of `places` items that evicts the least recently used (Che):
/// sum p_i (1 - e^(-p_i t)); 1 once everything fits. Panics unless the shares sum to 1 and
/// `places` > 0.
pub fn lru_hit_ratio(popularity: &[f64], places: f64) -> f64 {
    assert_popularity(popularity);
    if places >= popularity.iter().filter(|p| **p > 0.0).count() as f64 {
        return 1.0;
    }
    let t = characteristic_time(popularity, places);
    popularity.iter().map(|p| p * -math::exp_m1(-p * t)).sum()
}

/// Share of hits of an unbounded cache whose entries live `ttl` after they were fetched, for a Poisson
/// stream of `request_rate` requests per unit of time: sum p_i x_i / (1 + x_i), x_i = p_i rate ttl.
/// A miss starts a period in which x_i hits follow on average. Panics unless the shares sum to 1, the
/// rate is above 0 and the ttl is 0 or more.
///
/// **Source.** Jung, Berger and Balakrishnan, *Modeling TTL-based Internet Caches*, INFOCOM 2003.
pub fn ttl_hit_ratio(popularity: &[f64], request_rate: f64, ttl: f64) -> f64 {
    assert_popularity(popularity);
    assert_positive("the request rate", request_rate);
    assert!(ttl >= 0.0, "a time to live is zero or more, found {ttl}");
    let hits = |p: f64| p * request_rate * ttl;
    popularity.iter().map(|p| p * hits(*p) / (1.0 + hits(*p))).sum()
}

/// The same if every hit renews the entry's life: it is a hit if less than `ttl` has passed since the
/// last request for the item, sum p_i (1 - e^(-x_i)). Panics as [`ttl_hit_ratio`] does.
pub fn renewed_ttl_hit_ratio(popularity: &[f64], request_rate: f64, ttl: f64) -> f64 {
    assert_popularity(popularity);
    assert_positive("the request rate", request_rate);
    assert!(ttl >= 0.0, "a time to live is zero or more, found {ttl}");
    popularity.iter().map(|p| p * -math::exp_m1(-p * request_rate * ttl)).sum()
}

/// Share of hits of a cache of `places` items that evicts who entered first: sum p_i x_i / (1 + x_i),
/// x_i = p_i t, where t is such that sum x_i / (1 + x_i) = C; 1 once everything fits. Panics unless the shares
/// sum to 1 and `places` > 0.
///
/// **Source.** Gelenbe, *A Unified Approach to the Evaluation of a Class of Replacement Algorithms*, IEEE
/// Transactions on Computers 22(6), 1973 (FIFO hits as often as random eviction); the fixed point: Fricker,
/// Robert and Roberts, ITC 2012, section on random replacement.
pub fn fifo_hit_ratio(popularity: &[f64], places: f64) -> f64 {
    assert_popularity(popularity);
    assert_positive("the number of places", places);
    if places >= popularity.iter().filter(|p| **p > 0.0).count() as f64 {
        return 1.0;
    }
    let held = |p: f64, t: f64| p * t / (1.0 + p * t);
    let all = |t: f64| popularity.iter().map(|p| held(*p, t)).sum::<f64>();
    let mut high = places;
    while all(high) < places {
        high *= 2.0;
    }
    let t = root_of_rising(0.0, high, |t| all(t) - places);
    popularity.iter().map(|p| p * held(*p, t)).sum()
}

/// Loads of one key per expiry if whoever misses loads: the first, and those who ask until it is back.
/// Panics unless rate and load time are above 0.
pub fn stampede_size(request_rate: f64, load_time: f64) -> f64 {
    assert_positive("the request rate", request_rate);
    assert_positive("the load time", load_time);
    1.0 + request_rate * load_time
}

/// Loads of one key per refresh under XFetch, where reads are frequent: e^(1 / beta).
///
/// The first refresh begins where the expected number of refreshes up to then, x = rate beta d e^(-r / (beta d))
/// at r before the expiry, reaches an exponential number of mean 1; while it loads for d, x (e^(1 / beta) - 1)
/// more begin on average. Derived here from the rule of Vattani et al. (VLDB 2015); holds for
/// rate x beta x load time well above e^(1 / beta). Panics unless beta is above 0.
pub fn xfetch_loads(beta: f64) -> f64 {
    assert_positive("beta", beta);
    math::exp(1.0 / beta)
}

/// Probability that XFetch begins the first refresh more than `before` ahead of the expiry, for a Poisson stream of
/// reads of the key: 1 - e^(-rate m e^(-before / m)), m = beta x load time.
///
/// A read at x before the expiry refreshes with probability e^(-x / m), so refreshes begin at rate x e^(-x / m),
/// and rate m e^(-before / m) of them are expected ahead of `before` if the life is many m long. At 0 it is the
/// probability that the key never expires under its readers. Derived here from the rule of Vattani et al. (VLDB
/// 2015). Panics unless rate and m are above 0 and `before` is 0 or more.
pub fn xfetch_leads_by(request_rate: f64, load_time: f64, beta: f64, before: f64) -> f64 {
    let m = xfetch_scale(request_rate, load_time, beta);
    assert!(before >= 0.0, "a lead is zero or more, found {before}");
    -math::exp_m1(-request_rate * m * math::exp(-before / m))
}

/// Mean time by which the first refresh begins ahead of the expiry, 0 where the key expires first:
/// m Ein(rate m), the integral of [`xfetch_leads_by`]; about m (ln(rate m) + 0.577) for hot keys. Panics as that.
pub fn xfetch_mean_lead(request_rate: f64, load_time: f64, beta: f64) -> f64 {
    let m = xfetch_scale(request_rate, load_time, beta);
    m * entire_exponential_integral(request_rate * m)
}

fn xfetch_scale(request_rate: f64, load_time: f64, beta: f64) -> f64 {
    assert_positive("the request rate", request_rate);
    assert_positive("the load time", load_time);
    assert_positive("beta", beta);
    beta * load_time
}

/// Ein(a), the integral of (1 - e^-u) / u from 0 to a: its series sum (-1)^(k+1) a^k / (k k!) up to 2, beyond that
/// ln a + Euler's constant + E1(a) with E1 as a continued fraction (Abramowitz and Stegun, 5.1.22 and 5.1.39).
fn entire_exponential_integral(a: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if a <= 2.0 {
        let (mut term, mut sum) = (-1.0, 0.0);
        for k in 1..60 {
            let k = f64::from(k);
            term *= -a / k;
            sum += term / k;
        }
        return sum;
    }
    // From the inside out: e^-a / (a + 1 / (1 + 1 / (a + 2 / (1 + 2 / (a + ...))))).
    let mut tail = a;
    for k in (1..200).rev() {
        let k = f64::from(k);
        tail = a + k / (1.0 + k / tail);
    }
    math::ln(a) + EULER + math::exp(-a) / tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;
    use crate::theory::assert_near;

    #[test]
    fn equal_items_are_hit_in_proportion_to_the_places() {
        let equal = zipf(1_000, 0.0);
        assert_near(lru_hit_ratio(&equal, 250.0), 0.25, 1e-9);
        assert_eq!(lru_hit_ratio(&equal, 1_000.0), 1.0);
    }

    /// One place, two items: the hit ratio of LRU is exactly sum p_i^2 = .68; Che is an approximation
    /// for many items and still within 8 % here.
    #[test]
    fn even_a_tiny_cache_is_nearly_right() {
        assert_near(lru_hit_ratio(&[0.8, 0.2], 1.0), 0.68, 0.08);
    }

    /// A cache played through: 1000 items, Zipf .8, 100 places, 400 000 requests after 20 000. The
    /// standard error of a share h is about sqrt(h (1-h) / n) = 0.08 %; accepted within 1 % of h.
    #[test]
    fn a_simulated_cache_hits_as_often() {
        let popularity = zipf(1_000, 0.8);
        let mut edges = Vec::with_capacity(popularity.len());
        let mut total = 0.0;
        for p in &popularity {
            total += p;
            edges.push(total);
        }
        // Most recently used first.
        let mut cache: Vec<usize> = Vec::new();
        let (warmup, requests) = (20_000, 420_000);
        let mut hits = 0;
        for request in 0..requests {
            let u = Luck::of_request(Seed(3), 0, request).draws(Purpose::Client).unit();
            let item = edges.partition_point(|edge| *edge < u).min(edges.len() - 1);
            match cache.iter().position(|held| *held == item) {
                Some(place) => {
                    cache[..=place].rotate_right(1);
                    hits += u32::from(request >= warmup);
                }
                None => {
                    cache.insert(0, item);
                    cache.truncate(100);
                }
            }
        }
        assert_near(f64::from(hits) / (requests - warmup) as f64, lru_hit_ratio(&popularity, 100.0), 0.01);
    }

    #[test]
    fn who_enters_first_hits_less() {
        let equal = zipf(1_000, 0.0);
        assert_near(fifo_hit_ratio(&equal, 250.0), 0.25, 1e-9);
        let uneven = zipf(1_000, 1.0);
        assert!(fifo_hit_ratio(&uneven, 100.0) < lru_hit_ratio(&uneven, 100.0));
        assert_eq!(fifo_hit_ratio(&uneven, 1_000.0), 1.0);
    }

    #[test]
    fn loads_at_once() {
        assert_near(stampede_size(5_000.0, 0.2), 1_001.0, 1e-12);
        assert_near(xfetch_loads(1.0), std::f64::consts::E, 1e-12);
    }

    /// Ein(1) = 0.796600, Ein(2) = 1.319263 and Ein(10) = 2.879804 are tabulated; the two forms meet at 2.
    #[test]
    fn a_refresh_leads_by_the_logarithm_of_the_reads() {
        for (a, value) in [(1.0, 0.796_599_6), (2.0, 1.319_263_4), (10.0, 2.879_804_9)] {
            assert_near(entire_exponential_integral(a), value, 1e-6);
        }
        assert_near(entire_exponential_integral(2.000_001), entire_exponential_integral(2.0), 1e-6);
        // The mean is the area under the tail.
        let (rate, load, beta) = (40.0, 0.2, 1.5);
        let area: f64 =
            (0..20_000).map(|k| xfetch_leads_by(rate, load, beta, (f64::from(k) + 0.5) * 5e-4) * 5e-4).sum();
        assert_near(xfetch_mean_lead(rate, load, beta), area, 1e-6);
    }

    #[test]
    fn a_longer_life_hits_more() {
        // One item at 1/s that lives 9 s: one miss, nine hits.
        assert_near(ttl_hit_ratio(&[1.0], 1.0, 9.0), 0.9, 1e-12);
        assert_near(renewed_ttl_hit_ratio(&[1.0], 1.0, 9.0), 1.0 - math::exp(-9.0), 1e-12);
        assert_eq!(ttl_hit_ratio(&zipf(10, 1.0), 1.0, 0.0), 0.0);
    }

    #[test]
    fn renewal_of_the_characteristic_time_is_lru() {
        let popularity = zipf(500, 0.9);
        let t = characteristic_time(&popularity, 50.0);
        assert_near(renewed_ttl_hit_ratio(&popularity, 1.0, t), lru_hit_ratio(&popularity, 50.0), 1e-12);
    }
}
