//! `spiral hysteresis FILE|ID`: which load breaks the system on the way up, and which heals it on the way down?

use scenarios::hysteresis;

use super::sweep::{deliver, manifest};
use crate::args;
use crate::console::remark;
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
    let manifest = manifest(plan, &plan.scenario.variants, request);
    deliver(plan, &plan.folder, &result, reports::hysteresis_text, |result, path| {
        reports::write_hysteresis(&manifest, result, path, &plan.figures)
    })?;
    Ok(Status::Fine)
}
