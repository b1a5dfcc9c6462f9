//! Whose attempts are counted together? All of the instance, or those of each tenant or key on their own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Arriving;

/// Whose attempts share a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "LimitPer"))]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// All of them.
    #[default]
    Instance,
    /// Those of one tenant; where a workload has no tenants those about one key, and without keys those of the
    /// workload. Each has the full limit at each instance.
    Tenant,
    /// Those about one key; each has the full limit at each instance.
    Key,
}

/// A state for each of them, made when the first attempt comes. Memory follows the number of those that have come.
#[derive(Clone, Debug)]
pub struct Each<S> {
    /// Of all together.
    shared: S,
    /// What everybody else begins with.
    fresh: S,
    of: BTreeMap<u32, S>,
}

impl<S: Clone> Each<S> {
    pub(super) fn new(fresh: S) -> Self {
        Each { shared: fresh.clone(), fresh, of: BTreeMap::new() }
    }

    #[inline]
    pub(super) fn of(&mut self, per: Per, arriving: Arriving) -> &mut S {
        let number = match per {
            Per::Instance => return &mut self.shared,
            Per::Tenant => arriving.tenant,
            Per::Key => arriving.key,
        };
        self.of.entry(number).or_insert_with(|| self.fresh.clone())
    }

    /// The state of all, if they share one.
    pub(super) fn shared(&self, per: Per) -> Option<&S> {
        (per == Per::Instance).then_some(&self.shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own() {
        let mut counts = Each::new(0);
        // Workloads without tenants have the highest numbers.
        for (per, tenant, key) in
            [(Per::Tenant, u32::MAX, 9), (Per::Tenant, u32::MAX, 8), (Per::Tenant, 0, 8), (Per::Key, 3, 9)]
        {
            *counts.of(per, Arriving { tenant, key, ..Arriving::default() }) += 1;
        }
        *counts.of(Per::Instance, Arriving::default()) += 5;
        assert_eq!(counts.of.into_iter().collect::<Vec<_>>(), [(0, 1), (9, 1), (u32::MAX, 2)]);
        assert_eq!(Each::new(7).shared(Per::Instance), Some(&7));
        assert_eq!(Each::new(7).shared(Per::Key), None);
    }
}
