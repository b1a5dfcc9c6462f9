//! What stands on the page of a map, of a search for critical values and of a load that goes up and down?

use scenarios::metric::{Metric, Unit};
use scenarios::results::Manifest;
use scenarios::results::critical::CriticalResult;
use scenarios::results::hysteresis::{HysteresisResult, HysteresisVariant, RampStep};
use scenarios::results::map::{CellClass, MapResult, MapVariant};

use super::tables::HtmlTable;
use super::{Verdict, facts, page, render};
use crate::error::ReportError;
use crate::figures::Figure;
use crate::{format, landscape, map, typeset};

/// Maps with more columns than this have no table of their cells.
const COLUMNS: usize = 12;

/// The page of a map.
pub(crate) fn of_map(
    manifest: &Manifest,
    map: &MapResult,
    figures: &[Figure],
) -> Result<String, ReportError> {
    let mut page = page(manifest, "Map", figures);
    page.facts = facts(manifest, &map.seeds);
    let axis =
        |axis: &scenarios::results::map::AxisResult| format!("{} ({} values)", axis.path, axis.values.len());
    page.facts.push(("Across".to_owned(), axis(&map.x)));
    page.facts.push(("Upwards".to_owned(), axis(&map.y)));
    let verdict = |variant: &MapVariant| {
        let is_bad = map::count(variant, CellClass::Stuck) > 0;
        Verdict {
            kind: if is_bad { "bad" } else { "plain" },
            variant: variant.name.clone(),
            said: typeset::unbroken(&format!("{}.", map::story(map, variant))),
        }
    };
    page.verdicts = map.variants.iter().map(verdict).collect();
    page.tables = vec![count_table(map)];
    if map.x.values.len() <= COLUMNS {
        page.tables.extend(map.variants.iter().map(|variant| cell_table(map, variant)));
    }
    let cost = map::cost(map);
    let text = format!("{} {}{}", map::method(map), cost[..1].to_uppercase(), &cost[1..]);
    page.method = typeset::unbroken(&text);
    page.definitions = match Metric::from_id(&map.shown) {
        Some(metric) => {
            vec![(metric.label().to_owned(), metric.id().to_owned(), metric.definition().to_owned())]
        }
        None => Vec::new(),
    };
    render(&page)
}

/// How many cells came out in which way.
fn count_table(map: &MapResult) -> HtmlTable {
    let classes = [CellClass::Stuck, CellClass::Heals, CellClass::Overloaded, CellClass::Unknown];
    let row = |variant: &MapVariant| {
        let counts = classes.iter().map(|class| format::count(map::count(variant, *class) as u64));
        let measured = variant.cells.iter().filter(|cell| cell.is_measured()).count() as u64;
        [variant.name.clone()].into_iter().chain(counts).chain([format::count(measured)]).collect()
    };
    let columns = ["Variant", "Stuck", "Heals", "Overloaded", "Not judged", "Run"];
    HtmlTable {
        caption: format!(
            "Cells of {} × {} by what most of their seeds do",
            map.x.values.len(),
            map.y.values.len()
        ),
        columns: columns.map(str::to_owned).to_vec(),
        rows: map.variants.iter().map(row).collect(),
    }
}

/// Every cell of a small map, the highest value of the second axis on top.
fn cell_table(map: &MapResult, variant: &MapVariant) -> HtmlTable {
    let unit = map::unit(map);
    let (across, up) = (map.x.values.len(), map.y.values.len());
    let cell = |x: usize, y: usize| {
        let cell = map.cell(variant, x, y);
        let value = map::number(cell).map_or("–".to_owned(), |value| format::quantity(value, unit));
        let interval = match cell.ci95 {
            Some(interval) if unit == Unit::Share => format!("\n{}", format::share_interval(interval)),
            Some(interval) => format!("\n{}", format::interval(interval, cell.value.unwrap_or(0.0), unit)),
            None => String::new(),
        };
        let overloaded = if cell.class == CellClass::Overloaded { "\noverloaded" } else { "" };
        format!("{value}{interval}{overloaded}")
    };
    let row = |y: usize| [map::value(&map.y, y)].into_iter().chain((0..across).map(|x| cell(x, y))).collect();
    HtmlTable {
        caption: format!(
            "{}: {} (with 95 % interval); across: {}",
            variant.name,
            map::label(map),
            map.x.label
        ),
        columns: [map.y.label.clone()]
            .into_iter()
            .chain((0..across).map(|x| map::value(&map.x, x)))
            .collect(),
        rows: (0..up).rev().map(row).collect(),
    }
}

/// The page of a search for critical values.
pub(crate) fn of_critical(
    manifest: &Manifest,
    result: &CriticalResult,
    figures: &[Figure],
) -> Result<String, ReportError> {
    let mut page = page(manifest, "Critical value", figures);
    page.facts = facts(manifest, &result.seeds);
    page.facts.push(("Searched".to_owned(), result.path.clone()));
    let verdicts = result.variants.iter().map(|variant| Verdict {
        kind: if variant.fit.is_some() { "bad" } else { "plain" },
        variant: variant.name.clone(),
        said: typeset::unbroken(&format!("{}.", landscape::critical_story(result, variant))),
    });
    page.verdicts = verdicts.collect();
    let tables = result.variants.iter().map(|variant| HtmlTable {
        caption: format!("{}: seeds that stay down", variant.name),
        columns: [result.label.as_str(), "Stuck", "Of", "Share", "95 % interval"].map(str::to_owned).to_vec(),
        rows: variant
            .points
            .iter()
            .map(|point| {
                let (stuck, interval) = (&point.stuck, format::share_interval(point.stuck.ci95));
                let share = if stuck.of > 0 { format::percent(stuck.share) } else { "–".to_owned() };
                vec![point.value.clone(), stuck.count.to_string(), stuck.of.to_string(), share, interval]
            })
            .collect(),
    });
    page.tables = tables.collect();
    page.method = typeset::unbroken(&landscape::critical_method(result));
    render(&page)
}

/// The page of a load that goes up and down.
pub(crate) fn of_hysteresis(
    manifest: &Manifest,
    result: &HysteresisResult,
    figures: &[Figure],
) -> Result<String, ReportError> {
    let mut page = page(manifest, "Hysteresis", figures);
    page.facts = facts(manifest, &result.seeds);
    page.facts.push(("Load".to_owned(), result.path.clone()));
    page.facts.push(("Steps".to_owned(), landscape::held(result)));
    let verdicts = result.variants.iter().map(|variant| Verdict {
        kind: if variant.breaks_at.p50.is_some() { "bad" } else { "plain" },
        variant: variant.name.clone(),
        said: typeset::unbroken(&format!("{}.", landscape::loop_story(variant))),
    });
    page.verdicts = verdicts.collect();
    page.tables = result.variants.iter().map(loop_table).collect();
    page.method = typeset::unbroken(&landscape::loop_method(result));
    let told = [Metric::Success, Metric::Goodput]
        .map(|metric| (metric.label().to_owned(), metric.id().to_owned(), metric.definition().to_owned()));
    page.definitions = told.to_vec();
    render(&page)
}

fn loop_table(variant: &HysteresisVariant) -> HtmlTable {
    let row = |way: &str, step: &RampStep| {
        let interval = |[low, _, high]: [f64; 3], unit| {
            format!("{}–{}", format::quantity(low, unit), format::quantity(high, unit))
        };
        vec![
            format!("{way} {}", map::rounded(step.load, Unit::PerSecond)),
            format::percent(step.success[1]),
            interval(step.success, Unit::Share),
            format::quantity(step.goodput[1], Unit::PerSecond),
            interval(step.goodput, Unit::PerSecond),
        ]
    };
    let up = variant.up.iter().map(|step| row("up", step));
    let down = variant.down.iter().map(|step| row("down", step));
    HtmlTable {
        caption: format!("{}: median over seeds and 10th to 90th percentile", variant.name),
        columns: ["Load", "Success", "", "Goodput", ""].map(str::to_owned).to_vec(),
        rows: up.chain(down).collect(),
    }
}
