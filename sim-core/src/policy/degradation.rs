//! How fast is work on an instance, given how many attempts are there?
//!
//! | pattern | in one line | what slows down | n |
//! |---|---|---|---|
//! | [`none`] | always at full speed | nothing | |
//! | [`linear`] | longer by the same part for each attempt | memory, scheduling, polling | waiting and in service |
//! | [`usl`] | contention and coherency | locks, shared caches, agreement | in service |
//!
//! The speed holds for all work of the instance that is under way, at every moment: it changes as attempts
//! come and go, not only when one starts.

use serde::{Deserialize, Serialize};

pub mod none;
pub mod linear;
pub mod usl;

/// How the speed of an instance depends on its load. Default: `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema), schemars(rename = "Degradation"))]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// Not at all.
    #[default]
    None,
    /// Work takes longer by the same part for each attempt on the instance.
    Linear(linear::Config),
    /// Those in service hold each other up: the Universal Scalability Law.
    Usl(usl::Config),
}

impl Config {
    /// How fast work goes; 1 is the speed that `service_time` is about.
    #[inline]
    pub fn speed(&self, in_service: u32, in_system: u32) -> f64 {
        match self {
            Config::None => none::SPEED,
            Config::Linear(config) => linear::speed(config, in_system),
            Config::Usl(config) => usl::speed(config, in_service),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::read;

    #[test]
    fn linear_counts_all_and_usl_those_in_service() {
        let linear: Config = read(r#"{"linear": {"per_request": 1}}"#).expect("settings are readable");
        let usl: Config = read(r#"{"usl": {"contention": 1}}"#).expect("settings are readable");
        assert_eq!((linear.speed(1, 3), usl.speed(2, 9)), (0.25, 0.5));
        assert_eq!(Config::default().speed(5, 50), 1.0);
    }
}
