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
