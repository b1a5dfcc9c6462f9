//! Which instance was in which state when? One lane per instance under the goodput of the same variant,
//! with the same time axis, so that the eye goes straight up from a cause to its effect.

mod state;

use scenarios::metric::{Metric, Unit};
use scenarios::picture::{Lane, LaneSpan, States};
use scenarios::results::{Arm, ComparisonReport, TriggerWindow};

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, Point, TextLook};
use super::frame::{self, Panel, Rect, TickLabels};
use super::{Look, Marker, SeriesStyle, labels};
use crate::options::Theme;
use state::StateLook;

/// More lanes than this are thin and have no names of their own.
const NAMED: usize = 24;
/// More spans than this in one lane are thinned to the longest.
const SPANS: usize = 300;
/// Strokes of hatching that a figure can bear.
const STROKES: f64 = 4000.0;

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport, variant: &str) -> String {
    let of = if report.comparison.variants.len() > 1 { format!(", {variant}") } else { String::new() };
    format!("States of instances over time: {}{of}", report.manifest.title)
}

/// Draws the lanes of one variant.
pub(crate) fn draw(
    report: &ComparisonReport,
    variant: &str,
    states: &States,
    look: &Look,
    theme: Theme,
) -> Result<String, DrawError> {
    let mut words: Vec<&str> = Vec::new();
    for span in states.lanes.iter().flat_map(|lane| &lane.spans) {
        if !words.contains(&span.state.as_str()) {
            words.push(&span.state);
        }
    }
    words.sort_by_key(|word| state::rank(word));
    let looks = state::looks(&words, look, theme);
    let curves = Curves::new(report, variant);
    let subtitle = match (curves.goodput.is_empty(), report.comparison.seeds.len()) {
        (false, seeds) if seeds > 1 => {
            format!("states on seed {}; goodput: median of {seeds} seeds", states.seed)
        }
        _ => format!("seed {}", states.seed),
    };
    let triggers = report.manifest.events(variant).collect();
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report, variant), &subtitle)?;
        let legend: Vec<(&str, StateLook)> = words.iter().copied().zip(looks.iter().copied()).collect();
        let legend_y = look.margin() + look.header() + 0.9 * look.font;
        let rows = if look.is_thumb { 0.0 } else { paint_legend(canvas, look, &legend, legend_y)? };
        let top = look.margin() + look.header() + rows * 1.4 * look.font;
        let picture = Picture { look, lanes: grouped(&states.lanes), legend, curves, triggers };
        picture.paint(canvas, report, top)
    })
}

/// The curves above the lanes: (time, value), median over seeds.
struct Curves {
    goodput: Vec<(f64, f64)>,
    offered: Vec<(f64, f64)>,
}

impl Curves {
    fn new(report: &ComparisonReport, variant: &str) -> Self {
        let series = &report.series;
        let line = series.lines.iter().find(|line| line.arm == Arm::Triggered && line.variant == variant);
        let points = |metric: Metric| -> Vec<(f64, f64)> {
            let bands = line.and_then(|line| line.bands.get(&metric)).map(Vec::as_slice).unwrap_or_default();
            let times = series.starts_s.iter().map(|start| start + 0.5 * series.width_s);
            let points = times.zip(bands).filter_map(|(time, band)| Some((time, band.p50?)));
            points.filter(|(_, value)| value.is_finite()).collect()
        };
        Curves { goodput: points(Metric::Goodput), offered: points(Metric::Offered) }
    }

    fn top(&self) -> f64 {
        self.goodput.iter().chain(&self.offered).map(|(_, value)| *value).fold(0.0, f64::max)
    }
}

/// Lanes of one service stand together, services in the order of their first lane.
fn grouped(lanes: &[Lane]) -> Vec<(&str, Vec<&Lane>)> {
    let mut groups: Vec<(&str, Vec<&Lane>)> = Vec::new();
    for lane in lanes {
        match groups.iter_mut().find(|(service, _)| *service == lane.service) {
            Some((_, members)) => members.push(lane),
            None => groups.push((&lane.service, vec![lane])),
        }
    }
    groups
}

/// Samples of the states that occur; returns how many rows they take.
fn paint_legend(
    canvas: &Canvas<'_>,
    look: &Look,
    legend: &[(&str, StateLook)],
    y: f64,
) -> Result<f64, DrawError> {
    let font = look.font;
    let right = look.width - look.margin();
    let (mut x, mut row) = (look.margin(), 0.0);
    for (word, state) in legend {
        let word = canvas.fitted(word, 0.9 * font, 0.3 * look.width);
        let width = 1.95 * font + canvas.text_width(&word, 0.9 * font);
        if x + width > right && x > look.margin() {
            x = look.margin();
            row += 1.0;
        }
        let middle = y + row * 1.4 * font;
        let sample =
            Rect { left: x, right: x + 1.5 * font, top: middle - 0.42 * font, bottom: middle + 0.42 * font };
        state.paint(canvas, sample, 0.36 * font, 0.35 * look.line)?;
        canvas.text(&word, (sample.right + 0.45 * font, middle), look.text(0.9, look.ink, Align::Left))?;
        x += width + 1.0 * font;
    }
    Ok(if legend.is_empty() { 0.0 } else { row + 1.0 })
}

/// Everything below the legend.
struct Picture<'a> {
    look: &'a Look,
    lanes: Vec<(&'a str, Vec<&'a Lane>)>,
    legend: Vec<(&'a str, StateLook)>,
    curves: Curves,
    triggers: Vec<&'a TriggerWindow>,
}

impl Picture<'_> {
    fn count(&self) -> usize {
        self.lanes.iter().map(|(_, members)| members.len()).sum()
    }

    fn paint(&self, canvas: &Canvas<'_>, report: &ComparisonReport, top: f64) -> Drawn {
        let look = self.look;
        let font = look.font;
        let has_curves = !self.curves.goodput.is_empty();
        let y = Axis::from_zero(self.curves.top(), 3, Unit::PerSecond);
        let names = self.lanes.iter().flat_map(|(service, members)| {
            let members = members.iter().map(|lane| lane.label.as_str());
            let members: Vec<&str> = if self.count() > NAMED { vec![*service] } else { members.collect() };
            members.into_iter().map(|name| canvas.text_width(name, 0.9 * font))
        });
        let names = names.fold(0.0, f64::max).min(0.24 * look.width) + 0.9 * font;
        let left = look.margin()
            + if has_curves { names.max(frame::y_label_width(canvas, look, &y)) } else { names };
        let right = look.width - look.margin() - if has_curves { self.label_width(canvas) } else { font };
        let end = report.manifest.horizon_s.max(report.series.starts_s.last().copied().unwrap_or(0.0));
        let x = Axis::linear(0.0, end, 6, Unit::Seconds);
        let bottom = look.height - 0.6 * look.margin() - look.footer();
        let above = font
            * match (look.is_thumb, self.triggers.is_empty(), has_curves) {
                (true, ..) => 0.3,
                (_, true, false) => 0.6,
                (_, true, true) => 2.3,
                (_, false, false) => 1.9,
                (_, false, true) => 3.3,
            };
        let first = top + above;
        let gap = if look.is_thumb { 0.5 } else { 1.1 } * font;
        let gaps = 0.35 * font * self.lanes.len().saturating_sub(1) as f64;
        // Few lanes leave the room to the curves.
        let wanted = self.count() as f64 * 2.0 * font + gaps;
        let share = if self.count() > 12 { 0.28 } else { 0.36 };
        let lanes_top = match has_curves {
            true => (first + share * (bottom - first)).max(bottom - wanted),
            false => first,
        };
        let lanes = Rect { left, right, top: lanes_top, bottom };
        let panel = Panel { rect: lanes, x: x.clone(), y: Axis { ticks: Vec::new(), ..Axis::share(1) } };
        let shaded = Panel { rect: Rect { top: first, ..lanes }, x: x.clone(), y: panel.y.clone() };
        frame::triggers(canvas, look, &shaded, &self.triggers, !look.is_thumb)?;
        if has_curves {
            let rect = Rect { top: first, bottom: lanes_top - gap, ..lanes };
            let panel = Panel { rect, x, y };
            self.paint_curves(canvas, &panel)?;
        }
        frame::axes(canvas, look, &panel, TickLabels { x: true, y: false })?;
        frame::x_name(canvas, look, &lanes, "time")?;
        self.paint_lanes(canvas, &panel)
    }

    fn label_width(&self, canvas: &Canvas<'_>) -> f64 {
        let widest = ["goodput", "offered load"].map(|name| canvas.text_width(name, 0.85 * self.look.font));
        widest.into_iter().fold(0.0, f64::max) + 0.6 * self.look.font
    }

    fn paint_curves(&self, canvas: &Canvas<'_>, panel: &Panel) -> Drawn {
        let look = self.look;
        let time = Panel { x: Axis { ticks: Vec::new(), ..panel.x.clone() }, ..panel.clone() };
        frame::axes(canvas, look, &time, TickLabels { x: false, y: true })?;
        let rows = if self.triggers.is_empty() { 1.1 } else { 2.1 };
        frame::y_name(canvas, look, &panel.rect, "goodput, requests per second", rows)?;
        let goodput = SeriesStyle { dash: &[], ..look.series(0) };
        let offered = SeriesStyle { colour: look.muted, dash: &[4.0, 3.0], marker: Marker::Circle };
        let curves = [
            ("offered load", &self.curves.offered, offered, 0.6, look.muted),
            ("goodput", &self.curves.goodput, goodput, 1.0, look.text_colour(goodput.colour)),
        ];
        let mut ends = Vec::new();
        for (name, values, style, width, ink) in curves {
            let points: Vec<Point> = values.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            canvas.series_line(&points, width * look.line, style)?;
            ends.extend(points.last().map(|(_, y)| (*y, name, ink)));
        }
        let wanted: Vec<f64> = ends.iter().map(|(y, ..)| *y).collect();
        let places =
            labels::spread(&wanted, 1.1 * look.font, panel.rect.top, panel.rect.bottom - 0.4 * look.font);
        for ((_, name, ink), y) in ends.iter().zip(places) {
            let at = (panel.rect.right + 0.6 * look.font, y);
            canvas.text(name, at, look.text(0.85, *ink, Align::Left))?;
        }
        Ok(())
    }

    fn paint_lanes(&self, canvas: &Canvas<'_>, panel: &Panel) -> Drawn {
        let look = self.look;
        let font = look.font;
        let Rect { left, top, bottom, .. } = panel.rect;
        let is_named = self.count() <= NAMED;
        let room = bottom - top;
        let groups = self.lanes.len().max(1) as f64;
        let gap = (0.35 * font).min(0.25 * room / groups);
        let step = ((room - gap * groups) / self.count().max(1) as f64).min(2.0 * font);
        let height = step * if step > 0.4 * font { 0.86 } else { 0.92 };
        let spacing = (0.36 * font).max(self.hatched(panel) * height / STROKES / height.min(font));
        let mut painted: Vec<(Rect, &Lane)> = Vec::new();
        let mut y = top + 0.5 * gap;
        let mut free_from = f64::NEG_INFINITY;
        for (service, members) in &self.lanes {
            let begin = y;
            for lane in members {
                let rect = Rect { top: y, bottom: y + height, ..panel.rect };
                for (_, area, state) in self.areas(panel, rect, lane) {
                    state.paint(canvas, area, spacing, 0.35 * look.line)?;
                }
                painted.push((rect, *lane));
                if is_named {
                    let size = (0.9 * font).min(0.95 * step);
                    let text = canvas.fitted(&lane.label, size, left - 0.5 * font - look.margin());
                    let style = TextLook { size, colour: look.ink, align: Align::Right };
                    canvas.text(&text, (left - 0.5 * font, y + 0.5 * height), style)?;
                }
                y += step;
            }
            let middle = 0.5 * (begin + y - (step - height));
            if !is_named && middle - 0.45 * font >= free_from {
                let text = canvas.fitted(service, 0.9 * font, left - 0.8 * font - look.margin());
                canvas.text(&text, (left - 0.8 * font, middle), look.text(0.9, look.ink, Align::Right))?;
                let bracket = left - 0.4 * font;
                let ends = [(bracket, begin), (bracket, y - (step - height))];
                canvas.line(&ends, 0.6 * look.line, look.muted, 1.0)?;
                free_from = middle + 0.45 * font;
            }
            y += gap;
        }
        for window in &self.triggers {
            frame::window_outline(canvas, look, panel, window, [top, bottom])?;
        }
        // Words come last, so that no line crosses them.
        for (rect, lane) in painted {
            for (span, area, state) in self.areas(panel, rect, lane) {
                self.paint_word(canvas, area, &span.state, state)?;
            }
        }
        Ok(())
    }

    /// Length of all spans that may be hatched, in pixels.
    fn hatched(&self, panel: &Panel) -> f64 {
        let lanes = self.lanes.iter().flat_map(|(_, members)| members);
        let spans = lanes.flat_map(|lane| &lane.spans).filter(|span| !state::is_calm(&span.state));
        spans.map(|span| (panel.x_at(span.to_s) - panel.x_at(span.from_s)).max(0.0)).sum()
    }

    /// The spans of a lane that are drawn, with their places and looks, in the order of drawing.
    fn areas<'b>(&self, panel: &Panel, rect: Rect, lane: &'b Lane) -> Vec<(&'b LaneSpan, Rect, StateLook)> {
        let mut spans: Vec<&LaneSpan> =
            lane.spans.iter().filter(|span| span.to_s >= span.from_s && span.from_s.is_finite()).collect();
        if spans.len() > SPANS {
            let length = |span: &LaneSpan| span.to_s - span.from_s;
            spans.sort_by(|a, b| length(b).total_cmp(&length(a)));
            spans.truncate(SPANS);
        }
        // What is unusual is drawn last, so that a short trouble is not covered by the calm after it.
        spans.sort_by_key(|span| !state::is_calm(&span.state));
        let areas = spans.into_iter().filter_map(|span| {
            let (_, state) = self.legend.iter().find(|(word, _)| *word == span.state)?;
            let from = panel.x_at(span.from_s);
            let to = panel.x_at(span.to_s).max(from + 0.6 * self.look.line).min(panel.rect.right);
            Some((span, Rect { left: from, right: to, ..rect }, *state))
        });
        areas.collect()
    }

    /// The state's word on its span, if it fits there.
    fn paint_word(&self, canvas: &Canvas<'_>, area: Rect, word: &str, state: StateLook) -> Drawn {
        let size = (0.8 * self.look.font).min(0.82 * area.height());
        let width = canvas.text_width(word, size);
        let is_wide_enough = width + 0.8 * size <= area.width();
        if state::is_calm(word) || size < 0.55 * self.look.font || !is_wide_enough {
            return Ok(());
        }
        let middle = (0.5 * (area.left + area.right), 0.5 * (area.top + area.bottom));
        let half = 0.5 * width + 0.25 * size;
        let plate = (area.top.max(middle.1 - 0.55 * size), area.bottom.min(middle.1 + 0.55 * size));
        canvas.rectangle((middle.0 - half, plate.0), (middle.0 + half, plate.1), state.fill)?;
        canvas.text(word, middle, TextLook { size, colour: state.ink(), align: Align::Centre })
    }
}
