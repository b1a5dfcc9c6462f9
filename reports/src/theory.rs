//! What do theories say beside the simulation? A row per number, and when each theory holds.

use scenarios::metric::Unit;
use scenarios::results::VariantResult;
use scenarios::twin::{Said, TwinResult};

use crate::format;

/// Longer times are told in powers of ten.
const LONG_S: f64 = 1e6;

/// A number of a theory.
pub(crate) struct Row {
    pub(crate) variant: String,
    pub(crate) theory: String,
    pub(crate) what: String,
    pub(crate) value: String,
    /// The mean over seeds with its interval; empty where runs do not show it.
    pub(crate) simulated: String,
}

/// Every number that theories give of these variants.
pub(crate) fn rows(variants: &[VariantResult]) -> Vec<Row> {
    let of = |variant: &VariantResult| {
        let row = |twin: &TwinResult, said: &Said| Row {
            variant: variant.name.clone(),
            theory: twin.theory.clone(),
            what: said.label.clone(),
            value: value(said),
            simulated: simulated(said),
        };
        let rows = variant.twins.iter().flat_map(|twin| twin.says.iter().map(move |said| row(twin, said)));
        rows.collect::<Vec<Row>>()
    };
    variants.iter().flat_map(of).collect()
}

/// When the theories hold that say something: each once.
pub(crate) fn applies(variants: &[VariantResult]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for twin in variants.iter().flat_map(|variant| &variant.twins) {
        let sentence = condition(twin);
        if !told.contains(&sentence) {
            told.push(sentence);
        }
    }
    told
}

/// When a theory holds.
pub(crate) fn condition(twin: &TwinResult) -> String {
    format!("{}{}: {}", twin.theory[..1].to_uppercase(), &twin.theory[1..], twin.applies)
}

/// A number as theory gives it.
pub(crate) fn value(said: &Said) -> String {
    match said.value {
        None => "never".to_owned(),
        // Exact chains know times that no universe has.
        Some(seconds) if said.unit == Unit::Seconds && seconds >= LONG_S => {
            let (power, digits) = (seconds.log10().floor(), seconds / 10f64.powf(seconds.log10().floor()));
            format!("{digits:.1} × 10^{power:.0} s")
        }
        Some(value) if said.unit == Unit::Count && value.fract() == 0.0 => format!("{value:.0}"),
        Some(value) => format::quantity(value, said.unit),
    }
}

fn simulated(said: &Said) -> String {
    match (said.simulated, said.ci95) {
        (None, _) => String::new(),
        (Some(share), Some(ci95)) if said.id == "stuck" => {
            format!("{} [{}]", format::percent(share), format::share_interval(ci95))
        }
        (Some(value), Some([low, high])) => format::plus_minus(value, 0.5 * (high - low), said.unit),
        (Some(value), None) => format::quantity(value, said.unit),
    }
}
