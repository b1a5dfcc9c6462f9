//! Does the question whether an instance lives wait in its queue, or ask those it depends on? Then load, or somebody
//! else's trouble, kills what works.

use sim_core::policy::probe::Checks;

use super::super::capacity::View;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (name, service) in view.system.config.services.iter() {
        let Some(probe) = &service.lifecycle.liveness else { continue };
        let what = match probe.checks {
            Checks::Itself => continue,
            Checks::Queue => "waits in its queue: a busy instance is killed, and its load goes to the others",
            Checks::Dependencies => "asks what it depends on: if that is slow, every instance is killed",
        };
        found.push(Found {
            path: format!("services/{name}/lifecycle/liveness/checks"),
            message: format!("the liveness probe of `{name}` {what}"),
            instead: "`checks: self`; leave load and dependencies to readiness".to_owned(),
            shown_by: &["liveness-probe-spiral"],
        });
    }
    found
}
