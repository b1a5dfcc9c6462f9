//! Can a fleet that starts cold do what comes? If not, the line grows while it warms up, and what crashes under load
//! starts cold again.

use super::super::capacity::View;
use super::{Found, percent};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (number, (name, service)) in view.system.config.services.iter().enumerate() {
        let Some(cold) = &service.lifecycle.warm_up else { continue };
        let busy = view.services[number].utilisation * cold.factor.get();
        if busy <= 1.0 || cold.duration == sim_core::time::SimDuration::ZERO {
            continue;
        }
        let crashes = service.lifecycle.crash_at.is_some();
        let then = if crashes { "; what crashes then starts cold again" } else { "" };
        found.push(Found {
            path: format!("services/{name}/lifecycle/warm_up"),
            message: format!("if all of `{name}` is cold, it is asked for {} of what it can do{then}", percent(busy)),
            instead: "admission that ramps up more slowly than the service warms up, or warm it up before it is ready"
                .to_owned(),
            shown_by: &["cold-restart-loop"],
        });
    }
    found
}
