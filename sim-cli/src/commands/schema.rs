//! `spiral schema`: what may stand in a scenario file, in the words of an editor?

use std::fs;

use crate::args;
use crate::console::print;
use crate::failure::{Complaint, Failure, Status};

pub(crate) fn run(args: &args::Schema) -> Result<Status, Failure> {
    let text = super::json(&scenarios::schema::schema());
    match &args.out {
        None => print(&text)?,
        Some(path) => fs::write(path, text)
            .map_err(|error| Complaint::new(format!("`{}` cannot be written: {error}", path.display())))?,
    }
    Ok(Status::Fine)
}
