//! Does everybody choose by the same old numbers? Then all run to the same instance until the next renewal. How old
//! is too old depends on load and number of choices: that takes a run.

use sim_core::policy::balancer;
use sim_core::policy::balancer::board::Information;
use sim_core::policy::balancer::least_request::Choices;
use sim_core::time::SimDuration;

use super::super::capacity::View;
use super::{Found, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in &system.calls {
        let balancer::Config::LeastRequest(config) = &call.config.load_balancer else { continue };
        let Information::Board(board) = &config.information else { continue };
        let holds = view.healthy_s[call.to];
        let is_old = board.age > SimDuration::ZERO && board.age.as_secs_f64() > holds;
        let several = system.service(call.service).instances.get() > 2;
        if config.choices != Choices::All || !is_old || !several {
            continue;
        }
        found.push(Found {
            path: format!("{}/load_balancer", call.path),
            message: format!(
                "everybody sends to the instance of `{}` that was least busy up to {} ago, {} times the work of an attempt",
                system.service_name(call.service),
                span(board.age.as_secs_f64()),
                super::short(board.age.as_secs_f64() / holds)
            ),
            instead: "compare two picked at random (`choices: 2`), or use fresh numbers".to_owned(),
            shown_by: &["load-balancing-policies"],
        });
    }
    found
}
