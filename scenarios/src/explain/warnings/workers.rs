//! Does a caller have workers enough if those it calls fall silent? Little's law: rate times the time until it
//! gives up. If not, everything else that it does stops as well. Leaves out lines: a lower bound.

use super::super::capacity::View;
use super::super::system::Part;
use super::{Found, short, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (number, (name, service)) in system.config.services.iter().enumerate() {
        if service.queue.is_shared() {
            continue;
        }
        let workers = f64::from(service.workers.get()) * f64::from(service.instances.get());
        let here = system.endpoints.iter().enumerate().filter(|(_, e)| e.service == number);
        let waiting: Vec<usize> = here
            .filter(|(endpoint, e)| {
                !matches!(e.program, Part::Work(_))
                    && view.first.endpoints[*endpoint] > 0.0
                    && view.silent_s[*endpoint] > view.healthy_s[*endpoint]
            })
            .map(|(endpoint, _)| endpoint)
            .collect();
        let held: f64 = waiting.iter().map(|e| view.first.endpoints[*e] * view.silent_s[*e]).sum();
        // Without any timeout another check speaks.
        if !held.is_finite() || held <= workers {
            continue;
        }
        let longest = waiting.iter().map(|endpoint| view.silent_s[*endpoint]).fold(0.0, f64::max);
        let others = system.endpoints.iter().filter(|e| e.service == number).count() > waiting.len();
        let others = if others { ", and what needs none of them fails as well" } else { "" };
        found.push(Found {
            path: format!("services/{name}/workers"),
            message: format!(
                "if those it calls fall silent, `{name}` holds each attempt up to {}: {} workers wait at this load, it has {}{others}",
                span(longest),
                short(held),
                short(workers),
            ),
            instead: format!(
                "shorter timeouts (together below {}), or a pool smaller than its workers around each call",
                span(longest * workers / held)
            ),
            shown_by: &["blocked-threads-chain"],
        });
    }
    found
}
