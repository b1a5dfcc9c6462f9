//! Whom does each service know? Names on lists become callers, and who must prove who it is has to be able to.

use super::Problems;
use super::calls::Calls;
use crate::ids::{Id, IdVec, ServiceId, WorkloadId};
use crate::model::SystemConfig;
use crate::model::edge::EdgeCaller;
use crate::model::identity::{Accepts, Peer};
use crate::model::service::{Service, ServiceConfig};

pub(super) fn lower(
    config: &SystemConfig,
    calls: &Calls,
    services: &mut IdVec<ServiceId, Service>,
    problems: &mut Problems,
) {
    let lowered: Vec<Option<Accepts>> =
        config.services.iter().map(|(name, service)| accepts(config, name, service, problems)).collect();
    for (service, accepts) in services.iter_mut().zip(lowered) {
        service.has_admission |= accepts.is_some();
        service.accepts = accepts;
    }
    for edge in calls.edges.iter() {
        let Some(service) = services.iter().nth(edge.to.index()) else { continue };
        let needs_proof = service.accepts.as_ref().is_some_and(|accepts| accepts.config.mutual_tls);
        let is_service = matches!(edge.caller, EdgeCaller::Service(_));
        let proves = edge.connection.as_ref().is_some_and(crate::policy::transport::Config::proves_caller);
        if needs_proof && is_service && !proves {
            let message = format!(
                "`{}` lets in only who proves who it is; write `connection: {{tls: tls13, mutual: true}}` here, or at the \
                 service that calls, or remove `mutual_tls` there",
                service.name
            );
            problems.add(format!("{}/connection", edge.path), message);
        }
    }
}

fn accepts(
    config: &SystemConfig,
    name: &str,
    service: &ServiceConfig,
    problems: &mut Problems,
) -> Option<Accepts> {
    let path = format!("services/{name}");
    if let Some(certificate) = &service.identity.certificate {
        problems.policy(&format!("{path}/identity/certificate"), certificate.check());
    }
    let accepts = service.accepts.as_ref()?;
    let path = format!("{path}/accepts");
    problems.policy(&path, accepts.check());
    let principal = |(name, service): &(String, ServiceConfig)| {
        service.identity.principal.clone().unwrap_or_else(|| name.clone())
    };
    let mut listed = Vec::new();
    for (k, allowed) in accepts.allow.iter().flatten().enumerate() {
        let before = listed.len();
        for (id, service) in config.services.0.iter().enumerate() {
            if service.0 == *allowed || principal(service) == *allowed {
                listed.push(Peer::Service(ServiceId::from_index(id)));
            }
        }
        if let Some(id) = config.workloads.position(allowed) {
            listed.push(Peer::Workload(WorkloadId::from_index(id)));
        }
        if listed.len() == before {
            let mut names: Vec<String> = config.services.0.iter().map(principal).collect();
            names.extend(config.services.names().chain(config.workloads.names()).map(str::to_owned));
            names.sort();
            names.dedup();
            let names = names.iter().map(String::as_str);
            problems.find_name(format!("{path}/allow/{k}"), "service or workload", allowed, names);
        }
    }
    Some(Accepts { config: accepts.clone(), listed })
}
