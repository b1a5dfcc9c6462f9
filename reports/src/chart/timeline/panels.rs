//! How do many variants stay readable over time? One small panel each with its own triggers, the baseline
//! grey behind it.

use super::{Line, Timeline, finite, runs};
use crate::chart::canvas::{Canvas, Drawn, Point};
use crate::chart::frame::{self, Panel, TickLabels};
use crate::chart::grid::{Grid, Heading};
use crate::chart::{Look, SeriesStyle};
use crate::words;

/// Paints a grid of panels with common axes.
pub(super) fn paint(canvas: &Canvas<'_>, look: &Look, timeline: &Timeline<'_>) -> Drawn {
    let headings: Vec<Heading> = timeline.lines.iter().map(|line| heading(look, line)).collect();
    let y = timeline.y_axis(2);
    let grid = Grid::new(canvas, look, &headings, &y);
    frame::y_name(canvas, look, &grid.whole, &timeline.subject.axis_name(), 0.5)?;
    frame::x_name(canvas, look, &grid.whole, "time")?;
    for (index, heading) in headings.iter().enumerate().take(grid.count) {
        let (rect, labels) = grid.panel(index);
        let panel = Panel { rect, x: grid.sparse(&timeline.x, index), y: y.clone() };
        paint_panel(canvas, look, timeline, &panel, index, labels)?;
        grid.paint_heading(canvas, look, &rect, heading)?;
    }
    grid.paint_left_out(canvas, look, timeline.lines.len())
}

fn heading(look: &Look, line: &Line<'_>) -> Heading {
    let is_judged = words::is_judged(line.variant);
    Heading {
        name: line.variant.name.clone(),
        remark: if is_judged { words::short_outcome_counts(line.variant) } else { String::new() },
        colour: look.series(line.index).colour,
    }
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
    frame::triggers(canvas, look, panel, &line.triggers, false)?;
    frame::axes(canvas, look, panel, labels)?;
    if let Some(baseline) = timeline.lines.first().filter(|_| index > 0) {
        for run in runs(&timeline.points(&baseline.band, |band| finite(band.p50))) {
            let points: Vec<Point> = run.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            canvas.line(&points, look.line * 0.5, look.muted, 0.6)?;
        }
    }
    timeline.paint_offered(canvas, look, panel, line)?;
    let style = look.series(line.index);
    // Alone in its panel, a line needs no dash.
    timeline.paint_line(canvas, panel, line, look.line * 0.9, SeriesStyle { dash: &[], ..style })?;
    timeline.paint_recovery(canvas, look, panel, line)
}
