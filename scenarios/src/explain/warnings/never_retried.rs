//! Does a retry list timeouts that can never be tried again? With a limit on the whole call and none on one attempt the
//! only timeout there is ends the call (Envoy: `retry_on: 5xx` without `per_try_timeout`). Attempts that fail at once
//! are tried again all the same.

use sim_core::policy::Outcome;

use super::super::capacity::View;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for call in &view.system.calls {
        let (Some(total), None) = (call.total_s, call.attempt_s) else { continue };
        let terms = call.config.retry.terms();
        let lists_timeouts = terms.listed().is_some_and(|on| on.contains(&Outcome::Timeout));
        if call.attempts < 2 || !lists_timeouts {
            continue;
        }
        found.push(Found {
            path: format!("{}/retry", call.path),
            message: format!(
                "timeouts are listed as tried again, but the only timeout is the {} of the whole call: when it is over, so is the call, and no attempt that times out is ever repeated",
                span(total)
            ),
            instead: format!("`timeouts: {{attempt: ...}}` of less than {}, or take `timeout` off the list", span(total)),
            shown_by: &[],
        });
    }
    found
}
