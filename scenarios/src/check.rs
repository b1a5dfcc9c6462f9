//! What can be wrong with a file whose every value is sound? Names that lead nowhere, claims that cannot
//! be judged, settings that contradict each other.

mod claims;

use sim_core::metrics::series::window_width;
use sim_core::model::Model;
use sim_core::time::{SimDuration, SimTime};

use crate::document::{Document, RunConfig};
use crate::expectation::Subject;
use crate::glance::GlanceConfig;
use crate::metric::Metric;
use crate::verdict;
use crate::yaml::{self, Layer, Problem, Reading};
use claims::{expectation, joined, metric_scope, names, window};

/// What a variant may change.
pub(crate) const VARIANT_KEYS: [&str; 10] =
    ["services", "zones", "prices", "links", "workloads", "faults", "actions", "monitors", "changes", "run"];

/// A problem that the model found, at its place in the file.
pub(crate) fn located(layers: &[Layer<'_>], problem: sim_core::model::Problem) -> Problem {
    let found = Problem::at(layers, &problem.path, problem.message);
    let candidates = problem.candidates;
    if candidates.is_empty() {
        return found;
    }
    let word = found.message.split('`').nth(1).unwrap_or("").to_owned();
    found.with_help(suggestion(&word, &candidates))
}

/// The nearest name, or all of them.
fn suggestion(word: &str, candidates: &[String]) -> String {
    match yaml::nearest(word, candidates.iter().map(String::as_str)) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => {
            format!("there is {}", candidates.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Checks what is said once for the whole file.
pub(crate) fn document(
    document: &Document,
    reading: &Reading<Document>,
    layers: &[Layer<'_>],
    problems: &mut Vec<Problem>,
) {
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if reading.is_real("id") && (document.id.is_empty() || !document.id.chars().all(kebab)) {
        let message = format!("`{}` is no id; use lower-case letters, digits and `-`", document.id);
        problems.push(Problem::at(layers, "id", message));
    }
    for name in document.variants.names().filter(|name| name.is_empty() || !name.chars().all(kebab)) {
        let message = format!("`{name}` is no variant name; use lower-case letters, digits and `-`");
        problems.push(Problem::at(layers, &yaml::join("variants", name), message));
    }
    if document.variants.names().any(|name| name == "none") {
        let message = "`none` is no variant name: a claim with `versus: none` compares with nothing; name what it is \
                       without, such as `no-retries`";
        problems.push(Problem::at(layers, "variants/none", message));
    }
    for (index, line) in document.expect.iter().enumerate() {
        let place = format!("expect/{index}");
        // A line with a misspelt key seems to claim nothing, but that is told already.
        let below = format!("{place}/");
        let is_sound = !reading.problems.iter().any(|problem| problem.path.starts_with(&below));
        if reading.is_real(&place) {
            expectation(document, line, &place, is_sound, layers, problems);
        }
    }
    if let Some(config) = &document.glance
        && reading.is_real("glance")
    {
        glance(document, config, layers, problems);
    }
}

/// Checks what is shown at a glance.
fn glance(document: &Document, config: &GlanceConfig, layers: &[Layer<'_>], problems: &mut Vec<Problem>) {
    let mut add = |field: &str, message: String, help: Option<String>| {
        let problem = Problem::at(layers, &joined("glance", field), message);
        problems.push(match help {
            Some(help) => problem.with_help(help),
            None => problem,
        });
    };
    let line = config.line();
    names(document, &line, [("naive", Some(&config.naive)), ("aware", Some(&config.aware))], &mut add);
    if config.naive == config.aware {
        let message = "both are the same variant; name one that believes the fallacy and one that does not";
        add("aware", message.to_owned(), None);
    }
    metric_scope(&line, config.metric, &mut add);
    window(document, &line, layers, &mut add);
}

/// What begins with a new name in a variant or a setting was perhaps meant for an entry that is there.
pub(crate) fn suggest_names(layers: &[Layer<'_>], problems: &mut [Problem]) {
    let is_incomplete = |problem: &&mut Problem| {
        problem.message.contains(" lacks ") || problem.message.starts_with("the service does nothing")
    };
    for problem in problems.iter_mut().filter(is_incomplete) {
        let parts: Vec<&str> = problem.path.split('/').collect();
        let (family, name) = match parts[..] {
            ["variants", _, family, name] => (family, name),
            [family, name] if problem.source != Some(layers[0].source) => (family, name),
            _ => continue,
        };
        let Some(yaml::Node { kind: yaml::Kind::Mapping(entries), .. }) =
            yaml::node_at(layers[0].root, family)
        else {
            continue;
        };
        let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        if names.contains(&name) {
            continue;
        }
        if let Some(near) = yaml::nearest(name, names) {
            let new =
                problem.help.take().map_or(String::new(), |help| format!(" If `{name}` is new, {help}"));
            problem.help = Some(format!("did you mean `{near}`?{new}"));
        }
    }
}

/// Refuses what a variant cannot change.
pub(crate) fn variant_keys(layers: &[Layer<'_>], problems: &mut Vec<Problem>) {
    for layer in layers.iter().filter(|layer| !layer.prefix.is_empty()) {
        let yaml::Kind::Mapping(entries) = &layer.root.kind else { continue };
        for entry in entries.iter().filter(|entry| !VARIANT_KEYS.contains(&entry.key.as_str())) {
            // A misspelt key is reported by the reader with its own suggestion.
            if [
                "spiral",
                "id",
                "title",
                "summary",
                "source",
                "variants",
                "expect",
                "sweeps",
                "parameters",
                "glance",
            ]
            .contains(&entry.key.as_str())
            {
                let message = format!("a variant cannot change `{}`", entry.key);
                let mut problem = Problem::new(message).in_source(layer.source);
                problem.span = Some(entry.key_span);
                problem.path = yaml::join(&layer.prefix, &entry.key);
                problems.push(problem.with_help(
                    "it can change `services`, `zones`, `prices`, `links`, `workloads`, `faults`, `actions`, `monitors`, `changes` and `run`",
                ));
            }
        }
    }
}

/// Names of all faults and actions, those of variants included.
fn event_names(document: &Document, layers: &[Layer<'_>]) -> Vec<String> {
    let own = document.faults.names().chain(document.actions.names());
    let mut names: Vec<String> = own.map(str::to_owned).collect();
    for variant in document.variants.names() {
        for family in ["faults", "actions"] {
            let path = yaml::join(&yaml::join("variants", variant), family);
            if let Some(yaml::Node { kind: yaml::Kind::Mapping(entries), .. }) =
                yaml::node_at(layers[0].root, &path)
            {
                names.extend(entries.iter().map(|entry| entry.key.clone()));
            }
        }
    }
    names.sort();
    names.dedup();
    names
}

/// Checks the lengths of a run.
pub(crate) fn run(
    run: &RunConfig,
    reading: &Reading<Document>,
    layers: &[Layer<'_>],
    problems: &mut Vec<Problem>,
) {
    if !reading.is_real("run") || run.horizon == SimDuration::ZERO {
        return;
    }
    // Metrics are made of whole windows that begin after warm-up.
    let width = window_width(SimTime::ZERO + run.horizon);
    let first_window_ends = (run.warmup.as_nanos().div_ceil(width.as_nanos()) + 1) * width.as_nanos();
    let message = if run.warmup >= run.horizon {
        format!("a warm-up of {} leaves nothing of a run of {}", run.warmup, run.horizon)
    } else if first_window_ends > run.horizon.as_nanos() {
        format!(
            "a warm-up of {} leaves no whole window of {width} of a run of {}; there would be nothing to measure",
            run.warmup, run.horizon
        )
    } else {
        return;
    };
    problems.push(Problem::at(layers, "run/warmup", message).with_help("a tenth of the horizon is usual"));
}

/// Refuses claims that need a verdict on a variant whose run ends too early for one. Claims at a point of a sweep
/// are about other runs.
pub(crate) fn verdicts(
    document: &Document,
    variant: &str,
    model: &Model,
    layers: &[Layer<'_>],
    problems: &mut Vec<Problem>,
) {
    let Some(needed) = verdict::needed_horizon(model) else { return };
    let is_claimed = document.expect.iter().filter(|line| line.point.is_none()).any(|line| {
        let baseline = || document.variants.names().next().unwrap_or("base");
        let named = line.variant.as_deref().unwrap_or_else(baseline) == variant
            || line.versus.as_deref() == Some(variant);
        let needs_verdict =
            |subject| matches!(subject, Subject::Verdict(_) | Subject::Metric(Metric::RecoveryTime));
        named && line.claims().iter().any(|(subject, _)| needs_verdict(*subject))
    });
    let last = model.faults.iter().max_by_key(|fault| fault.ends);
    if let Some(last) = last.filter(|_| is_claimed) {
        let horizon = document.run.horizon;
        let message = format!(
            "the last trigger, `{}`, ends at {}, too late in a run of {horizon} to see whether success comes back: \
             claims about verdicts and `recovery_time` would always be inconclusive",
            last.name, last.ends
        );
        let help = format!("write a horizon of at least {needed}, {} longer", needed - horizon);
        problems.push(Problem::at(layers, "run/horizon", message).with_help(help));
    }
}
