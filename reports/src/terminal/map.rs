//! How does a map look in a terminal? One or two characters per cell, the highest value of the second axis on top.

use scenarios::results::map::{CellClass, MapCell, MapResult, MapVariant};

use super::{Paint, TextStyle, wrapped};
use crate::map::{self, Span};
use crate::{format, typeset};

const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
const ASCII_SHADES: [char; 5] = ['.', ':', '+', '*', '#'];
/// A cell that is unhealthy without any trigger, and one without a value.
const OVERLOADED: char = 'x';
const UNKNOWN: char = '?';
/// More rows than this are thinned.
const ROWS: usize = 40;

/// The summary of a map.
pub fn map_text(result: &MapResult, style: &TextStyle) -> String {
    let title = format!("{}: {}", result.scenario.id, map::title(result));
    let seeds = format::seeds(&result.seeds);
    let most = if result.precision.is_some() { "up to " } else { "" };
    let (across, up) = (result.x.values.len(), result.y.values.len());
    let facts = format!("{} · {across} × {up} cells · {most}{seeds} each", result.sweep);
    let mut text = style.paint(&wrapped(&title, style, 0), Paint::Bold);
    text.push_str(&style.paint(&wrapped(&facts, style, 0), Paint::Faint));
    let layout = Layout::new(result, style);
    for variant in &result.variants {
        text.push('\n');
        text.push_str(&style.paint(&variant.name, Paint::Bold));
        text.push('\n');
        text.push_str(&layout.map(variant));
        let story = map::story(result, variant);
        if !story.is_empty() {
            text.push_str(&wrapped(&format!("{story}."), style, 0));
        }
        text.push_str(&theory(variant, style));
    }
    text.push('\n');
    text.push_str(&wrapped(&layout.legend(), style, 0));
    let cost = map::cost(result);
    text.push_str(&wrapped(&format!("{}{}", cost[..1].to_uppercase(), &cost[1..]), style, 0));
    text.push_str(&wrapped(&map::method(result), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", result.reproduce), style, 0));
    style.finish(text)
}

fn theory(variant: &MapVariant, style: &TextStyle) -> String {
    let told = match &variant.contour {
        Some(contour) => format!("theory: {}, drawn in the figure. {}", contour.name, contour.applies),
        None if variant.no_contour.is_empty() => return String::new(),
        None => format!("no theory: {}", variant.no_contour),
    };
    style.paint(&wrapped(&told, style, 0), Paint::Faint)
}

/// What all maps of a result share.
struct Layout<'a> {
    result: &'a MapResult,
    style: &'a TextStyle,
    span: Span,
    /// Characters of the labels at the left.
    left: usize,
    /// Characters of a cell.
    width: usize,
    /// Every so many columns and rows are shown.
    every: (usize, usize),
}

impl<'a> Layout<'a> {
    fn new(result: &'a MapResult, style: &'a TextStyle) -> Self {
        let (across, up) = (result.x.values.len().max(1), result.y.values.len().max(1));
        let labels = (0..up).map(|y| map::value(&result.y, y).chars().count());
        let left = labels.max().unwrap_or(0).min(style.usable_width() / 4);
        // Two more for the frame.
        let room = style.usable_width().saturating_sub(left + 3);
        let width = if 2 * across <= room { 2 } else { 1 };
        let every = (across.div_ceil(room.max(1)), up.div_ceil(ROWS));
        Layout { result, style, span: Span::of(result), left, width, every }
    }

    fn map(&self, variant: &MapVariant) -> String {
        let (across, up) = (self.result.x.values.len(), self.result.y.values.len());
        let (left, [upright, corner, level]) = (self.left, self.frame());
        let name = typeset::shortened(&self.result.y.label, self.style.usable_width());
        let mut text = self.style.paint(&name, Paint::Faint) + "\n";
        for y in (0..up).rev().filter(|y| y % self.every.1 == 0) {
            let label = typeset::shortened(&map::value(&self.result.y, y), left);
            let columns = (0..across).step_by(self.every.0);
            let cells: String = columns
                .map(|x| self.sign(self.result.cell(variant, x, y)).to_string().repeat(self.width))
                .collect();
            text.push_str(&format!("{label:>left$} {upright}{cells}\n"));
        }
        let columns = self.width * across.div_ceil(self.every.0);
        text.push_str(&format!("{:left$} {corner}{}\n", "", level.to_string().repeat(columns)));
        text.push_str(&format!("{:left$}  {}\n", "", self.values_below(columns)));
        let name = typeset::shortened(&self.result.x.label, self.style.usable_width() - left - 2);
        text.push_str(&self.style.paint(&format!("{:left$}  {name}", ""), Paint::Faint));
        text + "\n"
    }

    fn frame(&self) -> [char; 3] {
        if self.style.ascii { ['|', '+', '-'] } else { ['│', '└', '─'] }
    }

    /// The first value, the last, and those between that have room; each begins below its cell, the last ends there.
    fn values_below(&self, columns: usize) -> String {
        let across = self.result.x.values.len();
        let shown: Vec<usize> = (0..across).step_by(self.every.0).collect();
        let Some(last) = shown.last() else { return String::new() };
        let end = map::value(&self.result.x, *last);
        let end_from = columns.saturating_sub(end.chars().count());
        let mut line = String::new();
        for (place, x) in shown.iter().enumerate().take(shown.len() - 1) {
            let (from, value) = (place * self.width, map::value(&self.result.x, *x));
            let length = line.chars().count();
            let fits = place == 0 || (from >= length + 3 && from + value.chars().count() + 3 <= end_from);
            if fits {
                line.push_str(&" ".repeat(from.saturating_sub(length)));
                line.push_str(&value);
            }
        }
        let length = line.chars().count();
        if length > 0 && end_from <= length {
            return line + "  " + &end;
        }
        line + &" ".repeat(end_from - length) + &end
    }

    fn shades(&self) -> [char; 5] {
        if self.style.ascii { ASCII_SHADES } else { SHADES }
    }

    fn sign(&self, cell: &MapCell) -> char {
        match cell.value {
            _ if cell.class == CellClass::Overloaded => OVERLOADED,
            Some(value) if value.is_finite() => self.shades()[self.level(value)],
            _ => UNKNOWN,
        }
    }

    /// Shares have a sign of their own for none; other values come in five equal steps.
    fn level(&self, value: f64) -> usize {
        let share = self.span.share(value);
        match map::is_verdict(self.result) {
            true => (share * 4.0 - 1e-9).ceil().clamp(0.0, 4.0) as usize,
            false => ((share * 5.0) as usize).min(4),
        }
    }

    /// What the signs mean.
    fn legend(&self) -> String {
        let unit = map::unit(self.result);
        let shades = self.shades();
        let parts: Vec<String> = match map::is_verdict(self.result) {
            true => ["none", "to 25 %", "to 50 %", "to 75 %", "above"]
                .iter()
                .zip(shades)
                .map(|(word, shade)| format!("{shade} {word}"))
                .collect(),
            false if self.span.high > self.span.low => (0..5u8)
                .zip(shades)
                .map(|(level, shade)| {
                    let from = map::rounded(self.span.at(f64::from(level) / 5.0), unit);
                    format!("{shade} from {from}")
                })
                .collect(),
            false => vec![format!("{} {}", shades[0], map::rounded(self.span.low, unit))],
        };
        let cells = || self.result.variants.iter().flat_map(|variant| &variant.cells);
        let has_overloaded = cells().any(|cell| cell.class == CellClass::Overloaded);
        let has_unknown = cells().any(|cell| self.sign(cell) == UNKNOWN);
        let mut text = format!("{}: {}", map::label(self.result), parts.join(", "));
        if has_overloaded {
            text.push_str(&format!(", {OVERLOADED} overloaded without any trigger"));
        }
        if has_unknown {
            text.push_str(&format!(", {UNKNOWN} no value"));
        }
        match self.every {
            (1, 1) => {}
            (x, 1) => text.push_str(&format!("; every {x}. column is shown")),
            (1, y) => text.push_str(&format!("; every {y}. row is shown")),
            (x, y) => text.push_str(&format!("; every {x}. column and every {y}. row is shown")),
        }
        text + "."
    }
}
