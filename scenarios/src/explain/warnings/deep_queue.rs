//! Can a line become longer than its callers wait? What stands further back is served for nobody. The longest line
//! that still makes sense is capacity times patience. Speaks of lines that are served oldest first only.

use sim_core::policy::queue;
use sim_core::units::Limit;

use super::super::capacity::View;
use super::super::trust::{longest_wait_s, shortest_patience};
use super::{Found, short, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (number, (name, service)) in system.config.services.iter().enumerate() {
        let line = &service.queue;
        let bounded = line.max_wait() < sim_core::time::SimDuration::MAX || line.expired_margin().is_some();
        let Some(patience) = shortest_patience(view, number) else { continue };
        let holds = view.holds_s(number);
        let stops = !service.on_cancel.is_ignored();
        if !matches!(line, queue::Config::Fifo(_)) || bounded || stops || holds <= 0.0 || !holds.is_finite() {
            continue;
        }
        let safe = sim_core::theory::overload::longest_safe_queue(
            f64::from(service.workers.get()) / holds,
            patience,
        );
        // Admission may let in fewer than the line has places for.
        let room =
            service.admission.most_at_once().map(|most| most.get().saturating_sub(service.workers.get()));
        let capacity = match (line.capacity(), room) {
            (Limit::AtMost(places), Some(room)) => Limit::AtMost(places.min(room)),
            (Limit::Unlimited, Some(room)) => Limit::AtMost(room),
            (capacity, None) => capacity,
        };
        let message = match capacity {
            Limit::Unlimited => format!(
                "the line of `{name}` has no bound: from {} waiting at an instance on, every answer comes after the {} that callers wait",
                short(safe),
                span(patience)
            ),
            Limit::AtMost(places) if longest_wait_s(view, number, places) > patience => format!(
                "a line of {places} takes `{name}` {}, longer than the {} that callers wait",
                span(longest_wait_s(view, number, places)),
                span(patience)
            ),
            Limit::AtMost(_) => continue,
        };
        found.push(Found {
            path: format!("services/{name}/queue"),
            message,
            instead: format!("`queue: {{fifo: {{capacity: ...}}}}` well below {}", short(safe)),
            shown_by: &["queue-discipline-overload", "metastable-retry-storm"],
        });
    }
    found
}
