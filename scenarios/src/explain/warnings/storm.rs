//! Is the load above the hidden capacity? Then a large enough trigger leaves a storm of retries that feeds itself.
//! Says nothing of how large: that takes a run.

use super::super::capacity::View;
use super::{Found, short};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for (number, service) in view.services.iter().enumerate() {
        if service.utilisation >= 1.0 || service.storm_utilisation <= 1.0 {
            continue;
        }
        let system = &view.system;
        let storm = view.storm(number, &view.rates);
        // The call that adds most is the place to begin.
        let added = |call: usize| storm.attempts[call] - storm.calls[call];
        let worst = (0..system.calls.len()).max_by(|a, b| added(*a).total_cmp(&added(*b)));
        let is_hedged = worst.is_some_and(|call| !system.calls[call].config.hedging.is_none());
        let (field, word) = if is_hedged { ("hedging", "hedges") } else { ("retry", "retries") };
        let path = worst.map_or_else(
            || system.service_path(number),
            |call| format!("{}/{field}", system.calls[call].path),
        );
        found.push(Found {
            path,
            message: format!(
                "if `{}` answers late, {word} make {} attempts of each of its {}/s: {} times what its workers can do, so a storm can keep itself going after its trigger is over",
                system.service_name(number),
                short(service.storm.unwrap_or(f64::NAN)),
                short(service.first),
                short(service.storm_utilisation),
            ),
            instead: format!(
                "a {} budget, fewer attempts, or a load below {} % of this one",
                if is_hedged { "hedging" } else { "retry" },
                short(100.0 * service.hidden_scale)
            ),
            shown_by: &["metastable-retry-storm"],
        });
    }
    found
}
