//! Does an answer wait for TCP's window to grow? One that does not fit the first window takes a round trip more for each
//! doubling, as long as the path holds more than is sent. Knows means only, and nothing of losses, which cost more.

use sim_core::dist::Distribution;
use sim_core::luck::{Luck, Purpose};
use sim_core::model::network::{TransportConfig, Way};
use sim_core::policy::tcp::Path;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;

use super::super::capacity::View;
use super::full_link::mean_bytes;
use super::{Found, short, span};

/// What is shorter matters to nobody: rounds within a data centre.
const LEAST_S: f64 = 0.01;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for call in &system.calls {
        let network = &call.config.network;
        let TransportConfig::Tcp(tcp) = &network.transport else { continue };
        let link = network.link.as_ref().and_then(|name| system.config.links.get(name));
        let mean = |law: Option<&Distribution>| law.and_then(Distribution::mean_secs).unwrap_or(0.0);
        let one_way = mean(network.latency.as_ref()) + mean(link.and_then(|link| link.latency.as_ref()));
        let round_trip = SimDuration::from_secs_f64(2.0 * one_way);
        let bytes = mean_bytes(view, call, Way::Back);
        let window = f64::from(tcp.initial_cwnd.get()) * tcp.mss.bytes() as f64;
        let bytes_per_s = link.map(|link| link.bandwidth.bytes_per_s());
        // Nothing is lost, so nothing is drawn.
        let mut draws = Luck::of_request(Seed(0), 0, 0).draws(Purpose::TransferBack);
        let path = Path { round_trip, bytes_per_s, loss: 0.0 };
        let Some(transfer) = tcp.transfer(bytes as u64, path, &mut draws) else { continue };
        let waits = transfer.delay.as_secs_f64();
        if bytes <= window || waits < LEAST_S || waits < 0.5 * round_trip.as_secs_f64() {
            continue;
        }
        let (to, trip) = (&system.endpoints[call.to].name, span(round_trip.as_secs_f64()));
        let holds = match bytes_per_s {
            None => "there is no limit to what the path holds".to_owned(),
            Some(rate) => {
                format!("the path holds {} kB", short(rate * round_trip.as_secs_f64() / 1e3))
            }
        };
        found.push(Found {
            path: format!("{}/network/transport", call.path),
            message: format!(
                "an answer of `{to}` of {} kB takes {} rounds of TCP, {trip} each: the first window is {} kB, and {holds}; \
                 slow start alone costs {}",
                short(bytes / 1e3),
                transfer.rounds,
                short(window / 1e3),
                span(waits)
            ),
            instead: "answers that fit the first window (`response_limit`, compression), a shorter way, or a larger `initial_cwnd`; and timeouts that know of it".to_owned(),
            shown_by: &["fallacy-3-bandwidth-infinite", "fallacy-8-network-homogeneous"],
        });
    }
    found
}
