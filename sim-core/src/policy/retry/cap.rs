//! How long may a single wait become? At most a given span, or as long as the formula says.

use std::fmt;
use std::str::FromStr;

use crate::policy::Problem;
use crate::time::SimDuration;
use crate::units::text_type;

/// The longest wait of a back-off: a duration, or `unlimited`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cap {
    /// Whatever the formula gives (a span of simulated time ends at 100 years).
    #[default]
    Unlimited,
    /// This long and no longer.
    AtMost(SimDuration),
}

impl Cap {
    /// `delay`, or the cap if that is shorter.
    #[inline]
    pub fn limit(self, delay: SimDuration) -> SimDuration {
        match self {
            Cap::Unlimited => delay,
            Cap::AtMost(longest) => delay.min(longest),
        }
    }

    /// The same for a wait in seconds.
    pub(super) fn cut_secs(self, wait: f64) -> f64 {
        match self {
            Cap::Unlimited => wait,
            Cap::AtMost(longest) => wait.min(longest.as_secs_f64()),
        }
    }

    /// Whether the cap leaves room for the first wait, `base`.
    pub(super) fn check(self, base: SimDuration) -> Vec<Problem> {
        match self {
            Cap::AtMost(longest) if longest < base => {
                let sentence = format!("must be at least `base`, which is {base}, found {longest}");
                vec![Problem::new("max", sentence)]
            }
            Cap::AtMost(_) | Cap::Unlimited => Vec::new(),
        }
    }

    /// What is wrong with one of several bases, seen from there.
    pub(super) fn check_base(self, base: SimDuration) -> Option<String> {
        match self {
            Cap::AtMost(longest) if longest < base => {
                Some(format!("must be at most `max`, which is {longest}, found {base}"))
            }
            Cap::AtMost(_) | Cap::Unlimited => None,
        }
    }
}

impl FromStr for Cap {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "unlimited" {
            return Ok(Cap::Unlimited);
        }
        text.parse().map(Cap::AtMost).map_err(|problem| format!("{problem}; or `unlimited`"))
    }
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cap::Unlimited => f.write_str("unlimited"),
            Cap::AtMost(longest) => longest.fmt(f),
        }
    }
}

text_type!(
    Cap,
    "Cap",
    "The longest wait: a duration with its unit, for example `10s`, or `unlimited`.",
    r"^\s*(unlimited|([0-9.]+\s*(ns|us|µs|ms|s|m|h|d)\s*)+)$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cap_is_a_duration_or_unlimited() {
        assert_eq!("10s".parse(), Ok(Cap::AtMost(SimDuration::from_secs(10))));
        assert_eq!("unlimited".parse(), Ok(Cap::Unlimited));
        let problem = "none".parse::<Cap>().unwrap_err();
        assert!(
            problem.starts_with("`none` is not a duration") && problem.ends_with("or `unlimited`"),
            "{problem}"
        );
    }

    #[test]
    fn display_reads_back() {
        for cap in [Cap::Unlimited, Cap::AtMost(SimDuration::from_millis(250))] {
            assert_eq!(cap.to_string().parse(), Ok(cap));
        }
    }

    #[test]
    fn only_what_is_longer_is_cut() {
        let (short, long) = (SimDuration::from_secs(1), SimDuration::from_secs(20));
        let cap = Cap::AtMost(SimDuration::from_secs(10));
        assert_eq!((cap.limit(short), cap.limit(long)), (short, SimDuration::from_secs(10)));
        assert_eq!(Cap::Unlimited.limit(long), long);
    }
}
