//! Can this claim be judged? One thing is claimed, of somebody who is there, in a part of the run that there is.

use super::{event_names, suggestion};
use crate::document::Document;
use crate::expectation::{Compare, ExpectationConfig, Reduce, Subject};
use crate::metric::Metric;
use crate::moment::Moment;
use crate::yaml::{Layer, Problem};

pub(super) fn expectation(
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
    let variants = [("variant", line.variant.as_deref()), ("versus", line.versus.as_deref())];
    names(document, line, variants, &mut add);
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
    window(document, line, layers, &mut add);
}

/// Whether the names of a line lead anywhere.
pub(super) fn names(
    document: &Document,
    line: &ExpectationConfig,
    named: [(&str, Option<&str>); 2],
    add: &mut impl FnMut(&str, String, Option<String>),
) {
    let variants: Vec<String> = document.variants.names().map(str::to_owned).collect();
    for (field, name) in named {
        if let Some(name) = name
            && !variants.iter().any(|known| known == name)
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
}

/// Whether the window of a line is about moments that there are.
pub(super) fn window(
    document: &Document,
    line: &ExpectationConfig,
    layers: &[Layer<'_>],
    add: &mut impl FnMut(&str, String, Option<String>),
) {
    let Some(window) = &line.window else { return };
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

/// A path and what lies below it, if anything.
pub(super) fn joined(path: &str, below: &str) -> String {
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
pub(super) fn metric_scope(
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
            | M::Divergent
            | M::StuckOperations
            | M::StuckPer1000
            | M::LinkImbalance
            | M::OpenConnections
            | M::AwaitingConnection
            | M::Handshakes
            | M::HandshakeFailures
            | M::HandshakeTime
            | M::Cost
            | M::LinkUtilisation
            | M::LinkQueue
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
            | M::DeadCalls
            | M::StaleAddresses
            | M::UnknownInstances
            | M::DiscoveryRequests
            | M::DecodeErrors
            | M::DecodeErrorShare
            | M::NewVersionShare
            | M::LinkImbalance
            | M::ReachedServices
            | M::ForeignServed
            | M::ForeignBlocked
            | M::Duplicates
            | M::Replays
            | M::Orphans
            | M::LostEffects
            | M::Inconsistent
            | M::InconsistentPer1000
            | M::OldestInconsistent
            | M::CompensatedShare
            | M::DirtyReads
            | M::StuckWorkers
            | M::Cost
            | M::MessageBytes
            | M::CrossZoneBytes
            | M::EncodingCpu
            | M::LinkUtilisation
            | M::LinkQueue
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
    let of_changes = metric.is_of_changes();
    if of_changes && (line.window.is_some() || line.reduce.is_some()) {
        add(id, format!("`{id}` is counted over the whole run"), None);
    }
    if of_changes && (line.service.is_some() || line.workload.is_some()) {
        add(id, format!("`{id}` is about the whole system"), None);
    }
    let in_windows = !matches!(metric, M::LatencyP90 | M::LatencyP95 | M::LatencyP999);
    if !in_windows && (line.window.is_some() || line.reduce.is_some()) {
        let help = Some("use `latency_p50` or `latency_p99`".to_owned());
        add(id, format!("`{id}` is known for the whole run only"), help);
    }
}
