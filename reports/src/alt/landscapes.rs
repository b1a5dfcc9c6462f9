//! What do maps, critical values and loops say to someone who cannot see them?

use scenarios::results::critical::CriticalResult;
use scenarios::results::hysteresis::HysteresisVariant;
use scenarios::results::map::{CellClass, MapResult, MapVariant};

use super::sentence_case;
use crate::chart::{recovery, strip};
use crate::{landscape, map};

/// How the cells came out and where the border runs.
pub(crate) fn map(map: &MapResult, variants: &[MapVariant]) -> String {
    let told = variants.iter().map(|variant| {
        let theory = match &variant.contour {
            Some(contour) => format!(" Theory ({}) is drawn over it.", contour.name),
            None => String::new(),
        };
        format!("{}: {}.{}{theory}", variant.name, map::story(map, variant), border(map, variant))
    });
    let title = map::title(map);
    let told: Vec<String> = told.collect();
    format!("{title}, {} × {} cells. {}", map.x.values.len(), map.y.values.len(), told.join(" "))
}

/// From which value of the first axis on it stays stuck, at the lowest and at the highest value of the second.
fn border(map: &MapResult, variant: &MapVariant) -> String {
    let last = map.y.values.len().saturating_sub(1);
    let rows = if last == 0 { vec![0] } else { vec![0, last] };
    let told = rows.into_iter().map(|y| {
        let place = map::value(&map.y, y);
        let is_stuck = |x: &usize| map.cell(variant, *x, y).class == CellClass::Stuck;
        match (0..map.x.values.len()).find(is_stuck) {
            Some(x) => format!("at {place} from {} on", map::value(&map.x, x)),
            None => format!("at {place} nowhere"),
        }
    });
    match map::count(variant, CellClass::Stuck) {
        0 => String::new(),
        _ => format!(" Stuck {}.", told.collect::<Vec<_>>().join(", ")),
    }
}

/// The stretches of every bar.
pub(crate) fn strip(map: &MapResult) -> String {
    let told = map.variants.iter().map(|variant| {
        let stretches = strip::stretches(map, variant).into_iter().map(|(from, to, kind)| {
            let (first, last) = (map::value(&map.x, from), map::value(&map.x, to));
            let span = if from == to { format!("at {first}") } else { format!("from {first} to {last}") };
            format!("{} {span}", kind.word())
        });
        format!("{}: {}.", variant.name, stretches.collect::<Vec<_>>().join(", "))
    });
    format!("{}. {}", strip::title(map), told.collect::<Vec<_>>().join(" "))
}

/// The critical values.
pub(crate) fn critical(result: &CriticalResult) -> String {
    let told = result.variants.iter();
    let told =
        told.map(|variant| format!("{}: {}.", variant.name, landscape::critical_story(result, variant)));
    let name = sentence_case(landscape::name(&result.label));
    format!("{name} against the share of seeds that stay stuck. {}", told.collect::<Vec<_>>().join(" "))
}

/// Where each loop breaks and heals.
pub(crate) fn hysteresis(variants: &[HysteresisVariant]) -> String {
    let told = variants.iter();
    let told = told.map(|variant| format!("{}: {}.", variant.name, landscape::loop_story(variant)));
    format!("Success and goodput while the load rises and falls. {}", told.collect::<Vec<_>>().join(" "))
}

/// How many seeds recovered, and within what time half of them did.
pub(crate) fn recovery(curves: &[recovery::Curve<'_>]) -> String {
    let told = curves.iter().map(|curve| {
        let count = curve.times.len();
        let half = curve.times.get(curve.of.div_ceil(2).saturating_sub(1));
        let half = half.map_or(String::new(), |time| {
            format!(", half of all seeds within {}", crate::format::seconds(*time))
        });
        let last = match curve.times.last() {
            Some(time) => format!(", the last after {}", crate::format::seconds(*time)),
            None => String::new(),
        };
        format!("{}: {count} of {} seeds recover{half}{last}.", curve.variant.name, curve.of)
    });
    format!("Recovery times over seeds. {}", told.collect::<Vec<_>>().join(" "))
}
