//! How does `--set a.b.c=value` become a layer?

use super::{Entry, Kind, Node, Problem, Source, Span, parse, suggest};

/// The tree that gives `value_text` to the place `path` (`a.b.c`) and says nothing else.
///
/// `source` holds the argument as it was typed, `a.b.c=value`; spans point into it. The value is YAML in one line, such
/// as `none`, `10ms` or `{lifo: {capacity: 100}}`. A name with a dot in it cannot be reached this way.
pub fn overlay_from_path(source: &Source, path: &str, value_text: &str) -> Result<Node, Problem> {
    let path_start = if source.text.starts_with(path) { 0 } else { source.text.find(path).unwrap_or(0) };
    let value_start =
        source.text.len() - if source.text.ends_with(value_text) { value_text.len() } else { 0 };
    let whole = Span { start: 0, end: source.text.len(), line: 1, column: 1 };
    let value = if value_text.trim().is_empty() {
        return Err(Problem::new(format!("no value is given for `{}`", suggest::cut(path)))
            .at_span(whole)
            .with_help("write `path.to.the.setting=value`"));
    } else {
        parse_value(source, value_text, value_start)?
    };
    let mut keys = Vec::new();
    let mut start = path_start;
    for key in path.split('.') {
        let before = source.text.get(..start).unwrap_or("");
        let span = Span { start, end: start + key.len(), line: 1, column: before.chars().count() + 1 };
        if key.is_empty() {
            return Err(Problem::new("a word of the path is empty")
                .at_span(span)
                .with_help("write it like `services.api.workers=20`"));
        }
        keys.push((key.to_owned(), span));
        start = span.end + 1;
    }
    let nest = |value: Node, (key, key_span): (String, Span)| Node {
        span: Span { end: value.span.end, ..key_span },
        kind: Kind::Mapping(vec![Entry { key, key_span, value }]),
    };
    let depth = keys.len();
    if depth > parse::DEPTH_MAX {
        return Err(super::syntax::too_deep(whole));
    }
    Ok(keys.into_iter().rev().fold(value, nest))
}

/// The value's own tree, moved to where it stands in the argument.
fn parse_value(source: &Source, value_text: &str, value_start: usize) -> Result<Node, Problem> {
    let before = source.text.get(..value_start).unwrap_or("").chars().count();
    let moved = |span: Span| Span {
        start: span.start + value_start,
        end: span.end + value_start,
        column: span.column + if span.line == 1 { before } else { 0 },
        ..span
    };
    let alone = Source { name: source.name.clone(), text: value_text.to_owned() };
    match parse::parse(&alone) {
        Ok(mut node) => {
            move_node(&mut node, &moved);
            Ok(node)
        }
        Err(mut problem) => {
            problem.span = problem.span.map(moved);
            Err(problem)
        }
    }
}

fn move_node(node: &mut Node, moved: &dyn Fn(Span) -> Span) {
    node.span = moved(node.span);
    match &mut node.kind {
        Kind::Scalar { .. } => {}
        Kind::Sequence(items) => items.iter_mut().for_each(|item| move_node(item, moved)),
        Kind::Mapping(entries) => {
            for entry in entries {
                entry.key_span = moved(entry.key_span);
                move_node(&mut entry.value, moved);
            }
        }
    }
}
