//! How do critical values and hysteresis look in a terminal? A table, a sentence per variant, the method.

use scenarios::metric::Unit;
use scenarios::results::critical::{CriticalResult, CriticalVariant};
use scenarios::results::hysteresis::{HysteresisResult, RampStep};

use super::grid::{self, Column};
use super::{Paint, TextStyle, wrapped};
use crate::{format, landscape, map};

/// The summary of a search for critical values.
pub fn critical_text(result: &CriticalResult, style: &TextStyle) -> String {
    let name = landscape::name(&result.label);
    let title = format!("{}: at which {name} half of the seeds stay down", result.scenario.id);
    let mut text = style.paint(&wrapped(&title, style, 0), Paint::Bold);
    let facts = format!("{} · {} per value", result.path, format::seeds(&result.seeds));
    text.push_str(&style.paint(&wrapped(&facts, style, 0), Paint::Faint));
    text.push('\n');
    // Variants are searched at values of their own: one row per value that any of them has.
    let mut values: Vec<(f64, &str)> = Vec::new();
    for point in result.variants.iter().flat_map(|variant| &variant.points) {
        if !values.iter().any(|(x, _)| *x == point.x) {
            values.push((point.x, &point.value));
        }
    }
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let unit = landscape::unit(result);
    // One long value rounds all, so that they look alike.
    let is_long = values.iter().any(|(_, written)| written.chars().count() > 5);
    let shown = |(x, written): &(f64, &str)| match is_long {
        false => (*written).to_owned(),
        true => map::rounded(*x, unit),
    };
    let first =
        Column { header: result.label.clone(), cells: values.iter().map(shown).collect(), is_text: true };
    let cell = |variant: &CriticalVariant, x: f64| {
        let point = variant.points.iter().find(|point| point.x == x);
        point.map_or(String::new(), |point| {
            format!("{}/{} [{}]", point.stuck.count, point.stuck.of, format::share_interval(point.stuck.ci95))
        })
    };
    let column = |variant: &CriticalVariant| {
        let cells = values.iter().map(|(x, _)| cell(variant, *x)).collect();
        vec![Column { header: format!("{}\nstuck", variant.name), cells, is_text: false }]
    };
    text.push_str(&grid::text(first, result.variants.iter().map(column).collect(), style));
    text.push_str("\n\n");
    for variant in &result.variants {
        let story = landscape::critical_story(result, variant);
        text.push_str(&wrapped(&format!("{}: {story}.", variant.name), style, 0));
    }
    text.push('\n');
    text.push_str(&wrapped(&landscape::critical_method(result), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", result.reproduce), style, 0));
    style.finish(text)
}

/// The summary of a load that goes up and down again.
pub fn hysteresis_text(result: &HysteresisResult, style: &TextStyle) -> String {
    let title = format!("{}: {} up and down again", result.scenario.id, landscape::name(&result.label));
    let held = landscape::held(result);
    let facts = format!("{} · {held} · {}", result.path, format::seeds(&result.seeds));
    let mut text = style.paint(&wrapped(&title, style, 0), Paint::Bold);
    text.push_str(&style.paint(&wrapped(&facts, style, 0), Paint::Faint));
    text.push('\n');
    let mut loads: Vec<f64> = Vec::new();
    for step in result.variants.iter().flat_map(|variant| variant.up.iter().chain(&variant.down)) {
        if !loads.contains(&step.load) {
            loads.push(step.load);
        }
    }
    loads.sort_by(f64::total_cmp);
    let shown = loads.iter().map(|load| map::rounded(*load, Unit::PerSecond)).collect();
    let first = Column { header: "load".to_owned(), cells: shown, is_text: true };
    let column = |header: String, steps: &[RampStep]| {
        let median = |load: &f64| steps.iter().find(|step| step.load == *load).map(|step| step.success[1]);
        let told = |share: Option<f64>| share.map_or(String::new(), format::percent);
        Column { header, cells: loads.iter().map(|load| told(median(load))).collect(), is_text: false }
    };
    let groups = result.variants.iter().map(|variant| {
        vec![column(format!("{}\nup", variant.name), &variant.up), column("\ndown".to_owned(), &variant.down)]
    });
    let caption = "success, median over seeds, while the load rises and while it falls";
    text.push_str(&style.paint(&wrapped(caption, style, 0), Paint::Faint));
    text.push_str(&grid::text(first, groups.collect(), style));
    text.push_str("\n\n");
    for variant in &result.variants {
        text.push_str(&wrapped(&format!("{}: {}.", variant.name, landscape::loop_story(variant)), style, 0));
    }
    text.push('\n');
    text.push_str(&wrapped(&landscape::loop_method(result), style, 0));
    text.push_str(&wrapped(&format!("Repeat: {}", result.reproduce), style, 0));
    style.finish(text)
}
