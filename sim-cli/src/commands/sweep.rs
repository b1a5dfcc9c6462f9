//! `spiral sweep FILE|ID`: how do the results change with one setting?

use scenarios::load::{Sweep, Variant};
use scenarios::request::{self, Request};
use scenarios::results::Manifest;
use scenarios::sweep;

use super::interrupted;
use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Failure, Status};
use crate::plan::{self, Plan};

pub(crate) fn run(args: &args::Sweep) -> Result<Status, Failure> {
    let (plan, sweeps) = plan::sweeps(args)?;
    let (mut outcomes, mut complete) = (Vec::new(), true);
    let is_one = sweeps.len() == 1;
    for (sweep, request) in &sweeps {
        if !complete {
            break;
        }
        let swept =
            super::compare::simulate(&plan, |hooks| sweep::run(&plan.scenario, sweep, request, hooks));
        let mut result = swept.result;
        complete = swept.complete;
        if !complete && !interrupted::keep_whole_points(&mut result) {
            remark(&format!("stopped before the first point of `{}` was finished", sweep.name));
            break;
        }
        match plan.format {
            Format::Text => print(&reports::sweep_text(&result, &style()))?,
            Format::Json => print(&super::json(&result))?,
        }
        let folder = if is_one { plan.folder.within("") } else { plan.folder.within(&sweep.name) };
        let manifest = manifest(&plan, sweep, request);
        folder.fill(|folder| reports::write_sweep(&manifest, &result, folder, &plan.figures))?;
        super::compare::written(&plan, folder.path());
        outcomes.extend(result.expectations.iter().map(|claim| claim.outcome));
    }
    if !complete {
        remark("interrupted: the results cover the finished points");
    }
    Ok(Status::of(outcomes, complete))
}

fn manifest(plan: &Plan, sweep: &Sweep, request: &Request) -> Manifest {
    let chosen = |variant: &&Variant| request.variants.is_empty() || request.variants.contains(&variant.name);
    let variants: Vec<Variant> = match sweep.points.first() {
        Some(point) => point.variants.iter().filter(chosen).cloned().collect(),
        None => Vec::new(),
    };
    request::manifest(&plan.scenario, &variants, &request.seeds, request)
}
