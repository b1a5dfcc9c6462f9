//! Who believes to hold the lock, and for how long? Two holders, a service that answers at once, and clocks that are wrong
//! by a tenth.

use sim_core::engine::{self, LockLedger};
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_tests::systems::model;

fn lock(settings: &str, faults: &str) -> Model {
    model(
        "1001s",
        &format!(
            "
services: {{locks: {{workers: 9, service_time: 0s}}}}
workloads: {{holders: {{arrivals: {{lock: {{holders: 2, ttl: 10s{settings}}}}}, call: {{to: locks}}}}}}
faults: {{{faults}}}
"
        ),
    )
}

fn held(model: &Model) -> LockLedger {
    *engine::run_dyn(model, Seed(1), ()).ledger.locks.iter().next().expect("there is a lock")
}

fn seconds(nanos: u64) -> f64 {
    (nanos as f64 * 1e-6).round() * 1e-3
}

/// From the first ask, which comes within the first second, terms of 10 s follow each other.
#[test]
fn right_clocks_leave_no_gap_and_no_overlap() {
    let ledger = held(&lock("", ""));
    assert!(seconds(ledger.idle) < 1.0, "{ledger:?}");
    assert_eq!(ledger.several, 0);
    assert!((100..=101).contains(&ledger.granted), "{ledger:?}");
}

/// A slow clock shows 10 s after 10 s / 0.9 = 11.111 s. Half of the terms are its own.
#[test]
fn a_slow_clock_overlaps_and_a_fast_one_idles() {
    let slow = held(&lock(", clocks: [0.9]", ""));
    let terms = slow.granted / 2;
    assert!((seconds(slow.several) - 1.111 * terms as f64).abs() < 1.2, "{slow:?}");
    let fast = held(&lock(", clocks: [1.1]", ""));
    let terms = fast.granted / 2;
    assert!((seconds(fast.idle) - 0.909 * terms as f64).abs() < 2.0, "{fast:?}");
    assert_eq!(fast.several, 0);
}

/// 9 s by a clock of 0.9 are 10 s: the margin is drift times lease.
#[test]
fn the_margin_is_drift_times_lease() {
    assert_eq!(held(&lock(", clocks: [0.9], margin: 1s", "")).several, 0);
    assert!(held(&lock(", clocks: [0.9], margin: 900ms", "")).several > 0);
}

/// The same by a trigger: only while it lasts, and from the moment on at which it begins.
#[test]
fn a_clock_goes_wrong_for_a_while() {
    let skew = "skew: {at: 100s, for: 200s, clock_skew: {workload: holders, holder: 1, factor: 0.9}}";
    let ledger = held(&lock("", skew));
    assert!((8.0..=12.5).contains(&seconds(ledger.several)), "ten terms of its own: {ledger:?}");
    assert_eq!(held(&lock("", skew).without_faults()).several, 0);
}

/// It stands still for 20 s: whoever holds goes on believing until it can look at its clock.
#[test]
fn who_stands_still_cannot_stop() {
    let pause = "pause: {at: 101s, for: 20s, holder_pause: {workload: holders}}";
    let wide = held(&lock(", margin: 5s", pause));
    // It believes until 121 s; its lease was free after at most 10 s, so the other had one for at least 5 s of that.
    assert!((5.0..=10.0).contains(&seconds(wide.several)), "{wide:?}");
    let fenced = held(&lock(", margin: 5s, fencing: true", pause));
    assert_eq!(fenced.several, 0);
    assert_eq!(fenced.fenced, wide.several);
    assert_eq!(held(&lock(", margin: 5s", pause).without_faults()).several, 0);
}

/// By a length only the speed of a clock matters; by a moment what it shows.
#[test]
fn a_clock_that_is_behind_overlaps_and_one_that_is_ahead_idles() {
    let by_length = held(&lock(", offsets: [-500ms, 500ms]", ""));
    assert_eq!(by_length, held(&lock("", "")));
    let by_moment = held(&lock(", offsets: [-500ms, 500ms], expiry: moment", ""));
    let terms = by_moment.granted / 2;
    assert!((seconds(by_moment.several) - 0.5 * terms as f64).abs() < 0.6, "{by_moment:?}");
    assert!((seconds(by_moment.idle) - 0.5 * terms as f64).abs() < 1.6, "{by_moment:?}");
    assert_eq!(held(&lock(", offsets: [-500ms, 500ms], expiry: moment, margin: 500ms", "")).several, 0);
}

/// A clock that loses a tenth and is never set is ever further behind; set every second it is never behind by more than
/// 100 ms.
#[test]
fn a_clock_that_is_set_forgets_its_drift() {
    let never = held(&lock(", clocks: [0.9], expiry: moment", ""));
    assert!(seconds(never.several) > 300.0, "{never:?}");
    let set = held(&lock(", clocks: [0.9], expiry: moment, sync_every: 1s, margin: 101ms", ""));
    assert_eq!(set.several, 0);
    assert!(held(&lock(", clocks: [0.9], expiry: moment, sync_every: 1s", "")).several > 0);
}

/// A jump back within a term makes it last longer by as much, and a jump ahead ends it. Terms begin within the first second
/// of each ten.
#[test]
fn a_clock_jumps_while_its_holder_believes() {
    let jump = |holder: u32, offset: &str, length: &str| {
        let skew = format!(
            "skew: {{at: 102s, for: {length}, clock_skew: {{workload: holders, holder: {holder}, offset: {offset}}}}}"
        );
        held(&lock(", expiry: moment", &skew))
    };
    // One of the two holds at 102 s; the other believes in nothing that could jump. Over before the next term ends.
    let both = [jump(1, "-3s", "12s"), jump(2, "-3s", "12s")];
    let overlaps: f64 = both.iter().map(|ledger| seconds(ledger.several)).sum();
    assert!((overlaps - 3.0).abs() < 0.01, "{both:?}");
    let both = [jump(1, "20s", "1s"), jump(2, "20s", "1s")];
    let idle: f64 = both.iter().map(|ledger| seconds(ledger.idle)).sum();
    assert!((7.0..=10.0).contains(&idle), "from 102 s to the end of that lease: {both:?}");
    assert!(both.iter().all(|ledger| ledger.several == 0));
    // Back again before the end of the term: as if nothing had been.
    let right = held(&lock(", expiry: moment", ""));
    assert!(jump(1, "-3s", "1s") == right && jump(2, "-3s", "1s") == right);
}

#[test]
fn who_renews_keeps_the_lock() {
    let ledger = held(&lock(", renew_every: 3s", ""));
    assert_eq!([ledger.granted, ledger.renewed, ledger.too_late], [1, 333, 0], "{ledger:?}");
    assert!(seconds(ledger.idle) < 1.0 && ledger.several == 0);
    // Its clock may be slow: it renews before it would be over.
    assert_eq!(held(&lock(", renew_every: 3s, clocks: [0.8, 0.8]", "")).several, 0);
}

/// Each wants it for 7 s; then it is the turn of the other at once, within one lease of 10 s or over several of 2 s.
#[test]
fn who_has_had_it_for_long_enough_gives_it_up() {
    for settings in [", hold: 7s", ", hold: 7s, renew_every: 3s"] {
        let ledger = held(&lock(settings, ""));
        assert!((142..=143).contains(&ledger.granted), "{ledger:?}");
        assert!(ledger.granted - ledger.released <= 1 && ledger.several == 0, "{ledger:?}");
        assert!(seconds(ledger.idle) < 1.0, "{ledger:?}");
    }
}

/// The service is down for 30 s: nothing is renewed, so its holder stops 10 s after its last answer, and the other finds
/// nobody to ask.
#[test]
fn what_cannot_be_renewed_runs_out() {
    let crash = "crash: {at: 100s, for: 30s, crash: {services: [locks]}}";
    let ledger = held(&lock(", renew_every: 3s", crash));
    assert!((20.0..=25.0).contains(&seconds(ledger.idle)), "{ledger:?}");
    assert_eq!(ledger.several, 0);
    assert!(ledger.granted >= 2 && ledger.failed > 10, "{ledger:?}");
}

/// A lease that was not given up in time runs out: the service is down when its holder has had enough.
#[test]
fn what_cannot_be_given_up_runs_out() {
    let crash = "crash: {at: 6500ms, for: 2s, crash: {services: [locks]}}";
    let ledger = held(&lock(", hold: 7s, margin: 1s", crash));
    assert!(ledger.failed >= 1 && ledger.several == 0, "{ledger:?}");
    assert!((2.5..=5.0).contains(&seconds(ledger.idle)), "from 7 s to 10 s: {ledger:?}");
}

/// A leader stands still for longer than its lease: the next one follows when that is over, at most `ttl` later.
#[test]
fn a_leader_that_stands_still_loses_the_lock() {
    let pause = "pause: {at: 101s, for: 40s, holder_pause: {workload: holders}}";
    let ledger = held(&lock(", renew_every: 3s, margin: 5s", pause));
    assert_eq!(ledger.granted, 2);
    assert!((30.0..=33.0).contains(&seconds(ledger.several)), "{ledger:?}");
    // Less than its lease, and it goes on where it was.
    let short = "pause: {at: 101s, for: 4s, holder_pause: {workload: holders}}";
    let ledger = held(&lock(", renew_every: 3s", short));
    assert_eq!([ledger.granted, ledger.several], [1, 0], "{ledger:?}");
}
