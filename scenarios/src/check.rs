//! What can be wrong with a file whose every value is sound? Names that lead nowhere, claims that cannot
//! be judged, settings that contradict each other.

use sim_core::metrics::series::window_width;
use sim_core::model::Model;
use sim_core::time::{SimDuration, SimTime};

use crate::document::{Document, RunConfig};
use crate::expectation::{Compare, ExpectationConfig, Reduce, Subject};
use crate::metric::Metric;
use crate::moment::Moment;
use crate::verdict;
use crate::yaml::{self, Layer, Problem, Reading};

/// What a variant may change.
pub(crate) const VARIANT_KEYS: [&str; 7] =
    ["services", "zones", "workloads", "faults", "actions", "monitors", "run"];

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
            if ["spiral", "id", "title", "summary", "source", "variants", "expect", "sweeps", "parameters"]
                .contains(&entry.key.as_str())
            {
                let message = format!("a variant cannot change `{}`", entry.key);
                let mut problem = Problem::new(message).in_source(layer.source);
                problem.span = Some(entry.key_span);
                problem.path = yaml::join(&layer.prefix, &entry.key);
                problems.push(problem.with_help(
                    "it can change `services`, `workloads`, `faults`, `actions`, `monitors` and `run`",
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

fn expectation(
    document: &Document,
    line: &ExpectationConfig,
    place: &str,
    is_sound: bool,
    layers: &[Layer<'_>],
    problems: &mut Vec<Problem>,
) {
    let mut add = |field: &str, message: String, help: Option<String>| {
        let problem = Problem::at(layers, &joined(place, field), message);
        problems.push(match help {
            Some(help) => problem.with_help(help),
            None => problem,
        });
    };
    let variants: Vec<String> = document.variants.names().map(str::to_owned).collect();
    for (field, name) in [("variant", &line.variant), ("versus", &line.versus)] {
        if let Some(name) = name
            && !variants.contains(name)
            && !(variants.is_empty() && name == "base")
        {
            add(field, format!("there is no variant `{name}`"), Some(suggestion(name, &variants)));
        }
    }
    for (field, name, known) in [
        ("service", &line.service, document.services.names().map(str::to_owned).collect::<Vec<_>>()),
        ("workload", &line.workload, document.workloads.names().map(str::to_owned).collect()),
        ("sweep", &line.sweep, document.sweeps.names().map(str::to_owned).collect()),
    ] {
        if let Some(name) = name
            && !known.contains(name)
        {
            add(field, format!("there is no {field} `{name}`"), Some(suggestion(name, &known)));
        }
    }
    sweep_point(document, line, &mut add);

    let claims = line.claims();
    let [(subject, claim)] = claims[..] else {
        let message = match claims.len() {
            0 if !is_sound => return,
            0 => {
                "the line claims nothing; name one metric with its bounds, such as `stuck: {at_least: 0.95}`"
                    .to_owned()
            }
            _ => {
                let names: Vec<String> = claims.iter().map(|(s, _)| format!("`{}`", s.id())).collect();
                format!("the line claims several things ({}); write one line for each", names.join(", "))
            }
        };
        return add("", message, None);
    };
    let what = match (line.compare, &line.reduce) {
        (Some(Compare::Ratio), _) => "a ratio".to_owned(),
        (_, Some(Reduce::ShareOfTime(_))) => format!("`share_of_time` of {}", subject.id()),
        (_, Some(Reduce::FirstTime(_))) => "`first_time`".to_owned(),
        _ => subject.id().to_owned(),
    };
    for (field, message) in claim.problems(&what, line.unit(subject)) {
        add(&joined(subject.id(), &field), message, None);
    }
    if line.compare.is_some() && line.versus.is_none() {
        add(
            "compare",
            "there is nothing to compare with; name a second variant in `versus`".to_owned(),
            None,
        );
    }
    if line.share_of_seeds.is_some() && line.across.unwrap_or_default() != Default::default() {
        add(
            "share_of_seeds",
            "the seeds are not judged one by one; drop `across` or `share_of_seeds`".to_owned(),
            None,
        );
    }
    match subject {
        Subject::Verdict(verdict) => {
            let needless = [
                ("window", line.window.is_some()),
                ("reduce", line.reduce.is_some()),
                ("across", line.across.is_some()),
                ("versus", line.versus.is_some()),
                ("service", line.service.is_some()),
                ("workload", line.workload.is_some()),
                ("share_of_seeds", line.share_of_seeds.is_some()),
                ("arm", line.arm.is_some()),
            ];
            for (field, _) in needless.iter().filter(|(_, given)| *given) {
                let message = format!(
                    "`{}` is a verdict on whole runs over all seeds; `{field}` has no meaning here",
                    verdict.word()
                );
                add(field, message, None);
            }
        }
        Subject::Metric(metric) => metric_scope(line, metric, &mut add),
    }
    if let Some(Reduce::ShareOfTime(bound) | Reduce::FirstTime(bound)) = &line.reduce
        && let Subject::Metric(metric) = subject
    {
        let tag =
            if matches!(line.reduce, Some(Reduce::FirstTime(_))) { "first_time" } else { "share_of_time" };
        for (field, message) in bound.problems(metric.id(), metric.unit()) {
            add(&joined(&format!("reduce/{tag}"), &field), message, None);
        }
    }
    if let Some(window) = &line.window {
        for (field, text) in [("window/from", &window.from), ("window/to", &window.to)] {
            match text.parse::<Moment>() {
                Err(message) => add(field, message, None),
                Ok(moment) => {
                    let names = event_names(document, layers);
                    if let Some(name) = moment.event().filter(|name| !names.iter().any(|n| n == name)) {
                        let message = format!("there is no fault and no action `{name}`");
                        add(field, message, (!names.is_empty()).then(|| suggestion(name, &names)));
                    }
                }
            }
        }
    }
}

/// A path and what lies below it, if anything.
fn joined(path: &str, below: &str) -> String {
    if below.is_empty() { path.to_owned() } else { format!("{path}/{below}") }
}

fn sweep_point(
    document: &Document,
    line: &ExpectationConfig,
    add: &mut impl FnMut(&str, String, Option<String>),
) {
    let Some(point) = &line.point else {
        if line.sweep.is_some() {
            add("sweep", "the line names a sweep, but no point of it; add `point`".to_owned(), None);
        }
        return;
    };
    let sweep = match &line.sweep {
        Some(name) => document.sweeps.get(name),
        None if document.sweeps.len() == 1 => document.sweeps.0.first().map(|(_, sweep)| sweep),
        None => {
            add("point", "the line names a point, but not of which sweep; add `sweep`".to_owned(), None);
            None
        }
    };
    let Some(sweep) = sweep else { return };
    if sweep.y.is_some() {
        add("point", "this sweep is a map of two settings; claims are about sweeps of one".to_owned(), None);
    } else if !sweep.values.values.contains(point) {
        let help = suggestion(point, &sweep.values.values);
        add("point", format!("the sweep has no point `{point}`"), Some(help));
    }
}

/// Which metrics make sense for a service, for a workload, and in a part of a run.
fn metric_scope(
    line: &ExpectationConfig,
    metric: Metric,
    add: &mut impl FnMut(&str, String, Option<String>),
) {
    use Metric as M;
    let of_workloads = matches!(
        metric,
        M::Offered
            | M::Success
            | M::UnansweredShare
            | M::RecoveryTime
            | M::LatencyMean
            | M::LatencyP50
            | M::LatencyP90
            | M::LatencyP95
            | M::LatencyP99
            | M::LatencyP999
            | M::InFlight
            | M::ConnectedSuccess
            | M::DegradedShare
            | M::LeasesHeld
            | M::LostUserTime
            | M::TwoHolders
            | M::LockIdle
            | M::LinkImbalance
    );
    let of_services = matches!(
        metric,
        M::Throughput
            | M::WastedShare
            | M::AgeAtService
            | M::QueueLength
            | M::BusyWorkers
            | M::Utilisation
            | M::Rejected
            | M::Dropped
            | M::Lost
            | M::Withdrawn
            | M::ReadyInstances
            | M::Crashes
            | M::Connections
            | M::ConnectAttempts
            | M::Connects
            | M::Disconnects
            | M::Instances
            | M::InstanceSeconds
            | M::Errors
            | M::ReplicaLag
            | M::CatchUpShare
            | M::DecodeErrors
            | M::DecodeErrorShare
            | M::NewVersionShare
            | M::LinkImbalance
    );
    let id = metric.id();
    if line.service.is_some() && of_workloads {
        add("service", format!("`{id}` is a metric of workloads, not of a service"), None);
    }
    if line.workload.is_some() && of_services {
        add("workload", format!("`{id}` is a metric of services, not of a workload"), None);
    }
    if matches!(metric, M::RecoveryTime | M::InFlight) && line.workload.is_some() {
        add("workload", format!("`{id}` is measured over all workloads together"), None);
    }
    if metric == M::RecoveryTime && (line.window.is_some() || line.reduce.is_some()) {
        add(
            "recovery_time",
            "`recovery_time` is one value per run; it has no window and no reduction".to_owned(),
            None,
        );
    }
    let is_moment = matches!(metric, M::TimeToDetect | M::TimeToAttribute | M::TimeToAct);
    if is_moment && (line.window.is_some() || line.reduce.is_some()) {
        let message = format!("`{id}` is one value per run; it has no window and no reduction");
        add(id, message, None);
    }
    if is_moment && (line.service.is_some() || line.workload.is_some()) {
        let field = if line.service.is_some() { "service" } else { "workload" };
        add(field, format!("`{id}` is measured over the whole system"), None);
    }
    let in_windows = !matches!(metric, M::LatencyP90 | M::LatencyP95 | M::LatencyP999);
    if !in_windows && (line.window.is_some() || line.reduce.is_some()) {
        let help = Some("use `latency_p50` or `latency_p99`".to_owned());
        add(id, format!("`{id}` is known for the whole run only"), help);
    }
}
