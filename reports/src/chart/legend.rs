//! Which line is which, where lines have no room for their names? A sample and a name each, in rows under the title.

use super::canvas::{Align, Canvas, DrawError};
use super::{Look, SeriesStyle};

/// Paints the entries in as many rows as they take, the first at `y`; returns how many rows.
pub(crate) fn paint<'a>(
    canvas: &Canvas<'_>,
    look: &Look,
    y: f64,
    entries: impl Iterator<Item = (SeriesStyle, &'a str)>,
) -> Result<f64, DrawError> {
    let font = look.font;
    let right = look.width - look.margin();
    let (mut x, mut row) = (look.margin(), 0.0);
    for (style, name) in entries {
        let name = canvas.fitted(name, 0.9 * font, 0.3 * look.width);
        let width = 3.0 * font + canvas.text_width(&name, 0.9 * font);
        if x + width > right && x > look.margin() {
            x = look.margin();
            row += 1.0;
        }
        let middle = y + row * 1.4 * font;
        canvas.series_line(&[(x, middle), (x + 2.5 * font, middle)], look.line, style)?;
        let text = look.text(0.9, look.text_colour(style.colour), Align::Left);
        canvas.text(&name, (x + 2.9 * font, middle), text)?;
        x += width + 1.2 * font;
    }
    Ok(row + 1.0)
}
