//! What do workloads, strips, lanes and topologies say in words? Who was saturated first, who was in which state how
//! long, who calls whom how often.

use scenarios::metric::Unit;
use scenarios::picture::{Link, Role, States, Tier, Topology, VariantPicture, WorkloadLine};
use scenarios::results::ComparisonReport;

use super::TOLD;
use crate::chart::heat_strip;
use crate::format;

/// How busy the services were, and in which order they were saturated.
pub(crate) fn strips(report: &ComparisonReport, pictures: &[&VariantPicture]) -> String {
    let mut sentences = Vec::new();
    for picture in pictures {
        let told = picture.tiers.iter().take(TOLD).map(|tier| strip(report, tier));
        let told: Vec<String> = told.collect();
        sentences.push(format!("{}: {}.", picture.variant, told.join("; ")));
        if picture.tiers.len() > TOLD {
            sentences.push(format!("{} more services.", picture.tiers.len() - TOLD));
        }
        let mut order: Vec<(f64, &str)> = picture
            .tiers
            .iter()
            .filter_map(|tier| Some((heat_strip::saturation(report, tier)?.0, tier.name.as_str())))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        if order.len() > 1 {
            let order: Vec<&str> = order.iter().map(|(_, name)| *name).take(TOLD).collect();
            sentences.push(format!("Saturated in this order: {}.", order.join(", ")));
        }
    }
    format!("Busy workers of each service over time, means over the run. {}", sentences.join(" "))
}

fn strip(report: &ComparisonReport, tier: &Tier) -> String {
    let shares: Vec<f64> = tier.busy_share.iter().flatten().copied().filter(|s| s.is_finite()).collect();
    if shares.is_empty() {
        return format!("{} was not measured", tier.name);
    }
    let mean = format::percent(super::mean(&shares));
    match heat_strip::saturation(report, tier) {
        Some((from, to)) => {
            let span = format::span(from, to);
            format!("{} has {mean} of its workers busy and is saturated {span}", tier.name)
        }
        None => {
            let most = format::percent(shares.iter().fold(0.0, |most: f64, share| most.max(*share)));
            format!("{} has {mean} of its workers busy, at most {most}", tier.name)
        }
    }
}

/// How many instances were in which state, and how long.
pub(crate) fn lanes(variant: &str, states: &States) -> String {
    // State, lanes that have it, seconds in all, earliest start.
    let mut seen: Vec<(&str, usize, f64, f64)> = Vec::new();
    for lane in &states.lanes {
        let mut counted: Vec<&str> = Vec::new();
        for span in &lane.spans {
            let state = span.state.as_str();
            let index = seen.iter().position(|(other, ..)| *other == state).unwrap_or_else(|| {
                seen.push((state, 0, 0.0, f64::INFINITY));
                seen.len() - 1
            });
            let entry = &mut seen[index];
            entry.2 += (span.to_s - span.from_s).max(0.0);
            entry.3 = entry.3.min(span.from_s);
            if !counted.contains(&state) {
                counted.push(state);
                entry.1 += 1;
            }
        }
    }
    let told = seen.iter().map(|(state, lanes, seconds, first)| {
        format!(
            "{lanes} of {} are {state} for {} in all, first at {}",
            states.lanes.len(),
            format::seconds(*seconds),
            format::setting(*first)
        )
    });
    let told: Vec<String> = told.collect();
    let told = if told.is_empty() { "No state was recorded".to_owned() } else { told.join("; ") };
    format!("States of {} lanes over time, {variant}, seed {}. {told}.", states.lanes.len(), states.seed)
}

/// How each workload fared.
pub(crate) fn workloads(report: &ComparisonReport, pictures: &[&VariantPicture]) -> String {
    let story = |line: &WorkloadLine| {
        let times = report.series.starts_s.iter().zip(&line.success);
        let there: Vec<(f64, f64)> = times
            .filter(|(start, _)| **start >= report.manifest.warmup_s)
            .filter_map(|(start, value)| Some((*start, finite(*value)?)))
            .collect();
        let values: Vec<f64> = there.iter().map(|(_, value)| *value).collect();
        let Some(lowest) = there.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else {
            return format!("{} was not measured", line.name);
        };
        format!(
            "{} has {} in the mean, at least {} at {}",
            line.name,
            format::percent(super::mean(&values)),
            format::percent(lowest.1),
            format::setting(lowest.0)
        )
    };
    let mut sentences = Vec::new();
    for picture in pictures.iter().take(TOLD) {
        let told: Vec<String> = picture.workloads.iter().take(TOLD).map(story).collect();
        sentences.push(format!("{}: {}.", picture.variant, told.join("; ")));
    }
    if pictures.len() > TOLD {
        sentences.push(format!("{} more variants stand in the table.", pictures.len() - TOLD));
    }
    format!("Success of each workload over time after warm-up. {}", sentences.join(" "))
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// Who calls whom, with the numbers.
pub(crate) fn topology(variant: &str, topology: &Topology) -> String {
    let mut sentences = Vec::new();
    for node in &topology.nodes {
        let mut facts = Vec::new();
        match &node.role {
            Role::Workload { offered, success } => {
                facts.extend(
                    finite(*offered)
                        .map(|rate| format!("offers {}", format::quantity(rate, Unit::PerSecond))),
                );
                facts
                    .extend(finite(*success).map(|share| format!("succeeds for {}", format::percent(share))));
            }
            Role::Service { instances, workers, busy_share, queue_length } => {
                facts.push(format!("has {instances} × {workers} workers"));
                facts.extend(finite(*busy_share).map(|share| format!("is busy {}", format::percent(share))));
                facts
                    .extend(finite(*queue_length).map(|length| format!("queues {}", format::number(length))));
            }
        }
        let facts = if facts.is_empty() { "was not measured".to_owned() } else { facts.join(", ") };
        sentences.push(format!("{} {facts}.", node.name));
    }
    for link in &topology.links {
        let Link { from, to, attempts, success } = link;
        let (Some(from), Some(to)) = (topology.nodes.get(*from), topology.nodes.get(*to)) else { continue };
        let rate = finite(*attempts).map(|rate| format!(" with {}", format::quantity(rate, Unit::PerSecond)));
        let share = finite(*success).map(|share| format!(", {} of them successful", format::percent(share)));
        sentences.push(format!(
            "{} calls {}{}{}.",
            from.name,
            to.name,
            rate.unwrap_or_default(),
            share.unwrap_or_default()
        ));
    }
    format!(
        "Who calls whom, {variant}, {} ({}). {}",
        topology.part,
        format::span(topology.from_s, topology.to_s),
        sentences.join(" ")
    )
}
