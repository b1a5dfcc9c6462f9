//! Between which bounds does a limit on the number under way move?

use crate::policy::Problem;
use crate::units::{Count, Probability};

/// Contradictions between where a limit begins and where it may go.
pub(super) fn check(initial: Count, min: Count, max: Count) -> Vec<Problem> {
    let mut problems = Vec::new();
    if min > max {
        let sentence = format!(
            "`min_limit`, which is {min}, is above `max_limit`, which is {max}: nothing lies between them; write at most {max}, or raise `max_limit`"
        );
        problems.push(Problem::new("min_limit", sentence));
    } else if initial < min || initial > max {
        let sentence = format!(
            "must lie between `min_limit` and `max_limit`, which are {min} and {max}, found {initial}: the limit would jump with the first answer"
        );
        problems.push(Problem::new("initial_limit", sentence));
    }
    problems
}

/// Whether a limit moves at all.
pub(super) fn check_smoothing(share: Probability) -> Option<Problem> {
    let sentence = "must be above 0: it is the share of each step that is taken, and the limit would never move; write for example 0.2";
    (share == Probability::ZERO).then(|| Problem::new("smoothing_ratio", sentence))
}

/// A number of attempts that may be under way at once, as a gauge.
pub(super) fn gauge(limit: f64) -> (&'static str, f64) {
    ("concurrency_limit", limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_begins_between_its_bounds() {
        let problems = |initial, min, max| {
            let problems = check(Count::new(initial), Count::new(min), Count::new(max));
            problems.into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert!(problems(20, 20, 20).is_empty());
        assert_eq!(problems(5, 6, 9), ["initial_limit"]);
        assert_eq!(problems(10, 6, 9), ["initial_limit"]);
        assert_eq!(problems(7, 9, 6), ["min_limit"], "one mistake, told once");
    }
}
