//! How does a series look in one line of text? Eight block characters from 0 to a scale, the trigger
//! windows marked on the line below.

use scenarios::metric::Unit;
use scenarios::results::TriggerWindow;

use super::{Paint, TextStyle};
use crate::{format, typeset};

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII_BLOCKS: [char; 8] = ['_', '.', ',', '-', '=', '+', '*', '#'];

/// One line to draw.
pub(super) struct Track<'a> {
    pub(super) label: String,
    /// One value per window.
    pub(super) values: Vec<Option<f64>>,
    pub(super) triggers: Vec<&'a TriggerWindow>,
    pub(super) unit: Unit,
    /// The value of a full block.
    pub(super) scale: f64,
}

/// All lines with their labels, the triggers and the value at the end.
pub(super) fn lines(tracks: &[Track<'_>], horizon_s: f64, caption: &str, style: &TextStyle) -> String {
    if tracks.is_empty() {
        return String::new();
    }
    let width = style.usable_width();
    let label_width =
        tracks.iter().map(|track| track.label.chars().count()).max().unwrap_or(0).min(width / 3);
    let ends: Vec<String> = tracks.iter().map(end).collect();
    let end_width = ends.iter().map(|end| end.chars().count()).max().unwrap_or(0);
    let windows = tracks.iter().map(|track| track.values.len()).max().unwrap_or(0);
    let columns = width.saturating_sub(label_width + 2 + end_width).clamp(10, 120).min(windows.max(1));
    let all_marks: Vec<String> =
        tracks.iter().map(|track| marks(&track.triggers, horizon_s, columns, style)).collect();
    let mut text = style.paint(caption, Paint::Faint) + "\n";
    for (index, track) in tracks.iter().enumerate() {
        let label = typeset::shortened(&track.label, label_width);
        let values = columns_of(&track.values, columns);
        let line: String = values.iter().map(|value| block(*value, track.scale, style)).collect();
        text.push_str(&format!("{label:<label_width$}  {line}{}\n", ends[index]));
        // Equal marks under neighbouring lines are drawn once, below the last of them.
        let marked = &all_marks[index];
        if !marked.trim().is_empty() && all_marks.get(index + 1) != Some(marked) {
            for line in with_names(marked, &trigger_names(&track.triggers), width - label_width - 2) {
                text.push_str(&style.paint(&format!("{:<label_width$}  {line}", ""), Paint::Faint));
                text.push('\n');
            }
        }
    }
    let end = format::setting(horizon_s);
    let gap = columns.saturating_sub(3 + end.chars().count());
    text.push_str(&style.paint(&format!("{:<label_width$}  0 s{}{end}", "", " ".repeat(gap)), Paint::Faint));
    text.push('\n');
    text
}

fn end(track: &Track<'_>) -> String {
    match last_tenth(&track.values) {
        Some(end) => format!("  ends {}", format::quantity(end, track.unit)),
        None => "  no value".to_owned(),
    }
}

/// The names to the right of the marks, or to their left if there is more room; on lines of their own below if
/// they fit in neither place.
fn with_names(marks: &str, names: &[String], width: usize) -> Vec<String> {
    let all = names.join(", ");
    let length = all.chars().count();
    let from = marks.chars().take_while(|c| *c == ' ').count();
    let to = marks.trim_end().chars().count();
    if length <= width.saturating_sub(to + 1) {
        return vec![format!("{} {all}", marks.trim_end())];
    }
    if length < from {
        return vec![format!("{}{all} {}", " ".repeat(from - 1 - length), marks.trim())];
    }
    let mut lines = vec![marks.trim_end().to_owned(), String::new()];
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "" };
        let name = typeset::shortened(name, width.saturating_sub(comma.len())) + comma;
        let line = lines.last_mut().expect("a line was begun");
        if line.is_empty() {
            line.push_str(&name);
        } else if line.chars().count() + 1 + name.chars().count() <= width {
            line.push_str(&format!(" {name}"));
        } else {
            lines.push(name);
        }
    }
    lines
}

/// Means of equally many windows per column; none where no window has a value.
fn columns_of(values: &[Option<f64>], columns: usize) -> Vec<Option<f64>> {
    (0..columns)
        .map(|column| {
            let from = column * values.len() / columns;
            let to = ((column + 1) * values.len() / columns).max(from + 1).min(values.len());
            let there: Vec<f64> =
                values.get(from..to).unwrap_or_default().iter().flatten().copied().collect();
            if there.is_empty() { None } else { Some(there.iter().sum::<f64>() / there.len() as f64) }
        })
        .collect()
}

fn block(value: Option<f64>, scale: f64, style: &TextStyle) -> char {
    let Some(value) = value else { return ' ' };
    let share = if scale > 0.0 { value / scale } else { 0.0 };
    let level = ((share * 8.0).ceil() as usize).clamp(1, 8) - 1;
    if style.ascii { ASCII_BLOCKS[level] } else { BLOCKS[level] }
}

fn marks(triggers: &[&TriggerWindow], horizon_s: f64, columns: usize, style: &TextStyle) -> String {
    let mark = if style.ascii { '^' } else { '▔' };
    let width = horizon_s / columns as f64;
    (0..columns)
        .map(|column| {
            let (from, to) = (column as f64 * width, (column + 1) as f64 * width);
            let is_inside = |window: &&TriggerWindow| {
                window.start_s < to && window.end_s.max(window.start_s + 1e-9) > from
            };
            if triggers.iter().any(is_inside) { mark } else { ' ' }
        })
        .collect()
}

fn trigger_names(triggers: &[&TriggerWindow]) -> Vec<String> {
    let named = triggers
        .iter()
        .map(|window| format!("{} {}", window.name, format::span(window.start_s, window.end_s)));
    named.collect()
}

fn last_tenth(values: &[Option<f64>]) -> Option<f64> {
    let from = values.len() - values.len().div_ceil(10);
    let there: Vec<f64> = values[from..].iter().flatten().copied().collect();
    if there.is_empty() { None } else { Some(there.iter().sum::<f64>() / there.len() as f64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_rise_from_zero_to_the_scale() {
        let style = TextStyle::default();
        let line: String = (0..=8).map(|value| block(Some(f64::from(value)), 8.0, &style)).collect();
        assert_eq!(line, "▁▁▂▃▄▅▆▇█");
        assert_eq!(block(None, 8.0, &style), ' ');
        assert_eq!(block(Some(3.0), 0.0, &style), '▁');
    }

    #[test]
    fn names_go_where_there_is_room() {
        let placed = |marks: &str, names: &[&str], width| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            with_names(marks, &names, width).join("\n")
        };
        assert_eq!(placed("  ▔▔      ", &["crash"], 12), "  ▔▔ crash");
        assert_eq!(placed("        ▔▔", &["crash"], 10), "  crash ▔▔");
        assert_eq!(placed("  ▔▔      ", &["a long name"], 12), "  ▔▔\na long name");
        assert_eq!(placed("  ▔▔      ", &["crash", "hang", "zone"], 12), "  ▔▔\ncrash, hang,\nzone");
        assert_eq!(placed("  ▔▔      ", &["a name too long"], 12), "  ▔▔\na name too …");
    }

    #[test]
    fn a_short_trigger_is_marked_in_its_column() {
        let what = String::new();
        let window = TriggerWindow { name: "crash".to_owned(), start_s: 60.0, end_s: 60.0, what };
        let style = TextStyle { ascii: true, ..TextStyle::default() };
        assert_eq!(marks(&[&window], 100.0, 10, &style), "      ^   ");
    }
}
