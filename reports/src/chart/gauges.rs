//! Which gauges are drawn over time, and in which figures? Those of few variants stand above each other in one, below
//! the goodput of the same variants; a gauge of many variants has a figure of its own, with a panel for each.

use scenarios::metric::Metric;
use scenarios::picture::GaugeLine;
use scenarios::results::ComparisonReport;

use super::Look;
use super::canvas::DrawError;
use super::timeline::{self, OVERLAID, Subject};

/// Gauges in one figure, beside the goodput.
const STACKED: usize = 5;
/// Gauges that are drawn at most.
const GAUGES: usize = 15;

/// One figure: its name for a file and what it shows, top down.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    pub(crate) name: String,
    pub(crate) subjects: Vec<Subject>,
}

/// The figures that there are: gauges of the same variants together, in the order of their first.
pub(crate) fn pages(report: &ComparisonReport) -> Vec<Page> {
    let mut groups: Vec<(Vec<String>, Vec<Subject>)> = Vec::new();
    for line in drawn(report).into_iter().take(GAUGES) {
        let holders = shown_with(report, line);
        match groups.iter_mut().find(|(others, _)| *others == holders) {
            Some((_, gauges)) => gauges.push(line.into()),
            None => groups.push((holders, vec![line.into()])),
        }
    }
    let goodput = timeline::has_data(report, Metric::Goodput).then_some(Subject::from(Metric::Goodput));
    let mut pages = Vec::new();
    let mut stacks = 0;
    for (variants, gauges) in groups {
        let is_stacked = variants.len() <= OVERLAID;
        let most = if is_stacked { STACKED } else { 1 };
        // About equally full.
        let each = gauges.len().div_ceil(gauges.len().div_ceil(most));
        for gauges in gauges.chunks(each) {
            let name = match gauges {
                [alone] => file_name(alone),
                _ => {
                    stacks += 1;
                    if stacks == 1 { "gauges".to_owned() } else { format!("gauges-{stacks}") }
                }
            };
            let above = goodput.iter().filter(|_| is_stacked);
            let subjects = above.chain(gauges).map(|subject| subject.clone().among(variants.clone()));
            pages.push(Page { name, subjects: subjects.collect() });
        }
    }
    let names = crate::slug::unique(pages.iter().map(|page| page.name.as_str()));
    names.into_iter().zip(pages).map(|(name, page)| Page { name, ..page }).collect()
}

/// The variants that a figure of a gauge shows: all if they are few, else those that have it.
fn shown_with(report: &ComparisonReport, line: &GaugeLine) -> Vec<String> {
    let variants = report.comparison.variants.iter().map(|variant| &variant.name);
    let gauge = Subject::from(line);
    let are_few = report.comparison.variants.len() <= OVERLAID;
    variants.filter(|variant| are_few || gauge.bands(report, variant).is_some()).cloned().collect()
}

fn file_name(gauge: &Subject) -> String {
    let (of, gauge) = gauge.gauge().unwrap_or_default();
    format!("{gauge}-{}", of.replace(" → ", "-"))
}

/// The different gauges of all variants, without those that never show anything.
fn drawn(report: &ComparisonReport) -> Vec<&GaugeLine> {
    let all = || report.pictures.iter().flat_map(|picture| &picture.gauges);
    let mut drawn: Vec<&GaugeLine> = Vec::new();
    for line in all() {
        let is_same = |other: &&GaugeLine| (&other.of, &other.gauge) == (&line.of, &line.gauge);
        let values = || all().filter(is_same).flat_map(|line| line.p50.iter().chain(&line.p90)).flatten();
        if !drawn.iter().any(is_same) && values().any(|value| *value != 0.0) {
            drawn.push(line);
        }
    }
    drawn
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport, page: &Page) -> String {
    let mut gauges = page.subjects.iter().filter(|subject| subject.gauge().is_some());
    match (gauges.next(), gauges.next()) {
        (Some(alone), None) => alone.title(report),
        _ => format!("Gauges over time: {}", report.manifest.title),
    }
}

/// Draws a figure.
pub(crate) fn draw(report: &ComparisonReport, page: &Page, look: &Look) -> Result<String, DrawError> {
    match page.subjects.as_slice() {
        [alone] => timeline::draw(report, alone.clone(), look),
        all => timeline::draw_stacked(report, &title(report, page), all, look),
    }
}
