//! Does more come than a service can do, or nearly? Above its capacity a line grows without end; from 90 % busy on
//! waits are many times the work. Errs where users wait for their answers: closed users slow themselves down.

use super::super::capacity::View;
use super::{Found, percent, short};

/// From here on the line in front of one worker is nine services long on average.
const KNEE: f64 = 0.9;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let open = view.system.workloads.iter().any(|workload| workload.peak.is_some());
    for (number, service) in view.services.iter().enumerate().filter(|_| open) {
        if service.utilisation < KNEE {
            continue;
        }
        let name = view.system.service_name(number);
        let busy = percent(service.utilisation);
        let (message, shown_by): (String, &[&str]) = if service.utilisation >= 1.0 {
            (
                format!(
                    "first tries alone ask for {busy} of the workers of `{name}` ({}/s): its line grows for as long as that lasts",
                    short(service.first)
                ),
                &["queue-discipline-overload"],
            )
        } else {
            (
                format!("`{name}` is {busy} busy with first tries alone: waits are many times the work"),
                &["utilization-knee"],
            )
        };
        found.push(Found {
            path: view.system.service_path(number),
            message,
            instead: "more workers or instances, less work per attempt, or refuse what is too much"
                .to_owned(),
            shown_by,
        });
    }
    found
}
