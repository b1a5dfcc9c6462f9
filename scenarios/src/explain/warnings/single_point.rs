//! Is there a service of one instance that requests cannot do without? Second ways (`fallback`) and quorums (`need`)
//! are followed; independence is supposed.

use super::super::capacity::View;
use super::super::failure;
use super::{Found, percent};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for number in 0..view.services.len() {
        if !failure::is_single_point(view, number) {
            continue;
        }
        let blast = failure::blast(view, number);
        let who: Vec<String> =
            blast.iter().map(|hit| format!("{} of `{}`", percent(hit.share), hit.workload)).collect();
        let name = view.system.service_name(number);
        found.push(Found {
            path: view.system.service_path(number),
            message: format!("`{name}` has one instance; while it is down, {} fail", who.join(" and ")),
            instead: "several instances in several zones, or a `fallback` where it is called".to_owned(),
            shown_by: &["domino-replicas"],
        });
    }
    found
}
