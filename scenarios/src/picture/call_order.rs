//! In which order do services stand so that who calls comes before who is called?

use sim_core::ids::{Id, IdVec, ServiceId};
use sim_core::model::Model;
use sim_core::model::edge::EdgeCaller;

/// Services by the number of calls between them and the users, on the longest way; a call that closes a circle
/// counts for nothing. Equal ones stand in the order of the file; last come services that nobody reaches.
pub(crate) fn services(model: &Model) -> Vec<ServiceId> {
    let count = model.services.len();
    let mut called: IdVec<ServiceId, Vec<ServiceId>> = (0..count).map(|_| Vec::new()).collect();
    let mut first = Vec::new();
    for edge in model.edges.iter() {
        match edge.caller {
            EdgeCaller::Workload(_) => first.push(edge.to),
            EdgeCaller::Service(caller) => called[caller].push(edge.to),
            EdgeCaller::Monitor | EdgeCaller::Connector(_) | EdgeCaller::Intruder(_) => {}
        }
    }
    let order = callers_first(&first, &called);
    let mut depths = vec![None; count];
    for (place, id) in order.iter().enumerate() {
        let depth: u32 = *depths[id.index()].get_or_insert(0);
        for to in &called[*id] {
            // Backwards in the order: the call closes a circle.
            if order[place + 1..].contains(to) {
                let next = &mut depths[to.index()];
                *next = (*next).max(Some(depth + 1));
            }
        }
    }
    let mut services: Vec<ServiceId> = (0..count).map(ServiceId::from_index).collect();
    services.sort_by_key(|id| depths[id.index()].unwrap_or(u32::MAX));
    services
}

/// All services that can be reached, each before those it calls as far as calls run in no circle.
fn callers_first(first: &[ServiceId], called: &IdVec<ServiceId, Vec<ServiceId>>) -> Vec<ServiceId> {
    let mut seen = vec![false; called.len()];
    let mut done = Vec::new();
    for start in first {
        // Services under way with the next of their calls to follow.
        let mut way = vec![(*start, 0)];
        if std::mem::replace(&mut seen[start.index()], true) {
            continue;
        }
        while let Some((id, next)) = way.last_mut() {
            match called[*id].get(*next) {
                Some(to) => {
                    *next += 1;
                    if !std::mem::replace(&mut seen[to.index()], true) {
                        way.push((*to, 0));
                    }
                }
                None => {
                    done.push(*id);
                    way.pop();
                }
            }
        }
    }
    done.reverse();
    done
}
