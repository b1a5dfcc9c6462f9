//! `spiral trace FILE|ID`: what happened to single requests?

use scenarios::trace::{self, NoTrace};

use crate::args::{self, Format};
use crate::console::{print, remark, stderr_has_color, style};
use crate::failure::{Complaint, Failure, Status};
use crate::plan;

pub(crate) fn run(args: &args::Trace) -> Result<Status, Failure> {
    let (scenario, request, folder) = plan::trace(args)?;
    let traced = match trace::trace(&scenario, &request) {
        Ok(traced) => traced,
        Err(NoTrace::Unknown(what)) => {
            return Err(what.into_iter().map(Complaint::new).collect::<Vec<_>>().into());
        }
        Err(NoTrace::Nothing(what)) => {
            nothing(what);
            return Ok(Status::Incomplete);
        }
    };
    if let Some(folder) = folder {
        let written = reports::trace::write(&traced, folder.path())?;
        if !args.quiet {
            for note in &traced.timeline.notes {
                remark(&format!("note: {note}"));
            }
            remark(&format!("wrote {}", names(&written)));
        }
    }
    match args.format {
        Format::Text => print(&reports::trace_text(&traced.trace, &style()))?,
        Format::Json => print(&super::json(&traced.trace))?,
    }
    Ok(Status::Fine)
}

/// There is nothing to tell: not a mistake of the words, so it ends as an inconclusive claim does.
fn nothing(what: Vec<String>) {
    let word = if stderr_has_color() { "\u{1b}[1;33mnothing to tell\u{1b}[0m" } else { "nothing to tell" };
    for what in what {
        remark(&format!("{word}: {what}"));
    }
}

fn names(files: &[std::path::PathBuf]) -> String {
    files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
}
