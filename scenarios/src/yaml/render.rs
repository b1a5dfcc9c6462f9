//! How is a list of problems shown?

use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};

use super::{Problem, Source, Span, path, problem::tidy};

/// Problems as excerpts with file, line and column, in reading order and without repetitions, and their number at the
/// end. A problem with a position but no source belongs to the only source.
pub fn render(sources: &[Source], problems: &[Problem], color: bool) -> String {
    let mut problems = problems.to_vec();
    if sources.len() == 1 {
        problems.iter_mut().for_each(|problem| problem.source = problem.source.or(Some(0)));
    }
    tidy(&mut problems);
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut shown = String::new();
    for problem in &problems {
        let group = group(sources, problem);
        // Writing to a string cannot fail.
        let _ = writeln!(shown, "{}\n", renderer.render(&[group]));
    }
    if !problems.is_empty() {
        let _ = writeln!(shown, "{}", summary(sources, &problems));
    }
    shown
}

fn group<'a>(sources: &'a [Source], problem: &'a Problem) -> Group<'a> {
    let source = problem.source.and_then(|index| sources.get(index));
    let mut group = match (source, problem.span) {
        (Some(source), Some(span)) => {
            let title = Level::ERROR.primary_title(problem.message.as_str());
            title.element(excerpt(source, span, problem))
        }
        (Some(source), None) => {
            Group::with_title(Level::ERROR.primary_title(format!("{}: {}", source.name, problem.message)))
        }
        (None, _) => Group::with_title(Level::ERROR.primary_title(problem.message.as_str())),
    };
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
    }
    group
}

/// The lines around the positions only: the whole text of a large file would be searched for every problem.
fn excerpt<'a>(
    source: &'a Source,
    span: Span,
    problem: &Problem,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = source.text.as_str();
    let first =
        problem.note.as_ref().filter(|(note, _)| note.start < span.start).map_or(span, |(note, _)| *note);
    let last =
        problem.note.as_ref().map_or(span.start, |(note, _)| note.start.max(span.start)).min(text.len());
    let from = text[..first.start.min(text.len())].rfind('\n').map_or(0, |at| at + 1);
    let to = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let marked = |span: Span| -> Range<usize> {
        let within = one_line(text, span);
        within.start - from..within.end - from
    };
    // Where the excerpt is, in a file whose upper levels are out of sight.
    let place = path::shown(&problem.path);
    let label = if problem.path.contains('/') { Some(normalize_untrusted_str(&place)) } else { None };
    let mut snippet = Snippet::source(&text[from..to])
        .line_start(first.line)
        .path(source.name.as_str())
        .annotation(AnnotationKind::Primary.span(marked(span)).label(label));
    if let Some((note, words)) = &problem.note {
        snippet = snippet
            .annotation(AnnotationKind::Context.span(marked(*note)).label(normalize_untrusted_str(words)));
    }
    snippet
}

/// The part of a span in its first line: a mapping of thirty lines is not underlined.
fn one_line(text: &str, span: Span) -> Range<usize> {
    let start = span.start.min(text.len());
    let end = span.end.clamp(start, text.len());
    let line = text[start..end].split('\n').next().unwrap_or("").trim_end();
    start..start + line.len()
}

/// `3 problems in a.yaml, 1 problem in --set`.
fn summary(sources: &[Source], problems: &[Problem]) -> String {
    let count =
        |number: usize| if number == 1 { "1 problem".to_owned() } else { format!("{number} problems") };
    let of = |index: usize| problems.iter().filter(|problem| problem.source == Some(index)).count();
    let elsewhere =
        problems.iter().filter(|problem| problem.source.is_none_or(|at| at >= sources.len())).count();
    // Several `--set` have one name.
    let mut named: Vec<(&str, usize)> = Vec::new();
    for (index, source) in sources.iter().enumerate().filter(|(index, _)| of(*index) > 0) {
        match named.iter_mut().find(|(name, _)| *name == source.name) {
            Some((_, number)) => *number += of(index),
            None => named.push((&source.name, of(index))),
        }
    }
    let mut parts: Vec<String> =
        named.into_iter().map(|(name, number)| format!("{} in {name}", count(number))).collect();
    if elsewhere > 0 {
        parts.push(count(elsewhere));
    }
    parts.join(", ")
}
