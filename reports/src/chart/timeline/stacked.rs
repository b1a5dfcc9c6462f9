//! How do several gauges of few variants stay readable? A panel each, above each other on one time axis, variants as
//! lines, each panel on a value axis of its own.

use super::Timeline;
use crate::chart::axis::Axis;
use crate::chart::canvas::{Align, Canvas, DrawError, Drawn};
use crate::chart::frame::{self, Panel, Rect, TickLabels};
use crate::chart::{Look, SeriesStyle, legend};
use crate::typeset;

/// Up to so many panels stand in one column.
const ONE_COLUMN: usize = 3;

/// The places of the panels.
struct Stack {
    columns: usize,
    rows: usize,
    top: f64,
    bottom: f64,
    heading: f64,
}

/// What stands below the title: the heading rows have no room for the names of triggers.
pub(super) fn subtitle(timelines: &[Timeline<'_>]) -> String {
    let Some(first) = timelines.first() else { return String::new() };
    match first.triggers.as_slice() {
        [] => first.subtitle(),
        [alone] => format!("{} · shaded: {}", first.subtitle(), alone.name),
        _ => format!("{} · shaded: triggers", first.subtitle()),
    }
}

/// Paints all panels under a common legend.
pub(super) fn paint(canvas: &Canvas<'_>, look: &Look, timelines: &[Timeline<'_>]) -> Drawn {
    let font = look.font;
    let columns = if timelines.len() > ONE_COLUMN { 2 } else { 1 };
    let rows = timelines.len().div_ceil(columns);
    let legend_rows = if look.is_thumb { 0.0 } else { paint_legend(canvas, look, timelines)? };
    let stack = Stack {
        columns,
        rows,
        top: look.margin() + look.header() + 1.4 * font * legend_rows,
        bottom: look.height - 0.6 * look.margin() - look.footer(),
        heading: font * if look.is_thumb { 1.3 } else { 1.7 },
    };
    let axes: Vec<Axis> =
        timelines.iter().map(|timeline| timeline.y_axis(if rows > 2 { 2 } else { 3 })).collect();
    for (index, timeline) in timelines.iter().enumerate() {
        let panel = stack.panel(canvas, look, timeline, &axes, index);
        let is_last = index + columns >= timelines.len();
        frame::triggers(canvas, look, &panel, &timeline.triggers, false)?;
        frame::axes(canvas, look, &panel, TickLabels { x: is_last, y: true })?;
        timeline.paint_loads(canvas, look, &panel)?;
        timeline.paint_lines(canvas, look, &panel, 0.8 * look.line)?;
        for line in &timeline.lines {
            timeline.paint_recovery(canvas, look, &panel, line)?;
        }
        let name = canvas.fitted(&timeline.subject.axis_name(), 0.88 * font, panel.rect.width());
        let above = panel.rect.top - 0.75 * font;
        canvas.text(&name, (panel.rect.left, above), look.text(0.88, look.ink, Align::Left))?;
        if is_last {
            frame::x_name(canvas, look, &panel.rect, "time")?;
        }
    }
    Ok(())
}

/// The variants, and the load that they meet.
fn paint_legend(canvas: &Canvas<'_>, look: &Look, timelines: &[Timeline<'_>]) -> Result<f64, DrawError> {
    let mut entries: Vec<(SeriesStyle, String)> = Vec::new();
    for line in timelines.iter().flat_map(|timeline| &timeline.lines) {
        let name = typeset::shortened(&line.variant.name, 40);
        if entries.iter().all(|(_, other)| *other != name) {
            entries.push((look.series(line.index), name));
        }
    }
    if let [(style, _)] = entries.as_mut_slice() {
        // Alone, its line has no dash in the panels either.
        style.dash = &[];
    }
    let loaded = timelines.iter().find(|timeline| timeline.lines.iter().any(|line| !line.offered.is_empty()));
    if let Some(timeline) = loaded {
        entries.push((timeline.offered_style(look), "offered load".to_owned()));
    }
    let y = look.margin() + look.header() + 0.3 * look.font;
    legend::paint(canvas, look, y, entries.iter().map(|(style, name)| (*style, name.as_str())))
}

impl Stack {
    /// The panel of a timeline; panels of a column share their left border.
    fn panel(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        timeline: &Timeline<'_>,
        axes: &[Axis],
        index: usize,
    ) -> Panel {
        let (row, column) = (index / self.columns, index % self.columns);
        let gap = 1.2 * look.font;
        let width =
            (look.width - 2.0 * look.margin() - gap * (self.columns - 1) as f64) / self.columns as f64;
        let start = look.margin() + column as f64 * (width + gap);
        let of_column = axes.iter().skip(column).step_by(self.columns);
        let labels = of_column.map(|axis| frame::y_label_width(canvas, look, axis)).fold(0.0, f64::max);
        // Half a label of the time axis stands out to the right.
        let right = start + width - if look.is_thumb { 0.0 } else { 0.8 * look.font };
        let height = (self.bottom - self.top) / self.rows as f64;
        let top = self.top + row as f64 * height + self.heading;
        // Numbers of an axis reach a little above and below their line.
        let bottom =
            self.top + (row + 1) as f64 * height - if row + 1 < self.rows { 0.5 * look.font } else { 0.0 };
        let rect = Rect { left: start + labels, top, right, bottom };
        Panel { rect, x: timeline.x.clone(), y: axes[index].clone() }
    }
}
