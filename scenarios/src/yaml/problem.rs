//! What is told about a mistake, and in which order are mistakes told?

use super::{Span, path};

/// A mistake in a text: what is wrong, where, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Index of the text in the caller's list of sources, if the problem stands in one.
    pub source: Option<usize>,
    /// Where it stands.
    pub span: Option<Span>,
    /// Path of the place in its file, such as `services/api/workers`.
    pub path: String,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
    /// A second position in the same text and what it shows, such as the first of two equal keys.
    pub note: Option<(Span, String)>,
}

impl Problem {
    /// A problem with a text as a whole or with nothing in particular.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            source: None,
            span: None,
            path: String::new(),
            message: message.into(),
            help: None,
            note: None,
        }
    }

    /// The problem of a check that knows a path in the layers: it points to the uppermost layer that has the place,
    /// or to the nearest place above if the place itself is not written down anywhere.
    pub fn at(layers: &[super::Layer<'_>], place: &str, message: impl Into<String>) -> Self {
        let mut problem = Self { path: place.to_owned(), ..Self::new(message) };
        if let Some((layer, span)) = super::nearest_origin(layers, place) {
            problem.path = path::under(&layers[layer].prefix, place);
            problem.source = Some(layers[layer].source);
            problem.span = Some(span);
        }
        problem
    }

    /// The same with a suggestion.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// The same, in the text with this index.
    #[must_use]
    pub fn in_source(self, source: usize) -> Self {
        Self { source: Some(source), ..self }
    }

    /// The same at this position.
    #[must_use]
    pub(super) fn at_span(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }
}

/// Brings problems into reading order and drops repetitions.
///
/// Two problems are the same if text, position and message are: so the base file's problems, found once for the base
/// and again below every variant, are told once.
pub fn tidy(problems: &mut Vec<Problem>) {
    // Problems without a text come last: they are remarks on the whole.
    let key = |p: &Problem| (p.source.unwrap_or(usize::MAX), p.span.map_or(usize::MAX, |span| span.start));
    problems.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message)));
    problems.dedup_by(|a, b| key(a) == key(b) && a.message == b.message);
}
