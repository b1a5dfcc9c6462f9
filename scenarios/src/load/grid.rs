//! Which systems does a map consist of? Every value of one setting with every value of another, each cell built
//! when it is asked for.

use sim_core::model::Named;

use super::{LoadError, ReadFile, Reader, Scenario, Variant, axis_value};
use crate::document::{ParameterConfig, SweepConfig};
use crate::expectation::{Subject, Verdict};
use crate::range::Range;
use crate::yaml::{self, Problem, Source};

/// Most cells of a map. A map of a hundred by a hundred is finer than a figure can show.
pub const MOST_CELLS: usize = 10_000;

/// A setting and its values in order.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Names separated by dots.
    pub path: String,
    /// What stands at the axis.
    pub label: String,
    /// As they would stand in a file.
    pub values: Vec<String>,
    /// Their places on the axis: seconds, per second, or plain numbers.
    pub at: Vec<f64>,
    /// Whether the axis has equal ratios.
    pub is_log: bool,
}

/// Two settings that are varied together.
#[derive(Clone, Debug)]
pub struct Grid {
    /// Name in the file, or `map`.
    pub name: String,
    /// Across.
    pub x: Axis,
    /// Upwards.
    pub y: Axis,
    /// Seeds inside each cell, at most.
    pub seeds: u32,
    /// What is drawn.
    pub shown: Subject,
    /// Whether only cells between neighbours that differ are measured.
    pub refine: bool,
    /// How narrow the interval of a cell must be before it gets no more seeds.
    pub precision: Option<f64>,
}

impl Grid {
    /// Cells of the full grid.
    pub fn cells(&self) -> usize {
        self.x.values.len() * self.y.values.len()
    }

    /// What is wrong with it as a whole.
    fn check(&self) -> Option<String> {
        if self.x.path == self.y.path {
            return Some(format!("both axes vary `{}`; a map needs two settings", self.x.path));
        }
        let (across, up, cells) = (self.x.values.len(), self.y.values.len(), self.cells());
        (cells > MOST_CELLS).then(|| {
            let runs = cells as u64 * u64::from(self.seeds) * 2;
            format!(
                "{across} x {up} values are {cells} cells, at {} seeds with and without the trigger {runs} runs; \
                 at most {MOST_CELLS} cells are drawn",
                self.seeds
            )
        })
    }
}

/// The path and the label that a word means: a parameter of the scenario, or a path.
pub(super) fn named_path(parameters: &Named<ParameterConfig>, word: &str, label: &str) -> (String, String) {
    let (path, name) = match parameters.get(word) {
        Some(parameter) if parameter.label.is_empty() => (&parameter.path, word),
        Some(parameter) => (&parameter.path, parameter.label.as_str()),
        None => (&word.to_owned(), word),
    };
    (path.clone(), if label.is_empty() { name } else { label }.to_owned())
}

/// Builds the cells of a map.
pub struct Cells<'a> {
    reader: Reader<'a>,
    grid: &'a Grid,
    names: Vec<String>,
}

impl Cells<'_> {
    /// The variants of the cell at these places of the two axes.
    pub fn build(&mut self, (x, y): (usize, usize)) -> Result<Vec<Variant>, LoadError> {
        let sources = self.reader.texts.sources.len();
        let variants = self.reader.cell(self.grid, (x, y), ["--x", "--y"], &self.names);
        match self.reader.problems.is_empty() {
            true => {
                self.reader.texts.sources.truncate(sources);
                Ok(variants)
            }
            false => {
                let (sources, mut problems) =
                    (self.reader.texts.sources.clone(), std::mem::take(&mut self.reader.problems));
                yaml::tidy(&mut problems);
                Err(LoadError { sources, problems })
            }
        }
    }
}

impl Scenario {
    /// The cells of a map, for these variants.
    pub fn cells<'a>(&self, grid: &'a Grid, names: Vec<String>, read_file: ReadFile<'a>) -> Cells<'a> {
        let reader = Reader { texts: self.texts.clone(), read_file, problems: Vec::new() };
        Cells { reader, grid, names }
    }

    /// A map of two settings, each by its path or by the name of a parameter, at `seeds` seeds. Every cell of it
    /// is sound.
    pub fn grid_of(
        &self,
        x: (&str, &Range),
        y: (&str, &Range),
        seeds: u32,
        read_file: ReadFile<'_>,
    ) -> Result<Grid, LoadError> {
        let mut reader = Reader { texts: self.texts.clone(), read_file, problems: Vec::new() };
        let mut axis = |option: &str, (word, range): (&str, &Range)| {
            let (path, label) = named_path(&self.parameters, word, "");
            let axis = Axis::new(path, label, range);
            let wrong = range.values.iter().find(|value| axis_value(value).is_none());
            if let Some(value) = wrong {
                let source = Source { name: option.to_owned(), text: format!("{}={value}", axis.path) };
                let problem = no_number(value).in_source(reader.texts.sources.len());
                reader.texts.sources.push(source);
                reader.problems.push(problem);
            }
            axis
        };
        let (x, y) = (axis("--x", x), axis("--y", y));
        let grid = Grid::new("map", x, y, seeds);
        let names: Vec<String> = self.variants.iter().map(|variant| variant.name.clone()).collect();
        reader.problems.extend(grid.check().map(Problem::new));
        if reader.problems.is_empty() {
            let across = grid.x.values.len();
            let all = (0..grid.cells()).map(|cell| (cell % across, cell / across));
            reader.check_cells(&grid, all, ["--x", "--y"], &names);
        }
        yaml::tidy(&mut reader.problems);
        match reader.problems.is_empty() {
            true => Ok(grid),
            false => Err(LoadError { sources: reader.texts.sources, problems: reader.problems }),
        }
    }
}

impl Axis {
    fn new(path: String, label: String, range: &Range) -> Axis {
        let at = range.values.iter().map(|value| axis_value(value).unwrap_or(f64::NAN)).collect();
        Axis { path, label, values: range.values.clone(), at, is_log: range.is_log }
    }
}

impl Grid {
    fn new(name: &str, x: Axis, y: Axis, seeds: u32) -> Grid {
        let shown = Subject::Verdict(Verdict::Stuck);
        Grid { name: name.to_owned(), x, y, seeds, shown, refine: false, precision: None }
    }
}

impl Reader<'_> {
    /// A map that the file names, at `place`. Its cells at two edges and in the far corner are tried; the others
    /// when it is run.
    pub(super) fn grid(
        &mut self,
        name: &str,
        sweep: &SweepConfig,
        parameters: &Named<ParameterConfig>,
        names: &[String],
        seeds: u32,
    ) -> Option<Grid> {
        let y = sweep.y.as_ref()?;
        let place = format!("sweeps/{name}");
        let axis = |word: &str, label: &str, range: &Range| {
            let (path, label) = named_path(parameters, word, label);
            Axis::new(path, label, range)
        };
        let mut grid = Grid::new(
            name,
            axis(&sweep.path, &sweep.label, &sweep.values),
            axis(&y.path, &y.label, &y.values),
            sweep.seeds.map_or(seeds, sim_core::units::Count::get),
        );
        (grid.refine, grid.precision) =
            (sweep.refine, sweep.precision.map(sim_core::units::Probability::get));
        grid.shown = sweep.metric.map_or(grid.shown, Subject::Metric);
        let layers = self.texts.layers(None, &[]);
        let mut problems = Vec::new();
        for (axis, place) in [(&grid.x, place.clone()), (&grid.y, format!("{place}/y"))] {
            if axis.values.len() < 2 {
                let message = "one value is no axis; write at least two";
                problems.push(Problem::at(&layers, &format!("{place}/values"), message));
            }
            let is_no_number = |index: &usize| axis.at[*index].is_nan();
            let wrong = (0..axis.at.len()).find(is_no_number);
            let problem = |index: usize| {
                let message = no_number(&axis.values[index]).message;
                Problem::at(&layers, &format!("{place}/values/{index}"), message)
            };
            problems.extend(wrong.map(problem));
        }
        problems.extend(grid.check().map(|message| Problem::at(&layers, &place, message)));
        if !problems.is_empty() {
            self.problems.extend(problems);
            return None;
        }
        let (before, sources) = (self.problems.len(), self.texts.sources.len());
        let (last_x, last_y) = (grid.x.values.len() - 1, grid.y.values.len() - 1);
        let edges = (0..=last_x).map(|x| (x, 0)).chain((1..=last_y).map(|y| (0, y)));
        let words = ["sweep, x", "sweep, y"];
        self.check_cells(&grid, edges.chain([(last_x, last_y)]), words, names);
        // Problems with a value belong to the line that names its axis.
        let layers = self.texts.layers(None, &[]);
        for problem in &mut self.problems[before..] {
            let Some(index) = problem.source.and_then(|source| source.checked_sub(sources)) else { continue };
            let place = if index % 2 == 0 { format!("{place}/path") } else { format!("{place}/y/path") };
            let found = Problem::at(&layers, &place, std::mem::take(&mut problem.message));
            *problem = Problem { help: problem.help.take(), ..found };
        }
        Some(grid)
    }

    /// Builds these cells until one has problems.
    fn check_cells(
        &mut self,
        grid: &Grid,
        cells: impl Iterator<Item = (usize, usize)>,
        words: [&str; 2],
        names: &[String],
    ) {
        let sources = self.texts.sources.len();
        let before = self.problems.len();
        for cell in cells {
            if self.problems.len() > before {
                return; // the other cells have the same fault
            }
            self.texts.sources.truncate(sources);
            self.cell(grid, cell, words, names);
        }
        if self.problems.len() == before {
            self.texts.sources.truncate(sources);
        }
    }

    /// The variants of a cell; two texts are added to the sources, for problems to point at.
    fn cell(
        &mut self,
        grid: &Grid,
        (x, y): (usize, usize),
        words: [&str; 2],
        names: &[String],
    ) -> Vec<Variant> {
        let mut settings = Vec::new();
        for (word, axis, index) in [(words[0], &grid.x, x), (words[1], &grid.y, y)] {
            let (path, value) = (&axis.path, &axis.values[index]);
            let source = Source { name: word.to_owned(), text: format!("{path}={value}") };
            let index = self.texts.sources.len();
            match yaml::overlay_from_path(&source, path, value) {
                Ok(tree) => settings.push((index, tree)),
                Err(problem) => self.problems.push(problem.in_source(index)),
            }
            self.texts.sources.push(source);
        }
        let settings: Vec<(usize, &yaml::Node)> =
            settings.iter().map(|(index, tree)| (*index, tree)).collect();
        match settings.len() {
            2 => names.iter().filter_map(|name| self.variant(name, &settings)).collect(),
            _ => Vec::new(),
        }
    }
}

fn no_number(value: &str) -> Problem {
    Problem::new(format!("`{value}` is not a number with or without a unit; a sweep needs an axis"))
}
