//! What may be said about the numbers? Sentences for the terminal, the page and the alt texts that
//! never claim more than the data: counts before shares, intervals beside estimates, one seed is no rate.

use scenarios::metric::{Metric, Unit};
use scenarios::results::{
    Comparison, ComparisonReport, ExpectationResult, Manifest, MetricResult, Outcome, PairedDifference,
    Share, SweepResult, VariantResult,
};

use crate::{format, parts};

/// A metric of the triggered arm, if the results have it.
pub(crate) fn metric(variant: &VariantResult, metric: Metric) -> Option<&MetricResult> {
    variant.metrics.get(metric.id())
}

/// Whether a metric tells nothing here, because what it counts cannot happen: nothing was lost, withdrawn or
/// crashed in any run, no instance was ever away, nobody keeps connections, or there is no cache.
pub(crate) fn tells_nothing(metric: Metric, variants: &[VariantResult], manifest: &Manifest) -> bool {
    let mut arms = variants.iter().flat_map(|variant| {
        let arms = [variant.metrics.get(metric.id()), variant.control.get(metric.id())];
        arms.into_iter().flatten().map(move |result| (variant, result))
    });
    match metric {
        Metric::Lost
        | Metric::Withdrawn
        | Metric::Crashes
        | Metric::Connections
        | Metric::ConnectAttempts
        | Metric::Connects
        | Metric::Disconnects
        | Metric::DegradedShare => arms.all(|(_, result)| parts::is_zero(result)),
        Metric::ConnectedSuccess => tells_nothing(Metric::Connections, variants, manifest),
        Metric::Outside | Metric::HeldUp => arms.all(|(_, result)| parts::is_zero(result)),
        Metric::CacheMisses | Metric::CacheLoads | Metric::CacheFills | Metric::StaleAnswers => {
            arms.all(|(_, result)| parts::is_zero(result))
        }
        Metric::HitRatio
        | Metric::StampedeSize
        | Metric::LeasesHeld
        | Metric::ReplicaLag
        | Metric::CatchUpShare
        | Metric::DeadCalls
        | Metric::StaleAddresses
        | Metric::UnknownInstances
        | Metric::DiscoveryRequests
        | Metric::LinkImbalance
        | Metric::OpenConnections
        | Metric::AwaitingConnection
        | Metric::Handshakes
        | Metric::HandshakeFailures
        | Metric::HandshakeTime
        | Metric::ReachedServices
        | Metric::ForeignServed
        | Metric::ForeignBlocked
        | Metric::Duplicates
        | Metric::Replays
        | Metric::Orphans
        | Metric::LostEffects
        | Metric::Inconsistent
        | Metric::InconsistentPer1000
        | Metric::OldestInconsistent
        | Metric::CompensatedShare
        | Metric::DirtyReads
        | Metric::StuckWorkers
        | Metric::Divergent
        | Metric::StuckOperations
        | Metric::StuckPer1000
        | Metric::TimeToDetect
        | Metric::TimeToAttribute
        | Metric::TimeToAct
        | Metric::AlertsFiring
        | Metric::LostUserTime
        | Metric::Cost
        | Metric::MessageBytes
        | Metric::CrossZoneBytes
        | Metric::EncodingCpu
        | Metric::LinkUtilisation
        | Metric::LinkQueue
        | Metric::ErrorMinutes
        | Metric::Incidents
        | Metric::UntracedIncidents
        | Metric::PatienceIncidents
        | Metric::QuotaIncidents
        | Metric::TimeToRestore
        | Metric::OwnersInvolved
        | Metric::ChangesMade
        | Metric::ChangesRefused
        | Metric::ExposedShare
        | Metric::ExposedMinutes
        | Metric::CanaryRollbacks
        | Metric::FittingRollbacks
        | Metric::DecodeErrors
        | Metric::TwoHolders
        | Metric::LockIdle
        | Metric::DecodeErrorShare
        | Metric::NewVersionShare => arms.all(|(_, result)| result.mean.is_none()),
        Metric::ReadyInstances => arms.all(|(variant, result)| {
            let all = instances(manifest, &variant.name);
            let is_all = |count: &f64| all.is_some_and(|all| (count - all).abs() <= 1e-6 * all);
            result.per_seed.iter().flatten().all(is_all)
        }),
        Metric::UnderReplicated | Metric::RepairShare | Metric::MemoryShare => {
            arms.all(|(_, result)| result.mean.is_none())
        }
        Metric::Instances | Metric::InstanceSeconds => {
            variants.iter().all(|variant| !is_scaled(manifest, &variant.name))
        }
        _ => false,
    }
}

/// Whether instances of a variant come and go.
fn is_scaled(manifest: &Manifest, variant: &str) -> bool {
    let services = manifest.resolved.get(variant).and_then(|file| file.get("services")?.as_object());
    let scaler =
        |service: &serde_json::Value| service.get("autoscaler").is_some_and(|a| a != "none" && !a.is_null());
    services.is_some_and(|services| services.values().any(scaler))
}

/// How many instances the services of a variant have.
fn instances(manifest: &Manifest, variant: &str) -> Option<f64> {
    let services = manifest.resolved.get(variant)?.get("services")?.as_object()?;
    services.values().map(|service| service.get("instances")?.as_f64()).sum()
}

/// The verdicts in the order of tables, with their words.
pub(crate) fn verdict_shares(variant: &VariantResult) -> [(&'static str, &Share); 5] {
    let verdicts = &variant.verdicts;
    [
        ("stuck", &verdicts.stuck),
        ("recovered", &verdicts.recovered),
        ("unaffected", &verdicts.unaffected),
        ("overloaded", &verdicts.overloaded),
        ("inconclusive", &verdicts.inconclusive),
    ]
}

/// Whether the results judge recovery at all, for this variant.
pub(crate) fn is_judged(variant: &VariantResult) -> bool {
    let verdicts = &variant.verdicts;
    verdicts.inconclusive.of > 0 && verdicts.inconclusive.count < verdicts.inconclusive.of
}

/// Why a variant was not judged.
pub(crate) fn unjudged(variant: &VariantResult, manifest: &Manifest) -> &'static str {
    match manifest.triggers.get(&variant.name) {
        Some(windows) if !windows.is_empty() => "no verdict",
        _ => "no trigger",
    }
}

/// Outcomes that occurred: `stuck 12/30`, or `stuck` for a single seed, one entry per verdict with at least one seed.
pub(crate) fn outcome_counts(variant: &VariantResult) -> Vec<String> {
    verdict_shares(variant)
        .iter()
        .filter(|(_, share)| share.count > 0)
        .map(|(word, share)| match share.of {
            1 => (*word).to_owned(),
            of => format!("{word} {}/{of}", share.count),
        })
        .collect()
}

/// The same for narrow places: `stuck 30/30`, but `recovered 28, unaffected 2`.
pub(crate) fn short_outcome_counts(variant: &VariantResult) -> String {
    let counts = outcome_counts(variant);
    if counts.len() < 2 {
        return counts.concat();
    }
    let of = format!("/{}", variant.verdicts.stuck.of);
    counts.iter().map(|count| count.trim_end_matches(&of)).collect::<Vec<_>>().join(", ")
}

/// Recovery time over seeds: `25.1 s [24.0, 26.3]`, `none in 12/30`, or `–` if nothing needed to recover.
pub(crate) fn recovery(variant: &VariantResult) -> String {
    let verdicts = &variant.verdicts;
    if verdicts.stuck.count + verdicts.recovered.count == 0 {
        return "–".to_owned();
    }
    let mut parts = Vec::new();
    if let Some(result) = metric(variant, Metric::RecoveryTime) {
        let median = result.quantiles.as_ref().and_then(|q| q.p50).or(result.mean);
        if let Some(median) = median {
            let mut text = format::seconds(median);
            if let Some(quantiles) = &result.quantiles
                && verdicts.recovered.of > 1
                && let Some(low) = quantiles.p25
            {
                text.push(' ');
                text.push_str(&match quantiles.p75 {
                    Some(high) => format::interval([low, high], median, Unit::Seconds),
                    None => format!("[{}, none]", format::seconds(low)),
                });
            }
            parts.push(text);
        }
    }
    if verdicts.stuck.count > 0 {
        parts.push(format!("none in {}/{}", verdicts.stuck.count, verdicts.stuck.of));
    }
    if parts.is_empty() { "–".to_owned() } else { parts.join(", ") }
}

/// Mean with its interval: `799 ± 3.1/s`, or `–`.
pub(crate) fn mean_with_interval(result: Option<&MetricResult>, unit: Unit) -> String {
    let Some(result) = result else { return "–".to_owned() };
    match (result.mean, result.ci95) {
        (Some(mean), Some([low, high])) => {
            let half = (high - low) / 2.0;
            // Widths of a millionth of the mean are rounding, not knowledge.
            if half.abs() <= 1e-6 * mean.abs() {
                format::quantity(mean, unit)
            } else {
                format::plus_minus(mean, half, unit)
            }
        }
        (Some(mean), None) => format::quantity(mean, unit),
        (None, _) => match result.quantiles.as_ref().and_then(|q| q.p50) {
            Some(median) => format!("median {}", format::quantity(median, unit)),
            None => "–".to_owned(),
        },
    }
}

/// The paired difference of a variant to the baseline, if it was computed.
pub(crate) fn paired<'a>(
    comparison: &'a Comparison,
    variant: &str,
    metric: Metric,
) -> Option<&'a PairedDifference> {
    comparison.comparisons.iter().find(|paired| paired.variant == variant && paired.metric == metric.id())
}

/// A paired difference with its interval: `+412/s [+398, +426]`.
pub(crate) fn difference(paired: &PairedDifference, unit: Unit) -> String {
    match (paired.mean_difference, paired.ci95) {
        (Some(mean), Some(ci95)) => {
            format!("{} {}", format::difference(mean, unit), format::difference_interval(ci95, mean, unit))
        }
        (Some(mean), None) => format::difference(mean, unit),
        (None, _) => "–".to_owned(),
    }
}

/// One sentence on how a variant came out.
pub(crate) fn verdict_sentence(variant: &VariantResult, manifest: &Manifest, seeds: &[u64]) -> String {
    let verdicts = &variant.verdicts;
    let of = verdicts.stuck.of;
    let triggers = manifest.triggers.get(&variant.name).map_or(0, Vec::len);
    let ended = if triggers > 1 { "the last trigger ended" } else { "the trigger ended" };
    let said = if of == 0 {
        "no seed was run, so there is nothing to say".to_owned()
    } else if !is_judged(variant) {
        let why =
            if triggers == 0 { "no trigger, so nothing to recover from" } else { "no verdict on any seed" };
        match metric(variant, Metric::Goodput).filter(|goodput| goodput.mean.is_some()) {
            Some(goodput) => {
                let goodput = mean_with_interval(Some(goodput), Unit::PerSecond);
                format!("{why}; goodput {goodput}")
            }
            None => why.to_owned(),
        }
    } else if of == 1 {
        one_seed(variant, seeds, ended)
    } else {
        several_seeds(variant, ended)
    };
    format!("{}: {said}.", variant.name)
}

fn one_seed(variant: &VariantResult, seeds: &[u64], ended: &str) -> String {
    let verdicts = &variant.verdicts;
    let seed = seeds.first().map_or(String::new(), |seed| format!(" on seed {seed}"));
    let what = if verdicts.stuck.count == 1 {
        format!("stuck{seed}: no recovery by the horizon, while the control was healthy")
    } else if verdicts.recovered.count == 1 {
        match median_recovery(variant) {
            Some(median) => format!("recovered{seed}, {} after {ended}", format::seconds(median)),
            None => format!("recovered{seed}"),
        }
    } else if verdicts.overloaded.count == 1 {
        format!("overloaded{seed}: unhealthy without the trigger as well")
    } else {
        format!("unaffected{seed}")
    };
    format!("{what} (one seed is an example, not a rate)")
}

fn several_seeds(variant: &VariantResult, ended: &str) -> String {
    let verdicts = &variant.verdicts;
    let of = verdicts.stuck.of;
    let recovered_by = median_recovery(variant)
        .map(|median| format!(", median {} after {ended}", format::seconds(median)))
        .unwrap_or_default();
    let interval = |share: &Share| format!("95 % interval {}", format::share_interval(share.ci95));
    if verdicts.recovered.count == of {
        return format!("recovered on all {of} seeds{recovered_by}");
    }
    if verdicts.unaffected.count == of {
        return format!("unaffected on all {of} seeds: success never left the healthy range");
    }
    if verdicts.overloaded.count == of {
        return format!("overloaded on {of} of {of} seeds: unhealthy without the trigger as well");
    }
    let mut parts = Vec::new();
    for (word, share) in verdict_shares(variant).iter().filter(|(_, share)| share.count > 0) {
        let first = parts.is_empty();
        let seeds = if first { " seeds" } else { "" };
        let mut part = format!("{word} on {} of {}{seeds}", share.count, share.of);
        if first {
            part.push_str(&format!(" ({})", interval(share)));
        }
        parts.push(part);
    }
    let healthy = if verdicts.stuck.count > 0 && verdicts.overloaded.count == 0 {
        "; the control was healthy"
    } else {
        ""
    };
    let over_all = match median_recovery(variant) {
        Some(median) if verdicts.recovered.count > 0 => {
            format!("; median over all seeds {} after {ended}", format::seconds(median))
        }
        _ => String::new(),
    };
    format!("{}{healthy}{over_all}", parts.join(", "))
}

/// Median recovery time with the censored seeds counted as infinite.
pub(crate) fn median_recovery(variant: &VariantResult) -> Option<f64> {
    let result = metric(variant, Metric::RecoveryTime)?;
    match &result.quantiles {
        Some(quantiles) => quantiles.p50,
        None => result.mean,
    }
}

/// How certain the numbers are and how they were found.
pub(crate) fn method_sentence(comparison: &Comparison) -> String {
    let seeds = format::seeds(&comparison.seeds);
    if comparison.seeds.len() < 2 {
        return format!("Method: {seeds}. One run per variant gives no intervals.");
    }
    let mut text = format!(
        "Method: {seeds}, the same for every variant; shares with 95 % Wilson intervals; means with 95 % Student intervals"
    );
    if let Some(paired) = comparison.comparisons.first() {
        text.push_str(&format!("; differences to {}: {}", paired.baseline, paired.method));
    }
    text.push('.');
    text
}

/// The same for a sweep.
pub(crate) fn sweep_method_sentence(sweep: &SweepResult) -> String {
    let seeds = format::seeds(&sweep.seeds);
    if sweep.seeds.len() < 2 {
        return format!("Method: {seeds} at every point. One run per point gives no intervals.");
    }
    format!(
        "Method: {seeds}, the same at every point and for every variant; shares with 95 % Wilson intervals; means with 95 % Student intervals."
    )
}

/// The word for an outcome.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Fails => "fails",
        Outcome::Inconclusive => "nothing to measure",
    }
}

/// The sign of an outcome.
pub(crate) fn outcome_sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "✓",
        Outcome::Fails => "✗",
        Outcome::Inconclusive => "?",
    }
}

/// What was measured for a claim, and over how many seeds or on how many of them it holds.
pub(crate) fn measured(claim: &ExpectationResult) -> String {
    let (measured, of) = (&claim.measured, claim.of);
    let seeds = if of == 1 { "seed" } else { "seeds" };
    match claim.seeds_ok {
        Some(ok) if measured.contains(&format!("{ok} of {of} seed")) => measured.clone(),
        Some(ok) if measured.starts_with("a share") => format!("{measured} ({ok} of {of} {seeds})"),
        Some(ok) => format!("{measured} (holds on {ok} of {of} {seeds})"),
        None => match measured.strip_suffix(" over seeds") {
            Some(value) => format!("{value} over {of} {seeds}"),
            None if claim.outcome == Outcome::Inconclusive || measured.contains("seed") => measured.clone(),
            None => format!("{measured} (over {of} {seeds})"),
        },
    }
}

/// All verdict sentences of a comparison.
pub(crate) fn verdict_sentences(report: &ComparisonReport) -> Vec<String> {
    let comparison = &report.comparison;
    comparison
        .variants
        .iter()
        .map(|variant| {
            let verdict = verdict_sentence(variant, &report.manifest, &comparison.seeds);
            let why = variant.diagnosis.as_ref().map(|diagnosis| diagnosis.sentences().join(" "));
            [Some(verdict), why].into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
        .collect()
}
