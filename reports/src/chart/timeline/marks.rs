//! When did people see something, and when did they act? A row of marks for each variant above a panel: a thread from the
//! first alert to the last that resolves, with a bar from the 10th to the 90th percentile over seeds at each end.

use scenarios::results::VariantResult;
use scenarios::results::marks::MarkWhat;

use super::{Line, Timeline};
use crate::chart::canvas::{Align, Canvas, Drawn};
use crate::chart::frame::Panel;
use crate::chart::{Colour, Look, Marker};
use crate::marks;

/// What is drawn, its sign and its word in the legend.
const SIGNS: [(MarkWhat, Marker, &str); 5] = [
    (MarkWhat::Paged, Marker::TriangleDown, "first alert"),
    (MarkWhat::OperatorActs, Marker::Diamond, "operator acts"),
    (MarkWhat::AlertResolves, Marker::Triangle, "last alert resolved"),
    (MarkWhat::Changed, Marker::Square, "setting changed"),
    (MarkWhat::TakenBack, Marker::Cross, "taken back"),
];

/// Height of a row in sizes of the font.
const ROW: f64 = 0.85;

/// A sign in a row.
struct Sign {
    what: MarkWhat,
    marker: Marker,
    /// 10th percentile, median, 90th percentile.
    at: [f64; 3],
}

/// The signs of a variant. Over several seeds changes have no place of their own: each seed has others.
fn signs(variant: &VariantResult) -> Vec<Sign> {
    let mut signs = Vec::new();
    for (what, marker, _) in SIGNS {
        match what {
            MarkWhat::Changed | MarkWhat::TakenBack => {
                let meant = variant.marks.iter().filter(|mark| mark.what == what);
                let moments = meant.flat_map(|mark| &mark.moments_s);
                signs.extend(moments.map(|at| Sign { what, marker, at: [*at; 3] }));
            }
            MarkWhat::AlertFires | MarkWhat::Paged | MarkWhat::AlertResolves | MarkWhat::OperatorActs => {
                signs.extend(marks::usual(variant, what).map(|at| Sign { what, marker, at }));
            }
        }
    }
    signs
}

fn is_hollow(what: MarkWhat) -> bool {
    matches!(what, MarkWhat::AlertResolves | MarkWhat::Changed)
}

impl Timeline<'_> {
    fn marked(&self) -> Vec<(&Line<'_>, Vec<Sign>)> {
        let rows = self.lines.iter().map(|line| (line, signs(line.variant)));
        rows.filter(|(_, signs)| !signs.is_empty()).collect()
    }

    /// How high the rows of marks are.
    pub(super) fn marks_height(&self, look: &Look) -> f64 {
        match self.marked().len() {
            0 => 0.0,
            _ if look.is_thumb => 0.0,
            rows => look.font * (ROW * rows as f64 + 0.3),
        }
    }

    /// Rows of marks above a panel, the lowest next to it, and the legend beside the name of the time axis.
    pub(super) fn paint_marks(&self, canvas: &Canvas<'_>, look: &Look, panel: &Panel) -> Drawn {
        let rows = self.marked();
        if rows.is_empty() || look.is_thumb {
            return Ok(());
        }
        let top = panel.rect.top - self.marks_height(look);
        for (row, (line, signs)) in rows.iter().enumerate() {
            let y = top + look.font * ROW * (row as f64 + 0.5);
            let style = look.series(line.index);
            paint_row(canvas, look, panel, y, style.colour, signs)?;
            // Whose row it is, without colours.
            let end = (panel.rect.right + 0.6 * look.font, y);
            canvas.marker(end, look.line * 1.5, style.marker, style.colour, look.background)?;
        }
        let is_there =
            |what: MarkWhat| rows.iter().any(|(_, signs)| signs.iter().any(|sign| sign.what == what));
        let (mut x, y) = (look.margin(), panel.rect.bottom + 2.2 * look.font);
        for (what, marker, word) in SIGNS.into_iter().filter(|(what, ..)| is_there(*what)) {
            paint_sign(canvas, look, (x + 0.4 * look.font, y), marker, look.muted, is_hollow(what))?;
            x += 0.95 * look.font;
            canvas.text(word, (x, y), look.text(0.8, look.muted, Align::Left))?;
            x += canvas.text_width(word, 0.8 * look.font) + 0.8 * look.font;
        }
        Ok(())
    }
}

fn paint_row(
    canvas: &Canvas<'_>,
    look: &Look,
    panel: &Panel,
    y: f64,
    colour: Colour,
    signs: &[Sign],
) -> Drawn {
    let x = |at: f64| panel.x_at(at);
    let first = |what: MarkWhat| signs.iter().find(|sign| sign.what == what).map(|sign| sign.at[1]);
    if let Some(from) = first(MarkWhat::Paged) {
        // Without an end it fires on.
        let to = first(MarkWhat::AlertResolves).map_or(panel.rect.right, x);
        canvas.line(&[(x(from), y), (to.max(x(from)), y)], 0.5 * look.line, colour, 0.9)?;
    }
    for Sign { at: [early, _, late], .. } in signs {
        canvas.line(&[(x(*early), y), (x(*late), y)], 2.2 * look.line, colour, 0.35)?;
    }
    for Sign { what, marker, at } in signs {
        paint_sign(canvas, look, (x(at[1]), y), *marker, colour, is_hollow(*what))?;
    }
    Ok(())
}

fn paint_sign(
    canvas: &Canvas<'_>,
    look: &Look,
    at: (f64, f64),
    marker: Marker,
    colour: Colour,
    is_hollow: bool,
) -> Drawn {
    canvas.marker(at, 0.3 * look.font, marker, colour, look.background)?;
    if is_hollow {
        canvas.marker(at, 0.13 * look.font, marker, look.background, look.background)?;
    }
    Ok(())
}
