//! May this caller come in at all?
//!
//! **What it does.** Without a list everybody may. With one only those may who are on it: whoever nobody has thought of is
//! refused (`denied`), call by call. With `mutual_tls` services that call have to prove who they are. Without it they say
//! who they are, and are believed. Users have logged in: nobody else can say to be one of them.
//! **Why it exists.** A network is not a border: whoever is inside, and something always is, reaches everything. With lists a
//! service that was taken over reaches what it calls anyway, and from there what those call: the closure of the lists.
//! **Where it fails.** A list of names without a proof keeps out the honest ones only. A new edge that nobody wrote down is an
//! outage. And the list says nothing of how often, or what for: inside its closure an intruder is as good as the
//! service that it has taken over.
//! **See it.** `scenarios/library/fallacies/fallacy-4-network-secure.yaml`, variants `allow-list` and `names-only`.
//! **Source.** Envoy, RBAC filter; Istio, `AuthorizationPolicy` and `PeerAuthentication` (`STRICT`); Google, *BeyondProd*, 2019.
//! Deviations: one list for a service, not one for each of its endpoints; probes are let in always; a log-in costs nothing.

use serde::{Deserialize, Serialize};

use super::quota;
use crate::policy::Problem;

/// Whom a service lets in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Accepts"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Whether services that call must prove who they are: their calls need `connection` with TLS and `mutual: true`. Users
    /// have logged in, either way. Default: false.
    #[serde(default)]
    pub mutual_tls: bool,
    /// Names of services, of their principals, or of workloads: these may call, nobody else. Default: everybody may.
    #[serde(default)]
    pub allow: Option<Vec<String>>,
    /// How many calls one peer may make. Default: `none`.
    #[serde(default)]
    pub quota: Option<quota::Config>,
}

/// What is known of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Whether who it is, or says it is, stands on the list.
    pub is_listed: bool,
    /// Whether it has proved who it is.
    pub is_proven: bool,
    /// Whether it says who it is; an intruder says whatever helps.
    pub is_honest: bool,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        self.quota.as_ref().map_or(Vec::new(), |quota| Problem::below("quota", quota.check()))
    }

    /// Whether it may come in.
    pub fn lets_in(&self, asking: Asking) -> bool {
        if self.mutual_tls && !asking.is_proven {
            return false;
        }
        let is_believed = !self.mutual_tls && !asking.is_honest;
        self.allow.is_none() || asking.is_listed || is_believed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::config;

    const HONEST: Asking = Asking { is_listed: true, is_proven: true, is_honest: true };

    #[test]
    fn without_a_list_everybody_may() {
        let stranger = Asking { is_listed: false, is_proven: false, is_honest: false };
        assert!(config!("{}").lets_in(stranger));
    }

    #[test]
    fn with_a_list_only_those_on_it() {
        let accepts = config!(r#"{"mutual_tls": true, "allow": ["web"]}"#);
        assert!(accepts.lets_in(HONEST));
        assert!(!accepts.lets_in(Asking { is_listed: false, ..HONEST }));
        assert!(!accepts.lets_in(Asking { is_proven: false, ..HONEST }));
        assert!(
            !accepts.lets_in(Asking { is_listed: false, is_honest: false, ..HONEST }),
            "who lies needs a proof"
        );
    }

    #[test]
    fn names_without_a_proof_keep_out_the_honest_only() {
        let accepts = config!(r#"{"allow": ["web"]}"#);
        let stranger = Asking { is_listed: false, is_proven: false, is_honest: true };
        assert!(!accepts.lets_in(stranger));
        assert!(accepts.lets_in(Asking { is_honest: false, ..stranger }));
    }

    #[test]
    fn an_empty_list_lets_nobody_in() {
        assert!(
            !config!(r#"{"allow": [], "mutual_tls": true}"#).lets_in(Asking { is_listed: false, ..HONEST })
        );
    }
}
