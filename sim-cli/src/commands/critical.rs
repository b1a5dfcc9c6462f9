//! `spiral critical FILE|ID`: at which size of a trigger do half of the seeds stay down?

use scenarios::critical;

use super::sweep::{deliver, manifest, store};
use crate::args;
use crate::console::remark;
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
    let manifest = manifest(plan, &plan.scenario.variants, request);
    deliver(plan, &plan.folder, &result, reports::critical_text, |result, path| {
        reports::write_critical(&manifest, result, path, &plan.figures)
    })?;
    let is_whole = result.variants.iter().all(|variant| variant.fit.is_some());
    Ok(if is_whole { Status::Fine } else { Status::Incomplete })
}
