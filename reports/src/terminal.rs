//! What does a person see in the terminal? A header, sparklines with the triggers under them, one table,
//! one sentence per variant, the claims, and how certain all of it is.

mod expectations;
mod explain;
mod map;
mod pages;
mod grid;
mod glance;
mod landscape;
mod sparkline;
mod table;
mod trace;

use scenarios::metric::{Metric, Unit};
use scenarios::results::{Arm, Comparison, ComparisonReport, ExpectationResult, SweepResult, VariantResult};

use crate::shown::shown;
use crate::{format, marks, parts, replay, sweep_table, theory, typeset, words};
pub use explain::explanation_text;
pub use glance::glance_text;
use grid::Column;
pub use landscape::{critical_text, hysteresis_text};
pub use map::map_text;
pub use pages::{policies_text, policy_text, preset_text, presets_text};
use sparkline::Track;
pub use trace::trace_text;

/// How text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Width of the terminal in characters.
    pub width: usize,
    /// Whether ANSI colours may be used.
    pub color: bool,
    /// Whether only ASCII characters may be used.
    pub ascii: bool,
}

impl Default for TextStyle {
    fn default() -> Self {
        TextStyle { width: 100, color: false, ascii: false }
    }
}

/// More alerts, deeds and changes of several variants than this are told in a line each; the page has them all.
const MOST_MARKS: usize = 16;

/// A colour of the terminal, always beside a word or sign that says the same.
#[derive(Clone, Copy)]
enum Paint {
    Bold,
    Faint,
    Good,
    Bad,
    Doubtful,
}

impl TextStyle {
    /// Narrower than this no layout is readable; wider lines break at the terminal's edge.
    fn usable_width(&self) -> usize {
        self.width.clamp(40, 160)
    }

    fn paint(&self, text: &str, paint: Paint) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Bold => "1",
            Paint::Faint => "2",
            Paint::Good => "32",
            Paint::Bad => "31",
            Paint::Doubtful => "33",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The finished text, in ASCII if wanted.
    fn finish(&self, text: String) -> String {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let text = lines.join("\n") + "\n";
        // Escape sequences are ASCII already.
        if self.ascii { typeset::ascii(&text) } else { text }
    }
}

/// The summary of a comparison.
pub fn comparison_text(report: &ComparisonReport, style: &TextStyle) -> String {
    let comparison = &report.comparison;
    let mut text = header(report, style);
    text.push_str(&sparklines(report, style));
    text.push('\n');
    text.push_str(&table::comparison(comparison, style));
    text.push_str("\n\n");
    text.push_str(&part_tables(&comparison.variants, style));
    text.push_str(&theories(&comparison.variants, style));
    text.push_str(&marked(&comparison.variants, style));
    text.push_str(&sentences(report, style));
    text.push_str(&claims(comparison, style));
    text.push('\n');
    text.push_str(&wrapped(&words::method_sentence(comparison), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", comparison.reproduce), style, 0));
    style.finish(text)
}

/// The summary of a single run: one variant, one seed, more metrics.
pub fn run_text(report: &ComparisonReport, style: &TextStyle) -> String {
    let comparison = &report.comparison;
    let mut text = header(report, style);
    for variant in &comparison.variants {
        text.push_str(&run_tracks(report, variant, style));
        text.push('\n');
        text.push_str(&table::run(variant, &report.manifest, style));
        text.push_str("\n\n");
        text.push_str(&part_tables(std::slice::from_ref(variant), style));
    }
    text.push_str(&marked(&comparison.variants, style));
    text.push_str(&sentences(report, style));
    text.push_str(&claims(comparison, style));
    text.push('\n');
    text.push_str(&wrapped(&words::method_sentence(comparison), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", comparison.reproduce), style, 0));
    style.finish(text)
}

/// The summary of a sweep: one table per quantity.
pub fn sweep_text(sweep: &SweepResult, style: &TextStyle) -> String {
    let title = format!("{}: {} against {}", sweep.scenario.id, sweep.sweep, sweep.label);
    let facts = format!("{} points, {} each", sweep.points.len(), format::seeds(&sweep.seeds));
    let mut text = style.paint(&wrapped(&title, style, 0), Paint::Bold);
    text.push_str(&style.paint(&wrapped(&facts, style, 0), Paint::Faint));
    for shown in shown(sweep) {
        let cells = sweep_table::of(sweep, shown);
        text.push('\n');
        text.push_str(&style.paint(&wrapped(&cells.caption, style, 0), Paint::Bold));
        text.push_str(&wrapped_note(&closed_forms(&cells), style));
        text.push_str(&table::sweep(cells, style));
        text.push('\n');
    }
    if !sweep.expectations.is_empty() {
        text.push('\n');
        let replay = |claim: &ExpectationResult| replay::of_sweep(claim, sweep);
        text.push_str(&expectations::list(&sweep.expectations, replay, style));
    }
    text.push('\n');
    text.push_str(&wrapped(&words::sweep_method_sentence(sweep), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", sweep.reproduce), style, 0));
    style.finish(text)
}

/// The full names of closed forms whose columns have short ones.
fn closed_forms(cells: &sweep_table::SweepTable) -> String {
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in cells.columns.iter().zip(&cells.is_theory).filter(|(_, is_theory)| **is_theory) {
        if table::short(name) != name && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn wrapped_note(names: &str, style: &TextStyle) -> String {
    if names.is_empty() {
        return String::new();
    }
    style.paint(&wrapped(&format!("closed form: {names}"), style, 0), Paint::Faint)
}

fn header(report: &ComparisonReport, style: &TextStyle) -> String {
    let manifest = &report.manifest;
    let seeds = format::seeds(&report.comparison.seeds);
    let mut facts = format!(
        "{} · {seeds} · horizon {} · warm-up {}",
        manifest.scenario.id,
        format::setting(manifest.horizon_s),
        format::setting(manifest.warmup_s)
    );
    if report.comparison.variants.len() > 1 {
        facts.push_str(&format!(" · {} variants", report.comparison.variants.len()));
    }
    let title = style.paint(&wrapped(&manifest.title, style, 0), Paint::Bold);
    let facts = style.paint(&wrapped(&facts, style, 0), Paint::Faint);
    format!("{title}{facts}\n")
}

/// Goodput of every variant on a common scale, the triggers under each.
fn sparklines(report: &ComparisonReport, style: &TextStyle) -> String {
    let tracks: Vec<Track<'_>> = report
        .comparison
        .variants
        .iter()
        .filter_map(|variant| track(report, variant, Metric::Goodput, variant.name.clone()))
        .collect();
    let scale = tracks.iter().flat_map(|track| &track.values).flatten().copied().fold(0.0, f64::max);
    let tracks = tracks.into_iter().map(|track| Track { scale, ..track }).collect::<Vec<_>>();
    let many = report.comparison.seeds.len() > 1;
    let of = if many { ", median over seeds" } else { "" };
    let caption = format!("goodput{of}, common scale from 0 to {}", format::quantity(scale, Unit::PerSecond));
    sparkline::lines(&tracks, report.manifest.horizon_s, &caption, style)
}

/// Several metrics of one variant, each on its own scale.
fn run_tracks(report: &ComparisonReport, variant: &VariantResult, style: &TextStyle) -> String {
    let metrics = [
        Metric::Offered,
        Metric::Attempts,
        Metric::Goodput,
        Metric::Success,
        Metric::QueueLength,
        Metric::LatencyP99,
    ];
    let tracks: Vec<Track<'_>> = metrics
        .iter()
        .filter_map(|metric| track(report, variant, *metric, metric.label().to_owned()))
        .map(|track| {
            let scale = track.values.iter().flatten().copied().fold(0.0, f64::max);
            Track { scale, ..track }
        })
        .collect();
    let caption = format!("{}, each line on its own scale from 0 to its largest value", variant.name);
    sparkline::lines(&tracks, report.manifest.horizon_s, &caption, style)
}

fn track<'a>(
    report: &'a ComparisonReport,
    variant: &VariantResult,
    metric: Metric,
    label: String,
) -> Option<Track<'a>> {
    let mut lines = report.series.lines.iter();
    let line = lines.find(|line| line.arm == Arm::Triggered && line.variant == variant.name)?;
    let bands = line.bands.get(&metric)?;
    let values: Vec<Option<f64>> = bands.iter().map(|band| band.p50.filter(|v| v.is_finite())).collect();
    let triggers = report.manifest.events(&variant.name).collect();
    Some(Track { label, values, triggers, unit: metric.unit(), scale: 0.0 })
}

/// Workloads and services, where there are several.
fn part_tables(variants: &[VariantResult], style: &TextStyle) -> String {
    let tables = parts::all(variants);
    tables.iter().map(|parts| table::parts(parts, style) + "\n\n").collect()
}

/// The numbers of theories that runs show too; the page has all of them.
fn theories(variants: &[VariantResult], style: &TextStyle) -> String {
    let rows: Vec<theory::Row> =
        theory::rows(variants).into_iter().filter(|row| !row.simulated.is_empty()).collect();
    if rows.is_empty() {
        return String::new();
    }
    let column = |header: &str, is_text: bool, cell: fn(&theory::Row) -> String| Column {
        header: header.to_owned(),
        cells: rows.iter().map(cell).collect(),
        is_text,
    };
    let others = vec![
        column("what theory says", true, |row| row.what.clone()),
        column("theory", false, |row| row.value.clone()),
        column("simulated", false, |row| row.simulated.clone()),
    ];
    let mut text = grid::text(column("variant", true, |row| row.variant.clone()), vec![others], style) + "\n";
    for condition in theory::applies(variants) {
        text.push_str(&style.paint(&wrapped(&condition, style, 0), Paint::Faint));
    }
    text + "\n"
}

/// Alerts, deeds and changes, where there are any.
fn marked(variants: &[VariantResult], style: &TextStyle) -> String {
    let rows = marks::rows(variants);
    if rows.is_empty() {
        return String::new();
    }
    if variants.len() > 1 && rows.len() > MOST_MARKS {
        let told = variants.iter().filter_map(marks::story);
        return told.map(|story| wrapped(&story, style, 0)).collect::<String>() + "\n";
    }
    let column = |k: usize| Column {
        header: marks::COLUMNS[k].to_owned(),
        cells: rows.iter().map(|row| row.cells()[k].to_owned()).collect(),
        is_text: k == 0,
    };
    let others = (0..marks::COLUMNS.len()).map(column).collect();
    let first = Column {
        header: "variant".to_owned(),
        cells: rows.iter().map(|row| row.variant.clone()).collect(),
        is_text: true,
    };
    let note = style.paint(&wrapped(marks::NOTE, style, 0), Paint::Faint);
    grid::text(first, vec![others], style) + "\n" + &note + "\n"
}

fn claims(comparison: &Comparison, style: &TextStyle) -> String {
    if comparison.expectations.is_empty() {
        return String::new();
    }
    let replay =
        |claim: &ExpectationResult| replay::of_comparison(claim, &comparison.reproduce, &comparison.variants);
    format!("\n{}", expectations::list(&comparison.expectations, replay, style))
}

fn sentences(report: &ComparisonReport, style: &TextStyle) -> String {
    words::verdict_sentences(report).iter().map(|sentence| wrapped(sentence, style, 0)).collect()
}

/// Text broken at spaces so that it fits; following lines are indented by two more.
fn wrapped(text: &str, style: &TextStyle, indent: usize) -> String {
    let width = style.usable_width();
    let mut lines = String::new();
    let mut line = " ".repeat(indent);
    let mut is_fresh = true;
    let text = typeset::unbroken(text);
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !is_fresh && line.chars().count() + 1 + word.chars().count() > width {
            lines.push_str(&line);
            lines.push('\n');
            line = " ".repeat(indent + 2);
            is_fresh = true;
        }
        if !is_fresh {
            line.push(' ');
        }
        line.push_str(&word.replace('\u{a0}', " "));
        is_fresh = false;
    }
    lines + &line + "\n"
}
