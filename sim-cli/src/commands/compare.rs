//! `spiral compare FILE|ID`: how do the variants differ, and do the scenario's claims hold?

use scenarios::compare::{self, Compared};
use scenarios::experiment::Hooks;
use scenarios::results::ComparisonReport;

use super::interrupted;
use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Failure, Status};
use crate::plan::{self, Plan};
use crate::progress::Progress;
use crate::stop;

pub(crate) fn run(args: &args::Compare) -> Result<Status, Failure> {
    let (plan, request) = plan::comparison(args)?;
    let compared = simulate(&plan, |hooks| compare::compare(&plan.scenario, &request, hooks));
    hand_over(&plan, compared, |report| match plan.format {
        Format::Text => print(&text(report)),
        Format::Json => print(&super::json(&report.comparison)),
    })
}

/// Works with a bar and an ear for Ctrl-C.
pub(super) fn simulate<T>(plan: &Plan, work: impl FnOnce(&Hooks<'_>) -> T) -> T {
    let progress = Progress::new(&plan.scenario.id, plan.quiet);
    let tell = |done, total| progress.tell(done, total);
    work(&Hooks { threads: plan.threads, progress: &tell, stop: stop::flag() })
}

/// Results to standard output first, then to the folder: what was simulated is told even if the disk is
/// full.
pub(super) fn hand_over(
    plan: &Plan,
    mut compared: Compared,
    tell: impl FnOnce(&ComparisonReport) -> Result<(), Failure>,
) -> Result<Status, Failure> {
    let Compared { report, complete, .. } = &mut compared;
    if !*complete {
        report.sweeps.retain_mut(interrupted::keep_whole_points);
        if report.comparison.seeds.is_empty() {
            remark("stopped before the first seed was finished: there is nothing to report");
            return Ok(Status::Incomplete);
        }
        let reproduce = interrupted::with_seeds(&report.comparison.reproduce, &report.comparison.seeds);
        report.manifest.reproduce.clone_from(&reproduce);
        report.comparison.reproduce = reproduce;
    }
    tell(report)?;
    plan.folder.fill(|folder| reports::write_comparison(report, folder, &plan.figures))?;
    written(plan, plan.folder.path());
    if !*complete {
        let seeds = report.comparison.seeds.len();
        remark(&format!("interrupted: the results cover {seeds} finished seeds"));
    }
    let sweeps = report.sweeps.iter().flat_map(|sweep| &sweep.expectations);
    let outcomes = report.comparison.expectations.iter().chain(sweeps).map(|claim| claim.outcome);
    Ok(Status::of(outcomes, *complete))
}

/// Says where the report is.
pub(super) fn written(plan: &Plan, folder: &std::path::Path) {
    if !plan.quiet {
        remark(&format!("Report: {}", folder.join("report.html").display()));
    }
}

/// The comparison, and the sweeps of the file below it.
fn text(report: &ComparisonReport) -> String {
    let style = style();
    let mut text = reports::comparison_text(report, &style);
    for sweep in &report.sweeps {
        text.push('\n');
        text.push_str(&reports::sweep_text(sweep, &style));
    }
    text
}
