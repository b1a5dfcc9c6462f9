//! What does a word stand for, in the terminal? The page of a policy, the values of a preset, and lists of both.

use scenarios::policies::{Page, Setting};
use scenarios::presets::{Part, Preset};
use scenarios::yaml;

use super::{Paint, TextStyle, wrapped};

/// The page of a pattern or a family.
pub fn policy_text(page: &Page, style: &TextStyle) -> String {
    let mut text = style.paint(&wrapped(&format!("{}: {}", page.name, page.title), style, 0), Paint::Bold);
    for section in &page.sections {
        text.push('\n');
        let text_of = match section.heading.as_str() {
            "" => section.text.clone(),
            heading => format!("{heading}. {}", section.text),
        };
        text.push_str(&wrapped(&text_of, style, 0));
    }
    if let Some((header, rows)) = page.rows.split_first() {
        text.push('\n');
        for row in rows {
            let (first, others) =
                row.split_first().map_or(("", &[][..]), |(first, others)| (first.as_str(), others));
            let named = |(cell, header): (&String, &String)| match header.as_str() {
                "in one line" => cell.clone(),
                _ => format!("{header}: {cell}"),
            };
            let others: Vec<String> =
                others.iter().zip(&header[1..]).filter(|(cell, _)| !cell.is_empty()).map(named).collect();
            text.push_str(&wrapped(&format!("{first} · {}", others.join(" · ")), style, 2));
        }
    }
    if !page.settings.is_empty() {
        text.push('\n');
        text.push_str(&style.paint("Settings", Paint::Bold));
        text.push('\n');
        page.settings.iter().for_each(|setting| text.push_str(&setting_text(setting, style)));
    }
    style.finish(text)
}

fn setting_text(setting: &Setting, style: &TextStyle) -> String {
    let default = match setting.default.as_deref() {
        None => "must be written".to_owned(),
        Some("") => String::new(),
        Some(value) => format!("default {value}"),
    };
    let facts = [setting.name.as_str(), setting.kind.as_str(), default.as_str()];
    let facts: Vec<&str> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
    wrapped(&facts.join(" · "), style, 2) + &wrapped(&setting.text, style, 6)
}

/// All families and patterns, one line each.
pub fn policies_text(pages: &[Page], style: &TextStyle) -> String {
    let has_families = pages.iter().any(|page| page.is_family);
    let mut text = String::new();
    for page in pages {
        let indent = if page.is_family || !has_families { 0 } else { 2 };
        let line = wrapped(&format!("{}: {}", page.name, page.title), style, indent);
        text.push_str(&if page.is_family { style.paint(&line, Paint::Bold) } else { line });
    }
    style.finish(text)
}

/// The values of a preset, each with its source.
pub fn preset_text(preset: &Preset, style: &TextStyle) -> String {
    let mut text =
        style.paint(&wrapped(&format!("{}: {}", preset.name, preset.title), style, 0), Paint::Bold);
    text.push_str(&style.paint(&wrapped(&format!("read: {}", preset.source), style, 0), Paint::Faint));
    for part in preset.parts() {
        text.push('\n');
        text.push_str(&style.paint(&format!("On a {}", part.word()), Paint::Bold));
        text.push('\n');
        for value in preset.values(part) {
            text.push_str(&wrapped(&format!("{}: {}", yaml::shown(&value.path), value.text), style, 2));
            let known = format!("{}: {}", value.class.words(), value.source);
            text.push_str(&style.paint(&wrapped(&known, style, 6), Paint::Faint));
        }
    }
    if !preset.notes.is_empty() {
        text.push('\n');
        text.push_str(&style.paint("To know", Paint::Bold));
        text.push('\n');
        preset.notes.iter().for_each(|note| text.push_str(&wrapped(&format!("- {note}"), style, 2)));
    }
    style.finish(text)
}

/// All presets, one line each.
pub fn presets_text(presets: &[Preset], style: &TextStyle) -> String {
    let line = |preset: &Preset| {
        let places = preset.parts().map(Part::word).collect::<Vec<_>>().join(", ");
        wrapped(&format!("{}: {} · on a {places}", preset.name, preset.title), style, 0)
    };
    style.finish(presets.iter().map(line).collect())
}
