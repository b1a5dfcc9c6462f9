//! How do results change with two settings? A map of cells, each with seeds of its own, measured where neighbours
//! differ and for as many seeds as its interval needs.
//!
//! Cells are measured in waves. Within a wave runs are made in parallel; what comes next is decided when all of it
//! is known, in the order of the plan, so that neither threads nor an interruption change a byte. Systems that differ
//! only in their triggers share a control run.

mod refine;
mod stopping;
mod work;

use crate::experiment::Hooks;
use crate::load::grid::{Axis, Cells, Grid};
use crate::load::{LoadError, ReadFile, Scenario};
use crate::request::{Request, VERSION, reference};
use crate::results::map::{AxisResult, Contour, MapCost, MapResult, MapVariant};
use crate::store::Store;
use crate::{boundary, twin};
use refine::Refinement;
use work::Work;

/// A map, and whether all of it was made.
#[derive(Clone, Debug)]
pub struct Mapped {
    /// What is reported; `None` if the work was stopped: finished runs are in the store.
    pub result: Option<MapResult>,
    /// Runs that were made now.
    pub made: usize,
    /// Runs that were taken from the store.
    pub found: usize,
}

/// Makes a map of the scenario. A cell that cannot be built, which only a map of a file can have, is an error.
pub fn run(
    scenario: &Scenario,
    grid: &Grid,
    request: &Request,
    store: &Store,
    read_file: ReadFile<'_>,
    hooks: &Hooks<'_>,
) -> Result<Mapped, LoadError> {
    let all = scenario.variants.iter().map(|variant| variant.name.clone());
    let names: Vec<String> = all.filter(|name| request.wants(name)).collect();
    let cells = scenario.cells(grid, names.clone(), read_file);
    let mut work = Work::new(names, grid, request, cells, store, hooks);
    let (across, up) = (grid.x.values.len(), grid.y.values.len());
    let mut refinement = Refinement::new(across, up);
    let everything = || (0..across * up).map(|cell| (cell % across, cell / across)).collect();
    let mut has_begun = false;
    loop {
        let wave: Vec<(usize, usize)> = match grid.refine {
            true => {
                let bins = work.bins();
                refinement.next(|x, y| work.class(&bins, x, y))
            }
            false if std::mem::replace(&mut has_begun, true) => Vec::new(),
            false => everything(),
        };
        if wave.is_empty() {
            break;
        }
        if !work.measure(&wave)? {
            let (made, found) = work.counts;
            return Ok(Mapped { result: None, made, found });
        }
    }
    let (made, found) = work.counts;
    let cells = |index: usize| {
        let cell = |place: usize| work.cell(index, (place % across, place / across), &refinement);
        (0..across * up).map(cell).collect()
    };
    let mut variants: Vec<MapVariant> = (0..work.names.len())
        .map(|index| MapVariant {
            name: work.names[index].clone(),
            cells: cells(index),
            contour: None,
            no_contour: String::new(),
        })
        .collect();
    for (index, variant) in variants.iter_mut().enumerate() {
        match contour(&mut work.cells, grid, index) {
            Ok(contour) => variant.contour = Some(contour),
            Err(why) => variant.no_contour = why,
        }
    }
    let of_cells = (across * up * variants.len()) as u64;
    let (measured, seeds) = work.spent();
    let result = MapResult {
        schema: "spiral/map/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        sweep: grid.name.clone(),
        x: axis(&grid.x),
        y: axis(&grid.y),
        shown: grid.shown.id().to_owned(),
        unit: grid.shown.unit().symbol().to_owned(),
        seeds: request.seeds.clone(),
        refined: grid.refine,
        precision: grid.precision,
        cost: MapCost {
            cells: (measured * variants.len()) as u64,
            of_cells,
            seeds,
            of_seeds: of_cells * request.seeds.len() as u64,
        },
        variants,
        reproduce: request.reproduce.clone(),
    };
    Ok(Mapped { result: Some(result), made, found })
}

/// Where theory puts the line between healing and staying down, column by column.
fn contour(cells: &mut Cells<'_>, grid: &Grid, variant: usize) -> Result<Contour, String> {
    let mut points = Vec::new();
    for (x, place) in grid.x.at.iter().enumerate() {
        let twin = |y: usize| {
            let variants = cells.build((x, y)).map_err(|_| "a cell of it cannot be built".to_owned())?;
            twin::fluid::of(&variants[variant])
        };
        points.extend(boundary::crossing(&grid.y.at, grid.y.is_log, twin)?.map(|y| (*place, y)));
    }
    match points.is_empty() {
        true => {
            Err("by the fluid delay equation all of this range heals, or all of it stays down".to_owned())
        }
        false => {
            Ok(Contour { name: boundary::NAME.to_owned(), applies: boundary::APPLIES.to_owned(), points })
        }
    }
}

fn axis(axis: &Axis) -> AxisResult {
    AxisResult {
        path: axis.path.clone(),
        label: axis.label.clone(),
        values: axis.values.clone(),
        at: axis.at.clone(),
        log: axis.is_log,
    }
}

#[cfg(test)]
mod tests;
