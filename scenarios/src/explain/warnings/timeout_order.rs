//! Does an inner call wait longer than its caller is waited for? Then the caller's worker waits for an answer that
//! nobody wants any more. Does not speak where deadlines travel along both calls: they end the inner one.

use super::super::capacity::View;
use super::super::system::Caller;
use super::super::times::longest_wait;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for inner in &system.calls {
        let Caller::Endpoint(endpoint) = inner.caller else { continue };
        // Without any patience another check speaks.
        let Some(whole) = longest_wait(inner) else { continue };
        let one = inner.patience_s().expect("whoever gives up has patience");
        let is_told =
            |outer: &super::super::system::Call<'_>| outer.inherits_deadline && inner.inherits_deadline;
        let outer = system.calls.iter().filter(|outer| outer.to == endpoint && !is_told(outer));
        let shortest = outer.filter_map(|outer| Some((outer.patience_s()?, outer)));
        let Some((patience, outer)) = shortest.min_by(|a, b| a.0.total_cmp(&b.0)) else { continue };
        if whole <= patience {
            continue;
        }
        let (from, waits_for) = (system.caller_name(inner), &system.endpoints[inner.to].name);
        let who = system.caller_name(outer);
        let what = if one > patience {
            format!("waits {} for `{waits_for}`", span(one))
        } else {
            format!("tries `{waits_for}` for up to {}, retries included", span(whole))
        };
        let field = if inner.total_s.is_some_and(|total| total <= one) { "total" } else { "attempt" };
        let field = if one > patience { format!("timeouts/{field}") } else { "retry".to_owned() };
        found.push(Found {
            path: format!("{}/{field}", inner.path),
            message: format!("`{from}` {what}, but `{who}` waits only {} for it", span(patience)),
            instead: format!("timeouts that shrink inward: less than {} here, retries included, or `deadline: propagate` on both calls", span(patience)),
            shown_by: &["blocked-threads-chain"],
        });
    }
    found
}
