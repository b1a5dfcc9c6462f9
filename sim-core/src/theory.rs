//! What does theory say before anything is simulated? Closed forms with their sources, in one place for
//! charts, `explain` and tests.
//!
//! | module | question |
//! |---|---|
//! | [`mm1`] | how long does a single queue make one wait? |
//! | [`mmc`] | and with several servers, or with none to wait for (Erlang B and C)? |
//! | [`mmck`] | what does a bounded queue reject? |
//! | [`mg1`] | what does the variance of the work add, and what does sharing the processor change? |
//! | [`impatience`] | and if those who wait too long leave? |
//! | [`best_of_d`] | how much is gained by asking d servers? |
//! | [`closed_loop`] | what if clients wait for the answer before they ask again? |
//! | [`usl`] | when does adding machines slow things down? |
//! | [`fanout`] | how slow is the slowest of n, how available is a chain? |
//! | [`retries`] | how many attempts does a failure rate cause? |
//! | [`overload`] | how much piles up, and when do answers come in time again? |
//! | [`metastable`] | which trigger tips a system with retries for good? |
//! | [`cache`] | what does a cache hit? |
//! | [`tandem`] | what does a full buffer between two stations cost? |
//! | [`slowing`] | and if each one who waits makes the server slower? |
//! | [`tcp`] | what does packet loss leave of the bandwidth? |
//! | [`messages`] | what do loss, distance and size make of a call? |
//! | [`chain`] | where does a Markov chain stay, and how long does it take from here to there? |
//! | [`spiral`] | when does a service collapse that its own crowd slows down, which burst does it survive? |
//! | [`discovery`] | for how long does a caller believe in an instance that is gone? |
//! | [`orbit`] | what becomes of those who give up and come again? |
//! | [`once`] | what do lost messages leave of "once"? |
//! | [`bursts`] | how many calls fail in spite of retries where losses come in runs? |
//! | [`saga`] | how many sagas fail, and how many stay half-way? |
//! | [`lease`] | for how long do two hold a lease at once? |
//! | [`keep_alive`] | how many handshakes does keeping connections save? |
//!
//! Rates and spans are plain `f64` in one unit of time chosen by the caller, unless a name ends in a
//! unit (`_s`, `_per_s`). All functions panic outside their stated domain: callers have valid models.

pub mod best_of_d;
pub mod cache;
pub mod chain;
pub mod closed_loop;
pub mod fanout;
pub mod impatience;
pub mod metastable;
pub mod messages;
pub mod mg1;
pub mod mm1;
pub mod mmc;
pub mod mmck;
pub mod once;
pub mod bursts;
pub mod orbit;
pub mod overload;
pub mod retries;
pub mod saga;
pub mod slowing;
pub mod spiral;
pub mod tandem;
pub mod tcp;
pub mod usl;
pub mod discovery;
pub mod keep_alive;
pub mod lease;

/// The x in [low, high] where `rising` crosses zero upwards, by bisection to the last bit. If it does
/// not, the end that lies nearer to doing so.
pub(crate) fn root_of_rising(mut low: f64, mut high: f64, rising: impl Fn(f64) -> f64) -> f64 {
    // Where the root is zero, halving goes on into denormal numbers: 200 times is enough for anyone.
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if rising(middle) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

/// Stationary probabilities of a birth-death chain on 0 to `last`, where `step(n)` is the birth rate in
/// n - 1 over the death rate in n.
fn birth_death(last: u32, step: impl Fn(u32) -> f64) -> Vec<f64> {
    const LARGE: f64 = 1e200;
    let mut weights = vec![1.0];
    for n in 1..=last {
        let weight = weights[weights.len() - 1] * step(n);
        weights.push(weight);
        if weight > LARGE {
            weights.iter_mut().for_each(|w| *w /= LARGE);
        }
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    weights
}

/// Panics with a sentence unless `value` is finite and above zero.
fn assert_positive(name: &str, value: f64) {
    assert!(value.is_finite() && value > 0.0, "{name} must be finite and above zero, found {value}");
}

/// Panics with a sentence unless `value` lies in [0, 1].
fn assert_share(name: &str, value: f64) {
    assert!((0.0..=1.0).contains(&value), "{name} lies in [0, 1], found {value}");
}

/// Panics with a sentence unless 0 < p < 1.
fn assert_inside(p: f64) {
    assert!(p > 0.0 && p < 1.0, "a quantile lies strictly between 0 and 1, found {p}");
}

#[cfg(test)]
#[track_caller]
fn assert_near(value: f64, wanted: f64, relative: f64) {
    assert!((value - wanted).abs() <= relative * wanted.abs(), "{value}, wanted {wanted} within {relative}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisection_finds_roots_and_stops_at_the_ends() {
        assert_near(root_of_rising(0.0, 2.0, |x| x * x - 2.0), std::f64::consts::SQRT_2, 1e-15);
        assert_near(root_of_rising(0.0, 2.0, |_| -1.0), 2.0, 1e-15);
        assert!(root_of_rising(0.0, 2.0, |_| 1.0) < 1e-30);
    }

    #[test]
    fn long_chains_do_not_overflow() {
        let chain = birth_death(5_000, |_| 2.0);
        assert_near(chain[5_000], 0.5, 1e-12);
        assert_near(chain.iter().sum(), 1.0, 1e-12);
    }
}
