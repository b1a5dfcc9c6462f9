//! What came of the changes of several owners? Counts over the whole run.

use sim_core::engine::ChangesLedger;

use crate::metric::Metric;

/// The metric of a run; none if there is nothing of the kind.
pub(super) fn value(changes: &ChangesLedger, minutes: f64, metric: Metric) -> Option<f64> {
    let count = |count: u64| Some(count as f64);
    let mean = |sum: f64, of: u64| (of > 0).then(|| sum / of as f64);
    match metric {
        Metric::ErrorMinutes => Some(changes.bad as f64 / 60e9),
        Metric::Incidents => count(changes.incidents),
        Metric::UntracedIncidents => count(changes.untraced),
        Metric::PatienceIncidents => count(changes.of_patience),
        Metric::QuotaIncidents => count(changes.of_quota),
        Metric::TimeToRestore => mean(changes.to_restore as f64 / 1e9, changes.repaired),
        Metric::OwnersInvolved => mean(changes.owners as f64, changes.incidents),
        Metric::ChangesMade => count(changes.made),
        Metric::ChangesRefused => count(changes.refused),
        Metric::ExposedShare => mean(changes.staged.exposed as f64, changes.staged.ended),
        Metric::ExposedMinutes => mean(changes.staged.exposed_failed as f64 * minutes, changes.staged.ended),
        Metric::CanaryRollbacks => count(changes.staged.judged),
        Metric::FittingRollbacks => count(changes.staged.fitting),
        _ => None,
    }
}
