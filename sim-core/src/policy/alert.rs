//! The signal is bad: is somebody told?
//!
//! **What it does.** After each scrape a level is compared with a bound. The alert fires once the level has been
//! above the bound at every scrape for `for`, and resolves at the first scrape at which it is not. Whoever is on call
//! sees either change `delay` later, unless it has been taken back by then. What a scrape that failed means is
//! `no_data`.
//! **Why it exists.** A graph that nobody looks at finds nothing. One bad scrape may be chance: `for` trades false
//! alarms for time.
//! **Where it fails.** It knows one number. A mean of a thousand calls hides ten that hang; a signal that lives on
//! what it watches goes silent with it, and silence reads as health unless `no_data` says otherwise.
//! **See it.** `scenarios/library/fallacies/fallacy-11-observability-optional.yaml`.
//! **Source.** Prometheus, alerting rules: `for`, and that a series which went stale makes its alert inactive; Grafana,
//! "no data and error handling" (alerting, normal, keep last state). Deviations: rules are evaluated at each scrape,
//! not by an interval of their own.

use serde::{Deserialize, Serialize};

use crate::time::{SimDuration, SimTime};
use crate::units::Count;

/// When an alert fires.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Alert"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// How long the level must have been above its bound, at every scrape; from 0s. Default: 0s, one scrape is enough
    /// (Prometheus).
    #[serde(rename = "for")]
    pub length: SimDuration,
    /// From a scrape until whoever is on call sees what it changed; from 0s. Default: 0s.
    pub delay: SimDuration,
    /// With fewer calls or requests in the window nothing is judged, and the level counts as fine; from 1. Default: 1.
    pub min_count: Count,
    /// What a scrape that failed counts as. Default: `ok` (Prometheus).
    pub no_data: NoData,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            length: SimDuration::ZERO,
            delay: SimDuration::ZERO,
            min_count: Count::new(1),
            no_data: NoData::Ok,
        }
    }
}

/// What a scrape that failed counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// As a level that is fine: an alert that fires resolves.
    #[default]
    Ok,
    /// As nothing: an alert that fires goes on, one that does not stays silent.
    Keep,
    /// As a level above the bound: silence is an alert (a dead man's switch).
    Alert,
}

/// What a scrape has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// The level in the window.
    Level(f64),
    /// Too little happened in the window to judge.
    TooFew,
    /// The scrape failed.
    Missing,
}

/// What changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The alert fires.
    Fires,
    /// It fires no more.
    Resolves,
}

/// What one rule remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Since when the level has been above the bound.
    above_since: Option<SimTime>,
    fires: bool,
}

impl State {
    /// Called once per scrape.
    pub fn decide(&mut self, config: &Config, bound: f64, reading: Reading, now: SimTime) -> Option<Change> {
        let is_above = match (reading, config.no_data) {
            (Reading::Level(level), _) => level > bound,
            (Reading::TooFew, _) | (Reading::Missing, NoData::Ok) => false,
            (Reading::Missing, NoData::Alert) => true,
            (Reading::Missing, NoData::Keep) => return None,
        };
        self.above_since = is_above.then(|| self.above_since.unwrap_or(now));
        let fires = self.above_since.is_some_and(|since| since + config.length <= now);
        if fires == std::mem::replace(&mut self.fires, fires) {
            return None;
        }
        Some(if fires { Change::Fires } else { Change::Resolves })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Config {
        serde_json::from_str(text).expect("the settings can be read")
    }

    fn told(config: &Config, readings: &[Reading]) -> Vec<Option<Change>> {
        let mut state = State::default();
        let at = |k: usize| SimTime::ZERO + SimDuration::from_secs(15 * k as u64);
        readings.iter().enumerate().map(|(k, r)| state.decide(config, 10.0, *r, at(k))).collect()
    }

    const BAD: Reading = Reading::Level(10.1);
    const FINE: Reading = Reading::Level(10.0);

    #[test]
    fn one_level_above_the_bound_is_enough() {
        let told = told(&Config::default(), &[FINE, BAD, BAD, FINE]);
        assert_eq!(told, [None, Some(Change::Fires), None, Some(Change::Resolves)]);
    }

    #[test]
    fn a_level_has_to_stay_above_for_so_long() {
        let told = told(&rule(r#"{"for": "30s"}"#), &[BAD, BAD, FINE, BAD, BAD, BAD]);
        assert_eq!(told, [None, None, None, None, None, Some(Change::Fires)]);
    }

    #[test]
    fn silence_is_what_it_is_said_to_be() {
        let readings = [BAD, Reading::Missing, Reading::Missing];
        let of = |word: &str| told(&rule(&format!(r#"{{"no_data": "{word}"}}"#)), &readings);
        assert_eq!(of("ok"), [Some(Change::Fires), Some(Change::Resolves), None]);
        assert_eq!(of("keep"), [Some(Change::Fires), None, None]);
        assert_eq!(of("alert"), [Some(Change::Fires), None, None]);
        let silent = told(&rule(r#"{"no_data": "alert"}"#), &[FINE, Reading::Missing]);
        assert_eq!(silent, [None, Some(Change::Fires)], "silence alone is an alert");
    }

    #[test]
    fn too_few_are_no_alert() {
        assert_eq!(
            told(&Config::default(), &[BAD, Reading::TooFew]),
            [Some(Change::Fires), Some(Change::Resolves)]
        );
    }
}
