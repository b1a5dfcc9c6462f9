//! What went wrong while a type read its value, and in which words?
//!
//! `serde`'s own words are about types of Rust; these are about what was written.

use std::fmt;

use serde::de::{Expected, Unexpected};

use super::{Span, suggest};

/// A failure on its way from a type to the place where it is reported.
#[derive(Debug)]
pub(super) struct Error(pub(super) Box<Fault>);

#[derive(Debug)]
pub(super) enum Fault {
    /// Something is wrong with the value.
    Wrong {
        message: String,
        help: Option<String>,
        /// Layer and position, if it is not the value as a whole.
        at: Option<(usize, Span)>,
        note: Option<(Span, String)>,
    },
    /// A struct's field is not there.
    Missing(&'static str),
    /// It has been reported; reading only unwinds.
    Settled,
}

impl Error {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Fault::Wrong { message: message.into(), help: None, at: None, note: None }))
    }

    pub(super) fn at(layer: usize, span: Span, message: impl Into<String>) -> Self {
        Self(Box::new(Fault::Wrong {
            message: message.into(),
            help: None,
            at: Some((layer, span)),
            note: None,
        }))
    }

    pub(super) fn settled() -> Self {
        Self(Box::new(Fault::Settled))
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(*self.0, Fault::Settled)
    }

    /// Says where it is, if that is not said yet.
    pub(super) fn or_at(mut self, layer: usize, span: Span) -> Self {
        if let Fault::Wrong { at, .. } = &mut *self.0 {
            at.get_or_insert((layer, span));
        }
        self
    }

    /// Adds a suggestion, if there is none yet.
    pub(super) fn with_help(mut self, suggestion: Option<String>) -> Self {
        if let Fault::Wrong { help, .. } = &mut *self.0 {
            *help = help.take().or(suggestion);
        }
        self
    }

    pub(super) fn with_note(mut self, span: Span, text: impl Into<String>) -> Self {
        if let Fault::Wrong { note, .. } = &mut *self.0 {
            *note = Some((span, text.into()));
        }
        self
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(text: T) -> Self {
        let text = text.to_string();
        match text.split_once("\nhelp: ") {
            Some((message, help)) => Self::new(message).with_help(Some(help.to_owned())),
            None => Self::new(text),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {}", expectation(expected), shown(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {}", expectation(expected), shown(found)))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("expected {}, found {length}", expectation(expected)))
    }

    fn unknown_variant(word: &str, allowed: &'static [&'static str]) -> Self {
        let allowed: Vec<&str> = allowed.iter().copied().filter(|word| *word != "$text").collect();
        Self::new(format!("unknown word `{}`", suggest::cut(word))).with_help(suggest::help(word, &allowed))
    }

    fn unknown_field(key: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(format!("unknown key `{}`", suggest::cut(key))).with_help(suggest::help(key, allowed))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(Box::new(Fault::Missing(field)))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("`{field}` is given twice"))
    }
}

/// What a type expects, without the words of Rust.
pub(super) fn expectation(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "a string" => "a text".to_owned(),
        "a borrowed string" | "str" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "unit" => "nothing".to_owned(),
        "f64" | "f32" => "a number".to_owned(),
        "u64" | "u32" | "u16" | "u8" | "usize" | "i64" | "i32" | "i16" | "i8" | "isize" => {
            "a whole number".to_owned()
        }
        other => other.to_owned(),
    }
}

fn shown(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("`{value}`"),
        Unexpected::Signed(value) => format!("`{value}`"),
        Unexpected::Float(value) => format!("`{value}`"),
        Unexpected::Char(value) => format!("`{value}`"),
        Unexpected::Str(value) => format!("`{}`", suggest::cut(value)),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        Unexpected::Bytes(_) | Unexpected::NewtypeStruct | Unexpected::Enum => "something else".to_owned(),
        Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "something else".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Fault::Wrong { message, .. } => f.write_str(message),
            Fault::Missing(field) => write!(f, "`{field}` is missing"),
            Fault::Settled => f.write_str("a problem that has been reported"),
        }
    }
}

impl std::error::Error for Error {}
