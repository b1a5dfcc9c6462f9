//! What stands on the page of a module at a glance?

use scenarios::metric::Metric;
use scenarios::results::Manifest;
use scenarios::results::glance::{GlancePanel, GlanceResult};

use super::tables::HtmlTable;
use super::{page, render};
use crate::error::ReportError;
use crate::figures::Figure;
use crate::{glance, typeset};

/// The page.
pub(crate) fn of_glance(
    manifest: &Manifest,
    result: &GlanceResult,
    figures: &[Figure],
) -> Result<String, ReportError> {
    let mut page = page(manifest, "At a glance", figures);
    page.facts = vec![("Scenarios".to_owned(), result.panels.len().to_string())];
    let row = |panel: &GlancePanel| {
        let side = [&panel.naive, &panel.aware]
            .map(|side| format!("{}\n{}", side.variant, glance::number(panel, side)));
        let [naive, aware] = side;
        vec![panel.title.clone(), panel.label.clone(), naive, aware]
    };
    page.tables = vec![HtmlTable {
        caption: "Means over seeds with 95 % intervals".to_owned(),
        columns: ["Scenario", "Number", "Naive", "Aware"].map(str::to_owned).to_vec(),
        rows: result.panels.iter().map(row).collect(),
    }];
    page.method = typeset::unbroken(&format!("Method: {}.", glance::method(result)));
    let mut metrics: Vec<Metric> =
        result.panels.iter().filter_map(|panel| Metric::from_id(&panel.metric)).collect();
    metrics.sort();
    metrics.dedup();
    let told = metrics
        .iter()
        .map(|metric| (metric.label().to_owned(), metric.id().to_owned(), metric.definition().to_owned()));
    page.definitions = told.collect();
    render(&page)
}
