//! `spiral run FILE|ID`: what happens in one variant with one seed?

use scenarios::compare;

use crate::args::{self, Format};
use crate::commands::compare::hand_over;
use crate::console::{print, style};
use crate::failure::{Failure, Status};
use crate::plan;

pub(crate) fn run(args: &args::Run) -> Result<Status, Failure> {
    let (plan, request) = plan::run(args)?;
    let compared = super::compare::simulate(&plan, |hooks| compare::compare(&plan.scenario, &request, hooks));
    hand_over(&plan, compared, |report| match plan.format {
        Format::Text => print(&reports::run_text(report, &style())),
        Format::Json => print(&super::json(&report.comparison)),
    })
}
