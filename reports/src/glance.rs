//! What may be said of a module at a glance? For terminal, page, figure and alt text.

use scenarios::metric::{Metric, Unit};
use scenarios::results::glance::{GlancePanel, GlanceResult, GlanceSide};

use crate::format;

/// What the numbers of a panel are counted in.
pub(crate) fn unit(panel: &GlancePanel) -> Unit {
    Metric::from_id(&panel.metric).map_or(Unit::Count, Metric::unit)
}

/// The end of a panel's scale: the largest number that is drawn.
pub(crate) fn most(panel: &GlancePanel) -> f64 {
    let ends = [&panel.naive, &panel.aware]
        .into_iter()
        .flat_map(|side| side.mean.into_iter().chain(side.ci95.map(|[_, high]| high)));
    ends.fold(0.0, f64::max)
}

/// The number with its interval.
pub(crate) fn number(panel: &GlancePanel, side: &GlanceSide) -> String {
    let unit = unit(panel);
    match (side.mean, side.ci95) {
        (None, _) => "nothing to measure on some seeds".to_owned(),
        (Some(mean), Some(ci95)) if ci95[0] < ci95[1] => {
            format!("{} {}", format::quantity(mean, unit), format::interval(ci95, mean, unit))
        }
        (Some(mean), _) => format::quantity(mean, unit),
    }
}

/// One panel in a sentence without its end.
pub(crate) fn story(panel: &GlancePanel) -> String {
    let [naive, aware] = [&panel.naive, &panel.aware].map(|side| (number(panel, side), &side.variant));
    format!("{}: {} with {}, {} with {}", panel.label, naive.0, naive.1, aware.0, aware.1)
}

/// How the numbers came about.
pub(crate) fn method(result: &GlanceResult) -> String {
    let counts = result.panels.iter().map(|panel| panel.seeds.len());
    let seeds = match (counts.clone().min(), counts.max()) {
        (Some(low), Some(high)) if low < high => format!("{low} to {high} seeds per scenario"),
        (Some(1), _) => "one seed".to_owned(),
        (low, _) => format!("{} seeds", low.unwrap_or(0)),
    };
    format!("{seeds}, the same for both; means with 95 % intervals (Student t)")
}
