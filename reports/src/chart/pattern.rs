//! How do areas differ without colour? By hatching, clipped to rectangles and aligned over the figure, so
//! that neighbours with the same hatching look like one area.

use super::Colour;
use super::canvas::{Canvas, Drawn, Point};
use super::frame::Rect;

/// What an area is filled with besides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Plain,
    Rising,
    Falling,
    Crossed,
    Level,
    Upright,
}

/// How strokes of a pattern are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strokes {
    pub(crate) spacing: f64,
    pub(crate) width: f64,
    pub(crate) colour: Colour,
}

/// Paints a pattern into a rectangle.
pub(crate) fn paint(canvas: &Canvas<'_>, rect: Rect, pattern: Pattern, strokes: Strokes) -> Drawn {
    for (from, to) in lines(rect, pattern, strokes.spacing) {
        canvas.line(&[from, to], strokes.width, strokes.colour, 1.0)?;
    }
    Ok(())
}

/// The strokes of a pattern inside a rectangle.
fn lines(rect: Rect, pattern: Pattern, spacing: f64) -> Vec<(Point, Point)> {
    match pattern {
        Pattern::Plain => Vec::new(),
        Pattern::Rising => diagonals(rect, spacing, 1.0),
        Pattern::Falling => diagonals(rect, spacing, -1.0),
        Pattern::Crossed => {
            let mut lines = diagonals(rect, 1.4 * spacing, 1.0);
            lines.extend(diagonals(rect, 1.4 * spacing, -1.0));
            lines
        }
        Pattern::Level => {
            // Evenly inside, because a lane is often only a few strokes high.
            let count = (rect.height() / spacing).round().max(1.0);
            let y = |k: f64| rect.top + (k + 0.5) * rect.height() / count;
            (0..count as u32).map(|k| ((rect.left, y(f64::from(k))), (rect.right, y(f64::from(k))))).collect()
        }
        Pattern::Upright => {
            let places = multiples(rect.left, rect.right, spacing);
            places.map(|x| ((x, rect.top), (x, rect.bottom))).collect()
        }
    }
}

/// Strokes at 45 degrees: all points of one have the same `x + slope * y`.
fn diagonals(rect: Rect, spacing: f64, slope: f64) -> Vec<(Point, Point)> {
    let Rect { left, right, top, bottom } = rect;
    let ends = [slope * top, slope * bottom];
    let (low, high) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    multiples(left + low, right + high, spacing * std::f64::consts::SQRT_2)
        .map(|sum| {
            let (from, to) = ((sum - high).max(left), (sum - low).min(right));
            ((from, slope * (sum - from)), (to, slope * (sum - to)))
        })
        .filter(|(from, to)| to.0 - from.0 > 0.5)
        .collect()
}

/// Multiples of `step` strictly inside a range.
fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (low / step).floor() as i64 + 1;
    (first..).map(move |k| k as f64 * step).take_while(move |place| *place < high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_stay_inside() {
        let rect = Rect { left: 13.0, top: 7.0, right: 91.0, bottom: 29.0 };
        let all = [Pattern::Rising, Pattern::Falling, Pattern::Crossed, Pattern::Level, Pattern::Upright];
        for pattern in all {
            let lines = lines(rect, pattern, 6.0);
            assert!(lines.len() > 2, "{pattern:?}");
            for (x, y) in lines.iter().flat_map(|(from, to)| [from, to]) {
                let is_inside = (rect.left - 1e-9..=rect.right + 1e-9).contains(x)
                    && (rect.top - 1e-9..=rect.bottom + 1e-9).contains(y);
                assert!(is_inside, "{pattern:?}: {x} {y}");
            }
        }
    }

    #[test]
    fn an_area_without_width_has_no_strokes() {
        let rect = Rect { left: 6.0, top: 6.0, right: 6.0, bottom: 12.0 };
        for pattern in [Pattern::Plain, Pattern::Rising, Pattern::Falling, Pattern::Upright] {
            assert!(lines(rect, pattern, 6.0).is_empty(), "{pattern:?}");
        }
    }
}
