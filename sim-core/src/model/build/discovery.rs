//! Which triggers on addresses are possible? Those that the discovery of the service knows.

use super::faults::Lowering;
use crate::ids::{Id, ServiceId};
use crate::model::fault::Effect;
use crate::model::fault::discovery::{
    AddressEffect, DnsErrorFault, DnsSpoofFault, Gone, RegistryDownFault, RollingReplacementFault, effect,
};
use crate::policy::discovery::Config;
use crate::time::SimDuration;
use crate::units::Probability;

/// Most replacements of a fault: each leaves an address behind that callers may remember.
const MAX_REPLACEMENTS: u64 = 10_000;

impl Lowering<'_> {
    pub(super) fn replacement(&mut self, f: &RollingReplacementFault) -> Option<Effect> {
        let path = format!("{}/rolling_replacement", self.path);
        let (service, discovery) = self.discovery_of(&path, &f.service)?;
        if f.every == SimDuration::ZERO {
            let message =
                "instances would be replaced without a pause; write a duration above zero, such as `60s`";
            self.problems.add(format!("{path}/every"), message);
            return None;
        }
        let length = self.config.faults.get(self.path.strip_prefix("faults/")?)?.length;
        let many = length.min(self.config.horizon).as_nanos() / f.every.as_nanos();
        if many > MAX_REPLACEMENTS {
            let message = format!(
                "{many} instances would be replaced; at most {MAX_REPLACEMENTS} are simulated, because each leaves an \
                 address behind; replace them less often, or for a shorter time"
            );
            self.problems.add(format!("{path}/every"), message);
        }
        if matches!(f.gone, Gone::Silent(_)) && discovery.is_none() {
            let message = format!(
                "callers of `{0}` never call an old address, since they always know the new one; add `discovery` to \
                 `{0}`, or remove this",
                f.service
            );
            self.problems.add(format!("{path}/gone"), message);
        }
        Some(effect(service, AddressEffect::Replaced { every: f.every, exit: f.exit, gone: f.gone }))
    }

    pub(super) fn dns_error(&mut self, f: &DnsErrorFault) -> Option<Effect> {
        let service = self.looked_up("dns_error", &f.service, f.ratio)?;
        Some(effect(service, AddressEffect::LookUpsFail(f.ratio.get())))
    }

    pub(super) fn dns_spoof(&mut self, f: &DnsSpoofFault) -> Option<Effect> {
        let service = self.looked_up("dns_spoof", &f.service, f.ratio)?;
        Some(effect(service, AddressEffect::LookUpsLie(f.ratio.get())))
    }

    pub(super) fn registry_down(&mut self, f: &RegistryDownFault) -> Option<Effect> {
        let path = format!("{}/registry_down", self.path);
        let (service, discovery) = self.discovery_of(&path, &f.service)?;
        if !matches!(discovery, Config::Registry(_)) {
            let message =
                format!("`{0}` has no registry; add `discovery: registry` to service `{0}`", f.service);
            self.problems.add(format!("{path}/service"), message);
        }
        Some(effect(service, AddressEffect::RegistryDown))
    }

    /// The service whose name is looked up.
    fn looked_up(&mut self, tag: &str, name: &str, ratio: Probability) -> Option<ServiceId> {
        let path = format!("{}/{tag}", self.path);
        let (service, discovery) = self.discovery_of(&path, name)?;
        if !matches!(discovery, Config::Dns(_)) {
            let message = format!("nobody looks `{name}` up; add `discovery: dns` to service `{name}`");
            self.problems.add(format!("{path}/service"), message);
        }
        if ratio.get() == 0.0 {
            self.problems.add(format!("{path}/ratio"), "a share of 0 hits nobody; write one above 0");
        }
        Some(service)
    }

    fn discovery_of(&mut self, path: &str, name: &str) -> Option<(ServiceId, Config)> {
        let found = self.problems.find(format!("{path}/service"), "service", name, &self.config.services)?;
        Some((ServiceId::from_index(found), self.config.services.0[found].1.discovery.clone()))
    }
}
