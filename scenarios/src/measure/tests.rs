//! Sums that do not overflow, peaks, quantiles of counts.

use super::shares::quantile;
use super::*;

/// Windows of a second.
fn record(workload: Vec<WorkloadWindow>, service: Vec<ServiceWindow>) -> Record {
    Record {
        complete: true,
        events: 0,
        requests: 0,
        width_s: 1.0,
        lengths_s: vec![1.0; workload.len()],
        first: 0,
        workloads: vec![WorkloadRecord { windows: workload, latency: Vec::new() }],
        services: vec![ServiceRecord {
            windows: service,
            workers: 1.0,
            instances: 1.0,
            repairs: false,
            has_memory: false,
            fixed: Some(1.0),
        }],
        latency: Vec::new(),
        edges: IdVec::default(),
        states: None,
        caches: Caches::default(),
        gauges: Gauges::default(),
        watch: WatchLedger::default(),
        marks: Vec::new(),
        callees: IdVec::default(),
        rent_per_s: None,
        changes: None,
    }
}

#[test]
fn sums_over_windows_do_not_overflow() {
    let most = u128::from(u64::MAX);
    let workload = WorkloadWindow { answered: 1, latency_sum: most, ..WorkloadWindow::default() };
    let service = ServiceWindow { started: 1, waiting_sum: most, ..ServiceWindow::default() };
    let record = record(vec![workload; 2], vec![service; 2]);
    for metric in [Metric::LatencyMean, Metric::AgeAtService] {
        let mean = record.value(metric, Scope::default(), record.after_warmup());
        assert_eq!(mean, Some(most as f64 * 1e-9));
    }
}

#[test]
fn a_peak_is_told_in_means() {
    let windows = [2, 7, 0].map(|attempts| WorkloadWindow { attempts, ..WorkloadWindow::default() });
    let record = record(windows.to_vec(), vec![ServiceWindow::default(); 3]);
    let value = |from, to| record.value(Metric::PeakToMean, Scope::default(), Span { from, to });
    assert_eq!([value(0, 3), value(0, 1), value(2, 3)], [Some(7.0 / 3.0), Some(1.0), None]);
}

#[test]
fn quantiles_of_counts() {
    let steps = [(1_000_000_000, 50), (2_000_000_000, 49), (3_000_000_000, 1)];
    assert_eq!(quantile(&steps, 0.5), Some(1.0));
    assert_eq!(quantile(&steps, 0.99), Some(2.0));
    assert_eq!(quantile(&steps, 1.0), Some(3.0));
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn merged_counts_stay_in_order() {
    let (a, b) = ([(1, 1), (3, 1)], [(1, 2), (2, 5)]);
    assert_eq!(merge_steps([a.as_slice(), b.as_slice()].into_iter()), [(1, 3), (2, 5), (3, 1)]);
}
