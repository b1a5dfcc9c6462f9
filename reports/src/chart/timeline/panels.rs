//! How do many variants stay readable over time? One small panel each, the baseline grey behind it.

use super::{Timeline, finite, runs};
use crate::chart::canvas::{Align, Canvas, Drawn, Point};
use crate::chart::frame::{self, Panel, Rect, TickLabels};
use crate::chart::{Look, SeriesStyle};
use crate::words;

/// Panels beyond this number are left to the table.
const PANELS: usize = 20;
/// Sizes of a panel's name and of how it came out, relative to running text.
const NAME: f64 = 0.85;
const REMARK: f64 = 0.7;

/// Paints a grid of panels with common axes.
pub(super) fn paint(canvas: &Canvas<'_>, look: &Look, timeline: &Timeline<'_>) -> Drawn {
    let count = timeline.lines.len().min(PANELS);
    let columns = (count as f64).sqrt().ceil() as usize;
    let columns =
        if count > columns * (columns - 1) && columns < 5 && count > 9 { columns + 1 } else { columns };
    let rows = count.div_ceil(columns);
    let y = timeline.y_axis(2);
    let left = look.margin() + frame::y_label_width(canvas, look, &y);
    let top = look.margin() + look.header() + look.font * if look.is_thumb { 0.0 } else { 1.0 };
    let gap = look.font * if look.is_thumb { 0.5 } else { 1.1 };
    let width = (look.width - look.margin() - left - gap * (columns - 1) as f64) / columns as f64;
    let name_height = look.font * if look.is_thumb { 1.5 } else { 1.9 };
    let height = (look.height - 0.6 * look.margin() - look.footer() - top) / rows as f64 - name_height;
    let whole = Rect {
        left,
        top,
        right: look.width - look.margin(),
        bottom: look.height - 0.6 * look.margin() - look.footer(),
    };
    frame::y_name(canvas, look, &whole, &timeline.y_name(), 0.5)?;
    frame::x_name(canvas, look, &whole, "time")?;
    for index in 0..count {
        let (row, column) = (index / columns, index % columns);
        let panel_left = left + column as f64 * (width + gap);
        let panel_top = top + row as f64 * (height + name_height) + name_height;
        let rect =
            Rect { left: panel_left, top: panel_top, right: panel_left + width, bottom: panel_top + height };
        let mut x = timeline.x.clone();
        // Few labels are enough under a small panel, and the last one would touch the next panel's first.
        let last = x.ticks.len().saturating_sub(1);
        let is_rightmost = column + 1 == columns || index + 1 == count;
        let mut place = 0;
        x.ticks.retain(|_| {
            place += 1;
            place == 1 || (place - 1) * 2 == last || (place - 1 == last && is_rightmost)
        });
        let panel = Panel { rect, x, y: y.clone() };
        let is_lowest = index + columns >= count;
        paint_panel(canvas, look, timeline, &panel, index, TickLabels { x: is_lowest, y: column == 0 })?;
    }
    let left_out = timeline.lines.len() - count;
    if left_out > 0 && !look.is_thumb {
        let text = format!("{left_out} more variants stand in the table");
        canvas.text(
            &text,
            (whole.right, whole.bottom + 2.2 * look.font),
            look.text(0.8, look.muted, Align::Right),
        )?;
    }
    Ok(())
}

fn paint_panel(
    canvas: &Canvas<'_>,
    look: &Look,
    timeline: &Timeline<'_>,
    panel: &Panel,
    index: usize,
    labels: TickLabels,
) -> Drawn {
    let line = &timeline.lines[index];
    timeline.paint_triggers(canvas, look, panel, false)?;
    frame::axes(canvas, look, panel, labels)?;
    if let Some(baseline) = timeline.lines.first().filter(|_| index > 0) {
        for run in runs(&timeline.points(&baseline.band, |band| finite(band.p50))) {
            let points: Vec<Point> = run.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            canvas.line(&points, look.line * 0.5, look.muted, 0.6)?;
        }
    }
    timeline.paint_offered(canvas, look, panel)?;
    let style = look.series(line.index);
    // Alone in its panel, a line needs no dash.
    timeline.paint_line(canvas, panel, line, look.line * 0.9, SeriesStyle { dash: &[], ..style })?;
    timeline.paint_recovery(canvas, look, panel, line)?;
    let above = (panel.rect.left, panel.rect.top - 0.6 * look.font);
    let name = canvas.fitted(&line.variant.name, look.font * NAME, panel.rect.width());
    canvas.text(&name, above, look.text(NAME, look.text_colour(style.colour), Align::Left))?;
    let remark = if words::is_judged(line.variant) {
        words::outcome_counts(line.variant).join(", ")
    } else {
        String::new()
    };
    let used = canvas.text_width(&name, look.font * NAME) + 0.5 * look.font;
    if !remark.is_empty() && used + canvas.text_width(&remark, look.font * REMARK) <= panel.rect.width() {
        canvas.text(&remark, (panel.rect.right, above.1), look.text(REMARK, look.muted, Align::Right))?;
    }
    Ok(())
}
