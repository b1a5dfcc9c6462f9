//! How does a command end? The exit statuses, and everything that keeps a command from its result.

use std::fmt::Write;
use std::io;

use reports::{ReportError, ReportErrorKind};
use scenarios::load::LoadError;
use scenarios::results::Outcome;

use crate::console;

/// The exit status of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Status {
    /// Done; every claim holds.
    Fine = 0,
    /// An expectation does not hold.
    ClaimFails = 1,
    /// The command line or a file is wrong.
    Refused = 2,
    /// An expectation had nothing to measure, or the work was interrupted.
    Incomplete = 3,
    /// A mistake of the program.
    Internal = 70,
}

impl Status {
    /// The status of results: the worst claim decides, unless some of the work is missing.
    pub(crate) fn of(outcomes: impl IntoIterator<Item = Outcome>, complete: bool) -> Status {
        if !complete {
            return Status::Incomplete;
        }
        outcomes.into_iter().fold(Status::Fine, |status, outcome| match (status, outcome) {
            (Status::ClaimFails, _) | (_, Outcome::Fails) => Status::ClaimFails,
            (_, Outcome::Inconclusive) => Status::Incomplete,
            (status, Outcome::Holds) => status,
        })
    }
}

/// One thing that is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    message: String,
    help: Option<String>,
}

impl Complaint {
    /// What is wrong, in one sentence without a full stop.
    pub(crate) fn new(message: impl Into<String>) -> Complaint {
        Complaint { message: message.into(), help: None }
    }

    /// The same with what to write instead.
    pub(crate) fn with_help(self, help: impl Into<String>) -> Complaint {
        Complaint { help: Some(help.into()), ..self }
    }

    /// `word` is not among `names`: the nearest of them, or all.
    pub(crate) fn unknown(what: &str, word: &str, names: &[&str]) -> Complaint {
        let near = scenarios::yaml::nearest(word, names.iter().copied());
        let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let complaint = Complaint::new(format!("there is no {what} `{word}`"));
        match near {
            Some(near) => complaint.with_help(format!("did you mean `{near}`?")),
            None if names.is_empty() => complaint,
            None => complaint.with_help(format!("there is {listed}")),
        }
    }
}

/// Why there is no result. What is wrong with a command line and with files is collected, not told one
/// by one.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or a file is wrong.
    Refused(Refused),
    /// A report could not be written or read.
    Report(ReportError),
    /// The results could not be printed.
    Output(io::Error),
}

/// Everything that is wrong with a command line and the files it names.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    complaints: Vec<Complaint>,
    files: Vec<LoadError>,
}

impl Refused {
    /// Keeps the value, or what is wrong with it.
    pub(crate) fn take<T>(&mut self, result: Result<T, impl Into<Refused>>) -> Option<T> {
        result
            .map_err(|error| {
                let Refused { complaints, files } = error.into();
                self.complaints.extend(complaints);
                self.files.extend(files);
            })
            .ok()
    }

    /// Whether nothing is wrong so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.complaints.is_empty() && self.files.is_empty()
    }
}

impl Failure {
    pub(crate) fn status(&self) -> Status {
        match self {
            Failure::Report(ReportError { kind: ReportErrorKind::Drawing(_), .. }) => Status::Internal,
            Failure::Refused(_) | Failure::Report(_) | Failure::Output(_) => Status::Refused,
        }
    }

    /// For standard error.
    pub(crate) fn to_text(&self) -> String {
        let color = console::stderr_has_color();
        let error = if color { "\u{1b}[1;31merror\u{1b}[0m" } else { "error" };
        let mut text = String::new();
        match self {
            Failure::Refused(Refused { complaints, files }) => {
                for file in files {
                    text.push_str(&file.render(color));
                }
                if !files.is_empty() && !complaints.is_empty() {
                    text.push('\n');
                }
                for Complaint { message, help } in complaints {
                    // Writing to a string cannot fail.
                    let _ = writeln!(text, "{error}: {message}");
                    if let Some(help) = help {
                        let _ = writeln!(text, "  = help: {help}");
                    }
                }
            }
            Failure::Report(reason) => text = format!("{error}: {reason}"),
            Failure::Output(reason) => text = format!("{error}: results cannot be printed: {reason}"),
        }
        text.trim_end().to_owned()
    }
}

impl From<Complaint> for Refused {
    fn from(complaint: Complaint) -> Refused {
        Refused { complaints: vec![complaint], files: Vec::new() }
    }
}

impl From<Vec<Complaint>> for Refused {
    fn from(complaints: Vec<Complaint>) -> Refused {
        Refused { complaints, files: Vec::new() }
    }
}

impl From<LoadError> for Refused {
    fn from(file: LoadError) -> Refused {
        Refused { complaints: Vec::new(), files: vec![file] }
    }
}

impl<R: Into<Refused>> From<R> for Failure {
    fn from(refused: R) -> Failure {
        Failure::Refused(refused.into())
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Failure {
        Failure::Report(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_claim_decides_unless_work_is_missing() {
        use Outcome::{Fails, Holds, Inconclusive};
        assert_eq!(Status::of([], true), Status::Fine);
        assert_eq!(Status::of([Holds, Holds], true), Status::Fine);
        assert_eq!(Status::of([Holds, Inconclusive, Holds], true), Status::Incomplete);
        assert_eq!(Status::of([Fails, Inconclusive], true), Status::ClaimFails);
        assert_eq!(Status::of([Inconclusive, Fails], true), Status::ClaimFails);
        assert_eq!(Status::of([Fails], false), Status::Incomplete);
    }
}
