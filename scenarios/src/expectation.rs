//! What does a scenario claim? The `expect` lines of a file: a metric, where and when it is looked at,
//! what it is compared with, and on how many seeds.

mod sentence;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sim_core::units::Probability;

use crate::claim::Claim;
use crate::metric::{Metric, Unit};
use crate::results::Arm;

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The share of seeds with a verdict.
    Verdict(Verdict),
    /// A metric.
    Metric(Metric),
}

/// Judgement of one seed's triggered arm against its control arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Never unhealthy.
    Unaffected,
    /// Unhealthy for a while, then healthy again.
    Recovered,
    /// Control healthy, every trigger over, no recovery by the horizon.
    Stuck,
    /// The control itself is unhealthy.
    Overloaded,
    /// Stopped by a bound, or nothing to judge.
    Inconclusive,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Verdict] = &[
        Verdict::Unaffected,
        Verdict::Recovered,
        Verdict::Stuck,
        Verdict::Overloaded,
        Verdict::Inconclusive,
    ];
}

/// How the values of the windows become one value of a seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reduce {
    /// The metric over the whole window.
    #[default]
    Mean,
    /// The largest value of any moment.
    Max,
    /// The smallest value of any moment.
    Min,
    /// The share of the moments at which a bound holds.
    ShareOfTime(Claim),
    /// The time from the start of the window to the first moment at which a bound holds.
    FirstTime(Claim),
}

/// How the values of the seeds are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Across {
    /// Each seed by itself; the share in `share_of_seeds` must keep the bounds.
    #[default]
    EachSeed,
    /// The mean over seeds.
    Mean,
    /// The median over seeds; a seed on which something never happened counts as infinite.
    Median,
    /// The 10th percentile over seeds.
    P10,
    /// The 90th percentile over seeds.
    P90,
}

/// How a variant is compared with another on the same seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// `variant` minus `versus`.
    #[default]
    Difference,
    /// `variant` divided by `versus`.
    Ratio,
}

/// The part of a run that is looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowConfig {
    /// Where it begins: `start`, `warmup`, `trigger_start`, `trigger_end`, `horizon`, `NAME.start` or
    /// `NAME.end` of a fault, each with `+ 10s` or `- 10s` if wanted; or a time such as `60s`. Default
    /// `warmup`.
    #[serde(default = "warmup")]
    pub from: String,
    /// Where it ends, in the same words. Default `horizon`.
    #[serde(default = "horizon")]
    pub to: String,
}

fn warmup() -> String {
    "warmup".to_owned()
}

fn horizon() -> String {
    "horizon".to_owned()
}

macro_rules! expectation {
    ($($(#[$doc:meta])* $field:ident => $subject:expr;)*) => {
        /// One claim: who and when, exactly one metric with its bounds, and on how many seeds.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct ExpectationConfig {
            /// The variant looked at; default: the first one.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub variant: Option<String>,
            /// A second variant on the same seeds: the claim is about the difference or ratio.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub versus: Option<String>,
            /// `difference` (default) or `ratio`, with `versus`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub compare: Option<Compare>,
            /// `triggered` (default) or `control`, the same run without any fault.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub arm: Option<Arm>,
            /// A named sweep of this file; default: its only one, if `point` is given.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub sweep: Option<String>,
            /// A value of the sweep, as its list writes it.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub point: Option<String>,
            /// Look at this service only.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub service: Option<String>,
            /// Look at this workload only.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub workload: Option<String>,
            /// Look at this part of the run only; default: from `warmup` to `horizon`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub window: Option<WindowConfig>,
            /// How the moments of the window become one value; default `mean`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub reduce: Option<Reduce>,
            /// How the seeds are judged; default `each_seed`.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub across: Option<Across>,
            /// With `each_seed`: the share of the seeds that must keep the bounds; default all.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub share_of_seeds: Option<Probability>,
            $($(#[$doc])*
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<Claim>,)*
        }

        impl ExpectationConfig {
            /// What the line is about, with the bounds; a sound line has exactly one entry.
            pub fn claims(&self) -> Vec<(Subject, &Claim)> {
                [$(self.$field.as_ref().map(|claim| ($subject, claim)),)*].into_iter().flatten().collect()
            }
        }
    };
}

expectation! {
    /// Share of seeds on which the control is healthy, every trigger is over and nothing recovers.
    stuck => Subject::Verdict(Verdict::Stuck);
    /// Share of seeds that were unhealthy for a while and recovered.
    recovered => Subject::Verdict(Verdict::Recovered);
    /// Share of seeds that were never unhealthy.
    unaffected => Subject::Verdict(Verdict::Unaffected);
    /// Share of seeds on which the control itself is unhealthy.
    overloaded => Subject::Verdict(Verdict::Overloaded);
    /// First tries per second created by users.
    offered => Subject::Metric(Metric::Offered);
    /// Requests per second arriving at services, retries included.
    attempts => Subject::Metric(Metric::Attempts);
    /// Attempts divided by offered requests.
    amplification => Subject::Metric(Metric::Amplification);
    /// Completions per second at the servers, useful or not.
    throughput => Subject::Metric(Metric::Throughput);
    /// Requests per second whose answer reached a caller that still wanted it.
    goodput => Subject::Metric(Metric::Goodput);
    /// 1 - goodput / throughput.
    wasted_share => Subject::Metric(Metric::WastedShare);
    /// Share of the requests that arrived in the window and were answered in time.
    success => Subject::Metric(Metric::Success);
    /// Share of the requests that arrived in the window and were not answered.
    unanswered_share => Subject::Metric(Metric::UnansweredShare);
    /// Time from the end of the last trigger until success is back for good.
    recovery_time => Subject::Metric(Metric::RecoveryTime);
    /// Mean time from arrival to answer, over answered requests.
    latency_mean => Subject::Metric(Metric::LatencyMean);
    /// Median time from arrival to answer, over answered requests.
    latency_p50 => Subject::Metric(Metric::LatencyP50);
    /// 90th percentile of the time from arrival to answer, over answered requests.
    latency_p90 => Subject::Metric(Metric::LatencyP90);
    /// 95th percentile of the time from arrival to answer, over answered requests.
    latency_p95 => Subject::Metric(Metric::LatencyP95);
    /// 99th percentile of the time from arrival to answer, over answered requests.
    latency_p99 => Subject::Metric(Metric::LatencyP99);
    /// 99.9th percentile of the time from arrival to answer, over answered requests.
    latency_p999 => Subject::Metric(Metric::LatencyP999);
    /// Mean time an attempt had waited in line when its service started.
    age_at_service => Subject::Metric(Metric::AgeAtService);
    /// Requests under way, mean over time.
    in_flight => Subject::Metric(Metric::InFlight);
    /// Attempts waiting in queues, mean over time.
    queue_length => Subject::Metric(Metric::QueueLength);
    /// Workers that serve, mean over time.
    busy_workers => Subject::Metric(Metric::BusyWorkers);
    /// Busy workers divided by workers.
    utilisation => Subject::Metric(Metric::Utilisation);
    /// Attempts per second turned away because the queue was full.
    rejected => Subject::Metric(Metric::Rejected);
    /// Attempts per second discarded at dequeue after waiting too long.
    dropped => Subject::Metric(Metric::Dropped);
    /// Attempts per second lost with an instance that crashed.
    lost => Subject::Metric(Metric::Lost);
    /// Attempts per second that a server let go because nobody wanted them any more.
    withdrawn => Subject::Metric(Metric::Withdrawn);
    /// Instances that serve and that callers are told of, mean over time.
    ready_instances => Subject::Metric(Metric::ReadyInstances);
    /// How often instances crashed or were stopped, in total.
    crashes => Subject::Metric(Metric::Crashes);
    /// Connections that instances hold, mean over time.
    connections => Subject::Metric(Metric::Connections);
    /// Attempts to open a connection per second, those refused included.
    connect_attempts => Subject::Metric(Metric::ConnectAttempts);
    /// Connections opened per second.
    connects => Subject::Metric(Metric::Connects);
    /// Connections that ended per second, in whichever way.
    disconnects => Subject::Metric(Metric::Disconnects);
    /// Success without the messages of users who had no connection.
    connected_success => Subject::Metric(Metric::ConnectedSuccess);
    /// Instances that there are and are paid for, booting and draining ones included, mean over time.
    instances => Subject::Metric(Metric::Instances);
    /// Instances times the seconds that they were there: what a fleet costs.
    instance_seconds => Subject::Metric(Metric::InstanceSeconds);
    /// Attempts per second answered with an error.
    errors => Subject::Metric(Metric::Errors);
    /// Share of the pieces of data that lack a copy, mean over time.
    under_replicated => Subject::Metric(Metric::UnderReplicated);
    /// Share of the instances that copying of lost data takes, mean over time.
    repair_share => Subject::Metric(Metric::RepairShare);
    /// Share of the memory of the instances that is in use, mean over time.
    memory_share => Subject::Metric(Metric::MemoryShare);
    /// Share of the look-ups in caches that were answered at once, with expired values included.
    hit_ratio => Subject::Metric(Metric::HitRatio);
    /// Look-ups per second that began a load.
    cache_misses => Subject::Metric(Metric::CacheMisses);
    /// Loads per second begun by caches: misses, refreshes in the background, and take-overs.
    cache_loads => Subject::Metric(Metric::CacheLoads);
    /// Values per second that came into caches.
    cache_fills => Subject::Metric(Metric::CacheFills);
    /// Look-ups per second answered with a value that had expired.
    stale_answers => Subject::Metric(Metric::StaleAnswers);
    /// Share of the answers that stand in for something better: a step fell back, or an expired value was used.
    degraded_share => Subject::Metric(Metric::DegradedShare);
    /// Loads of a key for each time that it had to be loaded while nobody did: queries per expiry.
    stampede_size => Subject::Metric(Metric::StampedeSize);
    /// Attempts in the busiest window of the run divided by their mean.
    peak_to_mean => Subject::Metric(Metric::PeakToMean);
    /// Attempts that wait outside a full line that drops nobody, mean over time.
    outside => Subject::Metric(Metric::Outside);
    /// Attempts of a service that wait outside others and hold up its workers, mean over time.
    held_up => Subject::Metric(Metric::HeldUp);
    /// Leases that are held, mean over time.
    leases_held => Subject::Metric(Metric::LeasesHeld);
    /// Writes that the replica furthest behind lacks, mean over time.
    replica_lag => Subject::Metric(Metric::ReplicaLag);
    /// Share of a leader's workers that serve replicas which catch up, mean over time.
    catch_up_share => Subject::Metric(Metric::CatchUpShare);
    /// The busiest link of a pool in answers, divided by the mean over its links.
    link_imbalance => Subject::Metric(Metric::LinkImbalance);
    /// Calls per second to addresses behind which nobody is any more.
    dead_calls => Subject::Metric(Metric::DeadCalls);
    /// Share of the addresses that callers believe in behind which nobody is, mean over time.
    stale_addresses => Subject::Metric(Metric::StaleAddresses);
    /// Share of the instances that serve and that callers do not know, mean over time.
    unknown_instances => Subject::Metric(Metric::UnknownInstances);
    /// Heartbeats, polls, pushes and look-ups per second.
    discovery_requests => Subject::Metric(Metric::DiscoveryRequests);
    /// Connections of calls that are open, mean over time.
    open_connections => Subject::Metric(Metric::OpenConnections);
    /// Attempts that wait for a connection, mean over time.
    awaiting_connection => Subject::Metric(Metric::AwaitingConnection);
    /// Connections of calls opened per second.
    handshakes => Subject::Metric(Metric::Handshakes);
    /// Connections of calls per second that could not be opened.
    handshake_failures => Subject::Metric(Metric::HandshakeFailures);
    /// Mean time that it took to open a connection.
    handshake_time => Subject::Metric(Metric::HandshakeTime);
    /// Services that an intruder holds or has had an answer from, mean over time.
    reached_services => Subject::Metric(Metric::ReachedServices);
    /// Calls of intruders per second that were answered.
    foreign_served => Subject::Metric(Metric::ForeignServed);
    /// Calls of intruders per second that were refused because of who sent them, or how many.
    foreign_blocked => Subject::Metric(Metric::ForeignBlocked);
    /// Effects applied once more although they stood, per 1000 requests that may lead to them.
    duplicates => Subject::Metric(Metric::Duplicates);
    /// Times that an idempotency key was known, per 1000 requests that may lead to the effect.
    replays => Subject::Metric(Metric::Replays);
    /// Effects that stand although the user was told that the request failed, per 1000 requests.
    orphans => Subject::Metric(Metric::Orphans);
    /// Effects that do not stand although the user was told that they do, per 1000 requests.
    lost_effects => Subject::Metric(Metric::LostEffects);
    /// Objects of sagas left half-way, mean over time.
    inconsistent => Subject::Metric(Metric::Inconsistent);
    /// Objects of sagas left half-way at the end, per 1000 sagas.
    inconsistent_per_1000 => Subject::Metric(Metric::InconsistentPer1000);
    /// For how long the oldest inconsistent object has been so, mean over time.
    oldest_inconsistent => Subject::Metric(Metric::OldestInconsistent);
    /// Share of the sagas that had to undo what they had done.
    compensated_share => Subject::Metric(Metric::CompensatedShare);
    /// Share of the looks at objects of sagas that saw one half-way which did not say so.
    dirty_reads => Subject::Metric(Metric::DirtyReads);
    /// Workers that wait for a lost message in a call without any timeout, mean over time.
    stuck_workers => Subject::Metric(Metric::StuckWorkers);
    /// From the start of the first trigger to the first alert that those on call see.
    time_to_detect => Subject::Metric(Metric::TimeToDetect);
    /// The same to the first alert that names a service which a trigger hits.
    time_to_attribute => Subject::Metric(Metric::TimeToAttribute);
    /// The same to the first thing that an operator does.
    time_to_act => Subject::Metric(Metric::TimeToAct);
    /// Alerts that fire, mean over time.
    alerts_firing => Subject::Metric(Metric::AlertsFiring);
    /// How long the mean user was without service.
    lost_user_time => Subject::Metric(Metric::LostUserTime);
    /// Money for a million requests of users.
    cost => Subject::Metric(Metric::Cost);
    /// Bytes of messages sent per second.
    message_bytes => Subject::Metric(Metric::MessageBytes);
    /// Share of the bytes between places in zones that went from one zone to another.
    cross_zone_bytes => Subject::Metric(Metric::CrossZoneBytes);
    /// Work of services on encoding and decoding, per request of users.
    encoding_cpu => Subject::Metric(Metric::EncodingCpu);
    /// Share of the time in which the busiest link that calls share passed something.
    link_utilisation => Subject::Metric(Metric::LinkUtilisation);
    /// Bytes that wait for a link that calls share, mean over the ends of windows.
    link_queue => Subject::Metric(Metric::LinkQueue);
    /// Minutes in which an incident's share of the last requests failed or more.
    error_minutes => Subject::Metric(Metric::ErrorMinutes);
    /// How often too many requests failed.
    incidents => Subject::Metric(Metric::Incidents);
    /// Incidents while all settings fitted together.
    untraced_incidents => Subject::Metric(Metric::UntracedIncidents);
    /// Incidents while a caller was more patient than its own caller.
    patience_incidents => Subject::Metric(Metric::PatienceIncidents);
    /// Incidents while more could come than a quota lets in.
    quota_incidents => Subject::Metric(Metric::QuotaIncidents);
    /// From the beginning of an incident to the change that was taken back, mean.
    time_to_restore => Subject::Metric(Metric::TimeToRestore);
    /// Owners of the settings that did not fit, mean over incidents.
    owners_involved => Subject::Metric(Metric::OwnersInvolved);
    /// Changes that owners made.
    changes_made => Subject::Metric(Metric::ChangesMade);
    /// Changes that a contract forbade.
    changes_refused => Subject::Metric(Metric::ChangesRefused);
    /// Share of the requests that had met a setting which did not fit together with others.
    exposed_share => Subject::Metric(Metric::ExposedShare);
    /// Of those, the ones that failed, in minutes of all users.
    exposed_minutes => Subject::Metric(Metric::ExposedMinutes);
    /// Staged changes that a comparison took back.
    canary_rollbacks => Subject::Metric(Metric::CanaryRollbacks);
    /// Of those, the ones that fitted.
    fitting_rollbacks => Subject::Metric(Metric::FittingRollbacks);
    /// Attempts that could not be read by the version that took them, in total.
    decode_errors => Subject::Metric(Metric::DecodeErrors);
    /// Their share of all that bear a version.
    decode_error_share => Subject::Metric(Metric::DecodeErrorShare);
    /// Share of the instances that run another version than at the start, mean over time.
    new_version_share => Subject::Metric(Metric::NewVersionShare);
    /// How long more than one holder believed to hold a lock and could write, in total.
    two_holders => Subject::Metric(Metric::TwoHolders);
    /// How long nobody believed to hold a lock, in total.
    lock_idle => Subject::Metric(Metric::LockIdle);
    /// Requests of which some effects stand and others do not, mean over time.
    divergent => Subject::Metric(Metric::Divergent);
    /// Requests that nobody works on though they are divergent or their user was told nothing, mean over time.
    stuck_operations => Subject::Metric(Metric::StuckOperations);
    /// The same at the end, per 1000 requests that may lead to effects.
    stuck_per_1000 => Subject::Metric(Metric::StuckPer1000);
}

impl Verdict {
    /// The word in files and tables.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Unaffected => "unaffected",
            Verdict::Recovered => "recovered",
            Verdict::Stuck => "stuck",
            Verdict::Overloaded => "overloaded",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

impl Subject {
    /// What an id means: `stuck`, `recovered`, `unaffected`, `overloaded`, or that of a metric.
    pub fn from_id(id: &str) -> Option<Subject> {
        let verdict = Verdict::ALL.iter().find(|verdict| verdict.word() == id);
        verdict.map(|v| Subject::Verdict(*v)).or_else(|| Metric::from_id(id).map(Subject::Metric))
    }

    /// What it is counted in.
    pub fn unit(self) -> Unit {
        match self {
            Subject::Verdict(_) => Unit::Share,
            Subject::Metric(metric) => metric.unit(),
        }
    }

    /// The word in files.
    pub fn id(self) -> &'static str {
        match self {
            Subject::Verdict(verdict) => verdict.word(),
            Subject::Metric(metric) => metric.id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_can_be_claimed() {
        let schema = serde_json::to_value(schemars::schema_for!(ExpectationConfig)).unwrap();
        for metric in Metric::ALL {
            assert!(schema["properties"].get(metric.id()).is_some(), "{} is missing", metric.id());
        }
    }
}
