//! Which figures does a result have? One list for the folder and the page, each figure with its title,
//! caption and alt text.

mod glance;
mod landscapes;
mod pictures;

use scenarios::metric::Metric;
use scenarios::results::{ComparisonReport, Manifest, SweepResult};

use crate::alt;
use crate::chart::canvas::DrawError;
use crate::chart::timeline::Subject;
use crate::chart::{Look, latency_cdf, load, outcomes, sweep, timeline};
use crate::error::{ReportError, ReportErrorKind};
use crate::options::Options;
use crate::shown::Shown;
use crate::{format, shown, slug, svg};
pub use glance::of_glance;
pub use landscapes::{of_critical, of_hysteresis, of_map};

/// A finished figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// File name without its ending.
    pub name: String,
    /// Title, as drawn.
    pub title: String,
    /// What a reader should know beside the figure.
    pub caption: String,
    /// What the figure shows, in words.
    pub alt: String,
    /// The SVG file.
    pub svg: String,
    /// Shapes with titles that the page lays over the figure, to be pointed at.
    pub hover: String,
}

/// Where a figure comes from; stands in its metadata.
pub(crate) struct Origin {
    pub(crate) spiral: String,
    pub(crate) scenario: String,
    pub(crate) hash: String,
    pub(crate) seeds: Vec<u64>,
    pub(crate) reproduce: String,
}

impl Origin {
    fn of(manifest: &Manifest) -> Self {
        Origin {
            spiral: manifest.spiral.clone(),
            scenario: manifest.scenario.id.clone(),
            hash: manifest.scenario.hash.clone(),
            seeds: manifest.seeds.clone(),
            reproduce: manifest.reproduce.clone(),
        }
    }
}

/// The metrics that are drawn over time, most telling first.
const TIMELINES: &[Metric] =
    &[Metric::Goodput, Metric::Attempts, Metric::Success, Metric::QueueLength, Metric::LatencyP99];

/// All figures of a comparison: goodput first, then how seeds came out, then the rest.
pub fn of_comparison(report: &ComparisonReport, options: &Options) -> Result<Vec<Figure>, ReportError> {
    let look = Look::new(options);
    let origin = Origin::of(&report.manifest);
    let mut figures = Vec::new();
    let mut add =
        |name: String, drawn: Result<String, DrawError>, title: String, caption: String, alt: String| {
            finished(name, drawn, title, caption, alt, &origin).map(|figure| figures.push(figure))
        };
    for metric in TIMELINES.iter().copied().filter(|metric| timeline::has_data(report, *metric)) {
        let drawn = timeline::draw(report, metric.into(), &look);
        let title = Subject::from(metric).title(report);
        add(
            metric.id().to_owned(),
            drawn,
            title,
            timeline_caption(report, metric),
            alt::timeline(report, metric),
        )?;
        if metric == Metric::Goodput && outcomes::has_data(report) {
            let drawn = outcomes::draw(report, &look, options.theme);
            let title = outcomes::title(report);
            add("outcomes".to_owned(), drawn, title, outcome_caption(report), alt::outcomes(report))?;
        }
    }
    figures.extend(landscapes::of_recovery(report, &look, &origin)?);
    figures.extend(landscapes::of_portraits(report, &look, &origin)?);
    figures.extend(pictures::of_comparison(report, options, &origin)?);
    if latency_cdf::has_data(report) {
        let drawn = latency_cdf::draw(report, &look);
        let title = latency_cdf::title(report);
        let caption = "Every nine on the vertical axis is as long as the one before. Only answered requests have a latency; the share without an answer stands beside its name.".to_owned();
        let alt = alt::latency(report);
        figures.push(finished("latency".to_owned(), drawn, title, caption, alt, &origin)?);
    }
    for (name, sweep) in
        slug::unique(report.sweeps.iter().map(|sweep| sweep.sweep.as_str())).iter().zip(&report.sweeps)
    {
        figures.extend(sweep_figures(name, sweep, &look, &origin)?);
    }
    Ok(figures)
}

/// All figures of a lone sweep.
pub fn of_sweep(
    manifest: &Manifest,
    sweep: &SweepResult,
    options: &Options,
) -> Result<Vec<Figure>, ReportError> {
    let names = slug::unique([sweep.sweep.as_str()].into_iter());
    sweep_figures(&names[0], sweep, &Look::new(options), &Origin::of(manifest))
}

fn sweep_figures(
    name: &str,
    sweep: &SweepResult,
    look: &Look,
    origin: &Origin,
) -> Result<Vec<Figure>, ReportError> {
    let mut figures = Vec::new();
    let has_load = load::has_data(sweep);
    if has_load {
        let told = load::capacities(sweep);
        let caption = format!("The diagonal is where every request is served. {told}");
        let drawn = load::draw(sweep, look);
        let (name, title) = (format!("sweep-{name}-load"), load::TITLE.to_owned());
        figures.push(finished(name, drawn, title, caption.trim_end().to_owned(), load::alt(sweep), origin)?);
    }
    let is_told =
        |shown: &Shown| has_load && load::is_rate(sweep) && *shown == Shown::Metric(Metric::Goodput);
    for shown in shown::shown(sweep).into_iter().filter(|shown| !is_told(shown)) {
        let name = format!("sweep-{name}-{}", shown.id());
        let caption = format!(
            "Swept: {}, {} points, {} each.",
            sweep.path,
            sweep.points.len(),
            format::seeds(&sweep.seeds)
        );
        let drawn = sweep::draw(sweep, shown, look);
        figures.push(finished(
            name,
            drawn,
            sweep::title(sweep, shown),
            caption,
            alt::sweep(sweep, shown),
            origin,
        )?);
    }
    Ok(figures)
}

fn finished(
    name: String,
    drawn: Result<String, DrawError>,
    title: String,
    caption: String,
    alt: String,
    origin: &Origin,
) -> Result<Figure, ReportError> {
    let path = format!("figures/{name}.svg");
    let drawing = drawn
        .map_err(|error| ReportError::new(path.as_ref(), ReportErrorKind::Drawing(error.to_string())))?;
    let svg = svg::finish(&drawing, &name, &title, &alt, origin);
    Ok(Figure { name, title, caption, alt, svg, hover: String::new() })
}

fn timeline_caption(report: &ComparisonReport, metric: Metric) -> String {
    let mut parts = vec![metric.definition().to_owned()];
    parts.extend(shaded(report));
    if metric == Metric::Goodput && report.comparison.seeds.len() > 1 && outcomes::has_data(report) {
        parts.push(
            "A median over seeds can hide that seeds differ: the outcomes say how many did what.".to_owned(),
        );
    }
    parts.join(" ")
}

/// What is shaded in figures over time.
fn shaded(report: &ComparisonReport) -> Option<String> {
    let mut triggers: Vec<(String, Vec<&str>)> = Vec::new();
    let names = report.manifest.triggers.keys();
    let events = names.flat_map(|name| report.manifest.events(name).map(move |window| (name, window)));
    for (variant, window) in events {
        let when = format::span(window.start_s, window.end_s);
        let text = format!("{} ({when}): {}", window.name, window.what);
        match triggers.iter_mut().find(|(other, _)| *other == text) {
            Some((_, variants)) => variants.push(variant),
            None => triggers.push((text, vec![variant])),
        }
    }
    // Who had it is said if few had it.
    let told = triggers.iter().map(|(text, variants)| match variants.len() {
        1 | 2 if triggers.len() > 1 => format!("{text} ({})", variants.join(", ")),
        _ => text.clone(),
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("Shaded: {}.", told.join("; ")))
}

fn outcome_caption(report: &ComparisonReport) -> String {
    format!(
        "Stuck: no recovery by the horizon ({}) although every trigger is over and the control is healthy. Healthy: success of at least {} of the control's.",
        format::setting(report.manifest.horizon_s),
        format::chosen_percent(report.manifest.healthy)
    )
}
