//! Is this a text that can be parsed at all, and where are the tabs?
//!
//! These checks come before the parser: its own messages on tabs are a column off, and a control character may end
//! the text for it without a word.

use super::{Problem, Source, Span};

/// Texts above this size are refused unread: a tree takes many times the memory of its text.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// The text of a file, and what is wrong with it if it is too large or not UTF-8. The text is there in any case, so
/// that the problem can be shown: with replacement characters, or empty if it is too large.
pub(super) fn from_bytes(name: &str, bytes: &[u8]) -> (Source, Result<(), Problem>) {
    let source = |text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    if let Err(problem) = check_size(bytes.len()) {
        return (source(""), Err(problem));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => (source(text), Ok(())),
        Err(error) => {
            let text = String::from_utf8_lossy(bytes);
            let at = error.valid_up_to();
            let span = Span { end: at + char::REPLACEMENT_CHARACTER.len_utf8(), ..span_at(&text, at) };
            let message = format!("the file is not UTF-8 text: byte {at} is 0x{:02X}", bytes[at]);
            (source(&text), Err(Problem::new(message).at_span(span).with_help("save the file as UTF-8")))
        }
    }
}

/// Refuses what the parser must not see.
pub(super) fn check(text: &str) -> Result<(), Problem> {
    check_size(text.len())?;
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    if body.lines().all(is_blank) {
        return Err(Problem::new("there is nothing in this text").with_help("write `key: value` lines"));
    }
    for (at, c) in text.char_indices() {
        let lone_return = c == '\r' && text.as_bytes().get(at + 1) != Some(&b'\n');
        if lone_return || c.is_control() && !matches!(c, '\t' | '\n' | '\r') {
            let what =
                if lone_return { "a carriage return without a line feed" } else { "a control character" };
            return Err(Problem::new(format!("{what} (U+{:04X})", u32::from(c)))
                .at_span(Span { end: at + c.len_utf8(), ..span_at(text, at) })
                .with_help("delete it; in a quoted text it can be written as an escape such as `\\x07`"));
        }
    }
    Ok(())
}

fn check_size(bytes: usize) -> Result<(), Problem> {
    if bytes <= BYTES_MAX {
        return Ok(());
    }
    let mib = BYTES_MAX / (1024 * 1024);
    Err(Problem::new(format!("the text has {bytes} bytes; at most {mib} MiB ({BYTES_MAX} bytes) are read")))
}

/// The first tab in the indentation of each line that holds more than blanks and a comment.
pub(super) fn tabs_in_indentation(text: &str) -> Vec<Span> {
    let mut tabs = Vec::new();
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_start();
        let indentation = &line[..line.len() - content.len()];
        let tab = indentation.find('\t').filter(|_| !content.is_empty() && !content.starts_with('#'));
        if let Some(at) = tab {
            // Indentation consists of one-byte characters as far as the parser is concerned, but a no-break space
            // is white space, too: count characters.
            let column = indentation[..at].chars().count() + 1;
            tabs.push(Span { start: start + at, end: start + at + 1, line: index + 1, column });
        }
        start += line.len();
    }
    tabs
}

/// The problem of such a tab.
pub(super) fn tab_problem(tab: Span) -> Problem {
    Problem::new("a tab in the indentation").at_span(tab).with_help("indent with spaces")
}

/// The position of a byte offset, as an empty span.
pub(super) fn span_at(text: &str, offset: usize) -> Span {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    // A byte order mark is not a column.
    let column = before[line_start..].trim_start_matches('\u{feff}').chars().count() + 1;
    Span { start: offset, end: offset, line, column }
}
