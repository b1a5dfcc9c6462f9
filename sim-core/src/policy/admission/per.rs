//! Whose attempts are counted together? All of the instance, or those of each tenant or key on their own.

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
    /// Those of one tenant; each has the full limit at each instance.
    Tenant,
    /// Those about one key; each has the full limit at each instance.
    Key,
}

/// A state for each of them, made when the first attempt comes. Memory follows the highest number that has come.
#[derive(Clone, Debug)]
pub struct Each<S> {
    fresh: S,
    of: Vec<S>,
}

impl<S: Clone> Each<S> {
    pub(super) fn new(fresh: S) -> Self {
        Each { of: vec![fresh.clone()], fresh }
    }

    #[inline]
    pub(super) fn of(&mut self, per: Per, arriving: Arriving) -> &mut S {
        let number = match per {
            Per::Instance => 0,
            Per::Tenant => arriving.tenant as usize,
            Per::Key => arriving.key as usize,
        };
        if number >= self.of.len() {
            self.of.resize(number + 1, self.fresh.clone());
        }
        &mut self.of[number]
    }

    /// The state of all, if they share one.
    pub(super) fn shared(&self, per: Per) -> Option<&S> {
        (per == Per::Instance).then(|| &self.of[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own() {
        let mut counts = Each::new(0);
        for (per, tenant, key) in
            [(Per::Tenant, 3, 9), (Per::Tenant, 3, 8), (Per::Tenant, 0, 8), (Per::Key, 3, 9)]
        {
            *counts.of(per, Arriving { tenant, key, ..Arriving::default() }) += 1;
        }
        assert_eq!(counts.of, [1, 0, 0, 2, 0, 0, 0, 0, 0, 1]);
        assert_eq!(counts.shared(Per::Instance), Some(&1));
        assert_eq!(counts.shared(Per::Key), None);
    }
}
