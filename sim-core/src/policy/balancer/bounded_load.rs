//! How much more than the mean may an instance have before its keys go elsewhere?
//!
//! With a bound c no instance gets an attempt while it has more than ceil(c * (attempts + 1)) / n of this
//! client's attempts under way; its keys jump to others, in an order that the key alone decides, and to
//! the least loaded if all are above. Mirrokni, Thorup, Zadimoghaddam, Consistent Hashing with Bounded
//! Loads, SODA 2018; the jumps: Chen et al. 2019 (arXiv 1908.08762); Envoy `hash_balance_factor`, which
//! lets an instance that is exactly at its bound take one more, as here.

use std::fmt;
use std::str::FromStr;

use super::View;
use crate::luck::{Draws, mix};
use crate::units::text_type;

/// The most an instance may have, as a multiple of the mean: a number from 1, or `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoadBound(Option<f64>);

impl LoadBound {
    /// At most `ratio` times the mean. Panics below 1 or above 10^6.
    pub fn new(ratio: f64) -> Self {
        assert!((1.0..=1e6).contains(&ratio), "a bound lies in [1, 1e6], found {ratio}");
        LoadBound(Some(ratio))
    }

    /// `first`, unless it has too much; then whoever comes next for this key and has not.
    #[inline]
    pub(super) fn choose<F>(self, first: u32, hash: u64, view: &View<'_, F>, order: &mut Vec<u32>) -> u32 {
        match self.0 {
            None => first,
            Some(ratio) => within(ratio, first, hash, view, order),
        }
    }
}

/// `order` is room for the members in the order in which they are tried.
fn within<F>(ratio: f64, first: u32, hash: u64, view: &View<'_, F>, order: &mut Vec<u32>) -> u32 {
    let members = view.members.len() as u32;
    let total = (f64::from(view.own.total()) + 1.0) * ratio;
    let bound = (total.ceil() as u32).div_ceil(members);
    if view.own.at(first) <= bound {
        return first;
    }
    order.clear();
    order.extend_from_slice(view.members);
    let mut draws = Draws::keyed(mix(hash, 0xb0d_ed10));
    let mut least = first;
    for tried in 0..members {
        let jump = draws.below(members - tried);
        order.swap(tried as usize, (tried + jump) as usize);
        let other = order[tried as usize];
        if view.own.at(other) <= bound {
            return other;
        }
        if view.own.at(other) < view.own.at(least) {
            least = other;
        }
    }
    least
}

impl FromStr for LoadBound {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "write how many times the mean an instance may have, such as `1.25`, or `none`";
        let (digits, unit) = match text.trim().strip_suffix('%') {
            Some(digits) => (digits, 100.0),
            None => (text, 1.0),
        };
        match (text.trim(), digits.trim().parse::<f64>()) {
            ("none", _) => Ok(LoadBound(None)),
            (_, Ok(x)) if (1.0..=1e6).contains(&(x / unit)) => Ok(LoadBound(Some(x / unit))),
            (_, Ok(x)) if x / unit < 1.0 => Err(format!("must be at least 1, found {text}; {wanted}")),
            (_, Ok(_) | Err(_)) => Err(format!("`{text}` is no bound; {wanted}")),
        }
    }
}

impl fmt::Display for LoadBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("none"),
            Some(ratio) => ratio.fmt(f),
        }
    }
}

text_type!(
    LoadBound,
    "LoadBound",
    "How many times the mean an instance may have, a number from 1 such as `1.25`, or `none`.",
    r"^\s*(none|[0-9.eE+]+\s*%?)\s*$"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::balancer::testing::View4;
    use crate::policy::testing::luck;

    fn choose(bound: LoadBound, own: [u32; 4], hash: u64) -> u32 {
        View4 { own, in_system: [0; 4] }.ask(luck(0), |view| bound.choose(0, hash, view, &mut Vec::new()))
    }

    #[test]
    fn without_a_bound_a_key_stays() {
        assert!((0..100).all(|hash| choose(LoadBound::default(), [1_000, 0, 0, 0], hash) == 0));
    }

    #[test]
    fn a_key_leaves_an_instance_above_the_bound() {
        // 8 under way: ceil(1.25 * 9) = 12 places, 3 for each of four instances.
        let bound = LoadBound::new(1.25);
        assert!((0..100).all(|hash| choose(bound, [3, 2, 2, 1], hash) == 0), "at the bound one more fits");
        assert!((0..100).all(|hash| choose(bound, [4, 4, 0, 0], hash) >= 2));
    }

    #[test]
    fn keys_that_leave_spread_over_the_others() {
        // 30 000 keys over three instances: 10 000 each within 4 standard errors of 82.
        let mut counts = [0u32; 4];
        for hash in 0..30_000 {
            counts[choose(LoadBound::new(1.25), [8, 0, 0, 0], hash) as usize] += 1;
        }
        assert!(counts[1..].iter().all(|n| n.abs_diff(10_000) < 4 * 82), "{counts:?}");
    }

    #[test]
    fn bounds_are_numbers_from_one_or_none() {
        assert_eq!("125%".parse(), Ok(LoadBound::new(1.25)));
        assert_eq!("none".parse(), Ok(LoadBound::default()));
        let wanted = "write how many times the mean an instance may have, such as `1.25`, or `none`";
        assert_eq!(
            "0.9".parse::<LoadBound>().unwrap_err(),
            format!("must be at least 1, found 0.9; {wanted}")
        );
        assert_eq!("nan".parse::<LoadBound>().unwrap_err(), format!("`nan` is no bound; {wanted}"));
        for bound in [LoadBound::default(), LoadBound::new(1.5)] {
            assert_eq!(bound.to_string().parse(), Ok(bound));
        }
    }
}
