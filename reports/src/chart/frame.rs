//! What stands around the data? Title, subtitle, axes with a sparse grid, shaded trigger windows.

use scenarios::results::TriggerWindow;

use super::axis::Axis;
use super::canvas::{Align, Canvas, Drawn, Point, TextLook};
use super::{Colour, Look};
use crate::format;

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// A rectangle with axes: maps values to pixels.
#[derive(Clone, Debug)]
pub(crate) struct Panel {
    pub(crate) rect: Rect,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

/// Which tick labels a panel shows; panels in a grid share them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TickLabels {
    pub(crate) x: bool,
    pub(crate) y: bool,
}

impl Rect {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

impl Panel {
    /// The pixel of a value; values outside lie on the border.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        (self.x_at(x), self.y_at(y))
    }

    pub(crate) fn x_at(&self, x: f64) -> f64 {
        self.rect.left + self.x.position(x) * self.rect.width()
    }

    pub(crate) fn y_at(&self, y: f64) -> f64 {
        self.rect.bottom - self.y.position(y) * self.rect.height()
    }
}

impl Look {
    pub(crate) fn text(&self, relative: f64, colour: Colour, align: Align) -> TextLook {
        TextLook { size: self.font * relative, colour, align }
    }

    /// Space around everything.
    pub(crate) fn margin(&self) -> f64 {
        self.font * if self.is_thumb { 0.7 } else { 1.3 }
    }

    /// Height of the title block.
    pub(crate) fn header(&self) -> f64 {
        self.font * if self.is_thumb { 1.6 } else { 3.5 }
    }

    /// Height of the x axis with its labels and its name.
    pub(crate) fn footer(&self) -> f64 {
        self.font * if self.is_thumb { 1.4 } else { 2.9 }
    }
}

/// Title and subtitle; a thumb has a title only.
pub(crate) fn header(canvas: &Canvas<'_>, look: &Look, title: &str, subtitle: &str) -> Drawn {
    let width = look.width - 2.0 * look.margin();
    let left = look.margin();
    if look.is_thumb {
        let title = canvas.fitted(title, look.font * 1.15, width);
        return canvas.text(
            &title,
            (left, look.margin() + 0.5 * look.font),
            look.text(1.15, look.ink, Align::Left),
        );
    }
    let title = canvas.fitted(title, look.font * 1.5, width);
    canvas.text(&title, (left, look.margin() + 0.75 * look.font), look.text(1.5, look.ink, Align::Left))?;
    let subtitle = canvas.fitted(subtitle, look.font * 0.92, width);
    canvas.text(&subtitle, (left, look.margin() + 2.25 * look.font), look.text(0.92, look.muted, Align::Left))
}

/// Room for the labels of a y axis.
pub(crate) fn y_label_width(canvas: &Canvas<'_>, look: &Look, axis: &Axis) -> f64 {
    let widest = axis.ticks.iter().map(|(_, label)| canvas.text_width(label, look.font * 0.9));
    widest.fold(0.0, f64::max) + 0.5 * look.font
}

/// The place of a single panel with room for the names of its curves at the right, and so many rows above it.
pub(crate) fn beside_labels(canvas: &Canvas<'_>, look: &Look, y: &Axis, labels: f64, rows: f64) -> Rect {
    Rect {
        left: look.margin() + y_label_width(canvas, look, y),
        top: look.margin() + look.header() + look.font * if look.is_thumb { 0.3 } else { rows },
        right: look.width - look.margin() - labels,
        bottom: look.height - look.margin() * 0.6 - look.footer(),
    }
}

/// Grid lines, tick labels and the base line of a panel.
pub(crate) fn axes(canvas: &Canvas<'_>, look: &Look, panel: &Panel, labels: TickLabels) -> Drawn {
    let Rect { left, right, bottom, top } = panel.rect;
    let hair = look.line * 0.35;
    for (value, label) in &panel.y.ticks {
        let y = panel.y_at(*value);
        canvas.line(&[(left, y), (right, y)], hair, look.grid, 1.0)?;
        if labels.y {
            canvas.text(label, (left - 0.45 * look.font, y), look.text(0.9, look.muted, Align::Right))?;
        }
    }
    canvas.line(&[(left, bottom), (right, bottom)], hair * 1.4, look.muted, 1.0)?;
    let mut free_from = f64::NEG_INFINITY;
    for (value, label) in &panel.x.ticks {
        let x = panel.x_at(*value);
        canvas.line(&[(x, bottom), (x, bottom + 0.3 * look.font)], hair * 1.4, look.muted, 1.0)?;
        let half = 0.5 * canvas.text_width(label, look.font * 0.9);
        // A label never touches its neighbour and never leaves the figure.
        let middle = x.min(look.width - 0.3 * look.font - half);
        if labels.x && middle - half > free_from {
            canvas.text(
                label,
                (middle, bottom + 0.95 * look.font),
                look.text(0.9, look.muted, Align::Centre),
            )?;
            free_from = middle + half + 0.4 * look.font;
        }
    }
    debug_assert!(top < bottom);
    Ok(())
}

/// Shades trigger windows and, if wanted, names them above the panel.
pub(crate) fn triggers(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    windows: &[&TriggerWindow],
    named: bool,
) -> Drawn {
    for window in windows {
        let (from, to) = window_at(look, panel, window);
        canvas.rectangle((from, panel.rect.top), (to, panel.rect.bottom), look.shade)?;
    }
    if named { trigger_names(canvas, look, panel, windows) } else { Ok(()) }
}

/// Where a trigger window begins and ends in a panel.
pub(crate) fn window_at(look: &Look, panel: &Panel, window: &TriggerWindow) -> (f64, f64) {
    let from = panel.x_at(window.start_s);
    (from, panel.x_at(window.end_s).max(from + look.line))
}

/// Where a trigger begins and ends, as lines over areas that hide its shade; a halo keeps them apart from
/// every colour.
pub(crate) fn window_outline(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    window: &TriggerWindow,
    [top, bottom]: [f64; 2],
) -> Drawn {
    let (from, to) = window_at(look, panel, window);
    let top = top - 0.2 * look.font;
    for x in [from, to] {
        canvas.line(&[(x, top), (x, bottom)], 1.1 * look.line, look.background, 1.0)?;
        canvas.line(&[(x, top), (x, bottom)], 0.5 * look.line, look.ink, 1.0)?;
    }
    canvas.line(&[(from, top), (to, top)], 0.5 * look.line, look.ink, 1.0)
}

/// The names of trigger windows above a panel, each on a tab in the colour of the shade.
pub(crate) fn trigger_names(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    windows: &[&TriggerWindow],
) -> Drawn {
    let Rect { top, left, right, .. } = panel.rect;
    let mut free_from = left;
    for window in windows {
        let (from, to) = window_at(look, panel, window);
        let size = look.font * 0.9;
        // With its times if it stands alone or its name does not tell it from another; otherwise
        // short, to stay above its window.
        let long = format!("{}, {}", window.name, format::span(window.start_s, window.end_s));
        let namesakes = windows.iter().filter(|other| other.name == window.name).count();
        let name = if windows.len() == 1 || namesakes > 1 { &long } else { &window.name };
        let name = canvas.fitted(name, size, right - free_from);
        let half = 0.5 * canvas.text_width(&name, size);
        // Centred over the window, pushed aside by its neighbour and by the border.
        let middle = (0.5 * (from + to)).max(free_from + half).min(right - half);
        canvas.text(&name, (middle, top - 0.95 * look.font), look.text(0.9, look.ink, Align::Centre))?;
        canvas.rectangle((from, top - 0.3 * look.font), (to, top), look.shade)?;
        free_from = middle + half + 0.8 * look.font;
    }
    Ok(())
}

/// The name of the x axis, under its middle.
pub(crate) fn x_name(canvas: &Canvas<'_>, look: &Look, panel: &Rect, name: &str) -> Drawn {
    if look.is_thumb {
        return Ok(());
    }
    let middle = 0.5 * (panel.left + panel.right);
    let name = canvas.fitted(name, look.font * 0.92, panel.width());
    canvas.text(&name, (middle, panel.bottom + 2.2 * look.font), look.text(0.92, look.muted, Align::Centre))
}

/// The name of the y axis, `rows` of text above its upper end.
pub(crate) fn y_name(canvas: &Canvas<'_>, look: &Look, panel: &Rect, name: &str, rows: f64) -> Drawn {
    if look.is_thumb {
        return Ok(());
    }
    let y = panel.top - rows * look.font;
    canvas.text(name, (look.margin(), y), look.text(0.92, look.muted, Align::Left))
}
