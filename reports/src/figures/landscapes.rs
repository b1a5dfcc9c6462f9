//! Which figures show maps, critical values, hysteresis and recovery times?

use scenarios::results::critical::CriticalResult;
use scenarios::results::hysteresis::HysteresisResult;
use scenarios::results::map::{MapResult, MapVariant};
use scenarios::results::{ComparisonReport, Manifest};

use super::{Figure, Origin, finished};
use crate::alt::landscapes as alt;
use crate::chart::{Look, critical, hysteresis, map as chart, portrait, recovery, strip};
use crate::error::{ReportError, ReportErrorKind};
use crate::options::Options;
use crate::{landscape, map};

/// The map of all variants, in as many figures as they need, and the strip along the first axis.
pub fn of_map(manifest: &Manifest, map: &MapResult, options: &Options) -> Result<Vec<Figure>, ReportError> {
    let (look, origin) = (Look::new(options), Origin::of(manifest));
    let mut figures = Vec::new();
    let control = map::of_control(map);
    let pages =
        |map, name| (1..).zip(chart::pages(map)).map(move |(number, variants)| (map, name, number, variants));
    let pages = pages(map, "map").chain(control.iter().flat_map(|control| pages(control, "control")));
    for (map, name, number, variants) in pages {
        let name = numbered(name, number);
        let drawing = chart::draw(map, variants, &look, options.theme).map_err(|error| {
            let path = format!("figures/{name}.svg");
            ReportError::new(path.as_ref(), ReportErrorKind::Drawing(error.to_string()))
        })?;
        let (title, caption) = (map::title(map), map_caption(map, variants));
        let figure = finished(name, Ok(drawing.svg), title, caption, alt::map(map, variants), &origin)?;
        figures.push(Figure { hover: drawing.hover, ..figure });
    }
    if strip::has_data(map) {
        let drawn = strip::draw(map, &look, options.theme);
        let caption = format!(
            "A cell counts as stuck if at least half of its seeds that could be judged stay down. Along {}: stable where no {} leaves it stuck, vulnerable where some do, metastable where all do, overloaded where it is unhealthy without any trigger.",
            map::name(&map.x),
            map::name(&map.y)
        );
        figures.push(finished(
            "strip".to_owned(),
            drawn,
            strip::title(map),
            caption,
            alt::strip(map),
            &origin,
        )?);
    }
    Ok(figures)
}

fn map_caption(map: &MapResult, variants: &[MapVariant]) -> String {
    let cost = map::cost(map);
    let what = "The control arm: the same systems and seeds without any trigger. Where it fails, the load is too much \
                without any help; such cells are hatched in the map.";
    let mut parts: Vec<String> = map::is_control(map).then(|| what.to_owned()).into_iter().collect();
    parts.extend([
        "One colour per cell; point at a cell for its numbers.".to_owned(),
        format!("{}{}", cost[..1].to_uppercase(), &cost[1..]),
    ]);
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for variant in variants {
        let text = match &variant.contour {
            Some(contour) => format!("Line: {}. {}", contour.name, contour.applies.trim_end_matches('.')),
            None if variant.no_contour.is_empty() => continue,
            None => format!("No line of theory: {}", variant.no_contour),
        };
        match told.iter_mut().find(|(other, _)| *other == text) {
            Some((_, names)) => names.push(&variant.name),
            None => told.push((text, vec![&variant.name])),
        }
    }
    let is_one = told.len() == 1;
    parts.extend(told.into_iter().map(|(text, names)| match is_one {
        true => format!("{text}."),
        false => format!("{text} ({}).", names.join(", ")),
    }));
    parts.join(" ")
}

/// The curves of all variants.
pub fn of_critical(
    manifest: &Manifest,
    result: &CriticalResult,
    options: &Options,
) -> Result<Vec<Figure>, ReportError> {
    let drawn = critical::draw(result, &Look::new(options));
    let mut caption = "Each point is the share of the seeds that stay down although the trigger is over and the control is healthy. Curve: logistic fit; diamond: where it passes one half.".to_owned();
    if result.variants.iter().any(|variant| variant.theory.is_some()) {
        caption.push_str(" Thin upright lines: what theory says, in the colour of the variant.");
    }
    let title = critical::title(result);
    let name = "critical".to_owned();
    Ok(vec![finished(name, drawn, title, caption, alt::critical(result), &Origin::of(manifest))?])
}

/// The loops of all variants, in as many figures as they need.
pub fn of_hysteresis(
    manifest: &Manifest,
    result: &HysteresisResult,
    options: &Options,
) -> Result<Vec<Figure>, ReportError> {
    let (look, origin) = (Look::new(options), Origin::of(manifest));
    let figures = (1..).zip(hysteresis::pages(result)).map(|(number, variants)| {
        let drawn = hysteresis::draw(result, variants, &look);
        let caption = format!(
            "The load rises step by step until it breaks the system, and every load below is tried from there ({}); each is measured at its end. Where the branches differ, the state depends on where the system comes from.",
            landscape::held(result)
        );
        let title = hysteresis::title(result);
        finished(numbered("hysteresis", number), drawn, title, caption, alt::hysteresis(variants), &origin)
    });
    figures.collect()
}

/// Queue against retries.
pub(super) fn of_portraits(
    report: &ComparisonReport,
    look: &Look,
    origin: &Origin,
) -> Result<Option<Figure>, ReportError> {
    if portrait::portraits(report).is_empty() {
        return Ok(None);
    }
    let drawn = portrait::draw(report, look);
    let caption = "Arrows show where the fluid equation leads from a state, the diamond the state between healing and collapse. A path that leaves to the right or upwards goes on outside. Variants whose system the equation does not know have no portrait.".to_owned();
    let (title, alt) = (portrait::title(report), portrait::alt(report));
    finished("portrait".to_owned(), drawn, title, caption, alt, origin).map(Some)
}

/// How long recovery takes.
pub(super) fn of_recovery(
    report: &ComparisonReport,
    look: &Look,
    origin: &Origin,
) -> Result<Option<Figure>, ReportError> {
    if !recovery::has_data(report) {
        return Ok(None);
    }
    let drawn = recovery::draw(report, look);
    let caption = "Each step is a seed. A curve that ends below 100 % belongs to a variant that never recovers on the other seeds.".to_owned();
    let alt = alt::recovery(&recovery::curves(report));
    finished("recovery".to_owned(), drawn, recovery::title(report), caption, alt, origin).map(Some)
}

fn numbered(name: &str, number: usize) -> String {
    if number == 1 { name.to_owned() } else { format!("{name}-{number}") }
}
