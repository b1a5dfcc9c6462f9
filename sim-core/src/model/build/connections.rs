//! Who is connected to whom? Workloads learn the edge on which their users connect, services that somebody asks
//! for connections, and what cannot be is told.

use super::calls::Calls;
use super::{Problems, unique_keys};
use crate::ids::{IdVec, ServiceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::connection::ConnectionsConfig;
use crate::model::service::Service;
use crate::model::workload::{ArrivalsConfig, Workload};

pub(super) fn lower(
    config: &SystemConfig,
    calls: &Calls,
    services: &mut IdVec<ServiceId, Service>,
    workloads: &mut IdVec<WorkloadId, Workload>,
    problems: &mut Problems,
) {
    let keys = unique_keys(config.workloads.names());
    let mut holders = Vec::new();
    let all = config.workloads.iter().zip(workloads.iter_mut()).zip(&calls.connects).zip(keys);
    for ((((name, workload), lowered), connect), key) in all {
        let ArrivalsConfig::Connected(connected) = &workload.arrivals else { continue };
        let path = format!("workloads/{name}/arrivals/connected");
        if connected.messages.as_per_second() <= 0.0 {
            problems.add(
                format!("{path}/messages"),
                "users who never send anything cannot tell whether they are connected; write a rate above zero, such as `1/m`",
            );
        }
        problems.policy(&format!("{path}/reconnect"), connected.reconnect.check());
        problems.distribution(format!("{path}/lifetime"), connected.lifetime.as_ref());
        let Some(connect) = connect else { continue };
        let holder = calls.edges[*connect].to;
        holders.push(holder);
        services[holder].has_admission = true;
        if connected.lifetime.as_ref().is_none_or(|lifetime| lifetime.check().is_ok()) {
            lowered.connected = Some(connected.lower(*connect, key));
        }
    }
    for ((name, service), id) in config.services.iter().zip(services.ids()) {
        let path = format!("services/{name}/connections");
        problems.policy(&format!("{path}/admission"), service.connections.admission.check());
        if let Some(word) = service.connections.admission.concurrency_word() {
            let message = format!(
                "`{word}` bounds how many attempts are under way at once, and a connect is not one of them; write \
                 `admission: {{{word}: ...}}` at the service itself, or here a `rate`, or `max` connections"
            );
            problems.add(format!("{path}/admission/{word}"), message);
        }
        let is_used = holders.contains(&id) || service.connections == ConnectionsConfig::default();
        // An unknown name in `connect` is told at its own place.
        let all_known = calls.connects.iter().flatten().count() == holders.len() && problems.0.is_empty();
        if !is_used && all_known {
            let message = format!(
                "nobody keeps connections to `{name}`; they come from workloads whose `arrivals` are `connected`, with \
                 `connect: {{to: {name}}}`"
            );
            problems.add(path, message);
        }
    }
}
