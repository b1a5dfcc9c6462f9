//! Are there retries that nothing bounds over all calls? `max_attempts` bounds those of one call only. Told only
//! where the storm check does not speak already: here the load is low enough, or nobody gives up for lateness.

use sim_core::policy::retry::budget;

use super::super::capacity::View;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for call in &view.system.calls {
        let is_told = view.services[call.service].storm_utilisation > 1.0;
        if call.attempts < 2 || is_told || *call.config.retry.budget() != budget::Config::None {
            continue;
        }
        found.push(Found {
            path: format!("{}/retry", call.path),
            message: format!(
                "up to {} attempts per call and no budget: while `{}` fails it gets {} times the load",
                call.attempts,
                view.system.service_name(call.service),
                call.attempts
            ),
            instead: "add a `budget`, such as `deposit: {retry_ratio: 0.1}`".to_owned(),
            shown_by: &["retry-budget", "metastable-retry-storm"],
        });
    }
    found
}
