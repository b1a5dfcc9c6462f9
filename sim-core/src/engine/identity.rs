//! Does an instance know who calls, and do both ends trust each other's certificates?

use std::collections::BTreeMap;

use super::Simulation;
use crate::ids::{AttemptId, EdgeId, InstanceId, ServiceId};
use crate::metrics::{Aside, Probe, Told};
use crate::model::edge::EdgeCaller;
use crate::model::fault::Effect;
use crate::model::identity::Peer;
use crate::policy::Outcome;
use crate::policy::identity::allow_list::Asking;
use crate::policy::identity::quota;
use crate::policy::transport::handshake;

/// What instances remember of their peers.
pub(super) type Quotas = BTreeMap<(InstanceId, Peer), quota::State>;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Whether the certificate of a service is good now.
    fn has_good_certificate(&self, id: ServiceId) -> bool {
        let now = self.now;
        let certificate = &self.model.services[id].certificate;
        certificate.as_ref().is_none_or(|certificate| certificate.is_good(now))
            && !self.model.faults_on(now).any(|fault| fault.effect == Effect::Expired { service: id })
    }

    /// Whether one of both ends refuses the certificate of the other.
    pub(super) fn is_distrusted(&self, id: EdgeId) -> bool {
        let edge = &self.model.edges[id];
        let Some(connection) = &edge.connection else { return false };
        if connection.tls == handshake::Config::None {
            return false;
        }
        let caller_is_good = match edge.caller {
            EdgeCaller::Service(caller) if connection.mutual => self.has_good_certificate(caller),
            _ => true,
        };
        !caller_is_good || !self.has_good_certificate(edge.to)
    }

    /// Why an instance refuses an attempt because of who sends it, if it does.
    pub(super) fn refuses_caller(&mut self, instance: InstanceId, id: AttemptId) -> Option<Outcome> {
        let model = self.model;
        let accepts = model.services[self.servers[instance].service].accepts.as_ref()?;
        let edge = &model.edges[self.attempts.get(id.0).expect("an attempt that comes").edge];
        let (peer, is_honest) = match edge.caller {
            EdgeCaller::Monitor => return None,
            EdgeCaller::Workload(workload) | EdgeCaller::Connector(workload) => {
                (Peer::Workload(workload), true)
            }
            EdgeCaller::Service(service) => (Peer::Service(service), true),
            EdgeCaller::Intruder(service) => (Peer::Service(service), false),
        };
        let is_proven = match edge.caller {
            EdgeCaller::Intruder(service) => self.has_good_certificate(service),
            EdgeCaller::Workload(_) | EdgeCaller::Connector(_) => true, // they have logged in
            _ => edge.connection.as_ref().is_some_and(super::super::policy::transport::Config::proves_caller),
        };
        let asking = Asking { is_listed: accepts.listed.contains(&peer), is_proven, is_honest };
        if !accepts.config.lets_in(asking) {
            let told = Told::NotLetIn { is_proven, is_listed: asking.is_listed };
            self.aside(id, Aside::Tells(told));
            return Some(Outcome::Denied);
        }
        let quota = accepts.config.quota.as_ref()?;
        let state = self.quotas.entry((instance, peer)).or_default();
        if state.admits(quota, self.now) {
            return None;
        }
        self.aside(id, Aside::Tells(Told::OverQuota));
        Some(Outcome::Shed)
    }
}
