//! What stands between a caller and an instance before the first byte of a request?
//!
//! | pattern | in one line | protects against | price |
//! |---|---|---|---|
//! | [`reuse`] | connections are kept and used again, the one used last first | a handshake for every request | what is kept knows nothing of what has changed behind it |
//! | [`syn`] | a SYN that nobody answers is sent again, after longer and longer waits | one lost packet | a dead machine is found out after two minutes |
//! | [`handshake`] | who is at the other end is proved before anything is said | readers and impostors on the way | round trips and signatures for every connection |

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::SimDuration;
use crate::units::{Limit, Patience};

pub mod handshake;
pub mod reuse;
pub mod syn;

/// The connections of a call. Each client keeps its own to each instance.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Reuse"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// Whether a connection is used again (HTTP/1.1 keep-alive). Default: true.
    #[serde(default = "yes")]
    pub keep_alive: bool,
    /// Requests at once on a connection: 1 (default) is HTTP/1.1, more is HTTP/2, whose servers usually allow 100.
    #[serde(default = "one")]
    pub streams: Limit,
    /// Requests over a connection before it is closed: a number from 1, or `unlimited` (default). nginx closes after
    /// 1000.
    #[serde(default)]
    pub max_requests: Limit,
    /// Connections of a client to an instance, those that are being opened included: a number from 1, or `unlimited`
    /// (default). Who finds all of them busy waits.
    #[serde(default)]
    pub max_connections: Limit,
    /// How long a connection is kept without a request. A duration or `none` (default; Go 90s, Envoy 1h).
    #[serde(default)]
    pub idle_timeout: Patience,
    /// How old a connection may be when it takes a request. A duration or `none` (default).
    #[serde(default)]
    pub lifetime: Patience,
    /// Patience with opening one, TCP and TLS together. A duration or `none` (default; Envoy 5s).
    #[serde(default)]
    pub connect_timeout: Patience,
    /// When an unanswered SYN is sent again; default: Linux.
    #[serde(default)]
    pub tcp: syn::Config,
    /// Whether there is a handshake of TLS, and which; default `none`.
    #[serde(default)]
    pub tls: handshake::Config,
    /// What a full handshake takes of both ends; default: nothing.
    #[serde(default)]
    pub tls_cpu: handshake::Cpu,
    /// Whether the caller shows a certificate too (mTLS). Default: false.
    #[serde(default)]
    pub mutual: bool,
}

const fn yes() -> bool {
    true
}

const fn one() -> Limit {
    Limit::AtMost(1)
}

impl Config {
    /// What holds where nothing is said.
    pub const DEFAULT: Config = Config {
        keep_alive: true,
        streams: one(),
        max_requests: Limit::Unlimited,
        max_connections: Limit::Unlimited,
        idle_timeout: Patience(None),
        lifetime: Patience(None),
        connect_timeout: Patience(None),
        tcp: syn::Config::DEFAULT,
        tls: handshake::Config::None,
        tls_cpu: handshake::Cpu::NOTHING,
        mutual: false,
    };

    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Problem::below("tcp", self.tcp.check());
        let mut add = |field: &str, sentence: &str| problems.push(Problem::new(field, sentence));
        let none = Limit::AtMost(0);
        if self.streams == none {
            add("streams", "nothing could be sent over a connection; write a number from 1, or `unlimited`");
        }
        if self.max_requests == none {
            add(
                "max_requests",
                "nothing could be sent over a connection; write a number from 1, or `unlimited`",
            );
        }
        if self.max_connections == none {
            add("max_connections", "nobody could connect; write a number from 1, or `unlimited`");
        }
        let timeouts = [
            ("idle_timeout", self.idle_timeout),
            ("lifetime", self.lifetime),
            ("connect_timeout", self.connect_timeout),
        ];
        for (field, timeout) in timeouts {
            if timeout.0 == Some(SimDuration::ZERO) {
                add(field, "is over before it begins; write a duration above zero, or `none`");
            }
        }
        if !self.keep_alive {
            let kept =
                "says how long connections are kept, but `keep_alive: false` keeps none; remove one of them";
            if self.max_requests != Limit::Unlimited {
                add("max_requests", kept);
            }
            if self.idle_timeout.0.is_some() {
                add("idle_timeout", kept);
            }
            if self.lifetime.0.is_some() {
                add("lifetime", kept);
            }
            if self.streams != one() {
                add(
                    "streams",
                    "a connection for one request has no use for several streams; remove `keep_alive: false`",
                );
            }
        }
        if self.tls == handshake::Config::None {
            let message = "is part of TLS, and there is none; add `tls: tls13`";
            if self.mutual {
                add("mutual", &format!("showing a certificate {message}"));
            }
            if self.tls_cpu != handshake::Cpu::NOTHING {
                add("tls_cpu", &format!("this work {message}"));
            }
        }
        problems
    }

    /// Whether one more connection may be opened beside so many.
    pub fn may_open(&self, connections: u32) -> bool {
        self.max_connections.admits(connections as usize)
    }

    /// Requests that a connection can take at once.
    pub const fn width(&self) -> u32 {
        match self.streams {
            Limit::AtMost(streams) => streams,
            Limit::Unlimited => u32::MAX,
        }
    }

    /// Whether both ends prove who they are.
    pub fn proves_caller(&self) -> bool {
        self.mutual && self.tls != handshake::Config::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    fn fields(json: &str) -> Vec<String> {
        let config: Config = read(json).expect("settings are readable");
        config.check().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn nothing_said_is_the_default() {
        assert_eq!(read::<Config>("{}"), Ok(Config::DEFAULT));
        assert_eq!(Config::DEFAULT.check(), []);
        assert_eq!(Config::DEFAULT.width(), 1);
    }

    #[test]
    fn contradictions_are_told_at_their_fields() {
        assert_eq!(fields(r#"{"mutual": true}"#), ["mutual"]);
        assert_eq!(fields(r#"{"tls_cpu": {"server": "1ms"}}"#), ["tls_cpu"]);
        assert_eq!(fields(r#"{"keep_alive": false, "max_requests": 10}"#), ["max_requests"]);
        assert_eq!(fields(r#"{"keep_alive": false, "streams": 10}"#), ["streams"]);
        assert_eq!(fields(r#"{"connect_timeout": "0s"}"#), ["connect_timeout"]);
        assert_eq!(fields(r#"{"max_connections": 0, "streams": 0}"#), ["streams", "max_connections"]);
        assert!(fields(r#"{"tls": "tls13_0rtt", "mutual": true}"#).is_empty());
    }
}
