//! How large are the messages of a call, and what can happen to them on their way?

use super::Lowering;
use crate::ids::{Id, LinkId};
use crate::model::correlation;
use crate::model::edge::CallConfig;
use crate::model::endpoint::EndpointConfig;
use crate::model::message::{SizeConfig, Sizes};
use crate::model::network::{NetworkConfig, Rough, TransportConfig};
use crate::units::Probability;

impl Lowering<'_> {
    /// Checks what a call says of its network and its messages.
    pub(super) fn messages(&mut self, call: &CallConfig, path: &str) -> (Sizes, Option<Box<Rough>>) {
        let network = &call.network;
        self.problems.distribution(format!("{path}/network/latency"), network.latency.as_ref());
        let delay = network.reorder.as_ref().map(|reorder| &reorder.delay);
        self.problems.distribution(format!("{path}/network/reorder/delay"), delay);
        self.size(format!("{path}/request_size"), call.request_size.as_ref());
        self.size(format!("{path}/response_size"), call.response_size.as_ref());
        let is_sound = delay.is_none_or(|delay| delay.check().is_ok());
        if let TransportConfig::Tcp(tcp) = &network.transport {
            self.problems.policy(&format!("{path}/network/transport/tcp"), tcp.check());
        }
        self.correlation(network, path);
        let links = &self.config.links;
        let link = network.link.as_ref().and_then(|link| {
            if links.is_empty() {
                let message =
                    format!("the file has no links; add `links: {{{link}: {{bandwidth: 1Gbit/s}}}}` to it");
                self.problems.add(format!("{path}/network/link"), message);
                return None;
            }
            self.problems.find(format!("{path}/network/link"), "link", link, links)
        });
        let link = link.map(LinkId::from_index);
        let rough = (network.is_rough() && is_sound).then(|| Box::new(network.lower(link)));
        (Sizes::lower(call, self.named_endpoint(&call.to)), rough)
    }

    fn correlation(&mut self, network: &NetworkConfig, path: &str) {
        let path = format!("{path}/network/correlation_ratio");
        if network.correlation_ratio == Probability::ZERO {
            return;
        }
        if let Err(message) = correlation::check(network.correlation_ratio) {
            self.problems.add(&path, message);
        }
        if !network.has_fates() {
            let message = "it says how losses, doubles, damages and hold-ups follow each other, and this network has none; \
                           add `loss: 5%`, or write it at a fault";
            self.problems.add(path, message);
        }
    }

    /// Checks what an endpoint says of its messages.
    pub(super) fn endpoint_sizes(&mut self, path: &str, endpoint: &EndpointConfig) {
        self.size(format!("{path}/request_size"), endpoint.request_size.as_ref());
        self.size(format!("{path}/response_size"), endpoint.response_size.as_ref());
    }

    fn size(&mut self, path: String, size: Option<&SizeConfig>) {
        if let Some(Err((place, message))) = size.map(SizeConfig::check) {
            self.problems.add(format!("{path}{place}"), message);
        }
    }

    fn named_endpoint(&self, to: &str) -> Option<&EndpointConfig> {
        let (service, endpoint) = to.split_once('/')?;
        self.config.services.get(service)?.endpoints.get(endpoint)
    }
}
