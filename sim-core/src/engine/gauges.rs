//! What do policies and scalers remember at this moment? Read for observers when a window ends; a new gauge is one
//! line in [`Simulation::read_gauges`].

use super::Simulation;
use super::state::Stage;
use crate::ids::{EdgeId, ServiceId};
use crate::metrics::Probe;
use crate::metrics::gauges::{Holder, Reading};
use crate::time::SimTime;

/// What a policy tells of itself.
type Told = Option<(&'static str, f64)>;

/// The mean of what several tell; whether they tell at all is the same for all of them, and at all times.
fn mean(of: Holder, told: impl Iterator<Item = (bool, Told)>, readings: &mut Vec<Reading>) {
    let (mut name, mut sum, mut count) = (None, 0.0, 0_u32);
    for (is_there, told) in told {
        let Some((told, value)) = told else { return };
        name = Some(told);
        if is_there {
            (sum, count) = (sum + value, count + 1);
        }
    }
    if let Some(name) = name {
        readings.push(Reading { of, name, value: (count > 0).then(|| sum / f64::from(count)) });
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// Reads all gauges that the model has, always the same ones in the same order. Whoever looks must not move
    /// the run, so everything is only read.
    pub(super) fn read_gauges(&mut self, now: SimTime) {
        let mut readings = std::mem::take(&mut self.readings);
        readings.clear();
        for (id, service) in self.model.services.iter_ids() {
            let of = Holder::Service(id);
            if let Some(wanted) = self.scaling.wanted(id) {
                let value = Some(f64::from(wanted));
                readings.push(Reading { of, name: "wanted_instances", value });
            }
            if service.pace.as_ref().is_some_and(|pace| !pace.background.is_empty()) {
                let works = |instance| f64::from(u8::from(self.loads.instances[instance].jobs != 0));
                let told = service.all_instances().map(|i| Some(("background_share", works(i))));
                mean(of, self.there(id).zip(told), &mut readings);
            }
            if let Some([lag, share]) = self.lag_of(id) {
                readings.push(Reading { of, name: "replica_lag", value: Some(lag) });
                readings.push(Reading { of, name: "catch_up_share", value: Some(share) });
            }
            let servers = || service.all_instances().map(|instance| &self.servers[instance]);
            let admission = servers().zip(0..).map(|(server, place)| {
                let config = match self.staged.is_on() {
                    false => &service.admission,
                    true => self.staged.admission(self.model, id, place),
                };
                server.admission.gauge(config, now)
            });
            mean(of, self.there(id).zip(admission), &mut readings);
            mean(of, self.there(id).zip(servers().map(|server| server.line.gauge())), &mut readings);
        }
        for (id, edge) in self.model.edges.iter_ids() {
            if !edge.caller.is_nobodys() {
                let retry = |id: EdgeId| self.callers[id].clients.iter().map(|client| &client.retry);
                let told = retry(id).map(|retry| (true, retry.gauge(&edge.retry, now)));
                mean(Holder::Edge(id), told, &mut readings);
                let hedging = |id: EdgeId| self.callers[id].clients.iter().map(|client| &client.hedging);
                let told = hedging(id).map(|hedging| (true, hedging.gauge(&edge.hedging, now)));
                mean(Holder::Edge(id), told, &mut readings);
                let told = hedging(id).map(|hedging| match hedging.delay_gauge() {
                    Some((is_known, delay)) => (is_known, Some(("hedge_delay", delay))),
                    None => (false, None),
                });
                mean(Holder::Edge(id), told, &mut readings);
                let of = Holder::Edge(id);
                if let Some(held) = self.leases_held(id) {
                    readings.push(Reading { of, name: "leases_held", value: Some(held) });
                }
                let told = self.callers[id].guards.read(edge, now);
                readings.extend(told.map(|(name, value)| Reading { of, name, value }));
            }
        }
        for workload in self.model.workloads.ids() {
            self.read_lock(workload, now, &mut readings);
        }
        self.read_links(&mut readings);
        self.read_transport(now, &mut readings);
        self.read_discovery(&mut readings, now);
        self.read_intruders(now, &mut readings);
        self.read_effects(&mut readings);
        self.read_sagas(now, &mut readings);
        self.read_stuck(&mut readings);
        self.read_alerts(&mut readings);
        self.read_wires(now, &mut readings);
        self.read_shared_links(now, &mut readings);
        self.read_changes(&mut readings);
        self.read_versions(&mut readings);
        self.read_divergence(&mut readings);
        self.readings = readings;
    }

    /// For each instance of a service, whether it serves.
    fn there(&self, id: ServiceId) -> impl Iterator<Item = bool> {
        let serves = |stage| matches!(stage, Stage::Up | Stage::Draining);
        self.model.services[id].all_instances().map(move |instance| serves(self.servers[instance].stage))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn the_mean_is_over_those_that_are_there() {
        let of = Holder::Service(ServiceId::from_index(0));
        let read = |told: &[(bool, Told)]| {
            let mut readings = Vec::new();
            mean(of, told.iter().copied(), &mut readings);
            readings
        };
        let told =
            [(true, Some(("tokens", 2.0))), (false, Some(("tokens", 100.0))), (true, Some(("tokens", 4.0)))];
        assert_eq!(read(&told), [Reading { of, name: "tokens", value: Some(3.0) }]);
        let nobody = [(false, Some(("tokens", 100.0)))];
        assert_eq!(read(&nobody), [Reading { of, name: "tokens", value: None }]);
        assert_eq!(read(&[(true, None)]), []);
        assert_eq!(read(&[]), []);
    }
}
