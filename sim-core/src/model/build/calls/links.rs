//! Which pools have links, and can those pass anything?

use super::Lowering;
use crate::ids::{Id, PoolId};
use crate::model::link::{Links, MAX_LINKS};
use crate::model::pool::PoolConfig;

impl Lowering<'_> {
    pub(super) fn links(&mut self, path: &str, pool: &PoolConfig) -> Option<Links> {
        let links = pool.links.as_ref()?;
        if links.count.get() > MAX_LINKS {
            let message = format!("{} links; at most {MAX_LINKS} are simulated", links.count);
            self.problems.add(format!("{path}/links/count"), message);
            return None;
        }
        if links.rate.as_per_second() <= 0.0 {
            let message = "no answer would ever come; write a rate above zero, such as `1000/s`";
            self.problems.add(format!("{path}/links/rate"), message);
            return None;
        }
        Some(links.lower())
    }

    /// Whether answers to calls with a slot of this pool go over links.
    pub(super) fn is_linked(&self, pool: Option<PoolId>) -> bool {
        pool.is_some_and(|id| {
            self.calls.pools.iter().nth(id.index()).is_some_and(|pool| pool.links.is_some())
        })
    }
}
