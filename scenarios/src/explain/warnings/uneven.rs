//! Do instances of different speed get equal shares? The slowest is then full first. Speaks of balancers that do not
//! look; what those that do look make of it takes a run.

use super::super::capacity::View;
use super::super::trust::has_uneven_speeds;
use super::{Found, percent};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in &system.calls {
        if !call.config.load_balancer.is_blind() || !has_uneven_speeds(view, call.service) {
            continue;
        }
        let service = system.service(call.service);
        let slowest = service.speeds.iter().map(|speed| speed.get()).fold(1.0, f64::min);
        let mean = system.capacity_factor(call.service) / f64::from(service.instances.get());
        let busy = view.services[call.service].utilisation * mean / slowest;
        found.push(Found {
            path: format!("{}/load_balancer", call.path),
            message: format!(
                "every instance of `{}` gets the same share, but the slowest has speed {slowest}: it is asked for {} of what it can do",
                system.service_name(call.service),
                percent(busy)
            ),
            instead: "`least_request`, or `weighted` by speed".to_owned(),
            shown_by: &["load-balancing-policies"],
        });
    }
    found
}
