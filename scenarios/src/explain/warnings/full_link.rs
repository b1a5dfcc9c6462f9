//! Does more come to a link than it passes, or nearly? Bytes of requests and answers of all calls over it, headers included,
//! times the rates of first tries. Errs where sizes vary and triggers narrow the link: means are taken, and its usual
//! bandwidth.

use sim_core::model::message::SizeConfig;
use sim_core::model::network::Way;
use sim_core::model::shared_link::{HEADER_BYTES, SharedLinkConfig};

use super::super::capacity::View;
use super::super::system::Call;
use super::{Found, percent, short};

/// From here on what comes together waits.
const CLOSE: f64 = 0.8;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let system = &view.system;
    let mut found = Vec::new();
    for (name, link) in system.config.links.iter() {
        let over = |call: &&(usize, &Call<'_>)| call.1.config.network.link.as_deref() == Some(name);
        let calls: Vec<(usize, &Call<'_>)> = system.calls.iter().enumerate().collect();
        let busiest = Way::BOTH
            .map(|way| {
                let bytes = |call: &(usize, &Call<'_>)| {
                    view.first.attempts[call.0] * with_headers(link, mean_bytes(view, call.1, way))
                };
                (calls.iter().filter(over).map(bytes).sum::<f64>(), way)
            })
            .into_iter()
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((bytes, way)) = busiest else { continue };
        let busy = bytes / link.bandwidth.bytes_per_s();
        if busy < CLOSE {
            continue;
        }
        let what = match way {
            Way::There => "requests",
            Way::Back => "answers",
        };
        let megabits = short(bytes * 8.0 / 1e6);
        let message = match busy >= 1.0 {
            true => format!(
                "{what} over `{name}` are {megabits} Mbit/s with first tries alone, {} of what it passes ({}): its line \
                 grows for as long as that lasts, or what finds no room is dropped",
                percent(busy),
                link.bandwidth
            ),
            false => format!(
                "{what} over `{name}` are {megabits} Mbit/s with first tries alone, {} of what it passes ({}): what comes \
                 together waits, and small messages wait behind large ones",
                percent(busy),
                link.bandwidth
            ),
        };
        found.push(Found {
            path: format!("links/{name}/bandwidth"),
            message,
            instead: "smaller messages (`response_limit`, fewer fields, a cache), or more `bandwidth`"
                .to_owned(),
            shown_by: &["fallacy-3-bandwidth-infinite"],
        });
    }
    found
}

/// Bytes of a message on the link.
fn with_headers(link: &SharedLinkConfig, bytes: f64) -> f64 {
    let Some(mtu) = link.mtu else { return bytes };
    let payload = mtu.bytes().saturating_sub(HEADER_BYTES).max(1) as f64;
    bytes + HEADER_BYTES as f64 * (bytes / payload).ceil().max(1.0)
}

/// Mean bytes of the messages of a call.
pub(super) fn mean_bytes(view: &View<'_>, call: &Call<'_>, way: Way) -> f64 {
    let own = [&call.config.request_size, &call.config.response_size][way as usize].as_ref();
    let endpoint =
        call.config.to.split_once('/').and_then(|(service, endpoint)| {
            view.system.config.services.get(service)?.endpoints.get(endpoint)
        });
    let of_endpoint = endpoint.and_then(|e| [&e.request_size, &e.response_size][way as usize].as_ref());
    let bytes = own.or(of_endpoint).map_or(0.0, SizeConfig::mean_bytes);
    match call.config.response_limit.filter(|_| way == Way::Back) {
        Some(limit) => bytes.min(limit.bytes() as f64),
        None => bytes,
    }
}
