//! `spiral sweep FILE|ID`: how do the results change with one setting, or with two?

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use reports::{ReportError, TextStyle};
use scenarios::load::Variant;
use scenarios::load::grid::Grid;
use scenarios::request::{self, Request};
use scenarios::results::Manifest;
use scenarios::store::{self, Store};
use scenarios::{map, sweep};
use serde::Serialize;

use super::interrupted;
use crate::args::{self, Format};
use crate::console::{print, remark, style};
use crate::failure::{Complaint, Failure, Refused, Status};
use crate::plan::{self, Folder, Plan, Sweeps};

/// Where finished runs are kept, inside the report folder.
const KEPT: &str = "runs.kept";

pub(crate) fn run(args: &args::Sweep) -> Result<Status, Failure> {
    let sweeps = plan::sweeps(args)?;
    let plan = &sweeps.plan;
    let (mut outcomes, mut complete) = (Vec::new(), true);
    let is_one = sweeps.lines.len() + sweeps.maps.len() == 1;
    let folder = |name: &str| plan.folder.within(if is_one { "" } else { name });
    for (sweep, request) in &sweeps.lines {
        if !complete {
            break;
        }
        let folder = folder(&sweep.name);
        let store = store(plan, &folder)?;
        let swept =
            super::compare::simulate(plan, |hooks| sweep::run(&plan.scenario, sweep, request, &store, hooks));
        let mut result = swept.result;
        complete = swept.complete;
        if !complete && !interrupted::keep_whole_points(&mut result) {
            remark(&format!("stopped before the first point of `{}` was finished", sweep.name));
            break;
        }
        let first = sweep.points.first().map(|point| point.variants.as_slice()).unwrap_or_default();
        let manifest = manifest(plan, first, request);
        deliver(plan, &folder, &result, reports::sweep_text, |result, path| {
            reports::write_sweep(&manifest, result, path, &plan.figures)
        })?;
        outcomes.extend(result.expectations.iter().map(|claim| claim.outcome));
    }
    if !complete {
        remark("interrupted: the results cover the finished points; the same command goes on from there");
        return Ok(Status::Incomplete);
    }
    for (grid, request) in &sweeps.maps {
        let folder = folder(&grid.name);
        if !draw_map(&sweeps, grid, request, &folder)? {
            return Ok(Status::Incomplete);
        }
    }
    Ok(Status::of(outcomes, complete))
}

/// Makes one map; whether it was finished.
fn draw_map(sweeps: &Sweeps, grid: &Grid, request: &Request, folder: &Folder) -> Result<bool, Failure> {
    let plan = &sweeps.plan;
    let store = store(plan, folder)?;
    let read_file = |name: &str| sweeps.target.read_beside(name);
    let mapped = super::compare::simulate(plan, |hooks| {
        map::run(&plan.scenario, grid, request, &store, &read_file, hooks)
    });
    let mapped = mapped.map_err(Refused::from)?;
    let Some(result) = mapped.result else {
        let kept = mapped.made + mapped.found;
        remark(&format!(
            "interrupted: {kept} finished runs are kept in {}; the same command goes on from there",
            folder.path().join(KEPT).display()
        ));
        return Ok(false);
    };
    if mapped.found > 0 && !plan.quiet {
        remark(&format!("{} of {} runs were there already", mapped.found, mapped.found + mapped.made));
    }
    let manifest = manifest(plan, &plan.scenario.variants, request);
    deliver(plan, folder, &result, reports::map_text, |result, path| {
        reports::write_map(&manifest, result, path, &plan.figures)
    })?;
    Ok(true)
}

/// What was kept of an earlier call, and where more is kept.
pub(super) fn store(plan: &Plan, folder: &Folder) -> Result<Store, Failure> {
    static PROGRAM: OnceLock<String> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let bytes = std::env::current_exe().and_then(std::fs::read);
        bytes.map_or(request::VERSION.to_owned(), |bytes| store::hash_of_program(&bytes))
    });
    let path = folder.path().join(KEPT);
    let opened = std::fs::create_dir_all(folder.path()).and_then(|()| Store::open(&path, program));
    let store = opened.map_err(|error| {
        let complaint = Complaint::new(format!("{}: finished runs cannot be kept: {error}", path.display()));
        Refused::from(complaint.with_help("name another folder with `--out`"))
    })?;
    if store.damaged() > 0 && !plan.quiet {
        let damaged = store.damaged();
        remark(&format!(
            "{}: {damaged} damaged records are not used; what they held is run again",
            path.display()
        ));
    }
    Ok(store)
}

/// A result to standard output first, then with its figures to its folder.
pub(super) fn deliver<T: Serialize>(
    plan: &Plan,
    folder: &Folder,
    result: &T,
    text: impl FnOnce(&T, &TextStyle) -> String,
    write: impl FnOnce(&T, &Path) -> Result<Vec<PathBuf>, ReportError>,
) -> Result<(), Failure> {
    match plan.format {
        Format::Text => print(&text(result, &style()))?,
        Format::Json => print(&super::json(result))?,
    }
    folder.fill(|path| write(result, path))?;
    super::compare::written(plan, folder.path());
    Ok(())
}

pub(super) fn manifest(plan: &Plan, variants: &[Variant], request: &Request) -> Manifest {
    let chosen = variants.iter().filter(|variant| request.wants(&variant.name));
    let variants: Vec<Variant> = chosen.cloned().collect();
    request::manifest(&plan.scenario, &variants, &request.seeds, request)
}
