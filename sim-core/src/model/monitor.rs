//! Who looks at the system while it runs? Monitors scrape a signal now and then, from somewhere, and page somebody;
//! they see what they are pointed at and nothing else.

use serde::{Deserialize, Serialize};

use crate::dist::{Distribution, Sampler};
use crate::ids::{EdgeId, ServiceId, WorkloadId};
use crate::policy::alert;
use crate::time::SimDuration;
use crate::units::{Count, Probability};

/// Somebody who looks at one signal of one thing, and an alert on it. Operators can wait for the alert
/// (`actions`, `when: {alert: {monitor: NAME}}`). Looking costs the system nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct MonitorConfig {
    /// What is looked at.
    pub of: WatchedConfig,
    /// What is read of it, and the bound above which it is bad.
    pub signal: SignalConfig,
    /// From one scrape to the next, above 0s; the first comes at a random moment of the first interval. Default: 1m
    /// (Prometheus).
    #[serde(default = "minute")]
    pub scrape_interval: SimDuration,
    /// What is judged is all that happened in so long a time before the scrape, in whole scrapes; at least one interval,
    /// at most 1000. Default: one interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<SimDuration>,
    /// When somebody is told.
    #[serde(default)]
    pub alert: alert::Config,
    /// The service without which the monitoring cannot work: they share their fate. Default: it stands by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs_on: Option<RunsOnConfig>,
}

fn minute() -> SimDuration {
    SimDuration::from_secs(60)
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum WatchedConfig {
    /// A service, as it sees itself: what it has finished, and what it has turned away. What hangs in it is never
    /// finished, so it does not show. An alert names it.
    Service(String),
    /// The attempts that a service makes at another, as the caller sees them: with those that timed out. An alert
    /// names the service called.
    Calls(CallsConfig),
    /// The requests of a workload, as its users see them. An alert names nobody.
    Workload(String),
}

/// Who calls whom.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct CallsConfig {
    /// The service that calls. Default: all callers, users too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The service called.
    pub to: String,
}

/// What is read, and above which bound it is bad. Latency is that of all that has ended, failures included with the
/// time until they failed; what was turned away on arrival has none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum SignalConfig {
    /// The mean latency.
    MeanLatency(LatencySignal),
    /// The median latency.
    P50Latency(LatencySignal),
    /// The 99th percentile of latency.
    P99Latency(LatencySignal),
    /// The share that failed.
    ErrorRatio(RatioSignal),
    /// Users who call and complain, of a workload only.
    UserReports(ReportsSignal),
}

/// A bound on latency.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct LatencySignal {
    /// Bad above this.
    pub above: SimDuration,
}

/// A bound on a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RatioSignal {
    /// Bad above this share; below 1.
    pub above: Probability,
}

/// Users who report what failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct ReportsSignal {
    /// Bad above this number of reports in the window; from 0.
    pub above: u32,
    /// Share of the failed requests that somebody reports, above 0.
    pub ratio: Probability,
    /// From the failure until the report has come to the right desk. Default: `0s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Distribution>,
}

/// What the monitoring needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct RunsOnConfig {
    /// Name of the service.
    pub service: String,
    /// How many calls to it one scrape takes; it fails if one of them would hang, fail, or find nobody. Default: 1.
    #[serde(default = "one")]
    pub calls: Count,
}

fn one() -> Count {
    Count::new(1)
}

/// A monitor, ready to run.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Name in the file.
    pub name: String,
    /// What it looks at.
    pub of: Watched,
    /// The service that its alert names.
    pub names: Option<ServiceId>,
    /// What it reads.
    pub signal: Signal,
    /// The bound: seconds, a share or a number.
    pub above: f64,
    /// From one scrape to the next.
    pub scrape_interval: SimDuration,
    /// Scrapes in a window.
    pub scrapes: u32,
    /// When somebody is told.
    pub alert: alert::Config,
    /// What it needs, and how many calls to it.
    pub runs_on: Option<(ServiceId, u32)>,
    /// Number in its luck; follows from its name.
    pub key: u32,
}

/// What a monitor looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// What a service has finished and turned away.
    Service(ServiceId),
    /// Attempts over these edges.
    Edges(Vec<EdgeId>),
    /// Requests of a workload.
    Workload(WorkloadId),
}

/// What a monitor reads.
#[derive(Clone, Debug)]
pub enum Signal {
    /// The mean latency.
    Mean,
    /// The latency that this share does not exceed.
    Quantile(f64),
    /// The share that failed.
    ErrorRatio,
    /// The number of reports: of which share of the failures, and after how long.
    Reports(Probability, Option<Sampler>),
}

impl SignalConfig {
    /// Its word in the file.
    pub fn word(&self) -> &'static str {
        match self {
            SignalConfig::MeanLatency(_) => "mean_latency",
            SignalConfig::P50Latency(_) => "p50_latency",
            SignalConfig::P99Latency(_) => "p99_latency",
            SignalConfig::ErrorRatio(_) => "error_ratio",
            SignalConfig::UserReports(_) => "user_reports",
        }
    }

    /// What is read, and the bound.
    pub(super) fn lower(&self) -> (Signal, f64) {
        match self {
            SignalConfig::MeanLatency(signal) => (Signal::Mean, signal.above.as_secs_f64()),
            SignalConfig::P50Latency(signal) => (Signal::Quantile(0.5), signal.above.as_secs_f64()),
            SignalConfig::P99Latency(signal) => (Signal::Quantile(0.99), signal.above.as_secs_f64()),
            SignalConfig::ErrorRatio(signal) => (Signal::ErrorRatio, signal.above.get()),
            SignalConfig::UserReports(signal) => {
                let delay = signal.delay.as_ref().map(Distribution::sampler);
                (Signal::Reports(signal.ratio, delay), f64::from(signal.above))
            }
        }
    }
}
