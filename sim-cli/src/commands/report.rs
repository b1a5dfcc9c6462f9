//! `spiral report DIR`: how do stored results look in other colours or sizes?

use crate::args;
use crate::console::print;
use crate::failure::{Complaint, Failure, Status};

pub(crate) fn run(args: &args::Report) -> Result<Status, Failure> {
    let folder = args.folder.display();
    if !args.folder.is_dir() {
        return Err(Complaint::new(format!("there is no folder `{folder}`"))
            .with_help("name the folder that `run`, `compare` or `sweep` has written")
            .into());
    }
    let options = reports::Options { theme: args.theme, size: args.size, png: !args.no_png };
    let files = reports::redraw(&args.folder, &options)?;
    print(&format!(
        "Drew {} files in {folder}, see {}\n",
        files.len(),
        args.folder.join("report.html").display()
    ))?;
    Ok(Status::Fine)
}
