//! Is the certificate of this service good at this moment?
//!
//! **What it does.** It is good from `valid_from` until `valid_until`, as times of the run. With `rotate` it is exchanged
//! `before` its end for one that is good for as long, again and again, as long as that works. All instances of a service
//! have the same one. It is looked at when a connection is opened, by the other end: that of the server always, that of
//! the client with mutual TLS. Connections that are open stay open.
//! **Why it exists.** A key that was stolen is of use only until its certificate ends. Short-lived ones need nobody to take
//! them back.
//! **Where it fails.** On the day that nobody had in mind. Renewal that is done by hand is forgotten, renewal that runs by
//! itself fails without a sound; and because kept connections go on, the failure comes later than its cause, and all at
//! once when the callers are restarted.
//! **See it.** `scenarios/library/fallacies/fallacy-4-network-secure.yaml`, variant `forgotten-rotation`.
//! **Source.** RFC 5280 section 4.1.2.5 (validity). cert-manager renews at two thirds of the time; SPIFFE and Istio give out
//! certificates for an hour or a day. Deviations: clocks agree; authorities that signed them never run out.

use serde::{Deserialize, Serialize};

use crate::policy::Problem;
use crate::time::{SimDuration, SimTime};
use crate::units::Patience;

/// When a certificate is good.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Certificate"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct Config {
    /// From this moment of the run. Default: 0s.
    #[serde(default)]
    pub valid_from: SimDuration,
    /// Until this moment of the run, after `valid_from`.
    pub valid_until: SimDuration,
    /// Whether it is exchanged in time. Default: `none`.
    #[serde(default)]
    pub rotate: Option<RotateConfig>,
}

/// How a certificate is exchanged.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Rotation"))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct RotateConfig {
    /// How long before its end; less than it is good for.
    pub before: SimDuration,
    /// From which moment of the run on renewing fails. A time or `none` (default): it never does.
    #[serde(default)]
    pub fails_from: Patience,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let Config { valid_from, valid_until, rotate } = self;
        if valid_until <= valid_from {
            let sentence = format!(
                "the certificate ends at {valid_until}, but begins only at {valid_from}: it would never be good; write a \
                 later `valid_until`"
            );
            return vec![Problem::new("valid_until", sentence)];
        }
        let length = *valid_until - *valid_from;
        match rotate {
            Some(rotate) if rotate.before >= length => {
                let sentence = format!(
                    "the certificate is good for {length}, and would be exchanged {} before its end: before it begins; \
                     write less than {length}",
                    rotate.before
                );
                vec![Problem::new("rotate/before", sentence)]
            }
            _ => Vec::new(),
        }
    }

    /// Whether it is good.
    pub fn is_good(&self, now: SimTime) -> bool {
        SimTime::ZERO + self.valid_from <= now && now < self.ends()
    }

    /// When it ends for good.
    pub fn ends(&self) -> SimTime {
        let (from, until) = (self.valid_from.as_nanos(), self.valid_until.as_nanos());
        let Some(rotate) = &self.rotate else { return SimTime::from_nanos(until) };
        let Some(fails_from) = rotate.fails_from.0 else { return SimTime::NEVER };
        let length = until.saturating_sub(from);
        let first = until.saturating_sub(rotate.before.as_nanos());
        let every = length.saturating_sub(rotate.before.as_nanos()).max(1);
        match fails_from.as_nanos().checked_sub(first) {
            None | Some(0) => SimTime::from_nanos(until),
            Some(works) => {
                let last = first.saturating_add((works - 1) / every * every);
                SimTime::from_nanos(last.saturating_add(length))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{config, read};

    fn seconds(s: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(s)
    }

    #[test]
    fn it_is_good_from_its_beginning_to_its_end() {
        let certificate = config!(r#"{"valid_from": "10s", "valid_until": "100s"}"#);
        let good = [9, 10, 99, 100].map(|s| certificate.is_good(seconds(s)));
        assert_eq!(good, [false, true, true, false]);
    }

    #[test]
    fn what_is_exchanged_in_time_is_good_for_ever() {
        let certificate = config!(r#"{"valid_until": "90s", "rotate": {"before": "30s"}}"#);
        assert!(certificate.is_good(seconds(1_000_000)));
        assert_eq!(certificate.ends(), SimTime::NEVER);
    }

    #[test]
    fn the_last_one_that_was_given_out_decides() {
        // Exchanged at 60, 120, 180, ... for one that is good for 90.
        for (fails_from, ends) in [(0, 90), (60, 90), (61, 150), (120, 150), (121, 210), (200, 270)] {
            let json = format!(
                r#"{{"valid_until": "90s", "rotate": {{"before": "30s", "fails_from": "{fails_from}s"}}}}"#
            );
            let certificate: Config = read(&json).expect("settings are readable");
            assert_eq!(certificate.ends(), seconds(ends), "{fails_from}");
        }
    }

    #[test]
    fn one_that_ends_before_it_begins_is_refused() {
        let field = |json: &str| -> Vec<String> {
            let config: Config = read(json).expect("settings are readable");
            config.check().into_iter().map(|problem| problem.field).collect()
        };
        assert_eq!(field(r#"{"valid_from": "100s", "valid_until": "60s"}"#), ["valid_until"]);
        let early = r#"{"valid_until": "60s", "rotate": {"before": "60s"}}"#;
        assert_eq!(field(early), ["rotate/before"]);
    }
}
