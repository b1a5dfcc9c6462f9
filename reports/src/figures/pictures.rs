//! Which figures show single parts of a system? Gauges over time, lines per workload, strips per service, lanes per instance,
//! topologies.

use scenarios::metric::Metric;
use scenarios::picture::{States, Topology};
use scenarios::results::ComparisonReport;

use super::{Figure, Origin, finished, shaded};
use crate::chart::{Look, gauges, heat_strip, lanes, topology, workloads};
use crate::error::ReportError;
use crate::options::Options;
use crate::{alt, format, slug};

/// Of more variants than this only the first has all its topologies drawn, the others the last.
const ALL_PARTS: usize = 4;

/// Gauges, workloads and strips of all variants, then lanes and topologies of each that has them.
pub(super) fn of_comparison(
    report: &ComparisonReport,
    options: &Options,
    origin: &Origin,
) -> Result<Vec<Figure>, ReportError> {
    let mut figures = gauges_figures(report, options, origin)?;
    if !workloads::pictures(report).is_empty() {
        figures.push(workloads_figure(report, options, origin)?);
    }
    figures.extend(strips_figures(report, options, origin)?);
    let slugs = slug::unique(report.pictures.iter().map(|picture| picture.variant.as_str()));
    let named = || slugs.iter().zip(&report.pictures);
    for (slug, picture) in named() {
        if let Some(states) = picture.states.as_ref().filter(|states| !states.lanes.is_empty()) {
            figures.push(lanes_figure(report, (slug, &picture.variant), states, options, origin)?);
        }
    }
    let drawn = report.pictures.iter().filter(|picture| !picture.topologies.is_empty()).count();
    for (index, (slug, picture)) in named().enumerate() {
        let topologies: Vec<_> =
            picture.topologies.iter().filter(|topology| !topology.nodes.is_empty()).collect();
        let first = if drawn > ALL_PARTS && index > 0 { topologies.len().saturating_sub(1) } else { 0 };
        for (number, topology) in (1..).zip(topologies).skip(first) {
            let name = if number == 1 { slug.clone() } else { format!("{slug}-{number}") };
            figures.push(topology_figure(report, (&name, &picture.variant), topology, options, origin)?);
        }
    }
    Ok(figures)
}

/// Fleets, caches, connections and what policies remember, over time.
fn gauges_figures(
    report: &ComparisonReport,
    options: &Options,
    origin: &Origin,
) -> Result<Vec<Figure>, ReportError> {
    let look = Look::new(options);
    let figures = gauges::pages(report).into_iter().map(|page| {
        let drawn = gauges::draw(report, &page, &look);
        let mut parts: Vec<&str> = Vec::new();
        for (_, gauge) in page.subjects.iter().filter_map(|subject| subject.gauge()) {
            let remembered = "What scalers and policies remember is read at the end of each window, in the mean over instances or clients.";
            let definition = Metric::from_id(gauge).map_or(remembered, Metric::definition);
            if !parts.contains(&definition) {
                parts.push(definition);
            }
        }
        let caption: Vec<String> = parts.into_iter().map(str::to_owned).chain(shaded(report)).collect();
        let (title, alt) = (gauges::title(report, &page), alt::gauges(report, &page.subjects));
        finished(page.name, drawn, title, caption.join(" "), alt, origin)
    });
    figures.collect()
}

/// How each workload fares over time.
fn workloads_figure(
    report: &ComparisonReport,
    options: &Options,
    origin: &Origin,
) -> Result<Figure, ReportError> {
    let drawn = workloads::draw(report, &Look::new(options));
    let caption = "Share of the requests of each workload that were answered, of those that arrived in each window and ended by the horizon.";
    let alt = alt::pictures::workloads(report, &workloads::pictures(report));
    let name = "success-workloads".to_owned();
    finished(name, drawn, workloads::title(report), caption.to_owned(), alt, origin)
}

/// How busy each service is over time, as many variants in one figure as fit.
fn strips_figures(
    report: &ComparisonReport,
    options: &Options,
    origin: &Origin,
) -> Result<Vec<Figure>, ReportError> {
    let look = Look::new(options);
    let pages = heat_strip::pages(report);
    let figures = (1..).zip(&pages).map(|(number, pictures)| {
        let name = if number == 1 { "busy".to_owned() } else { format!("busy-{number}") };
        let drawn = heat_strip::draw(report, pictures, &look, options.theme);
        let caption = "One strip per service, callers above the services that they call. Hatched: at least 99.9 % of the workers are busy; the times on the right are the longest such stretch. Lines mark where a trigger begins and ends.";
        let alt = alt::pictures::strips(report, pictures);
        finished(name, drawn, heat_strip::title(report), caption.to_owned(), alt, origin)
    });
    figures.collect()
}

/// In which state each instance is over time, below the goodput.
fn lanes_figure(
    report: &ComparisonReport,
    (slug, variant): (&str, &str),
    states: &States,
    options: &Options,
    origin: &Origin,
) -> Result<Figure, ReportError> {
    let drawn = lanes::draw(report, variant, states, &Look::new(options), options.theme);
    let mut caption = format!(
        "One lane per instance, numbered from 0, on seed {}: states differ from seed to seed.",
        states.seed
    );
    if states.lanes.iter().any(|lane| lane.label.contains('→')) {
        caption.push_str(" With an arrow: what the caller believes of the instance; of several clients the lane shows the worst opinion, and the brackets say how many at most had one at once.");
    }
    caption.push_str(
        " Services in which nothing ever changed have no lane. Where nothing is drawn, no state is known.",
    );
    if states.left_out > 0 {
        caption.push_str(&format!(" {} more lanes did not fit.", states.left_out));
    }
    let alt = alt::pictures::lanes(variant, states);
    finished(format!("states-{slug}"), drawn, lanes::title(report, variant), caption, alt, origin)
}

/// Who calls whom, with the numbers of one part of the run.
fn topology_figure(
    report: &ComparisonReport,
    (slug, variant): (&str, &str),
    topology: &Topology,
    options: &Options,
    origin: &Origin,
) -> Result<Figure, ReportError> {
    let drawn = topology::draw(report, variant, topology, &Look::new(options), options.theme);
    let caption = format!(
        "Means over {}. Boxes: instances × workers of each, the share of busy workers, attempts waiting. Arrows: attempts per second and the share of them that succeed; the thicker, the more attempts.",
        format::span(topology.from_s, topology.to_s)
    );
    let alt = alt::pictures::topology(variant, topology);
    let title = topology::title(report, variant, topology);
    finished(format!("topology-{slug}"), drawn, title, caption, alt, origin)
}
