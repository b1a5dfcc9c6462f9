//! `spiral hysteresis FILE|ID`: which load breaks the system on the way up, and which heals it on the way down?

use scenarios::hysteresis;

use super::sweep::manifest;
use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Failure, Status};
use crate::plan;

pub(crate) fn run(args: &args::Hysteresis) -> Result<Status, Failure> {
    let ramp = plan::hysteresis(args)?;
    let (plan, request) = (&ramp.plan, &ramp.request);
    let ramped = super::compare::simulate(plan, |hooks| {
        hysteresis::run(&plan.scenario, &ramp.ramp, &ramp.ramped, request, hooks)
    });
    let Some(result) = ramped else {
        remark("interrupted before every seed was finished: there is nothing to report");
        return Ok(Status::Incomplete);
    };
    match plan.format {
        Format::Text => print(&reports::hysteresis_text(&result, &style()))?,
        Format::Json => print(&super::json(&result))?,
    }
    let manifest = manifest(plan, &plan.scenario.variants, request);
    plan.folder.fill(|folder| reports::write_hysteresis(&manifest, &result, folder, &plan.figures))?;
    super::compare::written(plan, plan.folder.path());
    Ok(Status::Fine)
}
