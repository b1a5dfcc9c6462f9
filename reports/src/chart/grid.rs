//! How do many variants stand beside each other? A grid of small panels with common axes, each under its
//! own name and a remark.

use super::axis::Axis;
use super::canvas::{Align, Canvas, Drawn};
use super::frame::{self, Rect, TickLabels};
use super::{Colour, Look};

/// Panels beyond this number are left to the table.
const PANELS: usize = 20;
/// Sizes of a panel's name and remark, relative to running text.
const NAME: f64 = 0.85;
const REMARK: f64 = 0.7;

/// What stands above a panel.
pub(crate) struct Heading {
    pub(crate) name: String,
    pub(crate) remark: String,
    pub(crate) colour: Colour,
}

/// The places of all panels.
pub(crate) struct Grid {
    /// Number of panels.
    pub(crate) count: usize,
    /// From the first panel's heading to the last panel's axis.
    pub(crate) whole: Rect,
    columns: usize,
    gap: f64,
    panel_width: f64,
    panel_height: f64,
    heading_height: f64,
    /// Whether remarks stand below names because one of them does not fit beside.
    has_two_rows: bool,
}

impl Grid {
    /// A grid for these headings, with room for the labels of the y axis.
    pub(crate) fn new(canvas: &Canvas<'_>, look: &Look, headings: &[Heading], y: &Axis) -> Grid {
        Grid::below(canvas, look, headings, y, 0.0)
    }

    /// The same with more room above all of it.
    pub(crate) fn below(
        canvas: &Canvas<'_>,
        look: &Look,
        headings: &[Heading],
        y: &Axis,
        above: f64,
    ) -> Grid {
        let count = headings.len().clamp(1, PANELS);
        let columns = (count as f64).sqrt().ceil() as usize;
        let is_wide = count > columns * (columns - 1) && columns < 5 && count > 9;
        let columns = if is_wide { columns + 1 } else { columns };
        let whole = Rect {
            left: look.margin() + frame::y_label_width(canvas, look, y),
            top: look.margin() + look.header() + above + look.font * if look.is_thumb { 0.0 } else { 1.0 },
            right: look.width - look.margin(),
            bottom: look.height - 0.6 * look.margin() - look.footer(),
        };
        let gap = look.font * if look.is_thumb { 0.5 } else { 1.1 };
        let panel_width = (whole.width() - gap * (columns - 1) as f64) / columns as f64;
        let is_beside = |heading: &Heading| {
            let name = canvas.text_width(&heading.name, look.font * NAME);
            let remark = canvas.text_width(&heading.remark, look.font * REMARK);
            heading.remark.is_empty() || name + 0.5 * look.font + remark <= panel_width
        };
        let has_two_rows = !look.is_thumb && !headings.iter().take(count).all(is_beside);
        let rows_of_text = if look.is_thumb { 1.5 } else { 1.9 } + if has_two_rows { 0.9 } else { 0.0 };
        let heading_height = look.font * rows_of_text;
        let panel_height = whole.height() / count.div_ceil(columns) as f64 - heading_height;
        Grid { count, whole, columns, gap, panel_width, panel_height, heading_height, has_two_rows }
    }

    /// The place of a panel and the tick labels it shows for all in its row and column.
    pub(crate) fn panel(&self, index: usize) -> (Rect, TickLabels) {
        let (row, column) = (index / self.columns, index % self.columns);
        let left = self.whole.left + column as f64 * (self.panel_width + self.gap);
        let top =
            self.whole.top + row as f64 * (self.panel_height + self.heading_height) + self.heading_height;
        let rect = Rect { left, top, right: left + self.panel_width, bottom: top + self.panel_height };
        (rect, TickLabels { x: index + self.columns >= self.count, y: column == 0 })
    }

    /// The axis with few labels, which are enough under a small panel; the last one would touch the first of
    /// the next panel.
    pub(crate) fn sparse(&self, x: &Axis, index: usize) -> Axis {
        let mut x = x.clone();
        let last = x.ticks.len().saturating_sub(1);
        let mut place = 0;
        x.ticks.retain(|_| {
            place += 1;
            place == 1 || (place - 1) * 2 == last || (place - 1 == last && self.is_rightmost(index))
        });
        x
    }

    /// Whether nothing stands to the right of a panel.
    fn is_rightmost(&self, index: usize) -> bool {
        (index + 1).is_multiple_of(self.columns) || index + 1 == self.count
    }

    /// Name and remark above a panel.
    pub(crate) fn paint_heading(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        rect: &Rect,
        heading: &Heading,
    ) -> Drawn {
        let last_row = rect.top - 0.6 * look.font;
        let first_row = if self.has_two_rows { last_row - 0.95 * look.font } else { last_row };
        let name = canvas.fitted(&heading.name, look.font * NAME, rect.width());
        let colour = look.text_colour(heading.colour);
        canvas.text(&name, (rect.left, first_row), look.text(NAME, colour, Align::Left))?;
        if look.is_thumb || heading.remark.is_empty() {
            return Ok(());
        }
        // A remark that is a little too long is set a little smaller.
        let shrunk = (rect.width() / canvas.text_width(&heading.remark, look.font * REMARK)).clamp(0.8, 1.0);
        let remark = canvas.fitted(&heading.remark, look.font * REMARK * shrunk, rect.width());
        let (x, align) =
            if self.has_two_rows { (rect.left, Align::Left) } else { (rect.right, Align::Right) };
        canvas.text(&remark, (x, last_row), look.text(REMARK * shrunk, look.muted, align))
    }

    /// How many variants have no panel.
    pub(crate) fn paint_left_out(&self, canvas: &Canvas<'_>, look: &Look, all: usize) -> Drawn {
        let left_out = all.saturating_sub(self.count);
        if left_out == 0 || look.is_thumb {
            return Ok(());
        }
        let text = format!("{left_out} more variants stand in the table");
        let at = (self.whole.right, self.whole.bottom + 2.2 * look.font);
        canvas.text(&text, at, look.text(0.8, look.muted, Align::Right))
    }
}
