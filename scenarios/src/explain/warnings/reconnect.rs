//! Can those who lose an instance connect to the others before anybody's patience ends? They are lost x cost of a
//! connect in work, for the workers that messages leave to the others: lost x cost / spare capacity. If that is longer
//! than the span over which the first tries come, and a patience more, connects and messages time out behind each
//! other, and work is done for nobody. Counts connections spread evenly; those of a service of one instance find it
//! empty when it is back.

use sim_core::model::workload::ArrivalsConfig;
use sim_core::policy::admission;
use sim_core::time::SimDuration;
use sim_core::units::Limit;

use super::super::capacity::View;
use super::{Found, short, span};

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for workload in &system.workloads {
        let ArrivalsConfig::Connected(connected) = &workload.config.arrivals else { continue };
        let Some(connect) = system.endpoints.iter().position(|e| e.name == connected.connect.to) else {
            continue;
        };
        let service = system.endpoints[connect].service;
        let (name, config) = (system.service_name(service), system.service(service));
        // Who admits connects, or has a bound for them, lets the gateways decide.
        if config.connections.admission != admission::Config::None
            || config.connections.max != Limit::Unlimited
        {
            continue;
        }
        let timeouts = &connected.connect.timeouts;
        let own = [timeouts.attempt.0, timeouts.total.0].into_iter().flatten().map(SimDuration::as_secs_f64);
        let messages = system.calls[workload.call].patience_s();
        let Some(patience) = own.chain(messages).min_by(f64::total_cmp) else { continue };
        let instances = f64::from(config.instances.get());
        let others = (instances - 1.0).max(1.0);
        let lost = f64::from(connected.users.get()) / instances;
        let cost = view.healthy_s[connect];
        let spare = system.workers(service) * (1.0 - view.services[service].utilisation) * others / instances;
        if spare <= 0.0 || !(cost.is_finite() && cost > 0.0) {
            continue;
        }
        let (takes, spread) = (lost * cost / spare, connected.reconnect.first_spread().as_secs_f64());
        if takes <= spread + patience {
            continue;
        }
        let come = if spread > 0.0 { format!("within {}", span(spread)) } else { "all at once".to_owned() };
        let whose = if instances > 1.0 { "of the others" } else { "when it is back" };
        found.push(Found {
            path: format!("workloads/{}/arrivals/connected/reconnect", workload.name),
            message: format!(
                "an instance of `{name}` that is lost sends {} of `{}` back {come}: at {} a connect that keeps the {} spare workers {whose} busy for {}, and patience ends after {}",
                short(lost),
                workload.name,
                span(cost),
                short(spare),
                span(takes),
                span(patience)
            ),
            instead: format!(
                "`reconnect: {{constant: {{base: ..., jitter: full}}}}` well above {}, or `connections: {{admission: {{rate: {{to: ...}}}}}}` of `{name}` below {}/s",
                span(takes),
                short(spare / cost / others)
            ),
            shown_by: &["reconnect-storm"],
        });
    }
    found
}
