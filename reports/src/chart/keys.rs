//! What do the signs of a figure mean? Samples with a few words each, in rows under the title.

use super::Look;
use super::canvas::{Align, Canvas, Drawn};
use super::frame::Rect;

/// Size of the words, relative to running text.
const SIZE: f64 = 0.85;
/// Height of a row.
const ROW: f64 = 1.5;

/// How a sample is painted into its rectangle.
type Sample<'a> = Box<dyn Fn(&Canvas<'_>, Rect) -> Drawn + 'a>;

/// A sample between what stands before and after it.
pub(crate) struct Key<'a> {
    before: String,
    /// Width of the sample, in sizes of running text.
    width: f64,
    sample: Sample<'a>,
    after: String,
}

impl<'a> Key<'a> {
    pub(crate) fn new(
        width: f64,
        after: impl Into<String>,
        sample: impl Fn(&Canvas<'_>, Rect) -> Drawn + 'a,
    ) -> Self {
        Key { before: String::new(), width, sample: Box::new(sample), after: after.into() }
    }

    /// With words before the sample.
    pub(crate) fn after(self, before: impl Into<String>) -> Self {
        Key { before: before.into(), ..self }
    }
}

/// Paints the keys, the first row's middle at `y`.
pub(crate) fn paint(canvas: &Canvas<'_>, look: &Look, y: f64, keys: &[Key<'_>]) -> Drawn {
    for ((x, row), key) in places(canvas, look, keys).into_iter().zip(keys) {
        let font = look.font;
        let middle = y + row as f64 * ROW * font;
        let text = look.text(SIZE, look.muted, Align::Left);
        let mut left = x;
        if !key.before.is_empty() {
            canvas.text(&key.before, (left, middle), text)?;
            left += canvas.text_width(&key.before, SIZE * font) + 0.4 * font;
        }
        let right = left + key.width * font;
        let rect = Rect { left, right, top: middle - 0.45 * font, bottom: middle + 0.45 * font };
        (key.sample)(canvas, rect)?;
        let room = look.width - look.margin() - right - 0.4 * font;
        let after = canvas.fitted(&key.after, SIZE * font, room);
        canvas.text(&after, (right + 0.4 * font, middle), text)?;
    }
    Ok(())
}

/// Height of all rows.
pub(crate) fn height(canvas: &Canvas<'_>, look: &Look, keys: &[Key<'_>]) -> f64 {
    let rows = places(canvas, look, keys).last().map_or(0, |(_, row)| row + 1);
    rows as f64 * ROW * look.font
}

/// Left end and row of each key.
fn places(canvas: &Canvas<'_>, look: &Look, keys: &[Key<'_>]) -> Vec<(f64, usize)> {
    let font = look.font;
    let (mut x, mut row) = (look.margin(), 0);
    let place = |key: &Key<'_>| {
        let words = |text: &str| match text {
            "" => 0.0,
            text => canvas.text_width(text, SIZE * font) + 0.4 * font,
        };
        let width = words(&key.before) + key.width * font + words(&key.after);
        if x + width > look.width - look.margin() && x > look.margin() {
            (x, row) = (look.margin(), row + 1);
        }
        let place = (x, row);
        x += width + 1.1 * font;
        place
    };
    keys.iter().map(place).collect()
}
