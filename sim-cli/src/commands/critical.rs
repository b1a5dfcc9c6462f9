//! `spiral critical FILE|ID`: at which size of a trigger do half of the seeds stay down?

use scenarios::critical;

use super::sweep::{manifest, store};
use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Failure, Status};
use crate::plan;

pub(crate) fn run(args: &args::Critical) -> Result<Status, Failure> {
    let search = plan::critical(args)?;
    let (plan, request) = (&search.plan, &search.request);
    let store = store(plan, &plan.folder)?;
    let found = super::compare::simulate(plan, |hooks| {
        critical::run(&plan.scenario, &search.sweep, search.is_log, request, &store, hooks)
    });
    let Some(result) = found else {
        remark("interrupted: finished values are kept; the same command goes on from there");
        return Ok(Status::Incomplete);
    };
    match plan.format {
        Format::Text => print(&reports::critical_text(&result, &style()))?,
        Format::Json => print(&super::json(&result))?,
    }
    let manifest = manifest(plan, &plan.scenario.variants, request);
    plan.folder.fill(|folder| reports::write_critical(&manifest, &result, folder, &plan.figures))?;
    super::compare::written(plan, plan.folder.path());
    let is_whole = result.variants.iter().all(|variant| variant.fit.is_some());
    Ok(if is_whole { Status::Fine } else { Status::Incomplete })
}
