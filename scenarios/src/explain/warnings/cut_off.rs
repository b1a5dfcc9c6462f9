//! Is a timeout shorter than the work it waits for? Then a part of the answers is late although nothing is wrong.
//! Knows the 99th percentile of an endpoint that only computes; of others the mean without any waiting.

use super::super::capacity::View;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in &system.calls {
        let Some(patience) = call.patience_s() else { continue };
        let endpoint = &system.endpoints[call.to];
        let mean = view.healthy_s[call.to] + call.network_s;
        let p99 = endpoint.work_p99_s.map(|p99| p99 + call.network_s).filter(|p99| *p99 > patience);
        let what = match p99 {
            _ if mean > patience => format!("its answer takes {} on average", span(mean)),
            Some(p99) => format!("one answer in a hundred takes more than {}", span(p99)),
            None => continue,
        };
        let field = if call.attempt_s.is_some() { "attempt" } else { "total" };
        found.push(Found {
            path: format!("{}/timeouts/{field}", call.path),
            message: format!("{} for `{}`, but {what} without any waiting", span(patience), endpoint.name),
            instead: "a timeout above the 99.9th percentile of a good answer, or less work".to_owned(),
            shown_by: &["timeouts", "open-vs-closed"],
        });
    }
    found
}
