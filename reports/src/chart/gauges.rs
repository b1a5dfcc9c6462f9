//! Which gauges are drawn over time, and in which figures? Those of few variants stand above each other in one, below
//! the goodput; of many variants each gauge has a figure of its own.

use scenarios::metric::Metric;
use scenarios::picture::GaugeLine;
use scenarios::results::ComparisonReport;

use super::canvas::DrawError;
use super::timeline::{self, OVERLAID, Subject};
use super::Look;

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

/// The figures that there are.
pub(crate) fn pages(report: &ComparisonReport) -> Vec<Page> {
    let gauges: Vec<Subject> = drawn(report).into_iter().take(GAUGES).map(Subject::from).collect();
    if report.comparison.variants.len() > OVERLAID {
        let names = gauges.iter().filter_map(Subject::gauge).map(|(of, gauge)| format!("{gauge}-{of}"));
        let names: Vec<String> = names.collect();
        let slugs = crate::slug::unique(names.iter().map(String::as_str));
        return slugs.into_iter().zip(gauges).map(|(name, gauge)| page(name, vec![gauge])).collect();
    }
    let count = gauges.len().div_ceil(STACKED).max(1);
    // About equally full.
    let each = gauges.len().div_ceil(count).max(1);
    let goodput = timeline::has_data(report, Metric::Goodput).then_some(Subject::from(Metric::Goodput));
    let stack = |(number, gauges): (usize, &[Subject])| {
        let name = if number == 1 { "gauges".to_owned() } else { format!("gauges-{number}") };
        page(name, goodput.iter().chain(gauges).cloned().collect())
    };
    (1..).zip(gauges.chunks(each)).map(stack).collect()
}

fn page(name: String, subjects: Vec<Subject>) -> Page {
    Page { name, subjects }
}

/// The different gauges of all variants, without those that never show anything.
fn drawn(report: &ComparisonReport) -> Vec<&GaugeLine> {
    let all = || report.pictures.iter().flat_map(|picture| &picture.gauges);
    let mut drawn: Vec<&GaugeLine> = Vec::new();
    for line in all() {
        let is_same = |other: &&GaugeLine| (&other.of, &other.gauge) == (&line.of, &line.gauge);
        let values = || all().filter(is_same).flat_map(|line| line.p50.iter().chain(&line.p90)).flatten();
        if !drawn.iter().any(|other| is_same(other)) && values().any(|value| *value != 0.0) {
            drawn.push(line);
        }
    }
    drawn
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport, page: &Page) -> String {
    match page.subjects.as_slice() {
        [alone] => alone.title(report),
        _ => format!("Inside over time: {}", report.manifest.title),
    }
}

/// Draws a figure.
pub(crate) fn draw(report: &ComparisonReport, page: &Page, look: &Look) -> Result<String, DrawError> {
    match page.subjects.as_slice() {
        [alone] => timeline::draw(report, alone.clone(), look),
        all => timeline::draw_stacked(report, &title(report, page), all, look),
    }
}
