//! How large are boxes and letters so that everything fits, and what stands on boxes and arrows?

use scenarios::metric::Unit;
use scenarios::picture::{Link, Node, Role, Topology};

use super::layout::{Item, Layers};
use super::routes::Route;
use crate::chart::canvas::{Align, Canvas, Drawn, Point, TextLook};
use crate::chart::frame::Rect;
use crate::chart::pattern::{self, Pattern, Strokes};
use crate::chart::{Colour, Look, heat, mix, readable_on};
use crate::format;
use crate::options::Theme;

/// Below this size numbers would be unreadable: boxes show names and bars only.
const SMALL: f64 = 0.5;
/// Success below this share is drawn in the warning colour.
const POOR: f64 = 0.9;
/// Height of the place where an arrow passes a column, relative to a name.
pub(super) const BEND: f64 = 1.9;

/// Sizes in pixels.
pub(super) struct Boxes {
    /// Size of a name.
    pub(super) font: f64,
    pub(super) width: f64,
    /// Room between columns that the numbers on arrows need.
    pub(super) gap: f64,
    /// Room between boxes of a column.
    pub(super) gap_below: f64,
    is_small: bool,
    theme: Theme,
}

impl Boxes {
    /// The largest boxes with which all layers fit.
    pub(super) fn new(
        canvas: &Canvas<'_>,
        topology: &Topology,
        layers: &Layers,
        look: &Look,
        theme: Theme,
        room: Rect,
        backs: usize,
    ) -> Boxes {
        let sized = |scale: f64, is_small: bool| {
            let font = scale * look.font;
            let names = topology.nodes.iter().map(|node| {
                let facts =
                    facts(node).iter().map(|fact| canvas.text_width(fact, 0.75 * font)).fold(0.0, f64::max);
                let tip = if matches!(node.role, Role::Workload { .. }) { 0.7 * font } else { 0.0 };
                canvas.text_width(&node.name, font).max(if is_small { 0.0 } else { facts }) + tip
            });
            let width = (names.fold(0.0, f64::max) + 1.2 * font).clamp(7.6 * font, 11.5 * font);
            let numbers =
                topology.links.iter().flat_map(numbers).map(|text| canvas.text_width(&text, 0.75 * font));
            // Where many arrows run, their numbers stand side by side.
            let side_by_side = if layers.is_dense() { 1.9 } else { 1.0 };
            let gap = side_by_side * numbers.fold(2.0 * font, f64::max) + 2.2 * font;
            Boxes { font, width, gap, gap_below: if is_small { 0.5 } else { 1.1 } * font, is_small, theme }
        };
        let is_root = |node: usize| matches!(topology.nodes[node].role, Role::Workload { .. });
        let scale = |is_small: bool| {
            let one = sized(1.0, is_small);
            let columns = layers.layers.len().max(1) as f64;
            let sides = if backs > 0 { 2.0 * super::routes::bulge(one.gap) } else { 0.0 };
            let wide = columns * one.width + (columns - 1.0) * one.gap + sides;
            let high = layers.layers.iter().map(|items| one.column(items, is_root)).fold(1.0, f64::max)
                + backs as f64 * 2.1 * one.font;
            (room.width() / wide).min(room.height() / high).min(1.3)
        };
        let mut boxes = match scale(false) {
            large if large >= SMALL && !look.is_thumb => sized(large, false),
            _ => sized(scale(true), true),
        };
        // What room is left goes between the boxes of a column.
        let free = layers.layers.iter().map(|items| {
            let taken = room.height() - backs as f64 * 2.1 * boxes.font - boxes.column(items, is_root);
            taken / items.len().max(1) as f64
        });
        let free = 0.7 * free.fold(f64::INFINITY, f64::min);
        boxes.gap_below += free.clamp(0.0, 3.0 * boxes.font);
        boxes
    }

    /// Height of a box.
    pub(super) fn height(&self, is_root: bool) -> f64 {
        self.font
            * match (self.is_small, is_root) {
                (true, true) => 1.7,
                (true, false) => 2.3,
                (false, true) => 3.6,
                (false, false) => 5.1,
            }
    }

    /// Height of a column.
    fn column(&self, items: &[Item], is_root: impl Fn(usize) -> bool) -> f64 {
        let heights = items.iter().map(|item| match item {
            Item::Node(node) => self.height(is_root(*node)) + self.gap_below,
            Item::Bend(_) => BEND * self.font,
        });
        heights.sum()
    }

    /// Letters below this size are noise.
    fn is_readable(&self, size: f64) -> bool {
        size >= 4.5
    }

    fn warning(&self, look: &Look) -> Colour {
        match self.theme {
            Theme::Light => (190, 74, 0),
            Theme::Dark => (245, 154, 84),
            Theme::Print => look.ink,
        }
    }

    /// Name, what it is made of, how busy it is, what waits.
    pub(super) fn paint_node(&self, canvas: &Canvas<'_>, look: &Look, node: &Node, rect: Rect) -> Drawn {
        let font = self.font;
        let is_root = matches!(node.role, Role::Workload { .. });
        let hair = (0.45 * look.line * font / look.font).max(0.5);
        let middle = 0.5 * (rect.top + rect.bottom);
        let tip = if is_root { 0.7 * font } else { 0.0 };
        let corners = [
            (rect.left, rect.top),
            (rect.right - tip, rect.top),
            (rect.right, middle),
            (rect.right - tip, rect.bottom),
            (rect.left, rect.bottom),
            (rect.left, rect.top),
        ];
        let fill = if is_root { look.background } else { mix(look.background, look.muted, 0.07) };
        canvas.polygon(&corners[..5], fill, 1.0)?;
        canvas.line(&corners, hair * 1.5, if is_root { look.muted } else { look.ink }, 1.0)?;
        let (x, room) = (rect.left + 0.6 * font, rect.width() - 1.2 * font - 0.4 * tip);
        let text = |text: &str, y: f64, size: f64, colour: Colour| -> Drawn {
            if !self.is_readable(size * font) {
                return Ok(());
            }
            let text = canvas.fitted(text, size * font, room);
            canvas.text(&text, (x, y), TextLook { size: size * font, colour, align: Align::Left })
        };
        let name_y = if self.is_small && is_root { middle } else { rect.top + 0.85 * font };
        text(&node.name, name_y, 1.0, look.ink)?;
        let facts = facts(node);
        if !self.is_small {
            if let Some(fact) = facts.first() {
                text(fact, rect.top + 1.9 * font, 0.75, look.muted)?;
            }
            if let Some(fact) = facts.get(1) {
                let poor = matches!(node.role, Role::Workload { success: Some(share), .. } if share < POOR);
                let colour = if poor { self.warning(look) } else { look.muted };
                text(fact, rect.bottom - 0.8 * font, 0.75, colour)?;
            }
        }
        match &node.role {
            Role::Service { busy_share: Some(share), .. } if share.is_finite() => {
                self.paint_bar(canvas, look, *share, rect)
            }
            _ => Ok(()),
        }
    }

    /// How busy: a bar in the colours of the strips with the number on it, where there is room.
    fn paint_bar(&self, canvas: &Canvas<'_>, look: &Look, share: f64, rect: Rect) -> Drawn {
        let font = self.font;
        let scale = (font / look.font).clamp(0.2, 1.0);
        let (top, bottom) = match self.is_small {
            true => (rect.bottom - 0.8 * font, rect.bottom - 0.35 * font),
            false => (rect.top + 2.55 * font, rect.top + 3.6 * font),
        };
        let bar = Rect { left: rect.left + 0.6 * font, right: rect.right - 0.6 * font, top, bottom };
        canvas.rectangle((bar.left, top), (bar.right, bottom), look.background)?;
        let full = Rect { right: bar.left + share.clamp(0.0, 1.0) * bar.width(), ..bar };
        let colour = heat::colour(heat::step(share), self.theme);
        canvas.rectangle((full.left, top), (full.right, bottom), colour)?;
        if share >= 0.999 {
            let strokes = Strokes {
                spacing: 0.42 * font,
                width: 0.4 * look.line * scale,
                colour: heat::hatch(self.theme),
            };
            pattern::paint(canvas, full, Pattern::Rising, strokes)?;
        }
        let corners =
            [(bar.left, top), (bar.right, top), (bar.right, bottom), (bar.left, bottom), (bar.left, top)];
        canvas.line(&corners, 0.3 * look.line * scale, look.muted, 1.0)?;
        if self.is_small || !self.is_readable(0.75 * font) {
            return Ok(());
        }
        let size = 0.75 * font;
        let (long, short) = (format!("busy {}", busy(share)), busy(share));
        // Where it fits: on the full part, on the empty part, or short on the larger of both.
        let is_long_on = |width: f64| canvas.text_width(&long, size) + 0.7 * size <= width;
        let empty = bar.right - full.right;
        let is_on_full = is_long_on(full.width()) || (!is_long_on(empty) && full.width() > empty);
        let text = if is_long_on(full.width().max(empty)) { long } else { short };
        let middle = 0.5 * (top + bottom);
        if !is_on_full {
            let at = (bar.right - 0.3 * font, middle);
            return canvas.text(&text, at, TextLook { size, colour: look.ink, align: Align::Right });
        }
        let (left, width) = (full.left + 0.35 * font, canvas.text_width(&text, size));
        // The frame stays whole above and below.
        let inset = 0.3 * look.line * scale;
        let (upper, lower) = (top + inset, bottom - inset);
        canvas.rectangle((left - 0.15 * font, upper), (left + width + 0.15 * font, lower), colour)?;
        canvas.text(&text, (left, middle), TextLook { size, colour: readable_on(colour), align: Align::Left })
    }

    /// The arrow: thicker for more attempts, in the warning colour for poor success, dashed below half.
    pub(super) fn paint_link(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        link: &Link,
        route: &Route,
        most: f64,
    ) -> Drawn {
        let share =
            link.attempts.filter(|rate| most > 0.0 && rate.is_finite()).map_or(0.2, |rate| rate / most);
        let scale = (self.font / look.font).clamp(0.35, 1.0);
        let width = look.line * scale * (0.4 + share.clamp(0.0, 1.0).sqrt());
        let colour = self.link_colour(look, link);
        let is_broken = link.success.is_some_and(|share| share < 0.5);
        let head = 2.2 * width + 0.28 * self.font;
        let Some(end) = route.points.last().copied() else { return Ok(()) };
        // The line ends inside its head, so that a thick one does not stick out.
        let is_far =
            |point: &Point| (point.0 - end.0).powi(2) + (point.1 - end.1).powi(2) > (0.9 * head).powi(2);
        let kept = route.points.iter().rposition(is_far).map_or(1, |last| last + 1);
        let shaft = &route.points[..kept];
        let before = shaft.last().copied().unwrap_or(end);
        let (dx, dy) = (end.0 - before.0, end.1 - before.1);
        let length = (dx * dx + dy * dy).sqrt().max(1e-9);
        let (ux, uy) = (dx / length, dy / length);
        match is_broken {
            true => canvas.dashed_line(shaft, width, colour, DASHED)?,
            false => canvas.line(shaft, width, colour, 1.0)?,
        }
        let base = (end.0 - head * ux, end.1 - head * uy);
        canvas.line(&[before, base], width, colour, 1.0)?;
        let side = 0.42 * head;
        let corners =
            [end, (base.0 - side * uy, base.1 + side * ux), (base.0 + side * uy, base.1 - side * ux)];
        canvas.polygon(&corners, colour, 1.0)
    }

    fn link_colour(&self, look: &Look, link: &Link) -> Colour {
        if link.success.is_some_and(|share| share < POOR) { self.warning(look) } else { look.muted }
    }

    /// Attempts and success on a plate on the arrow, where least is covered.
    pub(super) fn paint_numbers(
        &self,
        canvas: &Canvas<'_>,
        look: &Look,
        link: &Link,
        route: &Route,
        others: &[&Route],
        taken: &mut Vec<Rect>,
    ) -> Drawn {
        let size = 0.75 * self.font;
        let lines = numbers(link);
        if lines.is_empty() || !self.is_readable(size) || look.is_thumb {
            return Ok(());
        }
        let width = lines.iter().map(|line| canvas.text_width(line, size)).fold(0.0, f64::max) + 0.5 * size;
        let height = 1.2 * size * lines.len() as f64;
        let plate = |(x, y): Point| Rect {
            left: x - 0.5 * width,
            right: x + 0.5 * width,
            top: y - 0.5 * height,
            bottom: y + 0.5 * height,
        };
        let cost = |rect: Rect| {
            let covered: f64 =
                taken.iter().map(|other| overlap(rect, widened(*other, 0.15 * self.font))).sum();
            let crossed =
                others.iter().flat_map(|route| &route.points).filter(|point| is_inside(rect, **point));
            // An arrow whose head is hidden is none.
            let last = route.points.len() as f64 - 1.0;
            let weight = |place: usize| if (0.12..0.88).contains(&(place as f64 / last)) { 0.4 } else { 4.0 };
            let hidden = route.points.iter().enumerate().filter(|(_, point)| is_inside(rect, **point));
            let hidden: f64 = hidden.map(|(place, _)| weight(place)).sum();
            covered / (width * height) * 100.0 + crossed.count() as f64 + hidden
        };
        // On the arrow, above or below it; near the middle of its way if nothing speaks against it.
        let count = route.points.len();
        let beside = 0.5 * height + 0.2 * self.font;
        let candidates = (0..count).flat_map(|index| [0.0, -beside, beside].map(|shift| (index, shift)));
        let best = candidates
            .map(|(index, shift)| {
                let (x, y) = route.points[index];
                let rect = plate((x, y + shift));
                let away = (index as f64 / count as f64 - 0.5).abs();
                (cost(rect) + 4.0 * away, rect)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((_, rect)) = best else { return Ok(()) };
        taken.push(rect);
        let corners = [
            (rect.left, rect.top),
            (rect.right, rect.top),
            (rect.right, rect.bottom),
            (rect.left, rect.bottom),
        ];
        canvas.polygon(&corners, look.background, 0.92)?;
        for (row, line) in lines.iter().enumerate() {
            let y = rect.top + 1.2 * size * (row as f64 + 0.5);
            let is_share = row + 1 == lines.len() && link.success.is_some();
            let colour = if is_share { mix(self.link_colour(look, link), look.ink, 0.15) } else { look.ink };
            let at = (0.5 * (rect.left + rect.right), y);
            canvas.text(line, at, TextLook { size, colour, align: Align::Centre })?;
        }
        Ok(())
    }
}

/// Dashes of a link of which less than half succeeds.
const DASHED: &[f64] = &[3.0, 1.6];

/// What stands below a node's name.
fn facts(node: &Node) -> Vec<String> {
    match &node.role {
        Role::Workload { offered, success } => {
            let offered = offered.filter(|rate| rate.is_finite());
            let success = success.filter(|share| share.is_finite());
            vec![
                offered
                    .map(|rate| format!("offers {}", format::quantity(rate, Unit::PerSecond)))
                    .unwrap_or_default(),
                success.map(|share| format!("success {}", format::percent(share))).unwrap_or_default(),
            ]
        }
        Role::Service { instances, workers, queue_length, .. } => {
            let workers_word = if *instances == 1 && *workers == 1 { "worker" } else { "workers" };
            let queue = queue_length.filter(|length| length.is_finite());
            vec![
                format!("{instances} × {workers} {workers_word}"),
                queue.map(|length| format!("queue {}", format::number(length))).unwrap_or_default(),
            ]
        }
    }
}

/// What stands on an arrow.
fn numbers(link: &Link) -> Vec<String> {
    let attempts = link.attempts.filter(|rate| rate.is_finite());
    let success = link.success.filter(|share| share.is_finite());
    let attempts = attempts.map(|rate| format::quantity(rate, Unit::PerSecond));
    attempts.into_iter().chain(success.map(format::percent)).collect()
}

/// A busy share without digits that nobody needs.
fn busy(share: f64) -> String {
    match share {
        share if (0.99..0.999).contains(&share) => ">99 %".to_owned(),
        share => format!("{:.0} %", 100.0 * share.clamp(0.0, 1.0)),
    }
}

fn overlap(a: Rect, b: Rect) -> f64 {
    let width = a.right.min(b.right) - a.left.max(b.left);
    let height = a.bottom.min(b.bottom) - a.top.max(b.top);
    width.max(0.0) * height.max(0.0)
}

fn widened(rect: Rect, by: f64) -> Rect {
    Rect { left: rect.left - by, top: rect.top - by, right: rect.right + by, bottom: rect.bottom + by }
}

fn is_inside(rect: Rect, (x, y): Point) -> bool {
    (rect.left..rect.right).contains(&x) && (rect.top..rect.bottom).contains(&y)
}
