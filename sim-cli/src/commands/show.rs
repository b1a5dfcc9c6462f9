//! `spiral show ID`: what does a shipped scenario say?

use crate::args;
use crate::console::print;
use crate::failure::{Failure, Status};
use crate::plan::Target;

pub(crate) fn run(args: &args::Show) -> Result<Status, Failure> {
    if let Target::Shipped(shipped) = Target::shipped(&args.id)? {
        print(shipped.text)?;
    }
    Ok(Status::Fine)
}
