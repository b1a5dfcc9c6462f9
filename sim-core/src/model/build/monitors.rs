//! What do these monitors see? Names become ids, and what could never be seen is told.

use super::calls::Calls;
use super::{Problems, unique_keys};
use crate::ids::{Id, ServiceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::edge::EdgeCaller;
use crate::model::monitor::{Monitor, MonitorConfig, SignalConfig, Watched, WatchedConfig};
use crate::time::SimDuration;

/// Most scrapes in a window: each keeps a histogram of its own.
const MAX_SCRAPES: u64 = 1_000;

pub(super) fn lower(config: &SystemConfig, calls: &Calls, problems: &mut Problems) -> Vec<Monitor> {
    let keys = unique_keys(config.monitors.names());
    let all = config.monitors.iter().zip(keys);
    all.filter_map(|((name, monitor), key)| one(config, calls, name, monitor, key, problems)).collect()
}

fn one(
    config: &SystemConfig,
    calls: &Calls,
    name: &str,
    monitor: &MonitorConfig,
    key: u32,
    problems: &mut Problems,
) -> Option<Monitor> {
    let path = format!("monitors/{name}");
    let of = watched(config, calls, &path, &monitor.of, problems);
    signal(&path, monitor, problems);
    let mut scrapes = 1;
    if monitor.scrape_interval == SimDuration::ZERO {
        let message = "who looks all the time does nothing else; write a duration above zero, such as `15s`";
        problems.add(format!("{path}/scrape_interval"), message);
    } else if let Some(window) = monitor.window {
        let interval = monitor.scrape_interval;
        scrapes = window.as_nanos().div_ceil(interval.as_nanos());
        if window < interval {
            let message = format!(
                "the window is {window}, and a scrape comes every {interval}: what happens in between would be seen by \
                 nobody; write at least {interval}"
            );
            problems.add(format!("{path}/window"), message);
        } else if scrapes > MAX_SCRAPES {
            let message = format!(
                "{scrapes} scrapes in a window; at most {MAX_SCRAPES} are kept; write a shorter `window` or a longer \
                 `scrape_interval`"
            );
            problems.add(format!("{path}/window"), message);
        }
    }
    let mut runs_on = None;
    if let Some(needs) = &monitor.runs_on {
        let found =
            problems.find(format!("{path}/runs_on/service"), "service", &needs.service, &config.services);
        runs_on = found.map(|service| (ServiceId::from_index(service), needs.calls.get()));
    }
    let (of, names) = of?;
    let (signal, above) = monitor.signal.lower();
    Some(Monitor {
        name: name.to_owned(),
        of,
        names,
        signal,
        above,
        scrape_interval: monitor.scrape_interval,
        scrapes: scrapes.min(MAX_SCRAPES) as u32,
        alert: monitor.alert.clone(),
        runs_on,
        key,
    })
}

fn watched(
    config: &SystemConfig,
    calls: &Calls,
    path: &str,
    of: &WatchedConfig,
    problems: &mut Problems,
) -> Option<(Watched, Option<ServiceId>)> {
    let mut service = |field: &str, name: &str| {
        let found = problems.find(format!("{path}/of/{field}"), "service", name, &config.services);
        found.map(ServiceId::from_index)
    };
    match of {
        WatchedConfig::Service(name) => {
            let service = service("service", name)?;
            Some((Watched::Service(service), Some(service)))
        }
        WatchedConfig::Workload(name) => {
            let found = problems.find(format!("{path}/of/workload"), "workload", name, &config.workloads);
            Some((Watched::Workload(WorkloadId::from_index(found?)), None))
        }
        WatchedConfig::Calls(of) => {
            let from = of.from.as_ref().map(|name| service("calls/from", name));
            let to = service("calls/to", &of.to)?;
            let from = match from {
                None => None,
                Some(None) => return None,
                Some(from) => from,
            };
            let is_meant = |caller: EdgeCaller| match (caller, from) {
                (EdgeCaller::Service(caller), Some(from)) => caller == from,
                (EdgeCaller::Service(_) | EdgeCaller::Workload(_), None) => true,
                _ => false,
            };
            let edges: Vec<_> = calls
                .edges
                .iter_ids()
                .filter(|(_, edge)| edge.to == to && is_meant(edge.caller))
                .map(|(id, _)| id)
                .collect();
            if edges.is_empty() {
                let who = of
                    .from
                    .as_deref()
                    .map_or("nobody calls".to_owned(), |from| format!("`{from}` does not call"));
                let message = format!(
                    "{who} `{}`, so there is nothing to see; name a service that does, or leave `from` out",
                    of.to
                );
                problems.add(format!("{path}/of/calls"), message);
            }
            Some((Watched::Edges(edges), Some(to)))
        }
    }
}

fn signal(path: &str, monitor: &MonitorConfig, problems: &mut Problems) {
    let path = format!("{path}/signal/{}", monitor.signal.word());
    match &monitor.signal {
        SignalConfig::MeanLatency(_) | SignalConfig::P50Latency(_) | SignalConfig::P99Latency(_) => {}
        SignalConfig::ErrorRatio(signal) => {
            if signal.above.get() >= 1.0 {
                let message =
                    "no more than all can fail, so the alert would never fire; write a share below 1";
                problems.add(format!("{path}/above"), message);
            }
        }
        SignalConfig::UserReports(signal) => {
            if !matches!(monitor.of, WatchedConfig::Workload(_)) {
                let message = "only users complain; write `of: {workload: NAME}`";
                problems.add(path.as_str(), message);
            }
            if signal.ratio.get() == 0.0 {
                let message = "nobody ever reports anything; write a share above 0, such as `2%`";
                problems.add(format!("{path}/ratio"), message);
            }
            problems.distribution(format!("{path}/delay"), signal.delay.as_ref());
        }
    }
}
