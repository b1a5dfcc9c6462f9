//! CoDel: first in, first out, and no long waits once even the shortest wait has been too long.
//!
//! **What it does.** Keeps the shortest wait seen in an interval. The first attempt taken after the end
//! of an interval ends it: the line is overloaded if that minimum was above `target`, until the next end.
//! While overloaded, an attempt that has waited longer than 2 * `target` is dropped when its turn comes.
//! The attempt that ends an interval opens the next one and is never dropped.
//! **Why it exists.** A line that empties now and then is doing its work, however long it was in between;
//! a line whose shortest wait is long is only delay. So bursts pass, standing queues do not, and nobody
//! has to guess the right capacity: the wait, not the length, is bounded, whatever the speed.
//! **Where it fails.** The minimum of one interval decides for the next: a burst shorter than an interval
//! waits in full, and the first of each interval is served however late it is. It drops by wait alone,
//! important or not. With callers that retry at once each drop returns as load.
//! **Source.** folly `Codel.cpp` (`target` 5ms, `interval` 100ms, "slough" 2), described in Ben Maurer,
//! Fail at Scale, ACM Queue 2015; after Nichols and Jacobson, Controlling Queue Delay, ACM Queue 2012,
//! whose drops become more frequent instead. Deviations: none; attempts that left the line early are
//! not seen.

use serde::{Deserialize, Serialize};

use super::arrivals::Arrivals;
use super::line::{DropRule, Line};
use super::{Taken, Verdict, Waiting};
use crate::ids::AttemptId;
use crate::policy::{Criticality, Problem};
use crate::time::{SimDuration, SimTime};
use crate::units::{Limit, Patience};

/// First in, first out, and no long waits once even the shortest wait has been too long.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Codel"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The shortest wait of an interval may be this long; above 0. Default: 5ms (folly).
    pub target: SimDuration,
    /// How long waits are watched before the line is judged; above `target`. Default: 100ms (folly).
    pub interval: SimDuration,
    /// Most attempts that wait, those in service not counted; one more and `drop` says who fails at
    /// once with `queue_full`. Default: `unlimited`.
    pub capacity: Limit,
    /// An attempt that has waited longer than this when its turn comes is discarded with `expired`
    /// instead of being served, overloaded or not. A duration or `none` (default).
    pub max_wait: Patience,
    /// Who goes when the line is full. Default: `newest`.
    pub drop: DropRule,
    /// An attempt whose deadline is less than this away when its turn comes is discarded with `expired`
    /// instead of being served. A duration or `none` (default): deadlines are ignored.
    pub expired_margin: Patience,
}

impl Default for Config {
    fn default() -> Self {
        let Line { capacity, max_wait, drop, expired_margin } = Line::default();
        let (target, interval) = (SimDuration::from_millis(5), SimDuration::from_millis(100));
        Config { target, interval, capacity, max_wait, drop, expired_margin }
    }
}

/// Who waits at one instance, and how long they had to.
#[derive(Clone, Debug)]
pub struct State {
    line: Arrivals<(AttemptId, SimTime)>,
    judge: Judge,
}

/// What folly's `Codel` object holds.
#[derive(Clone, Copy, Debug)]
struct Judge {
    /// `codelMinDelayNs_`; nothing before the very first attempt (folly's `codelResetDelay_`, which is
    /// true only then between two calls).
    shortest: Option<SimDuration>,
    /// `codelIntervalTimeNs_`
    interval_ends: SimTime,
    overloaded: bool,
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        let mut problems = self.line().check();
        if self.target == SimDuration::ZERO {
            problems.push(Problem::new("target", "must be above 0, such as `5ms`"));
        }
        if self.interval <= self.target {
            let sentence =
                format!("must be longer than `target`, which is {}, found {}", self.target, self.interval);
            problems.push(Problem::new("interval", sentence));
        }
        problems
    }

    #[inline]
    pub(super) fn line(&self) -> Line {
        let Config { capacity, max_wait, drop, expired_margin, .. } = *self;
        Line { capacity, max_wait, drop, expired_margin }
    }
}

impl Judge {
    const fn new() -> Self {
        Judge { shortest: None, interval_ends: SimTime::ZERO, overloaded: false }
    }

    fn judge(&mut self, config: &Config, waited: SimDuration, now: SimTime) -> Verdict {
        match self.shortest {
            None => {
                self.shortest = Some(waited);
                return Verdict::Serve;
            }
            Some(shortest) if now > self.interval_ends => {
                self.interval_ends = now + config.interval;
                self.overloaded = shortest > config.target;
                self.shortest = Some(waited);
                // "More than one request must come in during an interval before codel starts dropping."
                return Verdict::Serve;
            }
            Some(shortest) => self.shortest = Some(shortest.min(waited)),
        }
        let longest = config.target + config.target;
        if self.overloaded && waited > longest { Verdict::Drop } else { Verdict::Serve }
    }
}

impl State {
    pub(super) fn new(config: &Config) -> Self {
        State { line: Arrivals::new(config.drop), judge: Judge::new() }
    }

    pub(super) fn join(&mut self, waiting: Waiting) {
        self.line.push(waiting.class, (waiting.attempt, waiting.entered));
    }

    /// An attempt was served without waiting: a wait too, and the shortest there is.
    pub(super) fn pass(&mut self, config: &Config, now: SimTime) {
        self.judge.judge(config, SimDuration::ZERO, now);
    }

    pub(super) fn take(
        &mut self,
        config: &Config,
        now: SimTime,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<Taken> {
        let next = std::iter::from_fn(|| self.line.pop_oldest()).find(|(attempt, _)| live(*attempt));
        let (attempt, entered) = next?;
        Some(Taken { attempt, verdict: self.judge.judge(config, now.since(entered), now) })
    }

    pub(super) fn evict(
        &mut self,
        drop: DropRule,
        incoming: Criticality,
        mut live: impl FnMut(AttemptId) -> bool,
    ) -> Option<AttemptId> {
        let next = || self.line.pop_by(drop, incoming).map(|(attempt, _)| attempt);
        std::iter::from_fn(next).find(|attempt| live(*attempt))
    }

    pub(super) fn retain(&mut self, mut live: impl FnMut(AttemptId) -> bool) {
        self.line.retain(|(attempt, _)| live(*attempt));
    }

    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// 1 while overloaded.
    pub(super) fn gauge(&self) -> (&'static str, f64) {
        ("queue_overloaded", f64::from(u8::from(self.judge.overloaded)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::queue::testing::{attempt, waiting};
    use crate::policy::testing::{ms, read};
    use Verdict::{Drop, Serve};

    /// What becomes of attempts that are taken at these milliseconds after waits of these.
    fn verdicts(taken: &[(f64, f64)]) -> Vec<Verdict> {
        let (config, mut judge) = (Config::default(), Judge::new());
        taken.iter().map(|(at, waited)| judge.judge(&config, ms(*waited), SimTime::ZERO + ms(*at))).collect()
    }

    #[test]
    fn nobody_is_dropped_before_an_interval_was_bad() {
        assert_eq!(verdicts(&[(20.0, 20.0)]), [Serve], "the very first is not judged");
        // The interval of the first is over at once: the second ends it, the third is judged.
        assert_eq!(verdicts(&[(20.0, 3.0), (30.0, 50.0), (31.0, 50.0)]), [Serve, Serve, Serve]);
        assert_eq!(verdicts(&[(20.0, 20.0), (30.0, 50.0), (31.0, 50.0)]), [Serve, Serve, Drop]);
    }

    #[test]
    fn the_shortest_wait_of_an_interval_decides_for_the_next() {
        let start = [(0.0, 0.0), (1.0, 50.0), (50.0, 5.0), (101.0, 50.0)];
        let mut calm = start.to_vec();
        // At 1 ms an interval begins that ends at 101 ms; at 101 ms it is not yet over ("now > end").
        calm.extend([(102.0, 50.0), (103.0, 50.0)]);
        assert_eq!(verdicts(&calm), [Serve; 6], "5 ms is the target, not above it");
        let mut overloaded = calm.clone();
        overloaded[2] = (50.0, 5.001);
        assert_eq!(verdicts(&overloaded), [Serve, Serve, Serve, Serve, Serve, Drop]);
    }

    #[test]
    fn while_overloaded_twice_the_target_is_too_long() {
        let bad = [(0.0, 20.0), (10.0, 20.0), (111.0, 20.0)];
        for (waited, verdict) in [(10.0, Serve), (10.001, Drop), (5.0, Serve), (1_000.0, Drop)] {
            let taken: Vec<_> = bad.into_iter().chain([(112.0, waited)]).collect();
            assert_eq!(verdicts(&taken).last(), Some(&verdict), "{waited}");
        }
    }

    #[test]
    fn the_first_of_an_interval_is_served_however_late() {
        let mut taken = vec![(0.0, 500.0)];
        taken.extend((1..=400).map(|at| (f64::from(at), 500.0)));
        let verdicts = verdicts(&taken);
        let served: Vec<usize> = (0..=400).filter(|k| verdicts[*k] == Serve).collect();
        // Intervals begin at 1 ms and 101 ms after that: an end is passed, not reached.
        assert_eq!(served, [0, 1, 102, 203, 304]);
    }

    #[test]
    fn one_short_wait_ends_the_overload_with_the_interval() {
        let taken =
            [(0.0, 20.0), (1.0, 20.0), (2.0, 20.0), (50.0, 4.0), (51.0, 20.0), (102.0, 20.0), (103.0, 20.0)];
        assert_eq!(verdicts(&taken), [Serve, Serve, Drop, Serve, Drop, Serve, Serve]);
    }

    #[test]
    fn who_did_not_have_to_wait_counts() {
        let (config, at) = (Config::default(), |at| SimTime::ZERO + ms(at));
        for passed in [false, true] {
            let mut state = State::new(&config);
            // Long waits until 3 ms, then the line is empty.
            (0..3).for_each(|k| state.join(waiting(k)));
            for now in [21.0, 22.0, 23.0] {
                state.take(&config, at(now), |_| true);
            }
            assert_eq!(state.gauge(), ("queue_overloaded", 1.0));
            if passed {
                state.pass(&config, at(60.0));
            }
            state.join(Waiting { entered: at(100.0), ..waiting(3) });
            state.join(Waiting { entered: at(100.0), ..waiting(4) });
            let last = [(); 2].map(|()| state.take(&config, at(130.0), |_| true).expect("two wait").verdict);
            assert_eq!(last, [Serve, if passed { Serve } else { Drop }]);
        }
    }

    #[test]
    fn the_order_is_that_of_arrival_and_who_has_left_is_not_judged() {
        let (config, now) = (Config::default(), SimTime::ZERO + ms(50.0));
        let mut state = State::new(&config);
        (0..4).for_each(|k| state.join(waiting(k)));
        let live = |id: AttemptId| id != attempt(0);
        let taken = [(); 4].map(|()| state.take(&config, now, live).map(|t| (t.attempt.0.slot, t.verdict)));
        // Had 0 been judged, 2 would be the third and dropped.
        assert_eq!(taken, [Some((1, Serve)), Some((2, Serve)), Some((3, Drop)), None]);
    }

    #[test]
    fn the_defaults_are_follys() {
        let config: Config = read("{}").expect("settings are readable");
        assert_eq!((config.target, config.interval), (ms(5.0), ms(100.0)));
        assert_eq!(config.check(), []);
    }

    #[test]
    fn what_folly_refuses_is_told() {
        let fields = |json: &str| {
            let config: Config = read(json).expect("settings are readable");
            config.check().into_iter().map(|problem| problem.field).collect::<Vec<_>>()
        };
        assert_eq!(fields(r#"{"target": "0s"}"#), ["target"]);
        assert_eq!(fields(r#"{"target": "100ms"}"#), ["interval"]);
        assert_eq!(
            fields(r#"{"target": "0s", "interval": "0s", "drop": "oldest"}"#),
            ["drop", "target", "interval"]
        );
    }
}
