//! Who calls whom, how often and with what success? Users on the left, the services behind them in layers,
//! numbers on boxes and arrows.

mod boxes;
mod layout;
mod routes;

use scenarios::picture::{Role, Topology};
use scenarios::results::ComparisonReport;

use super::Look;
use super::canvas::{self, Canvas, DrawError, Drawn};
use super::frame::{self, Rect};
use crate::format;
use crate::options::Theme;
use boxes::Boxes;
use layout::{Item, Layers};
use routes::Route;

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport, variant: &str, topology: &Topology) -> String {
    let of = if report.comparison.variants.len() > 1 { format!(", {variant}") } else { String::new() };
    let part = if topology.part.is_empty() { String::new() } else { format!(", {}", topology.part) };
    format!("Who calls whom: {}{of}{part}", report.manifest.title)
}

/// Draws a topology.
pub(crate) fn draw(
    report: &ComparisonReport,
    variant: &str,
    topology: &Topology,
    look: &Look,
    theme: Theme,
) -> Result<String, DrawError> {
    let subtitle = format!(
        "{}; bars: busy workers; arrows: attempts per second and the share that succeeds, dashed below half",
        format::span(topology.from_s, topology.to_s)
    );
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report, variant, topology), &subtitle)?;
        Picture::new(canvas, topology, look, theme).paint(canvas)
    })
}

/// The places of everything.
struct Picture<'a> {
    topology: &'a Topology,
    look: &'a Look,
    boxes: Boxes,
    /// One per node.
    rects: Vec<Rect>,
    routes: Vec<Route>,
}

impl<'a> Picture<'a> {
    fn new(canvas: &Canvas<'_>, topology: &'a Topology, look: &'a Look, theme: Theme) -> Self {
        let roots: Vec<bool> =
            topology.nodes.iter().map(|node| matches!(node.role, Role::Workload { .. })).collect();
        let count = roots.len();
        let links: Vec<usize> = (0..topology.links.len())
            .filter(|k| topology.links[*k].from < count && topology.links[*k].to < count)
            .collect();
        let ends: Vec<(usize, usize)> =
            links.iter().map(|k| (topology.links[*k].from, topology.links[*k].to)).collect();
        let layers = Layers::new(&roots, &ends);
        let backs = layers.is_back.iter().filter(|back| **back).count();
        let margin = look.margin();
        let room = Rect {
            left: margin,
            top: margin + look.header() + 0.5 * look.font,
            right: look.width - margin,
            bottom: look.height - margin,
        };
        let boxes = Boxes::new(canvas, topology, &layers, look, theme, room, backs);
        let font = boxes.font;
        // Links that run back take a lane each at the bottom, and a little room on both sides.
        let side = if backs > 0 { routes::bulge(boxes.gap) } else { 0.0 };
        let lanes = backs as f64 * 2.1 * font;
        let lowest = room.bottom - lanes;
        let size = |item: Item| match item {
            Item::Node(node) => boxes.height(roots[node]) + boxes.gap_below,
            Item::Bend(_) => boxes::BEND * font,
        };
        let places = layers.places(size, room.top, lowest);
        // Columns as far apart as there is room, but not so far that the eye loses the line.
        let columns = layers.layers.len().max(2);
        let free = room.width() - 2.0 * side - boxes.width;
        let pitch = (free / (columns - 1) as f64).min(boxes.width + 2.4 * boxes.gap);
        let used = pitch * (layers.layers.len().max(1) - 1) as f64 + boxes.width;
        let first = room.left + 0.5 * (room.width() - used);
        let mut rects = vec![Rect { left: 0.0, top: 0.0, right: 0.0, bottom: 0.0 }; count];
        let mut bends: Vec<Vec<Rect>> = vec![Vec::new(); links.len()];
        for (layer, (items, places)) in layers.layers.iter().zip(&places).enumerate() {
            let left = first + layer as f64 * pitch;
            for (item, y) in items.iter().zip(places) {
                let half = match item {
                    Item::Node(node) => 0.5 * boxes.height(roots[*node]),
                    Item::Bend(_) => 0.0,
                };
                let rect = Rect { left, right: left + boxes.width, top: y - half, bottom: y + half };
                match item {
                    Item::Node(node) => rects[*node] = rect,
                    Item::Bend(link) => bends[*link].push(rect),
                }
            }
        }
        // All of it in the middle of the room, with the way back right below.
        let all = || rects.iter().chain(bends.iter().flatten());
        let top = all().map(|rect| rect.top).fold(f64::INFINITY, f64::min).min(room.bottom);
        let bottom = all().map(|rect| rect.bottom).fold(top, f64::max);
        let shift = 0.5 * (room.top + room.bottom - lanes - top - bottom);
        for rect in rects.iter_mut().chain(bends.iter_mut().flatten()) {
            rect.top += shift;
            rect.bottom += shift;
        }
        let plan = routes::Plan {
            ends: &ends,
            roots: &roots,
            is_back: &layers.is_back,
            rects: &rects,
            bends: &bends,
            lowest: bottom + shift + 0.3 * font,
            gap: boxes.gap,
            font,
        };
        let routes = plan.routes(&links);
        Picture { topology, look, boxes, rects, routes }
    }

    fn paint(&self, canvas: &Canvas<'_>) -> Drawn {
        let links = &self.topology.links;
        let most = links.iter().filter_map(|link| link.attempts).fold(0.0, f64::max);
        for route in &self.routes {
            self.boxes.paint_link(canvas, self.look, &links[route.link], route, most)?;
        }
        for (node, rect) in self.topology.nodes.iter().zip(&self.rects) {
            self.boxes.paint_node(canvas, self.look, node, *rect)?;
        }
        let mut taken = self.rects.clone();
        for route in &self.routes {
            let others: Vec<&Route> = self.routes.iter().filter(|other| other.link != route.link).collect();
            self.boxes.paint_numbers(canvas, self.look, &links[route.link], route, &others, &mut taken)?;
        }
        Ok(())
    }
}
