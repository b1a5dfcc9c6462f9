//! By how much do the waits of callers that failed together differ?
//!
//! **What it does.** Turns the delay `e` of a back-off formula into a random one:
//!
//! | word | delay | mean |
//! |---|---|---|
//! | `none` | e | e |
//! | `full` | U(0, e) | e/2 |
//! | `equal` | e/2 + U(0, e/2) | 3e/4 |
//! | `plus_minus` | e * U(1 - r, 1 + r), r = `jitter_ratio` | e |
//!
//! **Why it exists.** Callers that fail together wait equally long and return together, as a wave that
//! fails again. Jitter spreads the wave; the price is that some wait longer than others.
//! **Where it fails.** It moves load in time and removes none: under lasting overload the spread
//! retries are as many as before. And a cap that is applied after `plus_minus` cuts the jitter off: once
//! the formula is far above the cap, everyone waits exactly `max` again.
//! **Source.** Marc Brooker, Exponential Backoff And Jitter, AWS Architecture Blog 2015 (`full`,
//! `equal`); gRFC A6 (`plus_minus` 0.2, after the cap); resilience4j `IntervalFunction` (0.5, before the
//! cap). gRPC drew from (0, e) until it changed to `plus_minus` in August 2024.

use serde::{Deserialize, Serialize};

use super::cap::Cap;
use crate::luck::{Luck, Purpose};
use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::Probability;

/// How a wait is made random. Default: `none`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// The formula's delay itself: callers that failed together return together.
    #[default]
    None,
    /// Anything between zero and the delay.
    Full,
    /// Half of the delay for sure, the other half by chance.
    Equal,
    /// The delay, more or less by the share `jitter_ratio`.
    PlusMinus,
}

impl Jitter {
    /// The shortest and the longest that becomes of a wait.
    pub(super) fn bounds(self, ratio: Option<Probability>, wait: f64) -> (f64, f64) {
        match self {
            Jitter::None => (wait, wait),
            Jitter::Full => (0.0, wait),
            Jitter::Equal => (0.5 * wait, wait),
            Jitter::PlusMinus => {
                let ratio = ratio.map_or(1.0, Probability::get);
                (wait * (1.0 - ratio), wait * (1.0 + ratio))
            }
        }
    }
}

pub(super) const fn cap_after_jitter_by_default() -> bool {
    true
}

/// What happens to the delay that a formula gives: the settings that back-offs have in common.
#[derive(Clone, Copy, Debug)]
pub(in crate::policy) struct Spread {
    pub(in crate::policy) max: Cap,
    pub(in crate::policy) jitter: Jitter,
    pub(in crate::policy) jitter_ratio: Option<Probability>,
    pub(in crate::policy) cap_after_jitter: bool,
}

impl Spread {
    /// The wait for a formula's `delay`.
    #[inline]
    pub(in crate::policy) fn apply(self, delay: SimDuration, luck: Luck) -> SimDuration {
        let capped = self.max.limit(delay);
        let unit = || luck.draws(Purpose::Backoff).unit();
        match self.jitter {
            Jitter::None => capped,
            Jitter::Full => capped.mul_f64(unit()),
            Jitter::Equal => capped.mul_f64(0.5 + 0.5 * unit()),
            Jitter::PlusMinus => {
                let ratio = self.jitter_ratio.expect("`check` asks for it").get();
                let factor = 1.0 + ratio * (2.0 * unit() - 1.0);
                if self.cap_after_jitter {
                    self.max.limit(delay.mul_f64(factor))
                } else {
                    capped.mul_f64(factor)
                }
            }
        }
    }

    /// The same in whole multiples of `step`, each as likely: a draw reaches one step further, and is cut.
    /// What is not drawn is cut already.
    pub(in crate::policy) fn apply_in_steps(
        self,
        delay: SimDuration,
        step: SimDuration,
        luck: Luck,
    ) -> SimDuration {
        let capped = self.max.limit(delay);
        let between = |from: SimDuration, to: SimDuration| {
            let reach = (to - from) + step;
            let drawn = from + reach.mul_f64(luck.draws(Purpose::Backoff).unit());
            self.max.limit(drawn.cut_to(step))
        };
        match self.jitter {
            Jitter::None => capped,
            Jitter::Full => between(SimDuration::ZERO, capped),
            Jitter::Equal => between(capped.mul_f64(0.5), capped),
            Jitter::PlusMinus => {
                let ratio = self.jitter_ratio.expect("`check` asks for it").get();
                let (low, high) = (1.0 - ratio, 1.0 + ratio);
                match self.cap_after_jitter {
                    true => between(delay.mul_f64(low), delay.mul_f64(high)),
                    false => Spread { max: Cap::Unlimited, cap_after_jitter: true, ..self }
                        .apply_in_steps(capped, step, luck),
                }
            }
        }
    }

    /// Contradictions between these fields and the first delay `base`.
    pub(in crate::policy) fn check(self, base: SimDuration) -> Vec<Problem> {
        let mut problems = self.max.check(base);
        match (self.jitter, self.jitter_ratio) {
            (Jitter::PlusMinus, None) => problems.push(Problem::new(
                "jitter_ratio",
                "`jitter: plus_minus` needs it: the share by which a wait may differ, such as `0.2` (gRPC) or `0.5` (resilience4j)",
            )),
            (Jitter::None | Jitter::Full | Jitter::Equal, Some(_)) => problems.push(Problem::new(
                "jitter_ratio",
                "it belongs to `jitter: plus_minus` and does nothing here; remove it or change `jitter`",
            )),
            (Jitter::PlusMinus, Some(_)) | (Jitter::None | Jitter::Full | Jitter::Equal, None) => {}
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::testing::{assert_uniform, luck, ms};

    use super::*;

    fn spread(jitter: Jitter) -> Spread {
        Spread { max: Cap::Unlimited, jitter, jitter_ratio: None, cap_after_jitter: true }
    }

    fn plus_minus(ratio: f64) -> Spread {
        Spread { jitter_ratio: Some(Probability::new(ratio)), ..spread(Jitter::PlusMinus) }
    }

    #[test]
    fn none_keeps_the_delay() {
        assert!((0..100).all(|k| spread(Jitter::None).apply(ms(100.0), luck(k)) == ms(100.0)));
    }

    #[test]
    fn full_lies_between_zero_and_the_delay() {
        assert_uniform(|luck| spread(Jitter::Full).apply(ms(100.0), luck), 0.0, 100.0);
    }

    #[test]
    fn equal_keeps_half_of_the_delay() {
        assert_uniform(|luck| spread(Jitter::Equal).apply(ms(100.0), luck), 50.0, 100.0);
    }

    #[test]
    fn plus_minus_lies_around_the_delay() {
        // policies.md, section 20, resilience4j randomized: 500 ms, 0.5.
        assert_uniform(|luck| plus_minus(0.5).apply(ms(500.0), luck), 250.0, 750.0);
    }

    #[test]
    fn a_cap_before_the_jitter_may_be_exceeded_by_the_ratio() {
        let grpc = Spread { max: Cap::AtMost(ms(1000.0)), cap_after_jitter: false, ..plus_minus(0.2) };
        assert_uniform(|luck| grpc.apply(ms(1600.0), luck), 800.0, 1200.0);
    }

    #[test]
    fn a_cap_after_the_jitter_cuts_the_jitter_off() {
        let resilience4j = Spread { max: Cap::AtMost(ms(1000.0)), ..plus_minus(0.5) };
        let at_the_cap =
            |delay| (0..1_000).filter(|k| resilience4j.apply(ms(delay), luck(*k)) == ms(1000.0)).count();
        assert_eq!(at_the_cap(600.0), 0, "600 ms become 900 ms at most");
        let half = at_the_cap(1000.0);
        assert!((437..=563).contains(&half), "half of 1000 within 4 standard errors of 15.8, found {half}");
        assert_eq!(at_the_cap(2000.0), 1_000, "all callers wait the same again");
    }

    #[test]
    fn full_and_equal_draw_below_the_cap_either_way() {
        for cap_after_jitter in [false, true] {
            let capped = |jitter| Spread { max: Cap::AtMost(ms(100.0)), cap_after_jitter, ..spread(jitter) };
            assert_uniform(|luck| capped(Jitter::Full).apply(ms(400.0), luck), 0.0, 100.0);
            assert_uniform(|luck| capped(Jitter::Equal).apply(ms(400.0), luck), 50.0, 100.0);
        }
    }

    #[test]
    fn the_ratio_belongs_to_plus_minus_and_to_nothing_else() {
        let fields = |spread: Spread| spread.check(ms(1.0)).into_iter().map(|p| p.field).collect::<Vec<_>>();
        assert!(fields(plus_minus(0.2)).is_empty());
        assert_eq!(fields(spread(Jitter::PlusMinus)), ["jitter_ratio"]);
        for jitter in [Jitter::None, Jitter::Full, Jitter::Equal] {
            assert!(fields(spread(jitter)).is_empty());
            assert_eq!(fields(Spread { jitter, ..plus_minus(0.2) }), ["jitter_ratio"]);
        }
    }
}
