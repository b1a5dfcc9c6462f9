//! Which settings do not fit together? One file per check; each says what it looks for, why that hurts, and where
//! it errs. To add one: its file, and its name in the two lists here.

mod cold_start;
mod cut_off;
mod deep_queue;
mod idle_workers;
mod late_drop;
mod liveness;
mod no_timeout;
mod overload;
mod pool_size;
mod reconnect;
mod retry_budget;
mod retry_layers;
mod single_point;
mod stale_board;
mod storm;
mod survivors;
mod timeout_order;
mod uneven;
mod workers;
mod never_retried;
mod breaker_asleep;
mod applied_twice;
mod lost_for_ever;
mod full_link;
mod slow_start;
mod trickle;

use super::capacity::View;
use super::result::{Place, Warning};
use crate::library;

/// The checks, in the order in which their warnings are told of one place.
const ALL: &[(&str, Check)] = &[
    ("overload", overload::check),
    ("storm", storm::check),
    ("retry_layers", retry_layers::check),
    ("retry_budget", retry_budget::check),
    ("timeout_order", timeout_order::check),
    ("no_timeout", no_timeout::check),
    ("cut_off", cut_off::check),
    ("workers", workers::check),
    ("pool_size", pool_size::check),
    ("deep_queue", deep_queue::check),
    ("late_drop", late_drop::check),
    ("liveness", liveness::check),
    ("survivors", survivors::check),
    ("cold_start", cold_start::check),
    ("uneven", uneven::check),
    ("stale_board", stale_board::check),
    ("single_point", single_point::check),
    ("reconnect", reconnect::check),
    ("idle_workers", idle_workers::check),
    ("never_retried", never_retried::check),
    ("breaker_asleep", breaker_asleep::check),
    ("applied_twice", applied_twice::check),
    ("lost_for_ever", lost_for_ever::check),
    ("full_link", full_link::check),
    ("slow_start", slow_start::check),
    ("trickle", trickle::check),
];

type Check = fn(&View<'_>) -> Vec<Found>;

/// What a check found.
pub(super) struct Found {
    /// The setting, as in the file: `services/api/queue`.
    pub(super) path: String,
    /// A sentence with numbers.
    pub(super) message: String,
    /// What to do instead.
    pub(super) instead: String,
    /// Scenarios that show what comes of it, the best first; the first that is shipped is named.
    pub(super) shown_by: &'static [&'static str],
}

/// All warnings in the order of the file.
pub(super) fn all(view: &View<'_>, place: &dyn Fn(&str) -> Option<Place>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    for (check, run) in ALL {
        for found in run(view) {
            let shown_by = found.shown_by.iter().copied().find(|id| library::find(id).is_some());
            let Found { path, message, instead, .. } = found;
            warnings.push(Warning { check, message, place: place(&path), instead, shown_by });
        }
    }
    warnings
}

/// A span for people: `250 ms`, `1.5 s`.
fn span(seconds: f64) -> String {
    match seconds {
        s if s.is_infinite() => "for ever".to_owned(),
        s if s < 0.001 => format!("{} us", short(s * 1e6)),
        // What rounds to a thousand is one of the next.
        s if s < 0.9995 => format!("{} ms", short(s * 1e3)),
        s => format!("{} s", short(s)),
    }
}

/// Three digits at most, no needless zeros.
fn short(value: f64) -> String {
    let text = match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share for people: `85 %`.
fn percent(share: f64) -> String {
    format!("{} %", short(100.0 * share))
}
