//! Which way does an arrow take? From port to port through the bends of its layers; links that close a
//! cycle run back below all boxes.

use crate::chart::canvas::Point;
use crate::chart::frame::Rect;

/// Points of one curved piece.
const PIECES: u32 = 20;

/// The way of one link.
#[derive(Clone, Debug)]
pub(super) struct Route {
    /// Place of the link in the topology.
    pub(super) link: usize,
    /// From the caller's box to the callee's.
    pub(super) points: Vec<Point>,
}

/// What routes are made from.
pub(super) struct Plan<'a> {
    pub(super) ends: &'a [(usize, usize)],
    pub(super) roots: &'a [bool],
    pub(super) is_back: &'a [bool],
    pub(super) rects: &'a [Rect],
    /// Per link: where it passes layers.
    pub(super) bends: &'a [Vec<Rect>],
    /// Below this line links run back.
    pub(super) lowest: f64,
    /// Free room between two columns.
    pub(super) gap: f64,
    pub(super) font: f64,
}

/// How far a link that runs back reaches beyond its boxes.
pub(super) fn bulge(gap: f64) -> f64 {
    0.42 * gap
}

impl Plan<'_> {
    /// One route per link; `links` are their places in the topology.
    pub(super) fn routes(&self, links: &[usize]) -> Vec<Route> {
        let out = self.ports(|link| {
            (self.ends[link].0, self.bends[link].first().unwrap_or(&self.rects[self.ends[link].1]))
        });
        let into = self.ports(|link| {
            (self.ends[link].1, self.bends[link].last().unwrap_or(&self.rects[self.ends[link].0]))
        });
        let mut backs = 0.0;
        links
            .iter()
            .enumerate()
            .map(|(index, link)| {
                let (from, to) = self.ends[index];
                let start = (self.rects[from].right, out[index]);
                let end = (self.rects[to].left, into[index]);
                let points = if self.is_back[index] {
                    backs += 1.0;
                    self.back(start, end, self.lowest + (backs - 0.5) * 2.1 * self.font)
                } else {
                    self.forward(start, end, &self.bends[index])
                };
                Route { link: *link, points }
            })
            .collect()
    }

    /// The height at which each link touches its box: spread over the side in the order of the other ends.
    /// Users have a tip from which all their links go.
    fn ports<'b>(&self, touched: impl Fn(usize) -> (usize, &'b Rect)) -> Vec<f64> {
        let middle = |rect: &Rect| 0.5 * (rect.top + rect.bottom);
        let other = |link: usize| if self.is_back[link] { f64::INFINITY } else { middle(touched(link).1) };
        let mut ports = vec![0.0; self.ends.len()];
        for (node, rect) in self.rects.iter().enumerate() {
            let mut links: Vec<usize> =
                (0..self.ends.len()).filter(|link| touched(*link).0 == node).collect();
            links.sort_by(|a, b| other(*a).total_cmp(&other(*b)).then(a.cmp(b)));
            for (place, link) in links.iter().enumerate() {
                let share = (place as f64 + 0.5) / links.len() as f64 - 0.5;
                let spread = if self.roots[node] { 0.0 } else { 0.72 * share * rect.height() };
                ports[*link] = middle(rect) + spread;
            }
        }
        ports
    }

    fn forward(&self, start: Point, end: Point, bends: &[Rect]) -> Vec<Point> {
        let mut points = vec![start];
        let mut last = start;
        for bend in bends {
            curve(&mut points, last, (bend.left, bend.top));
            last = (bend.right, bend.top);
            points.push(last);
        }
        curve(&mut points, last, end);
        points
    }

    fn back(&self, start: Point, end: Point, lane: f64) -> Vec<Point> {
        let reach = bulge(self.gap) / 0.75;
        let mut points = vec![start];
        bezier(&mut points, [start, (start.0 + reach, start.1), (start.0 + reach, lane), (start.0, lane)]);
        bezier(&mut points, [(end.0, lane), (end.0 - reach, lane), (end.0 - reach, end.1), end]);
        points
    }
}

/// A curve that leaves and arrives level.
fn curve(points: &mut Vec<Point>, from: Point, to: Point) {
    let middle = 0.5 * (from.0 + to.0);
    bezier(points, [from, (middle, from.1), (middle, to.1), to]);
}

fn bezier(points: &mut Vec<Point>, [a, b, c, d]: [Point; 4]) {
    for k in 0..=PIECES {
        let t = f64::from(k) / f64::from(PIECES);
        let s = 1.0 - t;
        let weights = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
        let at = |of: fn(Point) -> f64| {
            weights[0] * of(a) + weights[1] * of(b) + weights[2] * of(c) + weights[3] * of(d)
        };
        points.push((at(|p| p.0), at(|p| p.1)));
    }
}
