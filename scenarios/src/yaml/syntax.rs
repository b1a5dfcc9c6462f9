//! What does a syntax error mean to somebody who has never read the YAML specification?

use granit_parser::{ErrorKind, ScanError};

use super::{Problem, Span, parse::DEPTH_MAX, text};

/// The parser's error in words about what was written.
pub(super) fn problem(text: &str, error: &ScanError, tabs: &[Span], last_scalar: Option<Span>) -> Problem {
    let mark = error.marker();
    let offset = mark.byte_offset().unwrap_or(0).min(text.len());
    // An error behind the end is shown at the end of the last line that says something.
    let offset = if text[offset..].trim().is_empty() { text.trim_end().len() } else { offset };
    let at = text::span_at(text, offset);
    let width = text[offset..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let span = Span { end: offset + width, ..at };

    // Whatever the parser says about a line with a tab in front, or the next, the tab is the reason.
    let near_tab = tabs.iter().rev().find(|tab| tab.line == at.line || tab.line + 1 == at.line);
    // A value that a tab interrupts is reported where the value ends.
    let next_tab =
        tabs.iter().find(|tab| tab.line >= at.line && matches!(error.kind(), ErrorKind::TabInPlainScalar));
    if let Some(tab) = near_tab.or(next_tab) {
        return text::tab_problem(*tab);
    }
    let (message, help) = match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(span),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => (
            "this line fits the indentation of none of the lines above".to_owned(),
            "entries of one mapping begin in the same column".to_owned(),
        ),
        ErrorKind::ExpectedBlockSequenceEntry => (
            "a list ends here, but nothing else can begin".to_owned(),
            "items of a list begin with `- ` in the same column; a key stands further left".to_owned(),
        ),
        ErrorKind::MappingValueNotAllowed => match last_scalar.filter(|last| last.line < at.line) {
            Some(last) => (
                format!(
                    "this line continues the value that began in line {}, and a value has no `:`",
                    last.line
                ),
                "indent it like the line above, or put the value in quotes".to_owned(),
            ),
            None => (
                "a second `:` in one line".to_owned(),
                "put the value in quotes, begin a new line, or write `{key: value}`".to_owned(),
            ),
        },
        ErrorKind::SimpleKeyExpected => {
            ("this line has no `:`".to_owned(), "an entry is written `key: value`".to_owned())
        }
        ErrorKind::UnclosedFlowCollection { open } => {
            let close = if *open == '[' { ']' } else { '}' };
            (format!("this `{open}` is never closed"), format!("write the missing `{close}`"))
        }
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{close}` closes a `{open}`"),
            "close each `[` with `]` and each `{` with `}`".to_owned(),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("this bracket closes nothing".to_owned(), "delete it, or write the opening one".to_owned())
        }
        ErrorKind::InvalidColonPlacement
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::ExpectedFlowMappingSeparator => (
            "a `,` or a closing bracket is missing before this".to_owned(),
            "write `[a, b]` for a list and `{key: value, key: value}` for a mapping".to_owned(),
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
            return unclosed_quote(text, span, last_scalar);
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text behind a closing quote".to_owned(),
            "quote the whole value; within single quotes a `'` is written twice".to_owned(),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "an unknown escape in this text".to_owned(),
            "write `\\\\` for a backslash, or use single quotes".to_owned(),
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            (format!("a value cannot begin with `{character}`"), "put the value in quotes".to_owned())
        }
        ErrorKind::BlockSequenceEntryNotAllowed | ErrorKind::BlockEntryInFlowCollection => (
            "a `-` list cannot begin here".to_owned(),
            "begin the list in a new line, or write `[a, b]`".to_owned(),
        ),
        ErrorKind::UnexpectedEofImplicitFlowMapping | ErrorKind::ExpectedNodeContent => (
            "a value is missing here".to_owned(),
            "write one value between two commas; a text of such characters needs quotes".to_owned(),
        ),
        ErrorKind::InvalidBlockScalarHeader => (
            "a text block begins in the line below its `|` or `>`".to_owned(),
            "begin a new line, or put the value in quotes".to_owned(),
        ),
        ErrorKind::CommentInterceptedScalar => (
            "a comment stands within a value of several lines".to_owned(),
            "move the comment, or is the next line indented too far?".to_owned(),
        ),
        ErrorKind::TabInPlainScalar | ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            ("a tab that YAML does not allow here".to_owned(), "write spaces".to_owned())
        }
        other => {
            (format!("this is not well-formed YAML: {other}"), "look at the lines above, too".to_owned())
        }
    };
    Problem::new(message).at_span(span).with_help(help)
}

/// The problem of a list or mapping within too many others.
pub(super) fn too_deep(span: Span) -> Problem {
    Problem::new(format!("more than {DEPTH_MAX} lists and mappings within each other"))
        .at_span(span)
        .with_help("is a closing bracket missing?")
}

/// The parser notices a missing quote only at the end or at the next line; the reader wants to see where it opened:
/// the last quote that opens a value before the error and behind the last complete value.
fn unclosed_quote(text: &str, error: Span, last_scalar: Option<Span>) -> Problem {
    let from = last_scalar.map_or(0, |last| last.end).min(error.start);
    let opened = text[from..error.start].find(['"', '\'']).map_or(error.start, |at| from + at);
    let quote = text[opened..].chars().next().unwrap_or('"');
    let at = text::span_at(text, opened);
    Problem::new(format!("this {quote} is never closed, or its text goes on in a line that is not indented"))
        .at_span(Span { end: opened + quote.len_utf8(), ..at })
        .with_help("close the quote in the same line")
}
