//! Who calls whom, how deep, and where do calls go round? The graph of endpoints, by petgraph.

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use sim_core::time::SimDuration;

use super::capacity::View;
use super::result::{CallResult, Circle, Topology};
use super::system::{Caller, System};

/// The shape of the system.
pub(super) fn topology(view: &View<'_>) -> Topology {
    let system = &view.system;
    Topology {
        services: system.config.services.len(),
        endpoints: system.endpoints.len(),
        calls: system.calls.iter().map(|call| told(system, call)).collect(),
        depth: view.first.depth,
        circles: circles(system),
    }
}

fn told(system: &System<'_>, call: &super::system::Call<'_>) -> CallResult {
    CallResult {
        from: system.caller_name(call).to_owned(),
        from_workload: matches!(call.caller, Caller::Workload(_)),
        to: system.endpoints[call.to].name.clone(),
        place: call.path.clone(),
        max_attempts: call.most_attempts(),
        attempt_timeout_s: call.config.timeouts.attempt.0.map(SimDuration::as_secs_f64),
        idle_timeout_s: call.config.timeouts.idle.0.map(SimDuration::as_secs_f64),
        total_timeout_s: call.total_s,
    }
}

fn graph(system: &System<'_>) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..system.endpoints.len()).map(|number| graph.add_node(number)).collect();
    for call in &system.calls {
        if let Caller::Endpoint(from) = call.caller {
            graph.update_edge(nodes[from], nodes[call.to], ());
        }
    }
    graph
}

fn circles(system: &System<'_>) -> Vec<Circle> {
    let graph = graph(system);
    let mut circles: Vec<Circle> = Vec::new();
    for knot in tarjan_scc(&graph) {
        let mut members: Vec<usize> = knot.iter().map(|node| graph[*node]).collect();
        members.sort_unstable();
        let inside = |call: &&super::system::Call<'_>| match call.caller {
            Caller::Endpoint(from) => members.contains(&from) && members.contains(&call.to),
            Caller::Workload(_) => false,
        };
        let bound = system.calls.iter().filter(inside).map(|call| call.max_depth).min();
        if let Some(max_depth) = bound {
            let endpoints = members.iter().map(|number| system.endpoints[*number].name.clone()).collect();
            circles.push(Circle { endpoints, max_depth });
        }
    }
    circles.sort_by(|a, b| a.endpoints.cmp(&b.endpoints));
    circles
}

/// Whether an attempt at each endpoint may lead to `service`, which it does if it is one of its own.
pub(super) fn leads_to(system: &System<'_>, service: usize) -> Vec<bool> {
    let mut graph = graph(system);
    graph.reverse();
    let mut leads = vec![false; system.endpoints.len()];
    let own = graph.node_indices().filter(|node| system.endpoints[graph[*node]].service == service);
    let mut waiting: Vec<NodeIndex> = own.collect();
    while let Some(node) = waiting.pop() {
        if !std::mem::replace(&mut leads[graph[node]], true) {
            waiting.extend(graph.neighbors(node));
        }
    }
    leads
}
