//! How does a module at a glance look in a terminal? One table row per scenario.

use scenarios::results::glance::{GlancePanel, GlanceResult, GlanceSide};

use super::grid::{self, Column};
use super::{Paint, TextStyle, wrapped};
use crate::{chart, glance};

/// Characters at which a label breaks.
const LABEL: usize = 24;

/// The table of a module.
pub fn glance_text(result: &GlanceResult, style: &TextStyle) -> String {
    let mut text = style.paint(&wrapped(&chart::glance::title(result), style, 0), Paint::Bold);
    text.push_str(&style.paint(&wrapped(&glance::method(result), style, 0), Paint::Faint));
    text.push('\n');
    let column = |header: &str, cell: &dyn Fn(&GlancePanel) -> String| Column {
        header: header.to_owned(),
        cells: result.panels.iter().map(cell).collect(),
        is_text: true,
    };
    let side =
        |panel: &GlancePanel, side: &GlanceSide| format!("{}\n{}", glance::number(panel, side), side.variant);
    let first = column("scenario", &|panel| panel.scenario.id.clone());
    let label = column("number", &|panel| grid::broken(&panel.label, LABEL, ' '));
    let naive = column("naive", &|panel| side(panel, &panel.naive));
    let aware = column("aware", &|panel| side(panel, &panel.aware));
    text.push_str(&grid::text(first, vec![vec![label], vec![naive], vec![aware]], style));
    text.push_str("\n\n");
    text.push_str(&wrapped(&format!("Repeat: {}", result.reproduce), style, 0));
    style.finish(text)
}
