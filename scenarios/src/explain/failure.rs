//! Who fails if a service is down, which service has nobody to stand in for it, and which share of the requests
//! is answered if every service errs as often as the file says?

use super::capacity::View;
use super::flow::{Weather, load};
use super::result::{Availability, Hit};

/// A share that rounding leaves of nothing.
const NOTHING: f64 = 1e-9;

/// The workloads whose requests fail while `service` is down, and which share of them.
pub(super) fn blast(view: &View<'_>, service: usize) -> Vec<Hit> {
    let load = load(&view.system, &view.rates, Weather::Down(service));
    let hit = |workload: &super::system::Demand<'_>| {
        let share = crate::statistics::rounded(load.fails[workload.call]);
        (share > NOTHING).then(|| Hit { workload: workload.name.to_owned(), share })
    };
    view.system.workloads.iter().filter_map(hit).collect()
}

/// Whether one instance stands alone, and somebody needs it.
pub(super) fn is_single_point(view: &View<'_>, service: usize) -> bool {
    view.system.service(service).instances.get() == 1 && !blast(view, service).is_empty()
}

/// Share of a workload's requests that is answered by `error_ratio` alone; `None` if nothing errs.
pub(super) fn availability(view: &View<'_>, workload: usize) -> Option<Availability> {
    let errs = view.system.config.services.iter().any(|(_, service)| service.error_ratio.get() > 0.0);
    if !errs {
        return None;
    }
    let call = view.system.workloads[workload].call;
    let with_retries = 1.0 - load(&view.system, &view.rates, Weather::Errors).fails[call];
    let single = 1.0 - load(&view.system, &view.rates, Weather::ErrorsOnce).fails[call];
    let rounded = crate::statistics::rounded;
    Some(Availability { single: rounded(single), with_retries: rounded(with_retries) })
}
