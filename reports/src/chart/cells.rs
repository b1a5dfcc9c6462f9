//! Where do cells of two settings lie, and what stands at their axes? Every cell is as wide as any other; values
//! between cells lie between them, on the scale of the axis.

use scenarios::results::map::AxisResult;

use super::axis::Axis;
use super::canvas::Point;
use super::frame::Rect;
use crate::map;

/// Up to so many cells every cell has its own value at the axis, if there is room.
const NAMED: usize = 12;

/// One axis of cells.
pub(crate) struct Cells<'a> {
    axis: &'a AxisResult,
    pub(crate) count: usize,
    /// Whether the values rise, so that there are places between them.
    is_ordered: bool,
    is_log: bool,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(axis: &'a AxisResult) -> Self {
        let count = axis.values.len().max(1);
        let is_ordered = axis.at.len() == axis.values.len()
            && axis.at.iter().all(|at| at.is_finite())
            && axis.at.windows(2).all(|pair| pair[1] > pair[0]);
        // A list of values that somebody wrote may be one of ratios without saying so.
        let is_positive = axis.at.first().is_some_and(|first| *first > 0.0);
        let is_wide = is_positive && axis.at.last().is_some_and(|last| last / axis.at[0] >= 20.0);
        let is_even = axis.at.windows(3).all(|three| {
            let (first, second) = (three[1] - three[0], three[2] - three[1]);
            (first - second).abs() <= 0.02 * first.abs().max(second.abs())
        });
        Cells { axis, count, is_ordered, is_log: is_positive && (axis.log || (is_wide && !is_even)) }
    }

    fn scaled(&self, value: f64) -> f64 {
        if self.is_log { value.max(f64::MIN_POSITIVE).ln() } else { value }
    }

    /// The place of a value, counted in cells from the middle of the first; none where values have no order.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let at = &self.axis.at;
        if !self.is_ordered || self.count < 2 || !value.is_finite() {
            return None;
        }
        // Beyond the ends it goes on as between the outermost two.
        let after = at.partition_point(|other| *other <= value).clamp(1, self.count - 1);
        let (low, high) = (self.scaled(at[after - 1]), self.scaled(at[after]));
        Some(after as f64 - 1.0 + (self.scaled(value) - low) / (high - low))
    }

    /// What stands at the axis: places counted in cells, and labels. `room` is how many labels fit.
    pub(crate) fn ticks(&self, room: usize) -> Vec<(f64, String)> {
        let own = |every: usize| {
            let index = (0..self.count).step_by(every.max(1));
            index.map(|index| (index as f64, map::value(self.axis, index))).collect()
        };
        let room = room.max(2);
        if !self.is_ordered || self.count < 3 || (self.count <= NAMED && self.count <= room) {
            return own(self.count.div_ceil(room));
        }
        let (low, high) = (self.axis.at[0], self.axis.at[self.count - 1]);
        let unit = map::axis_unit(self.axis);
        let axis = match self.is_log {
            true => Axis::log(low, high, room, unit),
            false => Axis::linear(low, high, room, unit),
        };
        let ticks = axis.ticks.into_iter().filter_map(|(value, label)| Some((self.place(value)?, label)));
        let inside = ticks.filter(|(place, _)| (-0.5..=self.count as f64 - 0.5).contains(place));
        let ticks: Vec<(f64, String)> = inside.collect();
        if ticks.len() < 2 { own(self.count.div_ceil(room)) } else { ticks }
    }
}

/// Cells in a rectangle: the first of the first axis left, the first of the second axis at the bottom.
pub(crate) struct Field<'a> {
    pub(crate) rect: Rect,
    pub(crate) x: &'a Cells<'a>,
    pub(crate) y: &'a Cells<'a>,
}

impl Field<'_> {
    /// The pixel of a place that is counted in cells from the middle of the first.
    pub(crate) fn at(&self, (x, y): Point) -> Point {
        (
            self.rect.left + (x + 0.5) / self.x.count as f64 * self.rect.width(),
            self.rect.bottom - (y + 0.5) / self.y.count as f64 * self.rect.height(),
        )
    }

    /// The rectangle of all cells between two, both included.
    pub(crate) fn rect(&self, (x0, y0): (usize, usize), (x1, y1): (usize, usize)) -> Rect {
        let (left, bottom) = self.at((x0 as f64 - 0.5, y0 as f64 - 0.5));
        let (right, top) = self.at((x1 as f64 + 0.5, y1 as f64 + 0.5));
        Rect { left, top, right, bottom }
    }

    /// Width and height of a cell.
    pub(crate) fn cell(&self) -> (f64, f64) {
        (self.rect.width() / self.x.count as f64, self.rect.height() / self.y.count as f64)
    }

    /// The pieces of a line through values that lie in the field.
    pub(crate) fn line(&self, points: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let places: Vec<Point> =
            points.iter().filter_map(|(x, y)| Some((self.x.place(*x)?, self.y.place(*y)?))).collect();
        let most = (self.x.count as f64 - 0.5, self.y.count as f64 - 0.5);
        let mut pieces: Vec<Vec<Point>> = Vec::new();
        for pair in places.windows(2) {
            let Some((from, to)) = clipped(pair[0], pair[1], (-0.5, -0.5), most) else { continue };
            let (from, to) = (self.at(from), self.at(to));
            match pieces.last_mut() {
                Some(piece) if piece.last() == Some(&from) => piece.push(to),
                _ => pieces.push(vec![from, to]),
            }
        }
        pieces
    }
}

/// The part of a segment inside a rectangle (Liang and Barsky, 1984).
fn clipped(from: Point, to: Point, low: Point, high: Point) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut begin, mut end) = (0.0f64, 1.0f64);
    let sides = [(-dx, from.0 - low.0), (dx, high.0 - from.0), (-dy, from.1 - low.1), (dy, high.1 - from.1)];
    for (change, room) in sides {
        if change == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if change < 0.0 {
            begin = begin.max(room / change);
        } else {
            end = end.min(room / change);
        }
    }
    let at = |share: f64| (from.0 + share * dx, from.1 + share * dy);
    // Ends that are inside stay as they are, so that neighbours still meet.
    let first = if begin == 0.0 { from } else { at(begin) };
    let last = if end == 1.0 { to } else { at(end) };
    (begin < end).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(at: &[f64], log: bool) -> AxisResult {
        let values = at.iter().map(|at| format!("{at}s")).collect();
        AxisResult { path: String::new(), label: String::new(), values, at: at.to_vec(), log }
    }

    #[test]
    fn values_between_cells_lie_between_them() {
        let even = axis(&[10.0, 20.0, 30.0], false);
        let even = Cells::new(&even);
        assert_eq!([10.0, 25.0, 35.0].map(|value| even.place(value).unwrap()), [0.0, 1.5, 2.5]);
        let log = axis(&[1.0, 10.0, 100.0], true);
        let place = Cells::new(&log).place(1000f64.sqrt()).unwrap();
        assert!((place - 1.5).abs() < 1e-9, "{place}");
        let odd = axis(&[3.0, 1.0, 2.0], false);
        assert_eq!(Cells::new(&odd).place(2.0), None);
        assert_eq!(Cells::new(&odd).ticks(8).len(), 3);
    }

    #[test]
    fn many_cells_have_round_values() {
        let at: Vec<f64> = (0..33).map(|k| 60f64.powf(f64::from(k) / 32.0)).collect();
        let labels: Vec<String> =
            Cells::new(&axis(&at, true)).ticks(6).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["1 s", "2 s", "5 s", "10 s", "20 s", "50 s"]);
    }

    #[test]
    fn a_line_ends_at_the_border() {
        let (x, y) = (axis(&[0.0, 1.0, 2.0], false), axis(&[0.0, 1.0, 2.0], false));
        let rect = Rect { left: 0.0, top: 0.0, right: 30.0, bottom: 30.0 };
        let (x, y) = (Cells::new(&x), Cells::new(&y));
        let field = Field { rect, x: &x, y: &y };
        let pieces = field.line(&[(-9.0, 1.0), (0.0, 1.0), (1.0, 1.0), (1.0, 99.0), (9.0, 99.0)]);
        assert_eq!(pieces, [vec![(0.0, 15.0), (5.0, 15.0), (15.0, 15.0), (15.0, 0.0)]]);
    }
}
