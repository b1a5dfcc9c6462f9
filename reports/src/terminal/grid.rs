//! How does a table keep to the terminal without breaking a word or a number? Cells are never wrapped: a
//! table that is too wide is split, and every part repeats the first column.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};

use super::TextStyle;
use crate::typeset;

/// Characters between columns.
const GAP: usize = 2;
/// Headers of the first column break at blanks from this width on.
const FIRST_HEADER: usize = 24;
/// The share of the terminal from which on a name breaks, after a hyphen if it has one.
const WIDEST_NAME: f64 = 0.4;

/// A column of finished cells; a cell may have several lines.
#[derive(Clone)]
pub(super) struct Column {
    pub(super) header: String,
    pub(super) cells: Vec<String>,
    pub(super) is_text: bool,
}

impl Column {
    fn width(&self) -> usize {
        let lines = self.cells.iter().chain([&self.header]).flat_map(|cell| cell.lines());
        lines.map(|line| line.chars().count()).max().unwrap_or(0)
    }
}

/// Characters that the table needs beside each other.
pub(super) fn width(first: &Column, groups: &[Vec<Column>]) -> usize {
    first.width() + groups.iter().flatten().map(|column| GAP + column.width()).sum::<usize>()
}

/// The table as text. `groups` are columns that stay together as long as they fit.
pub(super) fn text(mut first: Column, mut groups: Vec<Vec<Column>>, style: &TextStyle) -> String {
    let width = style.usable_width();
    if style.ascii {
        // Before anything is measured, because some signs become two.
        let columns = [&mut first].into_iter().chain(groups.iter_mut().flatten());
        columns.flat_map(|c| c.cells.iter_mut().chain([&mut c.header])).for_each(|t| *t = in_ascii(t));
    }
    first.header = broken(&first.header, FIRST_HEADER, ' ');
    let widest_name = (width as f64 * WIDEST_NAME) as usize;
    first.cells.iter_mut().for_each(|cell| *cell = broken(cell, widest_name, '-'));
    let room = width.saturating_sub(first.width());
    let width_of = |columns: &[Column]| columns.iter().map(|column| GAP + column.width()).sum::<usize>();
    let mut parts: Vec<Vec<Column>> = Vec::new();
    for group in groups {
        let pieces = if width_of(&group) <= room {
            vec![group]
        } else {
            group.into_iter().map(|column| vec![column]).collect()
        };
        for piece in pieces {
            match parts.last_mut() {
                Some(part) if width_of(part) + width_of(&piece) <= room => part.extend(piece),
                _ => parts.push(piece),
            }
        }
    }
    let parts: Vec<String> = parts.iter().map(|part| rendered(&first, part, style)).collect();
    parts.join("\n\n")
}

fn in_ascii(cell: &str) -> String {
    cell.lines().map(typeset::ascii).collect::<Vec<_>>().join("\n")
}

fn rendered(first: &Column, others: &[Column], style: &TextStyle) -> String {
    let columns: Vec<&Column> = [first].into_iter().chain(others).collect();
    let fill = if style.ascii { '-' } else { '─' };
    let rule = LineStyle::none().fill(fill).junction(fill);
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|column| column.header.as_str()));
    for row in 0..first.cells.len() {
        table.add_row(columns.iter().map(|column| column.cells.get(row).map_or("", String::as_str)));
    }
    // Together with the blank that stands for a vertical line, two characters between columns.
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, if index + 1 == columns.len() { 0 } else { 1 }));
        if !columns[index].is_text {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}

/// Lines of at most `width`, broken after `separator`; a longer piece is cut where it must.
pub(super) fn broken(text: &str, width: usize, separator: char) -> String {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive(separator) {
        let line = lines.last_mut().expect("a line was begun");
        if line.chars().count() + piece.trim_end().chars().count() <= width {
            line.push_str(piece);
            continue;
        }
        let characters: Vec<char> = piece.chars().collect();
        lines.extend(characters.chunks(width).map(|chunk| chunk.iter().collect::<String>()));
    }
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_after_hyphens_only_if_they_must() {
        assert_eq!(broken("backoff-full-jitter", 19, '-'), "backoff-full-jitter");
        assert_eq!(broken("backoff-full-jitter", 14, '-'), "backoff-full-\njitter");
        assert_eq!(broken("requests per second", 14, ' '), "requests per\nsecond");
        assert_eq!(broken("unbreakable", 4, '-'), "unbr\neaka\nble");
    }

    #[test]
    fn what_does_not_fit_moves_to_a_part_of_its_own() {
        let column = |header: &str, cell: &str, is_text| Column {
            header: header.to_owned(),
            cells: vec![cell.to_owned()],
            is_text,
        };
        let groups = || vec![vec![column("wide", &"1".repeat(20), false)], vec![column("b", "2 ms", false)]];
        let style = |width| TextStyle { width, ascii: true, ..TextStyle::default() };
        let narrow = text(column("name", "a-long-name-here", true), groups(), &style(40));
        let wide = text(column("name", "a-long-name-here", true), groups(), &style(44));
        assert_eq!(wide.lines().count(), 3, "{wide}");
        assert_eq!(narrow.lines().count(), 7, "{narrow}");
        assert_eq!(narrow.matches("a-long-name-here").count(), 2, "{narrow}");
    }
}
