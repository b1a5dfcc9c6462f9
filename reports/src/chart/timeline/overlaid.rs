//! How do few variants share one panel? Lines over their bands, labelled at their ends.

use scenarios::metric::Metric;

use super::{Line, Timeline, finite};
use crate::chart::canvas::{Align, Canvas, Drawn};
use crate::chart::frame::{self, Panel, Rect, TickLabels};
use crate::chart::{Look, labels};
use crate::words;

/// Paints all lines into one panel.
pub(super) fn paint(canvas: &Canvas<'_>, look: &Look, timeline: &Timeline<'_>) -> Drawn {
    timeline.paint(canvas, look)
}

impl Timeline<'_> {
    fn paint(&self, canvas: &Canvas<'_>, look: &Look) -> Drawn {
        let y = self.y_axis(5);
        // The triggers' names stand between the panel and the name of its axis.
        let name_rows = if self.triggers.is_empty() { 1.25 } else { 2.2 };
        let label_width = self.label_width(canvas, look);
        let rect = Rect {
            left: look.margin() + frame::y_label_width(canvas, look, &y),
            top: look.margin()
                + look.header()
                + look.font * if look.is_thumb { 0.3 } else { name_rows + 0.9 }
                + self.marks_height(look),
            right: look.width - look.margin() - label_width,
            bottom: look.height - look.margin() * 0.6 - look.footer(),
        };
        let panel = Panel { rect, x: self.x.clone(), y };
        // The shades of triggers reach up behind the marks.
        let whole = Rect { top: rect.top - self.marks_height(look), ..rect };
        let behind = Panel { rect: whole, ..panel.clone() };
        frame::triggers(canvas, look, &behind, &self.triggers, !look.is_thumb)?;
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: true })?;
        frame::y_name(canvas, look, &whole, &self.subject.axis_name(), name_rows)?;
        frame::x_name(canvas, look, &rect, "time")?;
        self.paint_loads(canvas, look, &panel)?;
        self.paint_lines(canvas, look, &panel, look.line)?;
        for line in &self.lines {
            self.paint_recovery(canvas, look, &panel, line)?;
        }
        self.paint_marks(canvas, look, &panel)?;
        self.paint_labels(canvas, look, &panel, label_width)
    }

    fn label_width(&self, canvas: &Canvas<'_>, look: &Look) -> f64 {
        let mut texts: Vec<(String, f64)> = Vec::new();
        for line in &self.lines {
            texts.push((line.variant.name.clone(), 1.0));
            texts.push((self.remark(look, line), 0.8));
        }
        if self.lines.iter().any(|line| !line.offered.is_empty()) {
            texts.push(("offered load".to_owned(), 0.85));
        }
        let widest = texts.iter().map(|(text, size)| canvas.text_width(text, look.font * size));
        widest.fold(0.0, f64::max).min(0.26 * look.width) + 1.7 * look.font
    }

    /// The second line of a label: how the variant came out.
    fn remark(&self, look: &Look, line: &Line<'_>) -> String {
        if look.is_thumb || !matches!(self.subject.metric, Some(Metric::Goodput | Metric::Success)) {
            return String::new();
        }
        if !words::is_judged(line.variant) {
            String::new()
        } else {
            words::outcome_counts(line.variant).join(", ")
        }
    }

    fn paint_labels(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel, label_width: f64) -> Drawn {
        let mut entries: Vec<(f64, Option<&Line<'_>>)> = Vec::new();
        for line in &self.lines {
            let last = line.band.iter().rev().find_map(|band| finite(band.p50));
            entries.push((last.map_or(panel.rect.bottom, |value| panel.y_at(value)), Some(line)));
        }
        let offered = self.lines.first().and_then(|line| line.offered.last());
        if let Some((_, value)) = offered.filter(|_| !look.is_thumb) {
            // Just above a line that lies on the offered load.
            entries.push((panel.y_at(*value) - 0.01, None));
        }
        let has_remarks = self.lines.iter().any(|line| !self.remark(look, line).is_empty());
        let distance = look.font * if has_remarks { 2.35 } else { 1.35 };
        let wanted: Vec<f64> = entries.iter().map(|(y, _)| *y).collect();
        // The second line of the lowest label stays above the numbers of the time axis.
        let lowest = panel.rect.bottom - look.font * if has_remarks { 1.3 } else { 0.4 };
        let places = labels::spread(&wanted, distance, panel.rect.top, lowest);
        let right = panel.rect.right;
        let text_left = right + 1.5 * look.font;
        let room = label_width - 1.5 * look.font;
        for ((end, line), y) in entries.iter().zip(&places) {
            let Some(line) = line else {
                canvas.line(
                    &[(right, *end), (right + 0.55 * look.font, *y)],
                    look.line * 0.3,
                    look.muted,
                    0.7,
                )?;
                let key = [(right + 0.55 * look.font, *y), (right + 1.35 * look.font, *y)];
                canvas.series_line(&key, look.line * 0.6, self.offered_style(look))?;
                canvas.text("offered load", (text_left, *y), look.text(0.85, look.muted, Align::Left))?;
                continue;
            };
            let style = look.series(line.index);
            canvas.line(
                &[(right, *end), (right + 0.75 * look.font, *y)],
                look.line * 0.4,
                style.colour,
                0.8,
            )?;
            canvas.marker(
                (right + 0.8 * look.font, *y),
                look.line * 1.7,
                style.marker,
                style.colour,
                look.background,
            )?;
            let name = canvas.fitted(&line.variant.name, look.font, room);
            let colour = look.text_colour(style.colour);
            canvas.text(&name, (text_left, *y), look.text(1.0, colour, Align::Left))?;
            let remark = canvas.fitted(&self.remark(look, line), look.font * 0.8, room);
            if !remark.is_empty() {
                canvas.text(
                    &remark,
                    (text_left, *y + 1.0 * look.font),
                    look.text(0.8, look.muted, Align::Left),
                )?;
            }
        }
        Ok(())
    }
}
