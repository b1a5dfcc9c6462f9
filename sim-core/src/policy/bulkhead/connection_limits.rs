//! Connection limits: so many connections, requests that wait for one, and requests.
//!
//! **What it does.** Over `http1` a request needs a connection of its own: at most `max_connections` are under way,
//! at most `max_pending` wait for one, and `max_requests` bounds those under way as well. Over `http2` requests
//! share a connection, so `max_requests` alone counts and nobody waits. Beyond, attempts are refused.
//! **Why it exists.** A proxy in front of a slow service would pile up requests without end, and its memory with
//! them; a refusal at once lets callers go elsewhere.
//! **Where it fails.** The defaults, 1024 each, are far above what most services can have under way, so they
//! never act before the service is overloaded. They are no circuit breakers: nothing opens, nothing is remembered.
//! **Source.** Envoy `circuit_breaker.proto`, `Thresholds` (1024, 1024, 1024, retries see `retry/budget/static_cap`).
//! Deviations: the caps are exact, where Envoy's worker threads overshoot them by a few.

use serde::{Deserialize, Serialize};

use super::{Entry, Load};
use crate::policy::Problem;
use crate::policy::scope::Scope;
use crate::units::Count;

/// How requests use connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// One request at a time.
    #[default]
    Http1,
    /// As many as there are.
    Http2,
}

/// So many connections, requests waiting for one, and requests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "ConnectionLimits"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// Connections at once, from 1; counts with `http1` only. Default: 1024.
    pub max_connections: Count,
    /// Requests that wait for a connection, from 0; counts with `http1` only. Default: 1024.
    pub max_pending: u32,
    /// Requests under way at once, from 1. Default: 1024.
    pub max_requests: Count,
    /// How requests use connections: `http1` or `http2`. Default: `http1`.
    pub http_version: HttpVersion,
    /// Who shares the limits. Default: `per_caller_instance`.
    pub scope: Scope,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_connections: Count::new(1024),
            max_pending: 1024,
            max_requests: Count::new(1024),
            http_version: HttpVersion::default(),
            scope: Scope::default(),
        }
    }
}

impl Config {
    pub(super) fn check(&self) -> Vec<Problem> {
        self.scope.check_before_choice().into_iter().collect()
    }

    /// Requests under way at most.
    pub(super) fn most(&self) -> u32 {
        match self.http_version {
            HttpVersion::Http1 => self.max_connections.get().min(self.max_requests.get()),
            HttpVersion::Http2 => self.max_requests.get(),
        }
    }

    pub(super) fn entry(&self, load: Load) -> Entry {
        if load.taken < self.most() && load.waiting == 0 {
            Entry::Enters
        } else if self.http_version == HttpVersion::Http1 && load.waiting < self.max_pending {
            Entry::Waits
        } else {
            Entry::Refused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    /// Surprise 2 of policies.md: what Envoy calls circuit breakers are caps on what is under way.
    #[test]
    fn envoy_circuit_breakers_are_concurrency_caps() {
        let json = r#"{"max_connections": 2, "max_pending": 1}"#;
        let config: Config = read(json).expect("settings are readable");
        let entry = |taken, waiting| config.entry(Load { taken, waiting });
        assert_eq!([entry(1, 0), entry(2, 0), entry(2, 1)], [Entry::Enters, Entry::Waits, Entry::Refused]);
        // The moment that one ends there is room: nothing stays open or closed.
        assert_eq!(entry(1, 0), Entry::Enters);
        let config: Config = read(r#"{"max_requests": 3, "http_version": "http2"}"#).expect("readable");
        let entry = |taken| config.entry(Load { taken, waiting: 0 });
        assert_eq!([entry(2), entry(3)], [Entry::Enters, Entry::Refused]);
    }
}
