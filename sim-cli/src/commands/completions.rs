//! `spiral completions SHELL`: how does a shell complete our words?

use clap::CommandFactory;

use crate::args::{self, Args};
use crate::console::print;
use crate::failure::{Failure, Status};

pub(crate) fn run(args: &args::Completions) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "spiral", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Status::Fine)
}
