//! What may be said of a search for a critical value and of a load that goes up and down? Sentences for terminal, page
//! and alt texts.

use scenarios::metric::Unit;
use scenarios::results::Quantiles;
use scenarios::results::critical::{CriticalResult, CriticalVariant, LogisticFit};
use scenarios::results::hysteresis::{HysteresisResult, HysteresisVariant};

use crate::{format, map};

/// A label without the unit behind a comma or in brackets.
pub(crate) fn name(label: &str) -> &str {
    label.split([',', '(']).next().unwrap_or_default().trim()
}

/// What the values of the setting are counted in.
pub(crate) fn unit(result: &CriticalResult) -> Unit {
    let mut points = result.variants.iter().flat_map(|variant| &variant.points);
    points.next().map_or(Unit::Count, |point| map::unit_of(&point.value))
}

/// A critical value with its interval: `5.20 s [4.68, 5.82]`.
pub(crate) fn critical(result: &CriticalResult, fit: &LogisticFit) -> String {
    let unit = unit(result);
    format!("{} {}", format::quantity(fit.critical, unit), format::interval(fit.ci95, fit.critical, unit))
}

/// Where half of the seeds of a variant stay down, without its name.
pub(crate) fn critical_story(result: &CriticalResult, variant: &CriticalVariant) -> String {
    let unit = unit(result);
    let mut text = match &variant.fit {
        Some(fit) => format!("half of the seeds stay down at {} (95 % interval)", critical(result, fit)),
        None if variant.no_fit.is_empty() => "no critical value".to_owned(),
        None => variant.no_fit.clone(),
    };
    if let Some((name, value)) = &variant.theory {
        text.push_str(&format!("; {name} says {}", format::quantity(*value, unit)));
        if let Some(fit) = &variant.fit {
            let [low, high] = fit.ci95;
            let place = if (low..=high).contains(value) { "inside" } else { "outside" };
            text.push_str(&format!(", {place} the interval"));
        }
    }
    text
}

/// How the critical values came about.
pub(crate) fn critical_method(result: &CriticalResult) -> String {
    let scale = if result.log { "the logarithm of the value" } else { "the value" };
    format!(
        "Method: {} at every value, shares of those that could be judged with 95 % Wilson intervals; the critical value is where a logistic curve in {scale} passes one half, with its 95 % interval.",
        format::seeds(&result.seeds)
    )
}

/// Where a variant breaks and heals, in a few words.
pub(crate) fn loads(variant: &HysteresisVariant) -> String {
    let at = |quantiles: &Quantiles| quantiles.p50.map(|load| map::rounded(load, Unit::PerSecond));
    match (at(&variant.breaks_at), at(&variant.heals_at)) {
        (None, _) if variant.breaks_at.censored_share >= 1.0 => "never breaks".to_owned(),
        (None, _) => "breaks on fewer than half of the seeds".to_owned(),
        (Some(breaks), Some(heals)) => format!("breaks at {breaks}, heals at {heals}"),
        (Some(breaks), None) if variant.heals_at.censored_share >= 1.0 => {
            format!("breaks at {breaks}, never heals")
        }
        (Some(breaks), None) => format!("breaks at {breaks}, most seeds never heal"),
    }
}

/// The same with quartiles, without the variant's name.
pub(crate) fn loop_story(variant: &HysteresisVariant) -> String {
    let told = |quantiles: &Quantiles, verb: &str, never: &str| {
        let Some(median) = quantiles.p50 else {
            return match quantiles.censored_share {
                share if share >= 1.0 => format!("never {verb}"),
                share => format!("{} of the seeds {never}", format::percent(share)),
            };
        };
        let mut text = format!("{verb} at {}", map::rounded(median, Unit::PerSecond));
        if let (Some(low), Some(high)) = (quantiles.p25, quantiles.p75) {
            text.push_str(&format!(
                " (quartiles {})",
                format::interval([low, high], median, Unit::PerSecond)
            ));
        }
        if quantiles.censored_share > 0.0 {
            text.push_str(&format!(", {} of the seeds {never}", format::percent(quantiles.censored_share)));
        }
        text
    };
    let breaks = told(&variant.breaks_at, "breaks", "never break");
    let mut text = match variant.breaks_at.censored_share >= 1.0 {
        true => breaks,
        false => format!("{breaks}; {}", told(&variant.heals_at, "heals", "never heal")),
    };
    if let (Some(breaks), Some(heals)) = (variant.breaks_at.p50, variant.heals_at.p50)
        && heals < breaks
    {
        let width = map::rounded(breaks - heals, Unit::PerSecond);
        text.push_str(&format!("; between the two, {width} wide, its state depends on where it comes from"));
    }
    for (name, load) in &variant.theory {
        text.push_str(&format!("; {name}: {}", map::rounded(*load, Unit::PerSecond)));
    }
    text
}

/// How long the steps are.
pub(crate) fn held(result: &HysteresisResult) -> String {
    format!(
        "{} per step up, {} per load down",
        format::setting(result.dwell_s),
        format::setting(result.dwell_down_s)
    )
}

/// How the loops came about.
pub(crate) fn loop_method(result: &HysteresisResult) -> String {
    format!(
        "Method: {}; {}, each measured at its end; every load below the one that breaks a seed is tried from there; breaks: the lowest load on the way up at which less than half is answered; heals: the highest load at and below which everything is answered again.",
        format::seeds(&result.seeds),
        held(result)
    )
}
