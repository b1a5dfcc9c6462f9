//! Which calls lead back to where they come from? Without a bound of depth such a circle never ends.

use std::collections::VecDeque;

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use super::Lowering;
use crate::ids::{EndpointId, Id};

/// Most circles that are told.
const MAX_CIRCLES: usize = 100;

impl Lowering<'_> {
    /// Calls that lead back to where they come from need a bound. Each circle is told at its first call
    /// in the file.
    pub(super) fn refuse_circles(&mut self) {
        let mut calls = std::mem::take(&mut self.unbounded);
        for _ in 0..MAX_CIRCLES {
            let Some((first, circle)) = first_circle(self.calls.endpoints.len(), &calls) else { return };
            let names: Vec<String> =
                circle.iter().map(|id| format!("`{}`", self.calls.endpoints[*id].name)).collect();
            let message = match &names[..] {
                [only] => format!(
                    "{only} calls itself, and so on without end; give the call a `max_depth` such as 3"
                ),
                [start, ..] => format!(
                    "the calls go round without end: {} -> {start}; give one of them a `max_depth` such as {}",
                    names.join(" -> "),
                    names.len()
                ),
                [] => unreachable!("a circle has members"),
            };
            let (from, to, path) = calls[first].clone();
            self.problems.add(path, message);
            // With this call bounded, what else goes round?
            calls.retain(|(a, b, _)| (*a, *b) != (from, to));
        }
    }
}

/// The first call of the file that leads back to where it comes from, and the shortest way round, from
/// its caller on.
fn first_circle(
    endpoints: usize,
    calls: &[(EndpointId, EndpointId, String)],
) -> Option<(usize, Vec<EndpointId>)> {
    let mut graph: DiGraph<EndpointId, ()> = DiGraph::new();
    let nodes: Vec<_> = (0..endpoints).map(|id| graph.add_node(EndpointId::from_index(id))).collect();
    for (from, to, _) in calls {
        graph.add_edge(nodes[from.index()], nodes[to.index()], ());
    }
    let mut knot = vec![0; endpoints];
    for (number, members) in tarjan_scc(&graph).into_iter().enumerate() {
        members.into_iter().for_each(|node| knot[node.index()] = number);
    }
    let first = calls.iter().position(|(from, to, _)| knot[from.index()] == knot[to.index()])?;
    let (from, to, _) = calls[first];
    if from == to {
        return Some((first, vec![from]));
    }
    let mut came_from = vec![None; endpoints];
    let mut waiting = VecDeque::from([to]);
    while let Some(at) = waiting.pop_front() {
        for (_, next, _) in calls.iter().filter(|(caller, _, _)| *caller == at) {
            if came_from[next.index()].is_none() && *next != to {
                came_from[next.index()] = Some(at);
                waiting.push_back(*next);
            }
        }
        if came_from[from.index()].is_some() {
            break;
        }
    }
    // From the caller backwards to what it calls.
    let mut back = Vec::new();
    let mut at = from;
    while let Some(before) = came_from[at.index()] {
        back.push(before);
        at = before;
    }
    back.reverse();
    Some((first, [vec![from], back].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls between numbered endpoints.
    fn calls(pairs: &[(usize, usize)]) -> Vec<(EndpointId, EndpointId, String)> {
        let id = EndpointId::from_index;
        pairs.iter().map(|(from, to)| (id(*from), id(*to), format!("{from} {to}"))).collect()
    }

    fn found(pairs: &[(usize, usize)]) -> Option<(usize, Vec<usize>)> {
        let (first, circle) = first_circle(10, &calls(pairs))?;
        Some((first, circle.into_iter().map(Id::index).collect()))
    }

    #[test]
    fn a_tree_and_two_ways_to_one_place_are_no_circle() {
        assert_eq!(found(&[(0, 1), (1, 2), (0, 2), (0, 2)]), None);
    }

    #[test]
    fn the_shortest_way_round_is_named_in_the_order_of_the_calls() {
        assert_eq!(found(&[(4, 4)]), Some((0, vec![4])));
        assert_eq!(found(&[(9, 0), (0, 1), (1, 2), (2, 0)]), Some((1, vec![0, 1, 2])));
        let with_detour = [(0, 1), (1, 3), (3, 2), (1, 2), (2, 0)];
        assert_eq!(found(&with_detour), Some((0, vec![0, 1, 2])));
    }

    #[test]
    fn a_call_into_a_circle_is_not_part_of_it() {
        assert_eq!(found(&[(0, 1), (1, 2), (2, 1)]), Some((1, vec![1, 2])));
    }
}
