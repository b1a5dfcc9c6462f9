//! When does a holder renew, and when is its lease lost? One holder, whose first renewal is drawn, and moments counted
//! from there.

use sim_core::engine::{self, LeaseLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

use crate::{ends, stories};

/// One lease of 10 s, renewed every 3 s in 100 ms, established in 1 s.
fn holder(count: u32, more: &str, workers: u32, call: &str, rest: &str) -> Model {
    model(
        "60s",
        &format!(
            "
services:
  keeper:
    workers: {workers}
    endpoints: {{renew: {{steps: [compute: 100ms]}}, establish: {{steps: [compute: 1s]}}}}
workloads:
  holders:
    arrivals:
      leases: {{count: {count}, ttl: 10s, renew_every: 3s, establish: {{to: keeper/establish{call}}}{more}}}
    call: {{to: keeper/renew{call}}}
{rest}"
        ),
    )
}

fn counts(model: &Model) -> LeaseLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.leases.iter().next().expect("there are leases")
}

/// Length of each request, and the pause before it; both rounded to milliseconds.
fn rhythm(model: &Model) -> Vec<(i64, i64, bool)> {
    let ms = |seconds: f64| (seconds * 1e3).round() as i64;
    let ends = ends(model);
    let pauses = ends.windows(2).map(|pair| ms(pair[1].0 - pair[0].1));
    ends.iter().skip(1).zip(pauses).map(|((from, to, ok), pause)| (pause, ms(to - from), *ok)).collect()
}

#[test]
fn a_lease_is_renewed_so_long_after_each_answer() {
    let model = holder(1, "", 1, "", "");
    let first = stories(&model)[0].arrived.as_secs_f64();
    assert!((0.0..3.0).contains(&first), "the first renewal is at {first} s");
    let rhythm = rhythm(&model);
    assert!(rhythm.iter().all(|step| *step == (3_000, 100, true)), "{rhythm:?}");
    // (60 - first) / 3.1 renewals; the lease is held from start to end.
    assert_eq!(
        counts(&model),
        LeaseLedger { count: 1, renewed: 19, held: 1, found: [1, 0], ..LeaseLedger::default() }
    );
}

#[test]
fn first_renewals_are_spread_over_the_period() {
    let model = holder(300, "", 300, "", "");
    let mut arrived: Vec<f64> =
        stories(&model).iter().map(|story| story.arrived.as_secs_f64()).take(300).collect();
    arrived.sort_by(f64::total_cmp);
    // Uniform over 3 s: the largest distance from the straight line is below 1.95 / sqrt(300) in 999 of 1000 cases.
    let far = arrived.iter().enumerate().map(|(k, at)| (at / 3.0 - (k as f64 + 0.5) / 300.0).abs());
    let far = far.fold(0.0, f64::max);
    assert!(far < 0.113, "Kolmogorov's distance is {far}");
}

#[test]
fn a_renewal_that_the_end_of_its_lease_overtakes_is_given_up_and_the_lease_established() {
    // Nothing is served from 20 s to 40 s.
    let model = holder(1, "", 1, "", "faults: {gap: {at: 20s, for: 20s, stop: {service: keeper}}}");
    let ends = ends(&model);
    let lost = ends.iter().position(|(_, _, ok)| !ok).expect("one renewal fails");
    let (_, granted, _) = ends[lost - 1];
    let (sent, given_up, _) = ends[lost];
    // Sent 3 s after the answer before, given up when the lease is over: 10 s after that answer.
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    assert!(near(sent, granted + 3.0) && near(given_up, granted + 10.0), "{:?}", &ends[lost - 1..]);
    // The next request is at once, and establishes: it waits for the end of the gap and for the dead renewal before it.
    let (asked, answered, ok) = ends[lost + 1];
    assert!(near(asked, given_up) && near(answered, 41.1) && ok, "{:?}", &ends[lost..]);
    let counts = counts(&model);
    assert_eq!((counts.established, counts.expired, counts.found), (1, 1, [1, 0]));
}

#[test]
fn who_has_lost_a_lease_establishes_until_it_succeeds() {
    // Nobody is there for 30 s. A try fails at once, the next follows a second later.
    let crash = "faults: {crash: {at: 20s, for: 30s, crash: {services: [keeper]}}}";
    let model = holder(1, ", again: {constant: {base: 1s}}", 1, "", crash);
    let rhythm = rhythm(&model);
    let failed: Vec<_> = rhythm.iter().filter(|(_, _, ok)| !ok).collect();
    assert!(failed.iter().skip(1).all(|step| **step == (1_000, 0, false)), "{failed:?}");
    let counts = counts(&model);
    assert_eq!((counts.established, counts.expired, counts.found), (1, 1, [1, 0]));
    // The first answer after the gap is to an establish: a second of work.
    let back = rhythm.iter().rposition(|(_, _, ok)| !ok).expect("some fail") + 1;
    assert_eq!(rhythm[back], (1_000, 1_000, true));
    assert_eq!(rhythm[back + 1], (3_000, 100, true));
}

#[test]
fn a_try_that_takes_no_time_does_not_hold_the_clock() {
    let crash = "faults: {crash: {at: 20s, for: 1s, crash: {services: [keeper]}}}";
    let failed = ends(&holder(1, "", 1, "", crash)).iter().filter(|(_, _, ok)| !ok).count();
    assert!((1..=1_000).contains(&failed), "{failed} tries within a second");
}

#[test]
fn an_attempt_that_timed_out_is_no_renewal() {
    // 100 ms of work, 50 ms of patience: nobody ever gets anything, and all is lost after 10 s.
    let model = holder(5, ", again: {constant: {base: 1s}}", 5, ", timeouts: {attempt: 50ms}", "");
    let counts = counts(&model);
    assert_eq!((counts.renewed, counts.established, counts.expired, counts.held), (0, 0, 5, 0));
    assert_eq!(counts.found, [0, 5]);
}

#[test]
fn operators_pause_holders_and_leases_run_out_meanwhile() {
    let pause = "actions: {quiet: {at: 20s, for: 15s, pause: {workload: holders}}}";
    let model = holder(4, "", 1, "", pause);
    let counts = counts(&model);
    assert_eq!((counts.expired, counts.established, counts.found), (4, 4, [4, 0]));
    let quiet = ends(&model).iter().filter(|(from, _, _)| (20.1..34.9).contains(from)).count();
    assert_eq!(quiet, 0, "nobody asks during the pause");
}
