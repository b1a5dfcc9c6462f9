//! Is a pool smaller than the calls under way at this load? Little's law: rate times the time that a slot is held.
//! Counts answers without any waiting: a lower bound of what is needed.

use super::super::capacity::View;
use super::super::system::{Call, Caller};
use super::{Found, percent, short};

/// Above this share of a pool in use attempts wait for slots now and then.
const BUSY: f64 = 0.8;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    let services = system.config.services.iter().enumerate();
    let of_services = services.flat_map(|(number, (name, service))| {
        let mine = move |call: &Call<'_>, system: &super::super::system::System<'_>| match call.caller {
            Caller::Endpoint(endpoint) => system.endpoints[endpoint].service == number,
            Caller::Workload(_) => false,
        };
        service.pools.iter().map(move |(pool, config)| {
            let used = usage(view, pool, &|call| mine(call, system));
            (format!("services/{name}/pools/{pool}"), pool, config, used / f64::from(service.instances.get()))
        })
    });
    let workloads = system.config.workloads.iter().enumerate();
    let of_workloads = workloads.flat_map(|(number, (name, workload))| {
        workload.pools.iter().map(move |(pool, config)| {
            let used = usage(view, pool, &|call| call.caller == Caller::Workload(number));
            (format!("workloads/{name}/pools/{pool}"), pool, config, used / f64::from(workload.clients.get()))
        })
    });
    for (path, pool, config, used) in of_services.chain(of_workloads) {
        let size = f64::from(config.size.get());
        if used < BUSY * size {
            continue;
        }
        let short_of =
            if used > size { "more calls than it has slots" } else { "hardly a slot is ever free" };
        found.push(Found {
            path: format!("{path}/size"),
            message: format!(
                "`{pool}` needs {} slots at this load and has {} ({}): {short_of}",
                short(used),
                short(size),
                percent(used / size)
            ),
            instead: format!("at least {} slots, or fewer or shorter calls", short((used / 0.6).ceil())),
            shown_by: &["bulkhead", "timeouts", "blocked-threads-chain"],
        });
    }
    found
}

/// Slots in use over all clients.
fn usage(view: &View<'_>, pool: &str, mine: &dyn Fn(&Call<'_>) -> bool) -> f64 {
    let calls = view.system.calls.iter().enumerate();
    let uses = calls.filter(|(_, call)| call.config.pool.as_deref() == Some(pool) && mine(call));
    uses.map(|(number, call)| view.first.attempts[number] * (view.healthy_s[call.to] + call.network_s)).sum()
}
