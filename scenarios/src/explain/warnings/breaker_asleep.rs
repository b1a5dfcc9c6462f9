//! Can a circuit breaker ever judge? It needs `min_calls` attempts within its window, and each client counts its own.
//! With fewer than that it stays closed whatever happens. A count window fills in the end, so it is told only where
//! that takes longer than the run. Rates are those of the busiest time with all attempts of the retries; a balancer,
//! a fallback or a branch that is seldom taken may leave less.

use sim_core::policy::breaker::window;
use sim_core::policy::breaker::{self, Scope};

use super::super::capacity::View;
use super::{Found, short, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (number, call) in system.calls.iter().enumerate() {
        let breaker::Config::Rate(config) = &call.config.circuit_breaker else { continue };
        let clients = match config.scope {
            Scope::PerCallerInstance => call.clients.max(1.0),
            Scope::PerEdge => 1.0,
            Scope::PerTarget => {
                let (_, service) = &system.config.services.0[system.endpoints[call.to].service];
                call.clients.max(1.0) * f64::from(service.instances.get())
            }
            // How many keys come, and which other calls share it, is not looked into.
            Scope::PerKey | Scope::PerTenant | Scope::Global => continue,
        };
        let rate = view.first.calls[number] * f64::from(call.attempts) / clients;
        let length = match &config.window {
            window::Config::Time(window) => window.size.as_secs_f64(),
            window::Config::Count(_) => system.config.horizon.as_secs_f64(),
        };
        let (most, least) = (rate * length, f64::from(config.min_calls.get()));
        // Chance brings some more than the mean into a window.
        if most + 4.0 * most.sqrt() >= least || rate == 0.0 {
            continue;
        }
        let whose = match clients > 1.0 {
            true => format!("each of {} callers has its own and sends", short(clients)),
            false => "its caller sends".to_owned(),
        };
        found.push(Found {
            path: format!("{}/circuit_breaker/rate/min_calls", call.path),
            message: format!(
                "this breaker can never open: it judges after {} attempts {}, and {whose} at most {} in that time, retries included",
                config.min_calls.get(),
                match &config.window {
                    window::Config::Time(_) => format!("within {}", span(length)),
                    window::Config::Count(_) => "in all".to_owned(),
                },
                short(most)
            ),
            instead: "a smaller `min_calls`, a longer window, or fewer callers that each see more".to_owned(),
            shown_by: &[],
        });
    }
    found
}
