//! When does who send what? The arrival processes of the workloads, with the load spikes of the faults.

use super::unique_keys;
use crate::ids::{Id, IdVec, SourceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::rate;
use crate::model::workload::{ArrivalSource, ArrivalsConfig, LoadLevel, Spacing};
use crate::time::SimTime;

/// One arrival source per workload, then one more for each workload whose load is spiked at any time.
pub(super) fn lower(config: &SystemConfig, horizon: SimTime) -> IdVec<SourceId, ArrivalSource> {
    let mut sources: Vec<ArrivalSource> = Vec::new();
    let mut extra: Vec<ArrivalSource> = Vec::new();
    for (index, (name, workload)) in config.workloads.iter().enumerate() {
        let id = WorkloadId::from_index(index);
        let Some(rate) = workload.arrivals.rate() else { continue };
        let spacing = match workload.arrivals {
            ArrivalsConfig::Poisson(_) | ArrivalsConfig::Sessions(_) | ArrivalsConfig::Connected(_) => {
                Spacing::Poisson
            }
            ArrivalsConfig::EvenlySpaced(_)
            | ArrivalsConfig::Closed(_)
            | ArrivalsConfig::Leases(_)
            | ArrivalsConfig::Lock(_) => Spacing::Even,
        };
        let levels = load_levels(config, name);
        let pieces = rate.pieces(horizon);
        let beyond: Vec<_> = levels.iter().copied().filter(|level| level.factor > 1.0).collect();
        if !beyond.is_empty() {
            let more: Vec<_> =
                beyond.iter().map(|level| LoadLevel { factor: level.factor - 1.0, ..*level }).collect();
            let pieces = rate::windows(&pieces, &more);
            let thinning = Vec::new();
            extra.push(ArrivalSource { workload: id, spacing, pieces, is_spike: true, thinning, key: 0 });
        }
        let thinning = levels.into_iter().filter(|level| level.factor < 1.0).collect();
        sources.push(ArrivalSource { workload: id, spacing, pieces, is_spike: false, thinning, key: 0 });
    }
    sources.extend(extra);
    let names: Vec<String> = sources
        .iter()
        .map(|source| {
            let name = &config.workloads.0[source.workload.index()].0;
            format!("workloads/{name}{}", if source.is_spike { "/spike" } else { "" })
        })
        .collect();
    let keys = unique_keys(names.iter().map(String::as_str));
    for (source, key) in sources.iter_mut().zip(keys) {
        source.key = key;
    }
    sources.into_iter().collect()
}

/// The windows in which load spikes change the load of `workload`, in order; where spikes overlap their
/// factors multiply.
pub(super) fn load_levels(config: &SystemConfig, workload: &str) -> Vec<LoadLevel> {
    let spikes: Vec<LoadLevel> = config
        .faults
        .iter()
        .filter_map(|(_, fault)| {
            let spike = fault.load_spike.as_ref().filter(|spike| spike.workload == workload)?;
            let begins = SimTime::ZERO + fault.at;
            Some(LoadLevel { begins, ends: begins + fault.length, factor: spike.factor.get() })
        })
        .collect();
    let mut moments: Vec<SimTime> = spikes.iter().flat_map(|spike| [spike.begins, spike.ends]).collect();
    moments.sort_unstable();
    moments.dedup();
    let level = |pair: &[SimTime]| {
        let on = spikes.iter().filter(|spike| spike.begins <= pair[0] && pair[0] < spike.ends);
        LoadLevel { begins: pair[0], ends: pair[1], factor: on.map(|spike| spike.factor).product() }
    };
    moments.windows(2).map(level).filter(|level| level.factor != 1.0).collect()
}
