//! Do pairs of zones and prices name what there is?

use super::Problems;
use crate::model::SystemConfig;
use crate::model::price::CLASSES;

/// Most zones: each pair has a way and a price.
const MAX_ZONES: usize = 200;

/// Checks the pairs of zones and the classes of prices.
pub(super) fn check(config: &SystemConfig, problems: &mut Problems) {
    let zones = &config.zones;
    if zones.names.len() > MAX_ZONES {
        let message = format!("{} zones; at most {MAX_ZONES} are simulated", zones.names.len());
        problems.add("zones/names", message);
    }
    let known = problems.0.len();
    for (number, pair) in zones.pairs.iter().enumerate() {
        let path = format!("zones/pairs/{number}");
        problems.distribution(format!("{path}/latency"), pair.latency.as_ref());
        for (place, name) in pair.between.iter().enumerate() {
            problems.zone(format!("{path}/between/{place}"), name, config);
        }
        if pair.latency.is_none() && pair.price.is_none() {
            let message = "nothing is said of this pair; give it a `latency` or a `price`, or remove it";
            problems.add(&path, message);
        }
        if let Some(class) = &pair.price
            && !CLASSES.contains(&class.as_str())
            && config.prices.gibibyte.get(class).is_none()
        {
            let names = CLASSES.iter().copied().chain(config.prices.gibibyte.names());
            problems.0.push(crate::model::Problem {
                path: format!("{path}/price"),
                message: format!("there is no class of price `{class}`; add it to `prices: {{gibibyte: {{{class}: 0.02}}}}`"),
                candidates: names.map(str::to_owned).collect(),
            });
        }
    }
    if problems.0.len() > known {
        return; // What one mistake causes elsewhere is not told.
    }
    let named = |class: &str| zones.pairs.iter().any(|pair| pair.price.as_deref() == Some(class));
    for class in config.prices.gibibyte.names().filter(|class| !CLASSES.contains(class) && !named(class)) {
        let message = format!(
            "no pair of zones has the class `{class}`, so nothing is ever paid at this price; name it in \
             `zones: {{pairs: [{{between: [a, b], price: {class}}}]}}`, or use `within_zone`, `between_zones` or `internet`"
        );
        problems.add(format!("prices/gibibyte/{class}"), message);
    }
}
