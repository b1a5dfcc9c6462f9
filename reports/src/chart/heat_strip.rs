//! Which service was busy when? One strip per service in the order of the calls, coloured by the share of
//! its workers that are busy, hatched where all are, so that the order of saturation can be read.

use scenarios::metric::Unit;
use scenarios::picture::{Tier, VariantPicture};
use scenarios::results::ComparisonReport;

use super::axis::Axis;
use super::canvas::{self, Align, Canvas, DrawError, Drawn, TextLook};
use super::frame::{self, Panel, Rect, TickLabels};
use super::pattern::{self, Pattern, Strokes};
use super::{Look, heat, timeline};
use crate::format;
use crate::options::Theme;

/// From this share on every worker counts as busy.
const SATURATED: f64 = 0.999;
/// Strips and headings that one figure holds well; more variants stand in a figure of their own.
const ROWS: usize = 24;
/// Areas that one figure draws at most; more moments are drawn in groups.
const CELLS: usize = 4000;
/// Moments that a strip shows at most.
const MOMENTS: usize = 300;

/// The variants of each figure: as few figures as hold them all, about equally full.
pub(crate) fn pages(report: &ComparisonReport) -> Vec<Vec<&VariantPicture>> {
    let fewest = filled(report, ROWS);
    let even = (1..ROWS).map(|rows| filled(report, rows)).find(|pages| pages.len() == fewest.len());
    even.unwrap_or(fewest)
}

/// Figures of at most so many rows, each filled before the next is begun; a variant is never split.
fn filled(report: &ComparisonReport, most: usize) -> Vec<Vec<&VariantPicture>> {
    let mut pages: Vec<Vec<&VariantPicture>> = Vec::new();
    let mut rows = 0;
    for picture in report.pictures.iter().filter(|picture| !picture.tiers.is_empty()) {
        let more = picture.tiers.len() + 1;
        match pages.last_mut() {
            Some(page) if rows + more <= most => {
                page.push(picture);
                rows += more;
            }
            _ => {
                pages.push(vec![picture]);
                rows = more;
            }
        }
    }
    pages
}

/// The figure's title.
pub(crate) fn title(report: &ComparisonReport) -> String {
    format!("Busy workers of each service over time: {}", report.manifest.title)
}

/// The longest stretch in which all workers of a tier are busy: start and end in seconds.
pub(crate) fn saturation(report: &ComparisonReport, tier: &Tier) -> Option<(f64, f64)> {
    let starts = &report.series.starts_s;
    let mut longest: Option<(f64, f64)> = None;
    let mut begun = None;
    for (start, share) in starts.iter().zip(&tier.busy_share) {
        begun = match share.is_some_and(|share| share >= SATURATED) {
            true => begun.or(Some(*start)),
            false => None,
        };
        let Some(from) = begun else { continue };
        let to = (start + report.series.width_s).min(report.manifest.horizon_s.max(from));
        if longest.is_none_or(|(a, b)| to - from > b - a) {
            longest = Some((from, to));
        }
    }
    longest
}

/// What stands right of a strip.
fn remark(report: &ComparisonReport, tier: &Tier) -> String {
    saturation(report, tier).map_or("never".to_owned(), |(from, to)| format::span(from, to))
}

/// Draws the strips of some variants.
pub(crate) fn draw(
    report: &ComparisonReport,
    pictures: &[&VariantPicture],
    look: &Look,
    theme: Theme,
) -> Result<String, DrawError> {
    let seeds = &report.comparison.seeds;
    let seeds =
        if seeds.len() > 1 { format!("median of {} seeds", seeds.len()) } else { format::seeds(seeds) };
    canvas::draw(look.width, look.height, look.background, |canvas| {
        frame::header(canvas, look, &title(report), &seeds)?;
        Strips::new(canvas, look, report, pictures, theme).paint(canvas)
    })
}

/// The places of everything.
struct Strips<'a> {
    look: &'a Look,
    theme: Theme,
    report: &'a ComparisonReport,
    pictures: &'a [&'a VariantPicture],
    panel: Panel,
    /// Height of a strip with the gap below it.
    step: f64,
    /// Height of a variant's name; 0 if there is only one variant.
    heading: f64,
    /// Moments drawn as one.
    group: usize,
}

impl<'a> Strips<'a> {
    fn new(
        canvas: &Canvas<'_>,
        look: &'a Look,
        report: &'a ComparisonReport,
        pictures: &'a [&'a VariantPicture],
        theme: Theme,
    ) -> Self {
        let font = look.font;
        let tiers = || pictures.iter().flat_map(|picture| &picture.tiers);
        let names = tiers().map(|tier| {
            let beside = canvas.text_width(&beside(tier), 0.75 * font) + 0.4 * font;
            canvas.text_width(&tier.name, font) + if look.is_thumb { 0.0 } else { beside }
        });
        let left = look.margin() + names.fold(0.0, f64::max).min(0.24 * look.width) + 0.7 * font;
        let remarks = tiers()
            .map(|tier| remark(report, tier))
            .chain([HEADING.to_owned()])
            .map(|text| canvas.text_width(&text, 0.8 * font));
        let right = match look.is_thumb {
            true => look.width - look.margin(),
            false => look.width - look.margin() - remarks.fold(0.0, f64::max) - 0.7 * font,
        };
        let top = look.margin() + look.header() + font * if look.is_thumb { 0.3 } else { 4.0 };
        let lowest = look.height - 0.6 * look.margin() - look.footer();
        let rows = tiers().count().max(1) as f64;
        let heading = match report.comparison.variants.len() {
            0 | 1 => 0.0,
            _ => (1.5 * font).min(0.5 * (lowest - top) / pictures.len().max(1) as f64),
        };
        let step = ((lowest - top - heading * pictures.len() as f64) / rows).min(4.0 * font);
        let bottom = top + heading * pictures.len() as f64 + rows * step;
        let end = report.manifest.horizon_s.max(report.series.starts_s.last().copied().unwrap_or(0.0));
        let panel = Panel {
            rect: Rect { left, top, right, bottom },
            x: Axis::linear(0.0, end, 6, Unit::Seconds),
            y: Axis { ticks: Vec::new(), ..Axis::share(1) },
        };
        let moments = (CELLS / rows as usize).clamp(60, MOMENTS);
        let group = report.series.starts_s.len().div_ceil(moments).max(1);
        Strips { look, theme, report, pictures, panel, step, heading, group }
    }

    fn paint(&self, canvas: &Canvas<'_>) -> Drawn {
        let look = self.look;
        let Rect { top, right, .. } = self.panel.rect;
        if !look.is_thumb {
            self.paint_legend(canvas, look.margin() + look.header() + 0.9 * look.font)?;
            frame::trigger_names(canvas, look, &self.panel, &timeline::windows(self.report))?;
            let at = (right + 0.7 * look.font, top - 0.95 * look.font);
            canvas.text(HEADING, at, look.text(0.8, look.muted, Align::Left))?;
        }
        frame::axes(canvas, look, &self.panel, TickLabels { x: true, y: false })?;
        frame::x_name(canvas, look, &self.panel.rect, "time")?;
        let mut y = top;
        for picture in self.pictures {
            if self.heading > 0.0 {
                let size = (0.62 * self.heading).min(0.92 * look.font);
                let text = TextLook { size, colour: look.ink, align: Align::Left };
                let room = right - look.margin();
                let name = canvas.fitted(&picture.variant, size, room);
                canvas.text(&name, (look.margin(), y + 0.55 * self.heading), text)?;
            }
            y += self.heading;
            let block = y;
            let mut named_until = f64::NEG_INFINITY;
            for tier in &picture.tiers {
                let rect = Rect { top: y, bottom: y + 0.88 * self.step, ..self.panel.rect };
                self.paint_strip(canvas, rect, tier)?;
                // Strips too thin for a name each get one where there is room again.
                let middle = 0.5 * (rect.top + rect.bottom);
                if middle - 0.5 * self.size() >= named_until {
                    self.paint_names(canvas, rect, tier)?;
                    named_until = middle + 0.5 * self.size();
                }
                y += self.step;
            }
            for window in self.report.manifest.events(&picture.variant) {
                frame::window_outline(canvas, look, &self.panel, window, [block, y - 0.12 * self.step])?;
            }
        }
        Ok(())
    }

    /// Size of a strip's name.
    fn size(&self) -> f64 {
        (0.95 * self.step).clamp(0.5 * self.look.font, self.look.font)
    }

    /// The colours, their ends, and the hatching.
    fn paint_legend(&self, canvas: &Canvas<'_>, y: f64) -> Drawn {
        let look = self.look;
        let font = look.font;
        let (top, bottom) = (y - 0.45 * font, y + 0.45 * font);
        let mut x = look.margin();
        let label = |x: f64, text: &str| {
            canvas.text(text, (x, y), look.text(0.85, look.muted, Align::Left))?;
            Ok(x + canvas.text_width(text, 0.85 * font) + 0.5 * font)
        };
        x = label(x, "busy share of the workers: 0 %")?;
        let bar = Rect { left: x, top, right: x + 9.0 * font, bottom };
        heat::paint_bar(canvas, bar, self.theme)?;
        x = label(bar.right + 0.5 * font, "100 %")?;
        let sample = Rect { left: x + font, top, right: x + 3.0 * font, bottom };
        self.paint_area(canvas, sample, heat::step(1.0), true)?;
        label(sample.right + 0.5 * font, "saturated: all workers busy").map(|_: f64| ())
    }

    fn paint_strip(&self, canvas: &Canvas<'_>, rect: Rect, tier: &Tier) -> Drawn {
        let starts = &self.report.series.starts_s;
        let grouped: Vec<Option<f64>> = tier.busy_share.chunks(self.group).map(mean).collect();
        let area = |share: &Option<f64>| share.map(|share| (heat::step(share), share >= SATURATED));
        let mut from = 0;
        for run in grouped.chunk_by(|a, b| area(a) == area(b)) {
            let to = from + run.len();
            let time = |index: usize| {
                let after = || starts.last().map_or(0.0, |start| start + self.report.series.width_s);
                starts.get(index * self.group).copied().unwrap_or_else(after)
            };
            let (left, right) = (self.panel.x_at(time(from)), self.panel.x_at(time(to)));
            if let Some((step, is_saturated)) = run.first().and_then(area) {
                self.paint_area(canvas, Rect { left, right, ..rect }, step, is_saturated)?;
            }
            from = to;
        }
        Ok(())
    }

    fn paint_area(&self, canvas: &Canvas<'_>, rect: Rect, step: u8, is_saturated: bool) -> Drawn {
        // Reaches under its right neighbour, so that no seam shows.
        let end = (rect.right + 0.6).min(self.look.width - self.look.margin());
        canvas.rectangle((rect.left, rect.top), (end, rect.bottom), heat::colour(step, self.theme))?;
        if !is_saturated {
            return Ok(());
        }
        let spacing = (0.42 * self.look.font).max(0.012 * self.panel.rect.width() * 6.0 / self.step.max(6.0));
        let strokes = Strokes { spacing, width: 0.4 * self.look.line, colour: heat::hatch(self.theme) };
        pattern::paint(canvas, rect, Pattern::Rising, strokes)
    }

    /// The service and its workers on the left, its saturation on the right.
    fn paint_names(&self, canvas: &Canvas<'_>, rect: Rect, tier: &Tier) -> Drawn {
        let look = self.look;
        let size = self.size();
        let middle = 0.5 * (rect.top + rect.bottom);
        let right = rect.left - 0.5 * look.font;
        let room = right - look.margin();
        let name = TextLook { size, colour: look.ink, align: Align::Right };
        let small = TextLook { size: 0.75 * size, colour: look.muted, align: Align::Right };
        // The workers beside the name, if both fit.
        let beside = beside(tier);
        let width = canvas.text_width(&beside, small.size) + 0.4 * size;
        let is_beside = !look.is_thumb && canvas.text_width(&tier.name, size) + width <= room;
        let text = canvas.fitted(&tier.name, size, room);
        canvas.text(&text, (right - if is_beside { width } else { 0.0 }, middle), name)?;
        if is_beside {
            canvas.text(&beside, (right, middle), small)?;
        }
        if look.is_thumb {
            return Ok(());
        }
        let text = TextLook { size: 0.8 * size, colour: look.ink, align: Align::Left };
        canvas.text(&remark(self.report, tier), (rect.right + 0.7 * look.font, middle), text)
    }
}

/// What stands above the times of saturation.
const HEADING: &str = "saturated";

/// The workers in the shortest form.
fn beside(tier: &Tier) -> String {
    format!("× {}", format::count(u64::from(tier.workers_total)))
}

/// Mean of what there is.
fn mean(shares: &[Option<f64>]) -> Option<f64> {
    let there: Vec<f64> = shares.iter().flatten().copied().filter(|share| share.is_finite()).collect();
    (!there.is_empty()).then(|| there.iter().sum::<f64>() / there.len() as f64)
}
