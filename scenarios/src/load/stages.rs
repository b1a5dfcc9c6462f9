//! What is a system like while an operator's changes are on? The file read once more, with the changes of the
//! actions that are on as layers over everything else.

use sim_core::model::action::{self, StageConfig};
use sim_core::model::{self, SystemConfig};

use crate::check;
use crate::document::Document;
use crate::yaml::{self, Kind, Layer, Problem, Reading};

/// What an action may change.
const APPLY_KEYS: [&str; 2] = ["services", "workloads"];

/// The stages of a system: for each its layers and what was read from them.
pub(super) struct Stages<'a> {
    read: Vec<(Vec<Layer<'a>>, Reading<Document>)>,
}

impl<'a> Stages<'a> {
    /// Reads the stages of `document`, which has been read from `layers`, and puts them into `system`. Where its
    /// arrivals come from a trace, `system` has that already.
    pub(super) fn read(
        document: &Document,
        layers: &[Layer<'a>],
        system: &mut SystemConfig,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let mut stages = Stages { read: Vec::new() };
        for on in action::stages(&document.actions).unwrap_or_default() {
            let layers = with_changes(document, layers, on, problems);
            let reading = yaml::read::<Document>(&layers);
            problems.extend(reading.problems.clone());
            let Some(mut changed) = reading.value.clone() else { continue };
            for (name, workload) in &mut changed.workloads.0 {
                let unchanged = document.workloads.get(name).is_some_and(|w| w.arrivals == workload.arrivals);
                if let (true, Some(complete)) = (unchanged, system.workloads.get(name)) {
                    workload.arrivals = complete.arrivals.clone();
                }
            }
            system.stages.push(StageConfig { on, services: changed.services, workloads: changed.workloads });
            stages.read.push((layers, reading));
        }
        stages
    }

    /// A problem that the model found in a stage, at its place in the file; none if it only follows from what has
    /// been told. `None` if the problem is of no stage.
    pub(super) fn place(&self, problem: &model::Problem) -> Option<Option<Problem>> {
        let (number, path) = problem.path.strip_prefix("stages/")?.split_once('/')?;
        let (layers, reading) = &self.read[number.parse::<usize>().ok()?];
        if !reading.is_real(path) {
            return Some(None);
        }
        let mut found =
            vec![check::located(layers, model::Problem { path: path.to_owned(), ..problem.clone() })];
        check::suggest_names(layers, &mut found);
        Some(found.pop())
    }
}

/// The layers with those of the actions in `on` above them, in the order of the file.
fn with_changes<'a>(
    document: &Document,
    layers: &[Layer<'a>],
    on: u64,
    problems: &mut Vec<Problem>,
) -> Vec<Layer<'a>> {
    let mut changed = layers.to_vec();
    for (_, name) in document.actions.names().enumerate().filter(|(k, _)| on >> k & 1 == 1) {
        let path = yaml::join(&yaml::join("actions", name), "apply");
        for layer in layers {
            let Some(within) = Layer::within(layer.source, layer.root, &path) else { continue };
            let prefix =
                if layer.prefix.is_empty() { path.clone() } else { format!("{}/{path}", layer.prefix) };
            let Kind::Mapping(entries) = &within.root.kind else { continue };
            for entry in entries.iter().filter(|entry| !APPLY_KEYS.contains(&entry.key.as_str())) {
                let mut problem = Problem::new(format!("an action cannot change `{}`", entry.key));
                problem =
                    problem.in_source(layer.source).with_help("it can change `services` and `workloads`");
                (problem.span, problem.path) = (Some(entry.key_span), yaml::join(&prefix, &entry.key));
                problems.push(problem);
            }
            changed.push(Layer { prefix, ..within });
        }
    }
    changed
}
