//! Who shares what a policy of the caller remembers?
//!
//! What is shared by many sees more and reacts sooner, and punishes all for the trouble of one. What is
//! kept apart must see enough of its own.

use serde::{Deserialize, Serialize};

use super::Problem;

/// Who shares what a policy of the caller remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every client, or every instance of the calling service, has its own: what libraries do.
    #[default]
    PerCallerInstance,
    /// All clients of the call share one that knows everything at once.
    PerEdge,
    /// Every client has one for each instance of the service that is called; asked when the instance of
    /// an attempt is chosen, wherever the breaker stands in the `pipeline`.
    PerTarget,
    /// One for each key of the requests, such as the shard that holds it, for all clients of the call.
    PerKey,
    /// One for each tenant, for all clients of the call.
    PerTenant,
    /// All calls to the service, wherever they stand in the file, share one. They must say the same about it.
    Global,
}

impl Scope {
    /// Only a breaker knows what to do when the instance is chosen.
    pub(super) fn check_before_choice(self) -> Option<Problem> {
        let sentence = "it is asked before an instance is chosen; write `per_caller_instance`, `per_edge`, `per_key`, \
                        `per_tenant` or `global`";
        (self == Scope::PerTarget).then(|| Problem::new("scope", sentence))
    }
}
