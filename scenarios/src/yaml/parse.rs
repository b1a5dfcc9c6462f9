//! How does a text become a tree?
//!
//! The parser hands over events; they are stacked up here without recursion. What YAML has beyond lists, mappings
//! and single values (anchors, tags, merge keys, several documents) is refused: a scenario is read top to bottom,
//! and what stands at a place is what is meant there.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{Entry, Kind, Node, Problem, Source, Span, syntax, text};

/// Lists and mappings within each other; a scenario needs about twelve. The reader recurses this deep.
pub(super) const DEPTH_MAX: usize = 64;

/// The tree of a text, or its first mistake: behind a syntax error nothing is certain.
///
/// The problem does not know which of the caller's sources this is; [`Problem::in_source`] tells it.
pub fn parse(source: &Source) -> Result<Node, Problem> {
    let text = source.text.as_str();
    text::check(text)?;
    let tabs = text::tabs_in_indentation(text);
    let mut builder = Builder::default();
    let options = granit_parser::options! { emit_anchor_events: true, emit_unresolved_aliases: true };
    for next in Parser::new_from_str_with_options(text, options) {
        match next {
            Ok((event, span)) => builder.take(event, &span)?,
            Err(error) => return Err(syntax::problem(text, &error, &tabs, builder.last_scalar)),
        }
    }
    // Tabs that the parser lets pass still look different in every editor; within a text block they are content.
    let within_text = |tab: &Span| {
        let before = builder.blocks.partition_point(|block| block.start <= tab.start);
        before > 0 && tab.end <= builder.blocks[before - 1].end
    };
    if let Some(tab) = tabs.iter().find(|tab| !within_text(tab)) {
        return Err(text::tab_problem(*tab));
    }
    builder.root.ok_or_else(|| Problem::new("there is nothing in this text"))
}

/// The same for the bytes of a file, which may be too many or not be UTF-8.
///
/// The source is there in any case, so that the problem can be rendered.
pub fn parse_bytes(name: &str, bytes: &[u8]) -> (Source, Result<Node, Problem>) {
    let (source, checked) = text::from_bytes(name, bytes);
    let tree = checked.and_then(|()| parse(&source));
    (source, tree)
}

/// A list or mapping whose end has not come yet.
struct Open {
    span: Span,
    kind: OpenKind,
}

enum OpenKind {
    Sequence(Vec<Node>),
    Mapping {
        entries: Vec<Entry>,
        /// Position of each key's first occurrence.
        seen: HashMap<String, Span>,
        /// The key whose value has not come yet.
        key: Option<(String, Span)>,
    },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
    /// The last single value: a syntax error often lies in how it goes on.
    last_scalar: Option<Span>,
    /// Values that go over several lines, in the order of the text.
    blocks: Vec<Span>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, at: &granit_parser::Span) -> Result<(), Problem> {
        let span = convert(at);
        if let Some(tag) = at.tag_span() {
            return Err(Problem::new("tags are not part of the format")
                .at_span(convert(&tag))
                .with_help("delete the word that begins with `!`, or put the value in quotes"));
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::new("a second document begins here; a file holds one")
                        .at_span(span)
                        .with_help("delete the line `---`, or move what follows to a file of its own"));
                }
            }
            Event::Anchor(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => {
                return Err(Problem::new("anchors and aliases are not part of the format")
                    .at_span(span)
                    .with_help("write the value out; a text that begins with `&` or `*` needs quotes"));
            }
            Event::Scalar(text, style, ..) => {
                let quoted = style != ScalarStyle::Plain;
                // For a missing value the parser gives a `~` of no length.
                let text = if span.start == span.end && !quoted { String::new() } else { text.into_owned() };
                self.last_scalar = Some(span);
                if at.end.line() > at.start.line() {
                    self.blocks.push(span);
                }
                self.add(Node { span, kind: Kind::Scalar { text, quoted } })?;
            }
            Event::SequenceStart(..) => self.begin(span, OpenKind::Sequence(Vec::new()))?,
            Event::MappingStart(..) => {
                let kind = OpenKind::Mapping { entries: Vec::new(), seen: HashMap::new(), key: None };
                self.begin(span, kind)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            // Comments, if some other crate has switched them on, and whatever later versions tell.
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, span: Span, kind: OpenKind) -> Result<(), Problem> {
        if let Some(Open { kind: OpenKind::Mapping { key: None, .. }, .. }) = self.open.last() {
            return Err(Problem::new("a key must be a single word, not a list or a mapping")
                .at_span(span)
                .with_help("a text that begins with `[` or `{` needs quotes"));
        }
        if self.open.len() == DEPTH_MAX {
            return Err(syntax::too_deep(span));
        }
        self.open.push(Open { span, kind });
        Ok(())
    }

    fn end(&mut self, end: Span) -> Result<(), Problem> {
        let Some(Open { mut span, kind }) = self.open.pop() else { return Ok(()) };
        let last;
        let kind = match kind {
            OpenKind::Sequence(items) => {
                last = items.last().map(|item| item.span.end);
                Kind::Sequence(items)
            }
            OpenKind::Mapping { entries, .. } => {
                last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                Kind::Mapping(entries)
            }
        };
        // A bracket ends where it stands. A block ends with its last value: its end event comes lines later.
        span.end = if end.end > end.start { end.end } else { last.unwrap_or(span.end) };
        self.add(Node { span, kind })
    }

    /// Puts a finished node where it belongs: it is a key, a value, an item or the whole.
    fn add(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(node),
            Some(OpenKind::Sequence(items)) => items.push(node),
            Some(OpenKind::Mapping { entries, seen, key }) => match key.take() {
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
                None => *key = Some((checked_key(&node, seen)?, node.span)),
            },
        }
        Ok(())
    }
}

/// A node's text as a key that has not been there before.
fn checked_key(node: &Node, seen: &mut HashMap<String, Span>) -> Result<String, Problem> {
    let Kind::Scalar { text, quoted } = &node.kind else {
        return Err(Problem::new("a key must be a single word").at_span(node.span));
    };
    if text.is_empty() {
        return Err(Problem::new("a key is missing before the `:`").at_span(node.span));
    }
    if text == "<<" && !quoted {
        return Err(Problem::new("the merge key `<<` is not part of the format")
            .at_span(node.span)
            .with_help("write the entries out"));
    }
    let Some(first) = seen.insert(text.clone(), node.span) else { return Ok(text.clone()) };
    let word = super::suggest::cut(text);
    let mut problem = Problem::new(format!("`{word}` is given twice, first in line {}", first.line))
        .at_span(node.span)
        .with_help("keep one of the two");
    problem.note = Some((first, "first given here".to_owned()));
    Err(problem)
}

fn convert(span: &granit_parser::Span) -> Span {
    let start = span.start.byte_offset().unwrap_or(0);
    let end = span.end.byte_offset().unwrap_or(start).max(start);
    Span { start, end, line: span.start.line(), column: span.start.col() + 1 }
}
