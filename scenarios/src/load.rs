//! Is this file a scenario? From bytes to models that always run, or every problem with its place.

pub mod grid;
mod layers;
mod stages;

use sim_core::model::rate::{RateProfile, Step};
use sim_core::model::{Model, Named, SystemConfig};
use sim_core::time::SimDuration;
use sim_core::units::Rate;

use crate::check;
use crate::document::{Document, FORMAT, ParameterConfig, RunConfig};
use crate::expectation::ExpectationConfig;
use crate::glance::GlanceConfig;
use crate::presets::{self, PresetUse};
use crate::yaml::{self, Node, Problem, Source};
use layers::Texts;
use stages::Stages;

/// A scenario that is ready to run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name of the scenario.
    pub id: String,
    /// One line that says what it shows.
    pub title: String,
    /// A paragraph about the mechanism.
    pub summary: String,
    /// Where mechanism and numbers come from.
    pub source: String,
    /// BLAKE3 of the file and of every `--set`, 16 hexadecimal digits.
    pub hash: String,
    /// The variants in the order of the file, at least one; the first is the baseline.
    pub variants: Vec<Variant>,
    /// What is claimed.
    pub expectations: Vec<ExpectationConfig>,
    /// The named sweeps of one setting.
    pub sweeps: Vec<Sweep>,
    /// The named sweeps of two settings.
    pub grids: Vec<grid::Grid>,
    /// Short names of settings.
    pub parameters: Named<ParameterConfig>,
    /// What it shows at a glance.
    pub glance: Option<GlanceConfig>,
    /// How often the file wants to be run.
    pub run: RunConfig,
    texts: Texts,
}

/// One system of a scenario.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Name in the file; `base` if the file has no variants.
    pub name: String,
    /// The system as the file says it, all defaults filled in.
    pub system: SystemConfig,
    /// How long it is run.
    pub run: RunConfig,
    /// The system, ready to run.
    pub model: Model,
}

/// A named sweep, every point loaded.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Name in the file.
    pub name: String,
    /// Path of the setting.
    pub path: String,
    /// Label of the axis.
    pub label: String,
    /// Seeds inside each point.
    pub seeds: u32,
    /// Metric of the figure.
    pub metric: crate::metric::Metric,
    /// The points in order.
    pub points: Vec<Point>,
}

/// One value of a sweep.
#[derive(Clone, Debug)]
pub struct Point {
    /// As the file writes it.
    pub value: String,
    /// As a number, for the axis.
    pub x: f64,
    /// The variants with this value.
    pub variants: Vec<Variant>,
}

/// Why a file is no scenario.
#[derive(Clone, Debug)]
pub struct LoadError {
    /// The texts that problems point into.
    pub sources: Vec<Source>,
    /// Every problem.
    pub problems: Vec<Problem>,
}

impl LoadError {
    /// The problems with excerpts of the file, for a terminal.
    pub fn render(&self, color: bool) -> String {
        yaml::render(&self.sources, &self.problems, color)
    }
}

/// Gives the text of a file that a scenario names, such as a trace of rates.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;

/// Reads a scenario. `sets` are changes from the command line, `path=value`, laid over base and variants.
pub fn load(
    name: &str,
    bytes: &[u8],
    sets: &[String],
    read_file: ReadFile<'_>,
) -> Result<Scenario, LoadError> {
    let (source, tree) = yaml::parse_bytes(name, bytes);
    let mut sources = vec![source];
    let mut trees = Vec::new();
    let mut problems = Vec::new();
    match tree {
        Ok(tree) => trees.push(tree),
        Err(problem) => problems.push(problem.in_source(0)),
    }
    for set in sets {
        let source = Source { name: "--set".to_owned(), text: set.clone() };
        let (path, value) = set.split_once('=').unwrap_or((set, ""));
        match yaml::overlay_from_path(&source, path.trim(), value) {
            Ok(tree) => trees.push(tree),
            Err(problem) => problems.push(problem.in_source(sources.len())),
        }
        sources.push(source);
    }
    if !problems.is_empty() {
        return Err(LoadError { sources, problems });
    }
    let texts = Texts { sources, trees };
    let mut reader = Reader { texts, read_file, problems };
    let scenario = reader.scenario();
    yaml::tidy(&mut reader.problems);
    match scenario {
        Some(scenario) if reader.problems.is_empty() => Ok(scenario),
        _ => Err(LoadError { sources: reader.texts.sources, problems: reader.problems }),
    }
}

impl Scenario {
    /// The variant of this name.
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }

    /// The first variant.
    pub fn baseline(&self) -> &Variant {
        &self.variants[0]
    }

    /// Where a setting of a variant stands: in its overlay, in the base, or at the nearest place above.
    pub(crate) fn place(&self, variant: &str, path: &str) -> Option<crate::explain::result::Place> {
        let layers = self.texts.layers(Some(variant), &[]);
        let (layer, span) = yaml::nearest_origin(&layers, path)?;
        let file = self.texts.sources[layers[layer].source].name.clone();
        Some(crate::explain::result::Place {
            file,
            line: span.line,
            column: span.column,
            path: yaml::shown(path),
        })
    }

    /// The calls, services and pools of a variant that are built on presets, and what holds there.
    pub fn presets(&self, variant: &Variant) -> Vec<PresetUse> {
        let layers = self.texts.layers(Some(&variant.name), &[]);
        presets::resolved(&variant.system, &layers, &self.texts.sources)
    }

    /// A sweep that the file does not name: `path` takes `values`, for the variants in `names`.
    pub fn sweep_of(
        &self,
        path: &str,
        values: &[String],
        seeds: u32,
        read_file: ReadFile<'_>,
    ) -> Result<Sweep, LoadError> {
        let mut reader = Reader { texts: self.texts.clone(), read_file, problems: Vec::new() };
        let names: Vec<String> = self.variants.iter().map(|variant| variant.name.clone()).collect();
        let (path, label) = grid::named_path(&self.parameters, path, "");
        let sweep = reader.sweep("x", &path, values, &label, seeds, &names, None);
        yaml::tidy(&mut reader.problems);
        match reader.problems.is_empty() {
            true => Ok(sweep),
            false => Err(LoadError { sources: reader.texts.sources, problems: reader.problems }),
        }
    }
}

struct Reader<'a> {
    texts: Texts,
    read_file: ReadFile<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn scenario(&mut self) -> Option<Scenario> {
        let layers = self.texts.layers(None, &[]);
        let reading = yaml::read::<Document>(&layers);
        self.problems.extend(reading.problems.clone());
        check::suggest_names(&layers, &mut self.problems);
        let base = reading.value.as_ref()?;
        check::document(base, &reading, &layers, &mut self.problems);
        if base.spiral != FORMAT && reading.is_real("spiral") {
            let message = format!("this is format {}; this program reads format {FORMAT}", base.spiral);
            self.problems.push(Problem::at(&layers, "spiral", message));
        }
        let names: Vec<String> = match base.variants.is_empty() {
            true => vec!["base".to_owned()],
            false => base.variants.names().map(str::to_owned).collect(),
        };
        let base = base.clone();
        let mut variants = Vec::new();
        let mut told = vec![self.problems.len()];
        for name in &names {
            variants.extend(self.variant(name, &[]));
            told.push(self.problems.len());
        }
        self.name_variants(&names, &told);
        let sound = self.problems.is_empty();
        let (mut sweeps, mut grids) = (Vec::new(), Vec::new());
        if sound {
            for (name, sweep) in base.sweeps.iter() {
                let seeds = sweep.seeds.unwrap_or(base.run.seeds).get();
                if sweep.y.is_some() {
                    grids.extend(self.grid(name, sweep, &base.parameters, &names, seeds));
                    continue;
                }
                let place = format!("sweeps/{name}");
                let (path, label) = grid::named_path(&base.parameters, &sweep.path, &sweep.label);
                let values = &sweep.values.values;
                let mut loaded = self.sweep(name, &path, values, &label, seeds, &names, Some(&place));
                loaded.metric = sweep.metric.unwrap_or(loaded.metric);
                sweeps.push(loaded);
            }
        }
        Some(Scenario {
            id: base.id,
            title: base.title,
            summary: base.summary.trim().to_owned(),
            source: base.source.trim().to_owned(),
            hash: self.hash(),
            variants,
            expectations: base.expect,
            sweeps,
            grids,
            parameters: base.parameters,
            glance: base.glance,
            run: base.run,
            texts: self.texts.clone(),
        })
    }

    /// A problem at a line of the base that the baseline does not have comes from what a variant changes: the
    /// first that has it is pointed at. The problems of variant `k` are those from `told[k]` on.
    fn name_variants(&mut self, names: &[String], told: &[usize]) {
        if self.problems.len() - told[0] > PROBLEMS_COMPARED {
            return;
        }
        let same = |a: &Problem, b: &Problem| a.span == b.span && a.message == b.message;
        let mut first = Vec::new();
        for problem in &self.problems[told[0]..] {
            let has =
                |pair: &[usize]| self.problems[pair[0]..pair[1]].iter().any(|other| same(other, problem));
            let having: Vec<usize> =
                told.windows(2).enumerate().filter(|(_, pair)| has(pair)).map(|(k, _)| k).collect();
            let is_of_base = problem.source == Some(0) && !problem.path.starts_with("variants/");
            first.push(having.first().copied().filter(|k| is_of_base && *k > 0));
        }
        let variants = self.texts.trees[0].entry("variants");
        for (problem, variant) in self.problems[told[0]..].iter_mut().zip(first) {
            let key = variant.and_then(|k| Some(variants?.value.entry(&names[k])?.key_span));
            if let Some(key) = key.filter(|_| problem.note.is_none()) {
                problem.note = Some((key, "only with what this variant changes".to_owned()));
            }
        }
    }

    /// Changes whenever the file or a setting does.
    fn hash(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for source in &self.texts.sources {
            hasher.update(&(source.text.len() as u64).to_le_bytes());
            hasher.update(source.text.as_bytes());
        }
        hasher.finalize().to_hex()[..16].to_owned()
    }

    /// One variant, with the setting of a sweep point on top if there is one.
    fn variant(&mut self, name: &str, settings: &[(usize, &Node)]) -> Option<Variant> {
        let layers = self.texts.layers(Some(name), settings);
        check::variant_keys(&layers, &mut self.problems);
        let reading = yaml::read::<Document>(&layers);
        let mut problems = reading.problems.clone();
        check::suggest_names(&layers, &mut problems);
        let mut document = reading.value.clone()?;
        for (name, workload) in &mut document.workloads.0 {
            let place = format!("workloads/{name}/arrivals");
            if let Some(RateProfile::Trace(trace)) = workload.arrivals.rate_mut() {
                match read_trace(self.read_file, &trace.file) {
                    Ok(steps) => trace.steps = steps,
                    Err(message) => problems.push(Problem::at(&layers, &place, message)),
                }
            }
        }
        let trace_failed = problems.len() > reading.problems.len();
        check::run(&document.run, &reading, &layers, &mut problems);
        let mut system = document.system();
        let raw = reading.value.as_ref().expect("it was there a moment ago");
        let stages = Stages::read(raw, &layers, &mut system, &mut problems);
        let before = problems.len();
        let model = match Model::new(&system) {
            Ok(model) => Some(model),
            Err(found) => {
                for problem in found {
                    if let Some(placed) = stages.place(&problem) {
                        problems.extend(placed);
                        continue;
                    }
                    // What a stand-in causes has been reported where the stand-in came from.
                    if !reading.is_real(&problem.path)
                        || reading.blames_a_stand_in(&problem.path, &problem.message)
                        || (trace_failed && problem.path.ends_with("/arrivals"))
                        || has_misspelt_key(&reading.problems, &problem.path)
                    {
                        continue;
                    }
                    problems.push(check::located(&layers, problem));
                }
                check::suggest_names(&layers, &mut problems[before..]);
                None
            }
        };
        // Settings from the command line and points of sweeps explore: the file is judged as it stands.
        if let (Some(model), 1, []) = (&model, self.texts.trees.len(), settings) {
            check::verdicts(&document, name, model, &layers, &mut problems);
        }
        let failed = !problems.is_empty();
        self.problems.extend(problems);
        (!failed).then_some(())?;
        Some(Variant { name: name.to_owned(), system, run: document.run, model: model? })
    }

    #[allow(clippy::too_many_arguments, reason = "what a sweep consists of, from a file or a command line")]
    fn sweep(
        &mut self,
        name: &str,
        path: &str,
        values: &[String],
        label: &str,
        seeds: u32,
        names: &[String],
        place: Option<&str>,
    ) -> Sweep {
        let mut points = Vec::new();
        let (first_problem, first_source) = (self.problems.len(), self.texts.sources.len());
        for (index, value) in values.iter().enumerate() {
            let source = match place {
                None => Source { name: "--x".to_owned(), text: format!("{path}={value}") },
                Some(_) => Source {
                    name: format!("{}, sweep {name}", self.texts.sources[0].name),
                    text: format!("{path}={value}"),
                },
            };
            let source_index = self.texts.sources.len();
            let tree = yaml::overlay_from_path(&source, path, value);
            self.texts.sources.push(source);
            let Ok(tree) = tree.map_err(|p| self.problems.push(p.in_source(source_index))) else { continue };
            let before = self.problems.len();
            let variants: Vec<Variant> =
                names.iter().filter_map(|name| self.variant(name, &[(source_index, &tree)])).collect();
            let Some(x) = axis_value(value) else {
                let mut problem = Problem::new(format!(
                    "`{value}` is not a number with or without a unit; a sweep needs an axis"
                ));
                if let Some(place) = place {
                    let layers = self.texts.layers(None, &[]);
                    problem = Problem::at(&layers, &format!("{place}/values/{index}"), problem.message);
                }
                self.problems.push(problem);
                continue;
            };
            if self.problems.len() > before {
                break; // the other points have the same fault
            }
            points.push(Point { value: value.clone(), x, variants });
        }
        if values.is_empty() {
            let message = "a sweep without values shows nothing; write at least two";
            let layers = self.texts.layers(None, &[]);
            self.problems.push(match place {
                Some(place) => Problem::at(&layers, &format!("{place}/values"), message),
                None => Problem::new(message),
            });
        }
        if let Some(place) = place {
            self.place_in_file(first_problem, first_source, path, place);
        }
        Sweep {
            name: name.to_owned(),
            path: path.to_owned(),
            label: if label.is_empty() { path.to_owned() } else { label.to_owned() },
            seeds,
            metric: crate::metric::Metric::LatencyMean,
            points,
        }
    }

    /// Lets problems with the values of a sweep point at the lines of the file that name them. Source
    /// `first_source` and those after it are one value each, written as `path=value`.
    fn place_in_file(&mut self, first_problem: usize, first_source: usize, path: &str, place: &str) {
        let layers = self.texts.layers(None, &[]);
        for problem in &mut self.problems[first_problem..] {
            let Some(index) = problem.source.and_then(|source| source.checked_sub(first_source)) else {
                continue;
            };
            let in_path = problem.span.is_none_or(|span| span.start < path.len());
            let place = if in_path { format!("{place}/path") } else { format!("{place}/values/{index}") };
            let found = Problem::at(&layers, &place, std::mem::take(&mut problem.message));
            *problem = Problem { help: problem.help.take(), ..found };
        }
    }
}

/// Whether a key at `path` is unknown: what seems to be missing there was perhaps meant by it, and that is told.
fn has_misspelt_key(problems: &[Problem], path: &str) -> bool {
    problems.iter().filter(|problem| problem.message.starts_with("unknown key")).any(|problem| {
        let above = problem.path.rsplit_once('/').map_or("", |(above, _)| above);
        above.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    })
}

/// With more problems than this it is not asked which variant has which.
const PROBLEMS_COMPARED: usize = 2_000;

/// The number in a value of any unit: `90/s` is 90, `250ms` is 0.25, `20%` is 0.2.
fn axis_value(value: &str) -> Option<f64> {
    value.parse::<crate::claim::Quantity>().ok().map(|quantity| quantity.value)
}

/// The rows of a CSV of seconds and requests per second.
fn read_trace(read_file: ReadFile<'_>, file: &str) -> Result<Vec<Step>, String> {
    let text = read_file(file).map_err(|reason| format!("`{file}` cannot be read: {reason}"))?;
    let mut steps = Vec::new();
    let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    for (index, row) in rows.records().enumerate() {
        let line = index + 2;
        let row = row.map_err(|error| format!("`{file}` line {line}: {error}"))?;
        let number = |column: usize| {
            row.get(column).and_then(|cell| cell.parse::<f64>().ok()).filter(|x| x.is_finite() && *x >= 0.0)
        };
        let (Some(seconds), Some(rate)) = (number(0), number(1).filter(|rate| *rate <= 1e9)) else {
            return Err(format!(
                "`{file}` line {line}: a row is two numbers, seconds and requests per second"
            ));
        };
        steps.push(Step { at: SimDuration::from_secs_f64(seconds), rate: Rate::per_second(rate) });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests;
