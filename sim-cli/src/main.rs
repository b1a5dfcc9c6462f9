//! The command `spiral`: which command was given, and with which status does it end?

mod args;
mod commands;
mod console;
mod failure;
mod plan;
mod progress;
mod stop;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use console::remark;
use failure::{Failure, Status};

fn main() -> ExitCode {
    ExitCode::from(guarded(|| {
        let args = Args::parse();
        match run(&args) {
            Ok(status) => status,
            Err(failure) => {
                remark(&failure.to_text());
                failure.status()
            }
        }
    }) as u8)
}

/// What every command does is in the file of its name.
fn run(args: &Args) -> Result<Status, Failure> {
    match &args.command {
        Command::List(args) => commands::list::run(args),
        Command::Show(args) => commands::show::run(args),
        Command::New(args) => commands::new::run(args),
        Command::Validate(args) => commands::validate::run(args),
        Command::Explain(args) => commands::explain::run(args),
        Command::Run(args) => commands::run::run(args),
        Command::Compare(args) => commands::compare::run(args),
        Command::Sweep(args) => commands::sweep::run(args),
        Command::Critical(args) => commands::critical::run(args),
        Command::Hysteresis(args) => commands::hysteresis::run(args),
        Command::Glance(args) => commands::glance::run(args),
        Command::Trace(args) => commands::trace::run(args),
        Command::Report(args) => commands::report::run(args),
        Command::Schema(args) => commands::schema::run(args),
        Command::Completions(args) => commands::completions::run(args),
    }
}

/// A broken assertion is our mistake: it is told in one line, and no result of it is kept.
fn guarded(work: impl FnOnce() -> Status) -> Status {
    panic::set_hook(Box::new(|broken| {
        let place = broken.location().map_or(String::new(), |at| format!(" at {}:{}", at.file(), at.line()));
        let what = broken.payload_as_str().unwrap_or("no reason given");
        remark(&format!(
            "internal error: {what}{place} (spiral {}); this is our mistake: please report this line with the command and the scenario file",
            env!("CARGO_PKG_VERSION"),
        ));
    }));
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or(Status::Internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_assertion_becomes_a_status() {
        assert_eq!(guarded(|| panic!("the ledger does not balance")), Status::Internal);
        assert_eq!(guarded(|| Status::Fine), Status::Fine);
        let _ = panic::take_hook();
    }
}
