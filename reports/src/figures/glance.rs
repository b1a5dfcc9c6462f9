//! Which figure shows a module at a glance?

use scenarios::results::Manifest;
use scenarios::results::glance::GlanceResult;

use super::{Figure, Origin, finished};
use crate::chart::{Look, glance};
use crate::error::ReportError;
use crate::options::Options;

/// One figure.
pub fn of_glance(
    manifest: &Manifest,
    result: &GlanceResult,
    options: &Options,
) -> Result<Vec<Figure>, ReportError> {
    let drawn = glance::draw(result, &Look::new(options));
    let caption = "One number per scenario, for a naive variant and for one that is aware of what may happen. Every panel has a scale of its own, from 0. Thin lines: 95 % intervals of the means.".to_owned();
    let told: Vec<String> = result
        .panels
        .iter()
        .map(|panel| format!("{}: {}.", panel.title, crate::glance::story(panel)))
        .collect();
    let alt = told.join(" ");
    let title = glance::title(result);
    Ok(vec![finished("glance".to_owned(), drawn, title, caption, alt, &Origin::of(manifest))?])
}
