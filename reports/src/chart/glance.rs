//! What does a module show, on one slide? A small panel per scenario: the number of the naive variant as a bar, and that
//! of the one that knows better below it, on one scale.

use scenarios::results::glance::{GlancePanel, GlanceResult, GlanceSide};

use super::canvas::{self, Align, Canvas, DrawError, Drawn};
use super::frame::{self, Rect};
use super::{Look, SeriesStyle};
use crate::{format, glance};

/// Rows of a panel.
const ROWS: f64 = 6.2;
/// Size of labels, of that of titles.
const LABEL: f64 = 0.85;

/// The figure's title.
pub(crate) fn title(result: &GlanceResult) -> String {
    format!("{} at a glance", crate::alt::sentence_case(&result.module))
}

/// Style of the naive variant and of the other one.
fn styles(look: &Look) -> [SeriesStyle; 2] {
    [look.series(1), look.series(0)]
}

/// Draws all panels.
pub(crate) fn draw(result: &GlanceResult, look: &Look) -> Result<String, DrawError> {
    let subtitle = glance::method(result);
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(result), &subtitle)?;
        let mut top = look.margin() + look.header() + 0.3 * look.font;
        if !look.is_thumb {
            paint_keys(canvas, look, top + 0.5 * look.font)?;
            top += 1.9 * look.font;
        }
        let columns = columns(result.panels.len());
        let rows = result.panels.len().div_ceil(columns).max(1);
        let (gap, left) = (1.6 * look.font, look.margin());
        let width = (look.width - 2.0 * left - gap * (columns - 1) as f64) / columns as f64;
        let height = (look.height - 0.8 * look.margin() - top) / rows as f64;
        let size = size(canvas, look, result, [width, height]);
        for (number, panel) in result.panels.iter().enumerate() {
            let (column, row) = ((number % columns) as f64, (number / columns) as f64);
            let (left, top) = (left + column * (width + gap), top + row * height);
            let rect = Rect { left, top, right: left + width, bottom: top + height };
            paint_panel(canvas, look, &rect, panel, size)?;
        }
        Ok(())
    })
}

fn columns(panels: usize) -> usize {
    match panels {
        0..=2 => 1,
        3..=6 => 2,
        _ => 3,
    }
}

/// Which bar is which.
fn paint_keys(canvas: &Canvas<'_>, look: &Look, y: f64) -> Drawn {
    let mut x = look.margin();
    let half = 0.4 * look.font;
    for (style, word) in styles(look).iter().zip(["naive", "aware"]) {
        canvas.rectangle((x, y - half), (x + 3.0 * half, y + half), style.colour)?;
        x += 3.6 * half;
        canvas.text(word, (x, y), look.text(0.92, look.ink, Align::Left))?;
        x += canvas.text_width(word, 0.92 * look.font) + 1.5 * look.font;
    }
    Ok(())
}

/// The size of the titles: title, label and two bars share the height, and the longest words fit.
fn size(canvas: &Canvas<'_>, look: &Look, result: &GlanceResult, [width, height]: [f64; 2]) -> f64 {
    let widest = |panel: &GlancePanel| {
        let title = canvas.text_width(&panel.title, look.font);
        title.max(canvas.text_width(&panel.label, LABEL * look.font))
    };
    let widest = result.panels.iter().map(widest).fold(1.0, f64::max);
    (0.8 * height / ROWS).min(1.3 * look.font).min(look.font * width / widest).max(0.6 * look.font)
}

fn paint_panel(canvas: &Canvas<'_>, look: &Look, rect: &Rect, panel: &GlancePanel, size: f64) -> Drawn {
    let unit = (rect.height() / ROWS).min(1.4 * size);
    let place = |rows: f64| rect.top + rows * unit;
    canvas.line(&[(rect.left, rect.top), (rect.right, rect.top)], 0.35 * look.line, look.grid, 1.0)?;
    let title = canvas.fitted(&panel.title, size, rect.width());
    let text = |size: f64, colour| canvas::TextLook { size, colour, align: Align::Left };
    canvas.text(&title, (rect.left, place(0.85)), text(size, look.ink))?;
    let label = canvas.fitted(&panel.label, LABEL * size, rect.width());
    canvas.text(&label, (rect.left, place(1.9)), text(LABEL * size, look.muted))?;
    let most = glance::most(panel);
    for ((side, style), row) in [&panel.naive, &panel.aware].into_iter().zip(styles(look)).zip([3.05, 4.3]) {
        let middle = place(row);
        let room = 0.45 * rect.width();
        let mut end = rect.left;
        if let Some(mean) = side.mean
            && most > 0.0
        {
            let at = |value: f64| rect.left + (value / most).clamp(0.0, 1.0) * room;
            end = at(mean).max(rect.left + 0.4 * look.line);
            canvas.rectangle((rect.left, middle - 0.42 * unit), (end, middle + 0.42 * unit), style.colour)?;
            if let Some([low, high]) = side.ci95
                && at(high) - at(low) > look.line
            {
                canvas.line(&[(at(low), middle), (at(high), middle)], 0.45 * look.line, look.ink, 1.0)?;
                end = end.max(at(high));
            }
        }
        paint_value(canvas, look, panel, side, (end + 0.4 * size, middle), rect.right, size)?;
    }
    Ok(())
}

/// The number, and whose it is.
fn paint_value(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &GlancePanel,
    side: &GlanceSide,
    (x, y): (f64, f64),
    right: f64,
    size: f64,
) -> Drawn {
    let value = match side.mean {
        Some(mean) => format::quantity(mean, glance::unit(panel)),
        None => "never".to_owned(),
    };
    let text = |size: f64, colour| canvas::TextLook { size, colour, align: Align::Left };
    canvas.text(&value, (x, y), text(size, look.ink))?;
    let x = x + canvas.text_width(&value, size) + 0.5 * size;
    if look.is_thumb {
        return Ok(());
    }
    let name = canvas.fitted(&side.variant, 0.78 * size, right - x);
    canvas.text(&name, (x, y), text(0.78 * size, look.muted))
}
