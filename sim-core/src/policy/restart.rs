//! The instance crashed: start it again, and after which wait?
//!
//! **What it does.** The first restart is immediate; before the n-th one, n from 2 on, the platform waits
//! min(`backoff_base` * 2^(n-2), `backoff_max`). An instance that has been up for `reset_after` starts
//! counting anew. Each start then takes the boot time of the service. An instance that is asked to stop may
//! finish what it has for `grace`.
//! **Why it exists.** A crash by accident is over at once; one by a bad version or a missing dependency
//! comes again, and restarting without a wait burns what the neighbours need.
//! **Where it fails.** It does not know why the instance crashed: when the overload that killed it is over,
//! it still waits up to `backoff_max`, and instances that crashed together return one by one, the first
//! of them into all of the load.
//! **Source.** Kubernetes pod lifecycle, `CrashLoopBackOff` (10 s, doubled, up to 300 s, reset after 10
//! minutes; `terminationGracePeriodSeconds` 30). Deviations: the reset is judged when the instance crashes.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::time::{SimDuration, SimTime};

/// How a platform restarts instances.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Restart"))]
#[serde(deny_unknown_fields, rename_all = "snake_case", default)]
pub struct Config {
    /// The wait before the second restart; from 0s. Default: 10s (Kubernetes).
    pub backoff_base: SimDuration,
    /// The longest wait, at least `backoff_base`. Default: 300s (Kubernetes).
    pub backoff_max: SimDuration,
    /// An instance that was up for so long is restarted at once again. Default: 10m (Kubernetes).
    pub reset_after: SimDuration,
    /// How long an instance that is asked to stop may go on with what it has; from 0s. Default: 30s
    /// (Kubernetes).
    pub grace: SimDuration,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            backoff_base: SimDuration::from_secs(10),
            backoff_max: SimDuration::from_secs(300),
            reset_after: SimDuration::from_secs(600),
            grace: SimDuration::from_secs(30),
        }
    }
}

/// What the platform remembers of one instance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Crashes since it was last up for long.
    crashes: u32,
    /// When it was last up.
    started: SimTime,
}

impl Config {
    /// Contradictions between fields; empty if there is none.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.backoff_max < self.backoff_base {
            let sentence = format!(
                "must be at least `backoff_base`, which is {}, found {}",
                self.backoff_base, self.backoff_max
            );
            problems.push(Problem::new("backoff_max", sentence));
        }
        problems
    }

    /// The wait before the n-th restart in a row; the first is 1.
    fn wait(&self, restart: u32) -> SimDuration {
        // 2^62 times any wait other than 0 is above the longest span.
        let Some(doublings) = restart.checked_sub(2) else { return SimDuration::ZERO };
        let wait = self.backoff_base.mul_f64((1u64 << doublings.min(62)) as f64);
        wait.min(self.backoff_max)
    }
}

impl State {
    /// The instance is up.
    pub const fn started(&mut self, now: SimTime) {
        self.started = now;
    }

    /// The instance crashed or was killed: the wait until it is started again.
    pub fn crashed(&mut self, config: &Config, now: SimTime) -> SimDuration {
        if now.since(self.started) >= config.reset_after {
            self.crashes = 0;
        }
        self.crashes = self.crashes.saturating_add(1);
        config.wait(self.crashes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    /// The waits in seconds of an instance that crashes each time after being up for `up`.
    fn waits(config: &Config, state: &mut State, up: SimDuration, crashes: u32) -> Vec<f64> {
        let mut now = state.started;
        let mut crash = || {
            now = now + up;
            let wait = state.crashed(config, now);
            now = now + wait;
            state.started(now);
            wait.as_secs_f64()
        };
        (0..crashes).map(|_| crash()).collect()
    }

    #[test]
    fn conformance_restart_back_off() {
        // policies.md, section 20: 0, 10, 20, 40, 80, 160, 300 s.
        let found = waits(&Config::default(), &mut State::default(), SimDuration::from_secs(1), 8);
        assert_eq!(found, [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]);
    }

    #[test]
    fn ten_minutes_up_are_forgiveness() {
        let (config, mut state) = (Config::default(), State::default());
        waits(&config, &mut state, SimDuration::from_secs(1), 5);
        assert_eq!(waits(&config, &mut state, SimDuration::from_secs(599), 1), [160.0]);
        assert_eq!(waits(&config, &mut state, SimDuration::from_secs(600), 3), [0.0; 3]);
    }

    #[test]
    fn the_thousandth_restart_waits_a_finite_time() {
        let config = Config { backoff_max: SimDuration::MAX, ..Config::default() };
        assert_eq!(config.wait(u32::MAX), SimDuration::MAX);
        let never = Config { backoff_base: SimDuration::ZERO, ..Config::default() };
        assert_eq!(never.wait(1_000), SimDuration::ZERO);
    }

    #[test]
    fn settings_have_the_defaults_of_kubernetes_and_contradictions_are_named() {
        assert_eq!(read("{}"), Ok(Config::default()));
        let config: Config = read(r#"{"backoff_max": "5s"}"#).expect("settings are readable");
        let problems = config.check();
        assert_eq!(problems[0].field, "backoff_max");
        assert_eq!(problems[0].sentence, "must be at least `backoff_base`, which is 10s, found 5s");
        assert_eq!(Config::default().check(), []);
    }
}
