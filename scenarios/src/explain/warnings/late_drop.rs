//! Are attempts dropped too late to help? Who is dropped only when the caller's patience is over leaves those before
//! it no time for their own service: they are picked in the last moment of their life.

use super::super::capacity::View;
use super::super::trust::shortest_patience;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (number, (name, service)) in system.config.services.iter().enumerate() {
        let holds = view.holds_s(number);
        let Some(patience) = shortest_patience(view, number).filter(|_| holds.is_finite()) else { continue };
        let max_wait = service.queue.max_wait();
        let left = if max_wait < sim_core::time::SimDuration::MAX {
            patience - max_wait.as_secs_f64()
        } else if let Some(margin) = service.queue.expired_margin() {
            margin.as_secs_f64()
        } else {
            continue;
        };
        if left >= holds {
            continue;
        }
        found.push(Found {
            path: format!("services/{name}/queue"),
            message: format!(
                "under overload `{name}` picks attempts with {} left of their caller's {}, but each takes {} on average",
                span(left.max(0.0)),
                span(patience),
                span(holds)
            ),
            instead: "drop earlier, by twice the mean work or more; or a short line".to_owned(),
            shown_by: &["metastable-retry-storm", "queue-discipline-overload"],
        });
    }
    found
}
