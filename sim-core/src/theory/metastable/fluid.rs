//! How does a given trigger play out? The fluid delay equation: expected flows instead of random
//! requests, integrated in small steps.
//!
//! An attempt that will wait w fails with f(w) ([`RetryLoop::failure_after_wait`]) and is followed one
//! timeout later by the next attempt: `a_1 = lambda(t)`, `a_{k+1}(t) = f(t-T) a_k(t-T)`; the backlog grows by
//! `B' = sum_k a_k - C(t)`, B >= 0; w is the wait of someone who joins now, under the capacity that lies
//! ahead. Before the trigger the system is healthy and its queue empty.
//!
//! Its tipping duration agrees with simulation within about 10 %, near saturation 20 %; chance decides
//! within a factor of 1.3 to 1.8 of it (validation.md).

use super::RetryLoop;
use crate::theory::assert_positive;

/// What goes wrong, from time 0 on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trigger {
    /// How long, in seconds, above 0.
    pub duration_s: f64,
    /// Fresh requests are multiplied by this meanwhile; 1 is no change.
    pub load_factor: f64,
    /// Capacity is multiplied by this meanwhile, because work that starts takes so much longer; 1 is no
    /// change, 0 a full stop.
    pub capacity_factor: f64,
}

impl Trigger {
    /// A load spike to `factor` times the load.
    pub fn spike(duration_s: f64, factor: f64) -> Self {
        Trigger { duration_s, load_factor: factor, capacity_factor: 1.0 }
    }

    /// A cut of the capacity to `factor` of it.
    pub fn cut(duration_s: f64, factor: f64) -> Self {
        Trigger { duration_s, load_factor: 1.0, capacity_factor: factor }
    }
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The queue is empty again and stays so.
    Recovers,
    /// Every attempt fails and there are more of them than the capacity: the storm feeds itself.
    Collapses,
    /// Neither yet.
    Undecided,
}

/// The state at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Seconds since the trigger began.
    pub time_s: f64,
    /// Attempts waiting.
    pub backlog: f64,
    /// How long someone who joins now will wait, in seconds.
    pub wait_s: f64,
    /// Attempts per second, first tries included.
    pub attempts_per_s: f64,
    /// Probability that an attempt sent now fails.
    pub failure: f64,
    /// Attempts that are sent, will fail and will be followed by another.
    pub retries_ahead: f64,
}

/// The way of a system through a trigger.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    /// The state every twentieth of the timeout, from the begin of the trigger.
    pub points: Vec<Point>,
    /// What is certain at the end.
    pub outcome: Outcome,
}

/// Steps per timeout: fine enough to follow the failure probability, which changes with the wait
/// within one mean service time, unless that is so short that it is a jump.
const STEPS_PER_TIMEOUT: std::ops::RangeInclusive<f64> = 400.0..=2_000.0;
const STEPS_PER_SERVICE: f64 = 20.0;
const POINTS_PER_TIMEOUT: usize = 20;
/// The attempt number from which on attempts are not followed: an attempt so late comes a thousand
/// timeouts after the request.
const MOST_ATTEMPTS: u32 = 1_000;
/// How many timeouts after the end of the trigger we watch, and how long a trigger we try.
const WATCHED_TIMEOUTS: f64 = 2_000.0;

impl RetryLoop {
    /// The way through `trigger` in the `horizon_s` seconds from its begin. Panics outside the domain
    /// of the loop and the trigger.
    pub fn trajectory(&self, trigger: Trigger, horizon_s: f64) -> Trajectory {
        Flow::new(self, trigger).follow(horizon_s)
    }

    /// How `trigger` ends, watched until that is certain, at most 2000 timeouts after its end. Panics
    /// as [`RetryLoop::trajectory`] does.
    pub fn outcome(&self, trigger: Trigger) -> Outcome {
        let mut flow = Flow::new(self, trigger);
        let last_s = trigger.duration_s + WATCHED_TIMEOUTS * self.timeout_s;
        while flow.time_s() < last_s && flow.outcome() == Outcome::Undecided {
            flow.step();
        }
        flow.outcome()
    }

    /// Shortest duration in seconds for which `trigger` (its own duration is ignored) tips the system,
    /// by bisection to 0.1 %. 0 for a load that tips without a trigger; `None` if the storm does not
    /// sustain itself or the trigger does not tip within 2000 timeouts. Panics as
    /// [`RetryLoop::trajectory`] does.
    pub fn tipping_duration_s(&self, trigger: Trigger) -> Option<f64> {
        if !self.storm_sustains_itself() {
            return None;
        }
        let tips = |duration_s: f64| self.outcome(Trigger { duration_s, ..trigger }) != Outcome::Recovers;
        if tips(1e-6 * self.timeout_s) {
            return Some(0.0);
        }
        let mut heals = 0.01 * self.timeout_s;
        while !tips(2.0 * heals) {
            heals *= 2.0;
            if heals > WATCHED_TIMEOUTS * self.timeout_s {
                return None;
            }
        }
        let mut kills = 2.0 * heals;
        while kills - heals > 1e-3 * heals {
            let middle = 0.5 * (heals + kills);
            if tips(middle) {
                kills = middle;
            } else {
                heals = middle;
            }
        }
        Some(0.5 * (heals + kills))
    }
}

/// The equation in motion.
pub(super) struct Flow<'a> {
    rig: &'a RetryLoop,
    trigger: Trigger,
    /// Attempts per request that are followed.
    attempts: usize,
    /// Steps in one timeout.
    delay: usize,
    steps: usize,
    backlog: f64,
    /// Attempts per second that failed, by step of the last timeout and by attempt number (but the
    /// last): a ring, the row of the current step is one timeout old.
    failing: Vec<f64>,
    /// Their sum over the ring.
    failing_sum: f64,
    /// Steps since the end of the trigger in which nobody waited.
    calm: usize,
    /// Steps since the end of the trigger in which every attempt failed.
    lost: usize,
}

impl<'a> Flow<'a> {
    /// Healthy until now: nobody waits, an attempt fails only by a long service of its own.
    fn new(rig: &'a RetryLoop, trigger: Trigger) -> Self {
        Flow::from(rig, trigger, 0.0, rig.failure_after_wait(0.0))
    }

    /// With so many waiting, after a timeout in which a share `failure` of each attempt's successors failed.
    pub(super) fn from(rig: &'a RetryLoop, trigger: Trigger, backlog: f64, failure: f64) -> Self {
        rig.assert_valid();
        assert_positive("the duration of the trigger", trigger.duration_s);
        assert!(trigger.load_factor >= 0.0 && trigger.capacity_factor >= 0.0, "factors are zero or more");
        let wanted = STEPS_PER_SERVICE * rig.timeout_s / rig.service_s;
        let delay = wanted.clamp(*STEPS_PER_TIMEOUT.start(), *STEPS_PER_TIMEOUT.end()).ceil() as usize;
        let attempts = rig.max_attempts.min(MOST_ATTEMPTS) as usize;
        let row: Vec<f64> =
            std::iter::successors(Some(failure * rig.load_per_s), |rate| Some(failure * rate))
                .take(attempts - 1)
                .collect();
        Flow {
            rig,
            trigger,
            attempts,
            delay,
            steps: 0,
            backlog,
            failing: row.repeat(delay),
            failing_sum: row.iter().sum::<f64>() * delay as f64,
            calm: 0,
            lost: 0,
        }
    }

    /// The way from here.
    pub(super) fn follow(mut self, horizon_s: f64) -> Trajectory {
        let mut points = Vec::new();
        while self.time_s() < horizon_s {
            let point = self.step();
            if (self.steps - 1).is_multiple_of(self.delay / POINTS_PER_TIMEOUT) {
                points.push(point);
            }
        }
        Trajectory { points, outcome: self.outcome() }
    }

    fn step_s(&self) -> f64 {
        self.rig.timeout_s / self.delay as f64
    }

    fn time_s(&self) -> f64 {
        self.steps as f64 * self.step_s()
    }

    /// The wait of someone who joins now: first the rest of the trigger serves, then everyone.
    fn wait_s(&self) -> f64 {
        let trigger_left_s = (self.trigger.duration_s - self.time_s()).max(0.0);
        let reduced = self.trigger.capacity_factor * self.rig.capacity_per_s;
        if reduced > 0.0 && self.backlog <= reduced * trigger_left_s {
            self.backlog / reduced
        } else {
            trigger_left_s + (self.backlog - reduced * trigger_left_s) / self.rig.capacity_per_s
        }
    }

    /// The probability of failing of someone who joins now: work that starts inside the trigger is slower.
    fn failure(&self, time_s: f64, wait_s: f64) -> f64 {
        let speed = self.trigger.capacity_factor;
        if speed > 0.0 && speed < 1.0 && time_s + wait_s < self.trigger.duration_s {
            let slower = RetryLoop { service_s: self.rig.service_s / speed, ..*self.rig };
            return slower.failure_after_wait(wait_s);
        }
        self.rig.failure_after_wait(wait_s)
    }

    /// One step on; gives the state at its begin.
    fn step(&mut self) -> Point {
        let time_s = self.time_s();
        let wait_s = self.wait_s();
        let failure = self.failure(time_s, wait_s);
        // The last step of the trigger counts for the share that it covers.
        let triggered = ((self.trigger.duration_s - time_s) / self.step_s()).clamp(0.0, 1.0);
        let during = |factor: f64| 1.0 + (factor - 1.0) * triggered;

        let mut rate = self.rig.load_per_s * during(self.trigger.load_factor);
        let mut attempts_per_s = rate;
        let row = (self.steps % self.delay) * (self.attempts - 1);
        for failing in &mut self.failing[row..row + self.attempts - 1] {
            let next = *failing;
            *failing = failure * rate;
            self.failing_sum += *failing - next;
            rate = next;
            attempts_per_s += rate;
        }
        let retries_ahead = (self.failing_sum * self.step_s()).max(0.0);
        let point = Point { time_s, backlog: self.backlog, wait_s, attempts_per_s, failure, retries_ahead };

        let served = self.rig.capacity_per_s * during(self.trigger.capacity_factor);
        self.backlog = (self.backlog + (attempts_per_s - served) * self.step_s()).max(0.0);
        self.steps += 1;
        if triggered == 0.0 {
            self.calm = if self.backlog == 0.0 { self.calm + 1 } else { 0 };
            self.lost = if wait_s >= self.rig.timeout_s { self.lost + 1 } else { 0 };
        }
        point
    }

    /// Two calm timeouts are enough: what was sent before has been retried in the first and, finding
    /// no queue, not again in the second. If all attempts of a request have failed, every later one
    /// makes as many.
    fn outcome(&self) -> Outcome {
        if self.calm >= 2 * self.delay {
            Outcome::Recovers
        } else if self.lost >= self.attempts * self.delay && self.rig.storm_sustains_itself() {
            Outcome::Collapses
        } else {
            Outcome::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{reference_rig, rig_rs};
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn spikes_on_rig_rs_end_as_in_public_test_p11() {
        assert_eq!(rig_rs(80.0, 4).outcome(Trigger::spike(0.5, 2.0)), Outcome::Recovers);
        assert_eq!(rig_rs(80.0, 4).outcome(Trigger::spike(4.0, 2.0)), Outcome::Collapses);
        assert_eq!(rig_rs(20.0, 4).outcome(Trigger::spike(20.0, 10.0)), Outcome::Recovers);
        assert_eq!(rig_rs(70.0, 1).outcome(Trigger::spike(20.0, 10.0)), Outcome::Recovers);
        assert_eq!(rig_rs(20.0, 4).tipping_duration_s(Trigger::spike(1.0, 10.0)), None);
    }

    #[test]
    fn a_full_stop_ends_as_in_public_test_p12() {
        let hotos = |load_per_s| RetryLoop {
            capacity_per_s: 300.0,
            service_s: 0.05,
            load_per_s,
            timeout_s: 1.0,
            max_attempts: 2,
        };
        let stop = Trigger::cut(10.0, 0.0);
        assert_eq!(hotos(140.0).outcome(stop), Outcome::Recovers);
        let storm = hotos(280.0).trajectory(stop, 600.0);
        assert_eq!(storm.outcome, Outcome::Collapses);
        assert_near(storm.points[storm.points.len() - 1].attempts_per_s, 560.0, 1e-9);
    }

    #[test]
    fn the_reference_rig_tips_after_1_4_seconds() {
        let cut = |seconds| reference_rig(800.0).outcome(Trigger::cut(seconds, 0.2));
        assert_eq!(
            (cut(1.0), cut(2.0), cut(10.0)),
            (Outcome::Recovers, Outcome::Collapses, Outcome::Collapses)
        );
        assert_near(reference_rig(800.0).tipping_duration_s(Trigger::cut(1.0, 0.2)).unwrap(), 1.4, 0.03);
        // A cut by 20 % leaves what is needed, one by 35 % for 10 s does not.
        assert_eq!(reference_rig(800.0).outcome(Trigger::cut(10.0, 0.8)), Outcome::Recovers);
        assert_eq!(reference_rig(800.0).outcome(Trigger::cut(10.0, 0.65)), Outcome::Collapses);
        // At 28 % the simulation is stuck for half of the seeds: 10 s is the tipping duration.
        assert_near(reference_rig(800.0).tipping_duration_s(Trigger::cut(1.0, 0.72)).unwrap(), 10.0, 0.03);
    }

    #[test]
    fn closed_forms_miss_by_as_much_as_they_say() {
        let ratio = |load_per_s| {
            let rig = reference_rig(load_per_s);
            rig.cut_upper_bound_s(200.0).unwrap() / rig.tipping_duration_s(Trigger::cut(1.0, 0.2)).unwrap()
        };
        assert_near(ratio(800.0), 1.2, 0.05);
        assert_near(ratio(300.0), 2.3, 0.05);
        for (load_per_s, factor, wanted) in [(80.0, 2.0, 0.086), (50.0, 3.0, 0.105), (30.0, 5.0, 0.127)] {
            let rig = rig_rs(load_per_s, 4);
            let fluid = rig.tipping_duration_s(Trigger::spike(1.0, factor)).unwrap();
            assert_near(1.0 - rig.spike_estimate_s(factor).unwrap() / fluid, wanted, 0.03);
        }
    }

    #[test]
    fn tipping_durations_agree_with_another_program() {
        // The same equation in 40 lines of Python with steps of T/400, bisected to 0.2 %.
        for (load_per_s, factor, wanted) in [
            (80.0, 2.0, 1.5296),
            (80.0, 10.0, 0.1349),
            (50.0, 3.0, 2.0971),
            (30.0, 10.0, 0.6493),
            (95.0, 1.5, 1.7066),
        ] {
            let duration = rig_rs(load_per_s, 4).tipping_duration_s(Trigger::spike(1.0, factor)).unwrap();
            assert_near(duration, wanted, 0.02);
        }
    }

    #[test]
    fn the_outcome_turns_at_the_tipping_duration() {
        let rig = rig_rs(80.0, 4);
        let duration = rig.tipping_duration_s(Trigger::spike(1.0, 2.0)).unwrap();
        assert_eq!(rig.outcome(Trigger::spike(0.998 * duration, 2.0)), Outcome::Recovers);
        assert_eq!(rig.outcome(Trigger::spike(1.002 * duration, 2.0)), Outcome::Collapses);
    }

    #[test]
    fn without_a_trigger_nothing_happens() {
        let quiet = rig_rs(80.0, 4).trajectory(Trigger::spike(1.0, 1.0), 10.0);
        assert_eq!(quiet.outcome, Outcome::Recovers);
        assert_eq!(quiet.points.len(), 200);
        assert!(quiet.points.iter().all(|point| point.backlog == 0.0 && point.wait_s == 0.0));
        assert_near(quiet.points[199].attempts_per_s, 80.0, 1e-4);
    }

    #[test]
    fn a_load_above_capacity_tips_by_itself() {
        assert_eq!(rig_rs(101.0, 4).tipping_duration_s(Trigger::spike(1.0, 2.0)), Some(0.0));
    }

    #[test]
    fn backlog_without_retries_is_what_the_overload_left() {
        // Curriculum 1.3 with one attempt: 6000 waiting after 10 s, empty 30 s later.
        let rig = RetryLoop { max_attempts: 1, ..reference_rig(800.0) };
        let points = rig.trajectory(Trigger::cut(10.0, 0.2), 60.0).points;
        let highest = points.iter().map(|point| point.backlog).fold(0.0, f64::max);
        assert_near(highest, 6_000.0, 1e-3);
        let empty = points.iter().rev().take_while(|point| point.backlog == 0.0).count() as f64 / 20.0;
        assert_near(60.0 - empty, 40.0, 5e-3);
    }
}
