//! Is silence the only thing that ends a wait? A timeout of inactivity begins anew with each piece of an answer: what
//! trickles holds its worker for as long as it likes. Users are not told of: they hold nothing that others need.

use sim_core::time::SimDuration;

use super::super::capacity::View;
use super::super::system::Caller;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in system.calls.iter().filter(|call| !call.inherits_deadline) {
        let timeouts = &call.config.timeouts;
        let (Some(idle), None, None) = (timeouts.idle.0, timeouts.attempt.0, timeouts.total.0) else {
            continue;
        };
        let Caller::Endpoint(_) = call.caller else { continue };
        let (from, to) = (system.caller_name(call), system.service_name(call.service));
        let idle = span(SimDuration::as_secs_f64(idle));
        found.push(Found {
            path: format!("{}/timeouts/idle", call.path),
            message: format!(
                "`{from}` gives up on `{to}` after {idle} of silence, and after nothing else: an answer that trickles, a \
                 piece before each {idle} are over, holds a worker for as long as it lasts"
            ),
            instead: "`attempt` or `total` beside `idle`: silence and length are bounded each by its own timeout"
                .to_owned(),
            shown_by: &["slow-trickle"],
        });
    }
    found
}
