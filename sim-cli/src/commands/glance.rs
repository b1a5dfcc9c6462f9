//! `spiral glance MODULE`: what does a module show, on one page?

use scenarios::experiment::Hooks;
use scenarios::glance;

use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Failure, Status};
use crate::plan;
use crate::progress::Progress;
use crate::stop;

pub(crate) fn run(args: &args::Glance) -> Result<Status, Failure> {
    let plan = plan::glance(args)?;
    let drawn = {
        let progress = Progress::new(&args.module, args.output.quiet);
        let tell = |done, total| progress.tell(done, total);
        let hooks = Hooks { threads: plan.threads, progress: &tell, stop: stop::flag() };
        glance::run(&args.module, &plan.glimpses, &plan.reproduce, &hooks)
    };
    let Some(result) = drawn else {
        remark("interrupted before every scenario was finished: there is nothing to report");
        return Ok(Status::Incomplete);
    };
    match args.output.format {
        Format::Text => print(&reports::glance_text(&result, &style()))?,
        Format::Json => print(&super::json(&result))?,
    }
    let manifest = glance::manifest(&result);
    plan.folder.fill(|path| reports::write_glance(&manifest, &result, path, &plan.figures))?;
    if !args.output.quiet {
        remark(&format!("Report: {}", plan.folder.path().join("report.html").display()));
    }
    Ok(Status::Fine)
}
