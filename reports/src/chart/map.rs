//! How does a result depend on two settings? A colour per cell, the cells that are unhealthy without any trigger
//! hatched, what theory says as a line; several variants as panels with common axes and colours.

use scenarios::results::map::{CellClass, MapCell, MapResult, MapVariant};

use super::canvas::{self, Align, Canvas, DrawError, Drawn, SCALE};
use super::cells::{Cells, Field};
use super::frame::{self, Rect};
use super::keys::{self, Key};
use super::pattern::{self, Pattern, Strokes};
use super::{Colour, Look, heat, image, mix, readable_on};
use crate::map::{self, Span};
use crate::options::Theme;
use crate::{format, svg};

/// Panels of a figure.
const PANELS: usize = 6;
/// Panels look best at about this width over height.
const SHAPE: f64 = 1.25;

/// A figure, and what is said of each cell where the reader points at it.
pub(crate) struct Drawing {
    pub(crate) svg: String,
    pub(crate) hover: String,
}

/// The variants of each figure, about equally many.
pub(crate) fn pages(map: &MapResult) -> Vec<&[MapVariant]> {
    let figures = map.variants.len().div_ceil(PANELS).max(1);
    map.variants.chunks(map.variants.len().div_ceil(figures).max(1)).collect()
}

/// Draws some variants of a map.
pub(crate) fn draw(
    map: &MapResult,
    variants: &[MapVariant],
    look: &Look,
    theme: Theme,
) -> Result<Drawing, DrawError> {
    let (x, y) = (Cells::new(&map.x), Cells::new(&map.y));
    let page = Page { map, variants, look, theme, span: Span::of(map), x, y };
    let (mut images, mut hover) = (Vec::new(), String::new());
    let drawing = canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &map::title(map), &page.subtitle())?;
        let keys = page.keys();
        let mut top = look.margin() + look.header();
        if !look.is_thumb {
            keys::paint(canvas, look, top + 0.9 * look.font, &keys)?;
            top += keys::height(canvas, look, &keys) + 1.6 * look.font;
        }
        let layout = Layout::new(canvas, &page, top);
        frame::y_name(canvas, look, &layout.whole, &map.y.label, 0.6)?;
        frame::x_name(canvas, look, &layout.whole, &map.x.label)?;
        for (index, variant) in variants.iter().enumerate() {
            let field = Field { rect: layout.panel(index), x: &page.x, y: &page.y };
            if let Some(image) = image::of_cells(field.rect, page.x.count, &page.colours(variant)) {
                image.paint_ground(canvas, look.background)?;
                images.push(image);
            }
            page.paint_panel(canvas, &field, variant)?;
            layout.paint_axes(canvas, look, &field, index)?;
            if layout.heading > 0.0 {
                page.paint_heading(canvas, &field.rect, variant)?;
            }
            hover.push_str(&page.hover(&field, variant));
        }
        Ok(())
    })?;
    let svg = images.iter().fold(drawing, |drawing, image| image.put(&drawing));
    Ok(Drawing { svg, hover: format!("<g fill=\"none\" pointer-events=\"all\">\n{hover}</g>\n") })
}

/// What all panels share.
struct Page<'a> {
    map: &'a MapResult,
    variants: &'a [MapVariant],
    look: &'a Look,
    theme: Theme,
    span: Span,
    x: Cells<'a>,
    y: Cells<'a>,
}

impl Page<'_> {
    fn subtitle(&self) -> String {
        let most = if self.map.precision.is_some() { "up to " } else { "" };
        let seeds = format!("{} · {most}{} per cell", self.map.scenario.id, format::seeds(&self.map.seeds));
        match self.map.variants.as_slice() {
            [one] => format!("{seeds} · {}", one.name),
            _ => seeds,
        }
    }

    /// What the colours and the other signs mean.
    fn keys(&self) -> Vec<Key<'_>> {
        let unit = map::unit(self.map);
        let [low, high] = [self.span.low, self.span.high].map(|value| map::rounded(value, unit));
        let log = if self.span.is_log { " (log scale)" } else { "" };
        let bar = Key::new(7.0, high, |canvas, rect| heat::paint_bar(canvas, rect, self.theme));
        let mut keys = vec![bar.after(format!("{}{log}: {low}", map::label(self.map)))];
        let cells = || self.variants.iter().flat_map(|variant| &variant.cells);
        if cells().any(|cell| self.is_hatched(cell)) {
            let ground = self.ground().unwrap_or_else(|| heat::shade(0.5, self.theme));
            keys.push(Key::new(1.8, "overloaded without trigger", move |canvas, rect| {
                canvas.rectangle((rect.left, rect.top), (rect.right, rect.bottom), ground)?;
                pattern::paint(canvas, rect, Pattern::Rising, self.strokes())
            }));
        }
        for name in self.contours() {
            keys.push(Key::new(2.2, format!("theory: {name}"), |canvas, rect| {
                let middle = 0.5 * (rect.top + rect.bottom);
                self.paint_line(canvas, &[(rect.left, middle), (rect.right, middle)])
            }));
        }
        if self.has_dots() {
            keys.push(Key::new(0.6, "cells run", |canvas, rect| {
                let at = (0.5 * (rect.left + rect.right), 0.5 * (rect.top + rect.bottom));
                canvas.circle(at, 0.16 * self.look.font, self.look.muted)
            }));
        }
        keys
    }

    fn contours(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for contour in self.variants.iter().filter_map(|variant| variant.contour.as_ref()) {
            if !names.contains(&contour.name.as_str()) {
                names.push(&contour.name);
            }
        }
        names
    }

    fn has_dots(&self) -> bool {
        self.map.refined && self.map.cost.cells < self.map.cost.of_cells
    }

    fn is_hatched(&self, cell: &MapCell) -> bool {
        cell.class == CellClass::Overloaded && self.map.shown != "overloaded"
    }

    /// The colour below the hatching where the value says nothing: who is overloaded anyway is not stuck.
    fn ground(&self) -> Option<Colour> {
        map::is_verdict(self.map).then(|| mix(self.look.background, self.look.muted, 0.16))
    }

    fn strokes(&self) -> Strokes {
        let colour = match (map::is_verdict(self.map), self.theme) {
            (true, _) => self.look.muted,
            (false, Theme::Print) => (0, 0, 0),
            // Neither blue nor yellow nor grey.
            (false, Theme::Light | Theme::Dark) => (213, 94, 0),
        };
        Strokes { spacing: 0.4 * self.look.font, width: 0.35 * self.look.line, colour }
    }

    fn colour(&self, cell: &MapCell) -> Option<Colour> {
        match self.ground() {
            Some(ground) if self.is_hatched(cell) => Some(ground),
            _ => {
                let value = map::number(cell)?;
                Some(heat::shade(self.span.share(value), self.theme))
            }
        }
    }

    /// Row by row from the top.
    fn colours(&self, variant: &MapVariant) -> Vec<Option<Colour>> {
        let rows = variant.cells.chunks(self.x.count).rev();
        rows.flatten().map(|cell| self.colour(cell)).collect()
    }

    fn paint_panel(&self, canvas: &Canvas<'_>, field: &Field<'_>, variant: &MapVariant) -> Drawn {
        for (from, to) in blocks(variant, self.x.count, |cell| self.is_hatched(cell)) {
            pattern::paint(canvas, field.rect(from, to), Pattern::Rising, self.strokes())?;
        }
        if self.has_dots() {
            let (width, height) = field.cell();
            let radius = (0.13 * width.min(height)).min(0.12 * self.look.font);
            for cell in variant.cells.iter().filter(|cell| cell.is_measured() && radius >= 0.5) {
                let colour = self.colour(cell).map_or(self.look.ink, readable_on);
                canvas.circle(field.at((cell.x as f64, cell.y as f64)), radius, colour)?;
            }
        }
        if let Some(contour) = &variant.contour {
            for piece in field.line(&contour.points) {
                self.paint_line(canvas, &piece)?;
            }
        }
        if self.has_dots() { Ok(()) } else { self.paint_values(canvas, field, variant) }
    }

    /// The numbers themselves where cells are large enough for all of them.
    fn paint_values(&self, canvas: &Canvas<'_>, field: &Field<'_>, variant: &MapVariant) -> Drawn {
        let size = 0.85 * self.look.font;
        let unit = map::unit(self.map);
        let shown = variant.cells.iter().filter(|cell| !self.is_hatched(cell) || self.ground().is_none());
        let told = shown.filter_map(|cell| Some((cell, map::rounded(map::number(cell)?, unit))));
        let told: Vec<(&MapCell, String)> = told.collect();
        let (width, height) = field.cell();
        let fits = |(_, text): &(&MapCell, String)| canvas.text_width(text, size) + 0.6 * size <= width;
        if self.look.is_thumb || height < 1.7 * size || !told.iter().all(fits) {
            return Ok(());
        }
        for (cell, text) in told {
            let ground = self.colour(cell).unwrap_or(self.look.background);
            let (colour, at) = (readable_on(ground), field.at((cell.x as f64, cell.y as f64)));
            if variant.contour.is_some() {
                // A plate keeps the number off the line.
                let half = (0.5 * canvas.text_width(&text, size) + 0.15 * size, 0.6 * size);
                canvas.rectangle((at.0 - half.0, at.1 - half.1), (at.0 + half.0, at.1 + half.1), ground)?;
            }
            canvas.text(&text, at, self.look.text(0.85, colour, Align::Centre))?;
        }
        Ok(())
    }

    /// A line with a halo, so that it is seen on every colour.
    fn paint_line(&self, canvas: &Canvas<'_>, points: &[canvas::Point]) -> Drawn {
        canvas.line(points, 1.9 * self.look.line, self.look.background, 1.0)?;
        canvas.line(points, 0.8 * self.look.line, self.look.ink, 1.0)
    }

    fn paint_heading(&self, canvas: &Canvas<'_>, rect: &Rect, variant: &MapVariant) -> Drawn {
        let look = self.look;
        let name = canvas.fitted(&variant.name, 0.9 * look.font, rect.width());
        let y = rect.top - 0.65 * look.font;
        canvas.text(&name, (rect.left, y), look.text(0.9, look.ink, Align::Left))?;
        let remark = match &variant.contour {
            None if !variant.no_contour.is_empty() && !self.contours().is_empty() => "no theory",
            _ => return Ok(()),
        };
        let free = rect.width() - canvas.text_width(&name, 0.9 * look.font);
        if look.is_thumb || canvas.text_width(remark, 0.7 * look.font) + look.font > free {
            return Ok(());
        }
        canvas.text(remark, (rect.right, y), look.text(0.7, look.muted, Align::Right))
    }

    /// What is said of each cell; equal neighbours that were not run share one sentence.
    fn hover(&self, field: &Field<'_>, variant: &MapVariant) -> String {
        let told = |cell: &MapCell| map::number(cell).map(|value| map::rounded(value, map::unit(self.map)));
        let is_one = |a: &MapCell, b: &MapCell| {
            a.y == b.y && !a.is_measured() && !b.is_measured() && a.class == b.class && told(a) == told(b)
        };
        let mut text = String::new();
        for run in variant.cells.chunk_by(is_one) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let rect = field.rect((first.x, first.y), (last.x, last.y));
            let [left, top, right, bottom] =
                [rect.left, rect.top, rect.right, rect.bottom].map(|place| (place * SCALE).round());
            let mut values = map::value(&self.map.x, first.x);
            if run.len() > 1 {
                values.push_str(&format!(" to {}", map::value(&self.map.x, last.x)));
            }
            let title = format!(
                "{}: {values}, {}: {}",
                variant.name,
                map::value(&self.map.y, first.y),
                self.said(first)
            );
            text.push_str(&format!(
                "<path d=\"M{left} {top}h{}v{}h-{}z\"><title>{}</title></path>\n",
                right - left,
                bottom - top,
                right - left,
                svg::escape(&title)
            ));
        }
        text
    }

    /// The value of a cell and what it rests on.
    fn said(&self, cell: &MapCell) -> String {
        let unit = map::unit(self.map);
        let value = map::number(cell).map_or("no value".to_owned(), |value| map::rounded(value, unit));
        let overloaded =
            if cell.class == CellClass::Overloaded { ", overloaded without any trigger" } else { "" };
        if !cell.is_measured() {
            return format!("{value}{overloaded}, from the cells around it");
        }
        let interval = match (cell.ci95, map::is_verdict(self.map)) {
            (Some(interval), true) => format!(" [{}]", format::share_interval(interval)),
            (Some(interval), false) => {
                format!(" {}", format::interval(interval, cell.value.unwrap_or(0.0), unit))
            }
            (None, _) => String::new(),
        };
        let control = match cell.control {
            Some(control) if !map::is_control(self.map) => format!("; control {}", format::percent(control)),
            _ => String::new(),
        };
        let counts = cell.verdicts.iter().map(|(word, count)| format!("{count} {word}"));
        let counts: Vec<String> = counts.collect();
        let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
        let seeds = if cell.seeds == 1 { "1 seed".to_owned() } else { format!("{} seeds", cell.seeds) };
        format!("{value}{interval}{overloaded}, {seeds}{counts}{control}")
    }
}

/// Rectangles of neighbouring cells that are so, as few as are easily found: first and last cell.
fn blocks(
    variant: &MapVariant,
    columns: usize,
    is_so: impl Fn(&MapCell) -> bool,
) -> Vec<((usize, usize), (usize, usize))> {
    let mut blocks: Vec<((usize, usize), (usize, usize))> = Vec::new();
    for (y, row) in variant.cells.chunks(columns.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| is_so(a) == is_so(b)) {
            let (from, to) = (x, x + run.len() - 1);
            x += run.len();
            if !is_so(&run[0]) {
                continue;
            }
            let below =
                blocks.iter_mut().find(|block| block.0.0 == from && block.1 == (to, y.wrapping_sub(1)));
            match below {
                Some(block) => block.1.1 = y,
                None => blocks.push(((from, y), (to, y))),
            }
        }
    }
    blocks
}

/// The places of panels and of what stands at their axes.
struct Layout {
    whole: Rect,
    columns: usize,
    count: usize,
    panel: (f64, f64),
    gap: f64,
    heading: f64,
    x_ticks: Vec<(f64, String)>,
    y_ticks: Vec<(f64, String)>,
}

impl Layout {
    fn new(canvas: &Canvas<'_>, page: &Page<'_>, top: f64) -> Layout {
        let look = page.look;
        let font = look.font;
        let count = page.variants.len().max(1);
        let heading = if page.map.variants.len() > 1 { 1.5 * font } else { 0.2 * font };
        let gap = if look.is_thumb { 0.6 * font } else { 1.2 * font };
        let bottom = look.height - 0.6 * look.margin() - look.footer();
        let size = |columns: usize, left: f64| {
            let rows = count.div_ceil(columns) as f64;
            let width = (look.width - look.margin() - left - gap * (columns as f64 - 1.0)) / columns as f64;
            let between = (rows - 1.0) * 0.5 * font;
            (width, (bottom - top - between) / rows - heading)
        };
        let cost = |columns: &usize| {
            let (width, height) = size(*columns, look.margin() + 3.5 * font);
            let holes = (count.div_ceil(*columns) * columns - count) as f64;
            (width / height.max(1.0) / SHAPE).ln().abs() + 0.25 * holes
        };
        let columns = (1..=count).min_by(|a, b| cost(a).total_cmp(&cost(b))).unwrap_or(1);
        let height = size(columns, 0.0).1;
        let y_ticks = page.y.ticks(((height / (1.9 * font)) as usize).min(NICE));
        let widest = y_ticks.iter().map(|(_, label)| canvas.text_width(label, 0.9 * font));
        let left = look.margin() + widest.fold(0.0, f64::max) + 0.6 * font;
        let (width, height) = size(columns, left);
        // Labels are as wide as the widest value; a few fit with some air.
        let all = page.x.ticks(NICE);
        let widest = all.iter().map(|(_, label)| canvas.text_width(label, 0.9 * font)).fold(font, f64::max);
        let x_ticks = page.x.ticks(((width / (widest + 1.4 * font)) as usize).clamp(2, NICE));
        let right = look.width - look.margin();
        Layout {
            whole: Rect { left, top, right, bottom },
            columns,
            count,
            panel: (width, height),
            gap,
            heading: if page.map.variants.len() > 1 { heading } else { 0.0 },
            x_ticks,
            y_ticks,
        }
    }

    fn panel(&self, index: usize) -> Rect {
        let (row, column) = (index / self.columns, index % self.columns);
        let rows = self.count.div_ceil(self.columns);
        let step = self.whole.height() / rows as f64;
        let left = self.whole.left + column as f64 * (self.panel.0 + self.gap);
        let bottom = self.whole.bottom - (rows - 1 - row) as f64 * step;
        Rect { left, right: left + self.panel.0, top: bottom - self.panel.1, bottom }
    }

    fn paint_axes(&self, canvas: &Canvas<'_>, look: &Look, field: &Field<'_>, index: usize) -> Drawn {
        let Rect { left, right, top, bottom } = field.rect;
        let hair = 0.4 * look.line;
        canvas.line(
            &[(left, top), (right, top), (right, bottom), (left, bottom), (left, top)],
            hair,
            look.muted,
            1.0,
        )?;
        let is_lowest = index + self.columns >= self.count;
        let mut free_from = f64::NEG_INFINITY;
        for (place, label) in &self.x_ticks {
            let x = field.at((*place, 0.0)).0;
            canvas.line(&[(x, bottom), (x, bottom + 0.3 * look.font)], hair, look.muted, 1.0)?;
            let half = 0.5 * canvas.text_width(label, 0.9 * look.font);
            let middle = x.min(look.width - 0.3 * look.font - half);
            if is_lowest && middle - half > free_from {
                let at = (middle, bottom + 0.95 * look.font);
                canvas.text(label, at, look.text(0.9, look.muted, Align::Centre))?;
                free_from = middle + half + 0.4 * look.font;
            }
        }
        for (place, label) in &self.y_ticks {
            let y = field.at((0.0, *place)).1;
            canvas.line(&[(left - 0.3 * look.font, y), (left, y)], hair, look.muted, 1.0)?;
            if index.is_multiple_of(self.columns) {
                let at = (left - 0.5 * look.font, y);
                canvas.text(label, at, look.text(0.9, look.muted, Align::Right))?;
            }
        }
        Ok(())
    }
}

/// More labels than this are too many for an axis.
const NICE: usize = 10;
