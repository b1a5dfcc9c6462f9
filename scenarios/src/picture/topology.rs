//! Who calls whom how often in which part of the run? Workloads and services with their numbers, before, during
//! and after the triggers, as means over seeds.

use sim_core::ids::{EdgeId, Id, ServiceId, WorkloadId};
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;
use sim_core::time::SimTime;

use super::{Link, Node, Role, Topology, call_order};
use crate::experiment::VariantRuns;
use crate::measure::{Record, Scope, Span};
use crate::metric::Metric;

/// One topology per part of the run; none for a lone service.
pub(super) fn topologies(variant: &VariantRuns) -> Vec<Topology> {
    let model = &variant.variant.model;
    let Some(first) = variant.triggered.first().filter(|_| model.services.len() > 1) else {
        return Vec::new();
    };
    let warm = SimTime::ZERO + variant.variant.run.warmup;
    let parts = match model.trigger_window() {
        None => vec![("after warm-up".to_owned(), warm, model.horizon)],
        Some((begins, ends)) => {
            let trigger = if model.faults.len() > 1 { "triggers" } else { "trigger" };
            let ends = ends.min(model.horizon);
            vec![
                (format!("before the {trigger}"), warm, begins),
                (format!("during the {trigger}"), begins.max(warm), ends),
                (format!("after the {trigger}"), ends.max(warm), model.horizon),
            ]
        }
    };
    let parts = parts.into_iter().filter_map(|(part, from, to)| {
        let span = if from < to { first.span(from, to) } else { Span { from: 0, to: 0 } };
        // A part shorter than a window was not measured.
        (span.from < span.to).then(|| {
            let (from_s, to_s) = (from.as_secs_f64(), to.as_secs_f64());
            let (nodes, links) = Measured { variant, span }.nodes_and_links();
            Topology { part, from_s, to_s, nodes, links }
        })
    });
    parts.collect()
}

/// A part of the runs of a variant.
struct Measured<'a> {
    variant: &'a VariantRuns,
    span: Span,
}

impl Measured<'_> {
    fn model(&self) -> &Model {
        &self.variant.variant.model
    }

    /// Mean over the seeds that have a value.
    fn mean(&self, value: impl Fn(&Record) -> Option<f64>) -> Option<f64> {
        let values: Vec<f64> = self.variant.triggered.iter().filter_map(|record| value(record)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn metric(&self, metric: Metric, scope: Scope) -> Option<f64> {
        self.mean(|record| record.value(metric, scope, self.span))
    }

    fn nodes_and_links(&self) -> (Vec<Node>, Vec<Link>) {
        let model = self.model();
        let services = call_order::services(model);
        let workloads = (0..model.workloads.len()).map(WorkloadId::from_index);
        let nodes = workloads.map(|id| self.workload(id)).chain(services.iter().map(|id| self.service(*id)));
        let place = |service: ServiceId| {
            let place = services.iter().position(|id| *id == service);
            model.workloads.len() + place.expect("the order has all services")
        };
        // The edges between the same two nodes, in the order of the file.
        let mut merged: Vec<((usize, ServiceId), Vec<EdgeId>)> = Vec::new();
        for (id, edge) in model.edges.iter_ids() {
            let from = match edge.caller {
                EdgeCaller::Workload(caller) => caller.index(),
                EdgeCaller::Service(caller) => place(caller),
                // Connections are drawn as the messages that go over them.
                EdgeCaller::Monitor | EdgeCaller::Connector(_) | EdgeCaller::Intruder(_) => continue,
            };
            match merged.iter_mut().find(|(ends, _)| *ends == (from, edge.to)) {
                Some((_, edges)) => edges.push(id),
                None => merged.push(((from, edge.to), vec![id])),
            }
        }
        let links = merged.iter().map(|((from, service), edges)| {
            let is_only_caller = merged.iter().filter(|((_, to), _)| to == service).count() == 1;
            let (attempts, success) = match model.edges[edges[0]].caller {
                EdgeCaller::Workload(id) => self.workload_attempts(id),
                _ => (self.attempts(edges), self.useful(*service).filter(|_| is_only_caller)),
            };
            Link { from: *from, to: place(*service), attempts, success }
        });
        let links = links.collect();
        (nodes.collect(), links)
    }

    fn workload(&self, id: WorkloadId) -> Node {
        let scope = Scope { service: None, workload: Some(id) };
        let (offered, success) = (self.metric(Metric::Offered, scope), self.metric(Metric::Success, scope));
        Node { name: self.model().workloads[id].name.clone(), role: Role::Workload { offered, success } }
    }

    fn service(&self, id: ServiceId) -> Node {
        let service = &self.model().services[id];
        let scope = Scope { service: Some(id), workload: None };
        let there = self.metric(Metric::Instances, scope).filter(|_| service.is_scaled());
        let role = Role::Service {
            instances: there.map_or(service.instances, |mean| mean.round() as u32),
            workers: service.workers,
            busy_share: self.metric(Metric::Utilisation, scope),
            queue_length: self.metric(Metric::QueueLength, scope),
        };
        Node { name: service.name.clone(), role }
    }

    /// Attempts per second of a workload, and the share of them that brought an answer: one of each request
    /// that was answered.
    fn workload_attempts(&self, id: WorkloadId) -> (Option<f64>, Option<f64>) {
        let scope = Scope { service: None, workload: Some(id) };
        let metric = |metric| self.metric(metric, scope);
        let attempts = metric(Metric::Attempts);
        let answered = metric(Metric::Success).zip(metric(Metric::Offered)).map(|(share, rate)| share * rate);
        (attempts, share(answered, attempts))
    }

    fn attempts(&self, edges: &[EdgeId]) -> Option<f64> {
        self.mean(|record| edges.iter().map(|edge| record.edge_attempts(*edge, self.span)).sum())
    }

    /// The share of the attempts that ended at a service which ended well for a caller that still waited.
    fn useful(&self, id: ServiceId) -> Option<f64> {
        let scope = Scope { service: Some(id), workload: None };
        let ends = [Metric::Throughput, Metric::Rejected, Metric::Dropped, Metric::Lost, Metric::Withdrawn];
        let ended: Option<f64> = ends.into_iter().map(|metric| self.metric(metric, scope)).sum();
        share(self.metric(Metric::Goodput, scope), ended)
    }
}

/// Requests under way at the border of a part may make it a little more than all.
fn share(of: Option<f64>, all: Option<f64>) -> Option<f64> {
    let (of, all) = (of?, all?);
    (all > 0.0).then(|| (of / all).min(1.0))
}
