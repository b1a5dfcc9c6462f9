//! What does a phase diagram cost? `cargo bench -p scenarios --bench map` draws the diagram of the reference rig, load
//! against length of the brownout, 33 by 33 cells with 20 seeds, refined; `-- full` draws the full grid as well and
//! compares the classes of all cells: those of a refined map may differ only within one cell of the boundary.
//! `-- small` does both with 17 by 17 cells and 5 seeds.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use scenarios::experiment::Hooks;
use scenarios::library;
use scenarios::load::Scenario;
use scenarios::load::grid::Grid;
use scenarios::map;
use scenarios::range::Range;
use scenarios::request::Request;
use scenarios::results::map::MapResult;
use scenarios::store::Store;

fn no_files(_: &str) -> Result<String, String> {
    Err("the rig names no files".to_owned())
}

fn grid(scenario: &Scenario, cells: usize, seeds: u32, refine: bool) -> Grid {
    let x = Range::parse(&format!("100/s..900/s:{cells}")).expect("a sound range");
    let y = Range::parse(&format!("0.5s..16s:{cells}:log")).expect("a sound range");
    let (x, y) = (("workloads.users.arrivals.poisson.rate", &x), ("faults.brownout.for", &y));
    let grid = scenario.grid_of(x, y, seeds, &no_files).expect("every cell is sound");
    Grid { refine, ..grid }
}

fn draw(scenario: &Scenario, grid: &Grid, seeds: u32) -> MapResult {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { threads: 0, progress: &|_, _| {}, stop: &stop };
    let request = Request {
        seeds: (1..=u64::from(seeds)).collect(),
        variants: vec!["four-attempts".to_owned()],
        sweeps: false,
        kind: "map",
        reproduce: String::new(),
    };
    let start = Instant::now();
    let mapped = map::run(scenario, grid, &request, &Store::nowhere(), &no_files, &hooks);
    let result = mapped.expect("every cell is sound").result.expect("nobody stops it");
    let what = if grid.refine { "refined" } else { "full grid" };
    let share = 100.0 * result.cost.seeds as f64 / result.cost.of_seeds as f64;
    println!(
        "{what}: {:.0} s, {} of {} cells, {} of {} runs with their controls ({share:.1} %)",
        start.elapsed().as_secs_f64(),
        result.cost.cells,
        result.cost.of_cells,
        result.cost.seeds,
        result.cost.of_seeds,
    );
    result
}

fn main() {
    let asked = |word: &str| std::env::args().any(|argument| argument == word);
    let scenario = library::find("metastable-retry-storm").and_then(|shipped| shipped.load(&[]).ok());
    let scenario = scenario.expect("it is shipped and sound");
    let (cells, seeds) = match (asked("--test"), asked("small")) {
        (true, _) => (2, 1),
        (_, true) => (17, 5),
        _ => (33, 20),
    };
    println!("reference rig, load x length of the brownout, {cells} x {cells} cells, {seeds} seeds:");
    let refined = draw(&scenario, &grid(&scenario, cells, seeds, true), seeds);
    println!("  bars: 600 s on 2 cores, 25 % of the runs of the full grid");
    if !asked("full") && !asked("small") {
        return;
    }
    let full = draw(&scenario, &grid(&scenario, cells, seeds, false), seeds);
    let class = |map: &MapResult, x: usize, y: usize| map.cell(&map.variants[0], x, y).class;
    let all = || (0..cells).flat_map(|x| (0..cells).map(move |y| (x, y)));
    let differ: Vec<(usize, usize)> =
        all().filter(|(x, y)| class(&full, *x, *y) != class(&refined, *x, *y)).collect();
    let is_at_boundary = |(x, y): &(usize, usize)| {
        let near = |(a, b): &(usize, usize)| a.abs_diff(*x) <= 1 && b.abs_diff(*y) <= 1;
        all().filter(near).any(|(a, b)| class(&full, a, b) != class(&full, *x, *y))
    };
    let far = differ.iter().filter(|cell| !is_at_boundary(cell)).count();
    println!("cells whose class differs: {}, of them not beside the boundary: {far} (bar: 0)", differ.len());
}
