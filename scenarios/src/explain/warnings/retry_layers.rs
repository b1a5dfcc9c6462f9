//! Do several layers of one path retry? Their attempts multiply: three layers of four make 64 of one request.
//! Errs where the layers retry different failures; told once for each call whose callee retries too.

use super::super::capacity::View;
use super::super::system::Caller;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for inner in system.calls.iter().filter(|call| call.attempts > 1) {
        let Caller::Endpoint(endpoint) = inner.caller else { continue };
        let Some(outer) = system.calls.iter().find(|call| call.to == endpoint && call.attempts > 1) else {
            continue;
        };
        found.push(Found {
            path: format!("{}/retry", inner.path),
            message: format!(
                "`{}` retries up to {} times what `{}` already tries {} times: {} attempts at `{}` for one call",
                system.caller_name(inner),
                inner.attempts,
                system.caller_name(outer),
                outer.attempts,
                u64::from(inner.attempts) * u64::from(outer.attempts),
                system.endpoints[inner.to].name,
            ),
            instead: "retry in one layer only, the one nearest to the failure or the one nearest to the user"
                .to_owned(),
            shown_by: &["retries-in-layers", "metastable-retry-storm"],
        });
    }
    found
}
