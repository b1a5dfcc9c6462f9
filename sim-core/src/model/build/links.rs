//! Are the links that calls share sound, and does anybody use them?

use super::Problems;
use crate::ids::{IdVec, LinkId};
use crate::model::SystemConfig;
use crate::model::shared_link::{HEADER_BYTES, SharedLink};

pub(super) fn lower(config: &SystemConfig, problems: &mut Problems) -> IdVec<LinkId, SharedLink> {
    let mut links = IdVec::new();
    for (name, link) in config.links.iter() {
        let path = format!("links/{name}");
        problems.distribution(format!("{path}/latency"), link.latency.as_ref());
        if link.mtu.is_some_and(|mtu| mtu.bytes() <= HEADER_BYTES) {
            let message = format!(
                "headers take {HEADER_BYTES} bytes of each packet, so nothing of the message would fit; write a size \
                 such as `1500B`"
            );
            problems.add(format!("{path}/mtu"), message);
        }
        if link.latency.as_ref().is_none_or(|latency| latency.check().is_ok()) {
            links.push(link.lower(name));
        }
    }
    links
}
