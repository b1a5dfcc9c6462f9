//! How often does an attempt make each of its calls, and how likely does it fail? A walk through its steps,
//! given how likely each call fails.

use super::system::Part;

/// Adds to `visits` how often each call is made by `weight` attempts that come to `part`, and gives the
/// probability that the part fails. `fails` is that of each call, its retries included; failures are
/// independent.
pub(super) fn walk(part: &Part, weight: f64, fails: &[f64], visits: &mut [f64]) -> f64 {
    match part {
        Part::Work(_) => 0.0,
        Part::Call(call) => {
            visits[*call] += weight;
            fails[*call]
        }
        Part::Serial(parts) => {
            // The first that fails ends the group.
            let alive = parts
                .iter()
                .fold(1.0, |alive, part| alive * (1.0 - walk(part, weight * alive, fails, visits)));
            1.0 - alive
        }
        Part::Quorum { parts, need } => {
            let failures: Vec<f64> = parts.iter().map(|part| walk(part, weight, fails, visits)).collect();
            fewer_than(*need, failures.iter().copied())
        }
        Part::Copies { part, times, need } => {
            let failure = walk(part, weight * f64::from(*times), fails, visits);
            fewer_than(*need, (0..*times).map(|_| failure))
        }
        Part::Ways(ways) => ways.iter().map(|(p, part)| p * walk(part, weight * p, fails, visits)).sum(),
        Part::Repeat { part, times } => {
            let failure = walk(part, 0.0, fails, visits);
            let rounds = rounds(1.0 - failure, *times);
            walk(part, weight * rounds, fails, visits);
            1.0 - sim_core::math::pow(1.0 - failure, f64::from(*times))
        }
        Part::Fallback { part, otherwise } => {
            let failure = walk(part, weight, fails, visits);
            failure * walk(otherwise, weight * failure, fails, visits)
        }
        Part::Spawn(part) => {
            walk(part, weight, fails, visits);
            0.0
        }
    }
}

/// Rounds that are begun, 1 + a + a^2 + ... of at most `times`, each going on with probability `a`.
fn rounds(a: f64, times: u32) -> f64 {
    match a {
        a if a >= 1.0 => f64::from(times),
        a => (1.0 - sim_core::math::pow(a, f64::from(times))) / (1.0 - a),
    }
}

/// P(fewer than `need` parts succeed), by adding one part after the other.
fn fewer_than(need: u32, failures: impl Iterator<Item = f64>) -> f64 {
    // Share of the cases with k successes so far, all beyond `need` together in the last place.
    let need = need as usize;
    let mut successes = vec![0.0; need + 1];
    successes[0] = 1.0;
    for failure in failures {
        for k in (0..=need).rev() {
            let stays = if k == need { 1.0 } else { failure };
            let comes = if k > 0 { successes[k - 1] * (1.0 - failure) } else { 0.0 };
            successes[k] = successes[k] * stays + comes;
        }
    }
    (1.0 - successes[need]).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visited(part: &Part, fails: &[f64]) -> (Vec<f64>, f64) {
        let mut visits = vec![0.0; fails.len()];
        let failure = walk(part, 1.0, fails, &mut visits);
        (visits, failure)
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn a_failure_ends_a_series() {
        let series = Part::Serial(vec![Part::Call(0), Part::Work(1.0), Part::Call(1)]);
        let (visits, failure) = visited(&series, &[0.25, 0.5]);
        assert_eq!(visits, [1.0, 0.75]);
        assert!(near(failure, 1.0 - 0.75 * 0.5));
    }

    #[test]
    fn two_of_three_and_copies_go_by_the_binomial() {
        let quorum = Part::Quorum { parts: (0..3).map(Part::Call).collect(), need: 2 };
        let (visits, failure) = visited(&quorum, &[0.1, 0.1, 0.1]);
        assert_eq!(visits, [1.0; 3]);
        // 1 - .9^3 - 3 x .9^2 x .1 = .028.
        assert!(near(failure, 0.028), "{failure}");
        let copies = Part::Copies { part: Box::new(Part::Call(0)), times: 3, need: 2 };
        let (visits, failure) = visited(&copies, &[0.1]);
        assert!(near(visits[0], 3.0) && near(failure, 0.028));
    }

    #[test]
    fn ways_loops_and_second_ways_are_weighted() {
        let ways = Part::Ways(vec![(0.3, Part::Call(0)), (0.7, Part::Call(1))]);
        assert_eq!(visited(&ways, &[0.0, 0.0]).0, [0.3, 0.7]);
        let loops = Part::Repeat { part: Box::new(Part::Call(0)), times: 4 };
        assert_eq!(visited(&loops, &[0.0]).0, [4.0]);
        assert!(near(visited(&loops, &[0.5]).0[0], 1.875), "1 + 1/2 + 1/4 + 1/8");
        let second = Part::Fallback { part: Box::new(Part::Call(0)), otherwise: Box::new(Part::Call(1)) };
        let (visits, failure) = visited(&second, &[0.2, 0.5]);
        assert!(near(visits[1], 0.2) && near(failure, 0.1));
        let spawned = Part::Spawn(Box::new(Part::Call(0)));
        assert_eq!(visited(&spawned, &[1.0]), (vec![1.0], 0.0));
    }
}
