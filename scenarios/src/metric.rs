//! Which numbers can a run be asked for? The fixed metric ids, the same in scenario files, JSON, CSV,
//! charts and text, each with its unit and its one-line definition.

use serde::{Deserialize, Serialize};

/// What a metric is counted in; decides how files write it and how people read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Events per second; files write `800/s`.
    PerSecond,
    /// Seconds; files write a duration such as `25s`.
    Seconds,
    /// A share in [0, 1]; files write `0.95` or `95%`.
    Share,
    /// A plain ratio or factor.
    Ratio,
    /// A number of things, possibly averaged.
    Count,
}

impl Unit {
    /// The suffix in JSON and CSV: `1/s`, `s`, `1`.
    pub fn symbol(self) -> &'static str {
        match self {
            Unit::PerSecond => "1/s",
            Unit::Seconds => "s",
            Unit::Share | Unit::Ratio | Unit::Count => "1",
        }
    }
}

macro_rules! metrics {
    ($($variant:ident $id:literal $unit:ident $label:literal $doc:literal;)*) => {
        /// A metric of a run.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Metric {$(
            #[doc = $doc]
            $variant,
        )*}

        impl Metric {
            /// Every metric, in the order of tables.
            pub const ALL: &'static [Metric] = &[$(Metric::$variant),*];

            /// The id in files, JSON and CSV.
            pub fn id(self) -> &'static str {
                match self { $(Metric::$variant => $id),* }
            }

            /// What it is counted in.
            pub fn unit(self) -> Unit {
                match self { $(Metric::$variant => Unit::$unit),* }
            }

            /// Axis and table label.
            pub fn label(self) -> &'static str {
                match self { $(Metric::$variant => $label),* }
            }

            /// The definition in one line.
            pub fn definition(self) -> &'static str {
                match self { $(Metric::$variant => $doc),* }
            }
        }
    };
}

metrics! {
    Offered "offered" PerSecond "offered load" "First tries per second created by users.";
    Attempts "attempts" PerSecond "attempts" "Requests per second arriving at services, retries included.";
    Amplification "amplification" Ratio "amplification" "Attempts divided by offered requests.";
    Throughput "throughput" PerSecond "throughput" "Completions per second at the servers, useful or not.";
    Goodput "goodput" PerSecond "goodput" "Requests per second whose answer reached a caller that still wanted it.";
    WastedShare "wasted_share" Share "wasted work" "1 - goodput / throughput: completions that helped nobody.";
    Success "success" Share "success" "Share of the requests that arrived in a window and were answered in time, of those that have ended by the horizon.";
    UnansweredShare "unanswered_share" Share "unanswered" "1 - success: share of the requests that ended without an answer.";
    RecoveryTime "recovery_time" Seconds "recovery time" "From the end of the last trigger to the start of the first 5 s window from which success stays at 95 % of the control's for 30 s; none if not by the horizon. Long horizons have coarser windows; success then stays for at least one of them.";
    LatencyMean "latency_mean" Seconds "mean latency" "Mean time from arrival to answer, over answered requests.";
    LatencyP50 "latency_p50" Seconds "median latency" "Median time from arrival to answer, over answered requests.";
    LatencyP90 "latency_p90" Seconds "p90 latency" "90th percentile of the time from arrival to answer, over answered requests.";
    LatencyP95 "latency_p95" Seconds "p95 latency" "95th percentile of the time from arrival to answer, over answered requests.";
    LatencyP99 "latency_p99" Seconds "p99 latency" "99th percentile of the time from arrival to answer, over answered requests.";
    LatencyP999 "latency_p999" Seconds "p99.9 latency" "99.9th percentile of the time from arrival to answer, over answered requests.";
    AgeAtService "age_at_service" Seconds "wait before service" "Mean time an attempt had waited in line when its service started.";
    InFlight "in_flight" Count "in flight" "Requests under way, mean over time.";
    QueueLength "queue_length" Count "queue length" "Attempts waiting in queues, mean over time.";
    BusyWorkers "busy_workers" Count "busy workers" "Workers that serve, mean over time.";
    Utilisation "utilisation" Share "utilisation" "Busy workers divided by workers.";
    Rejected "rejected" PerSecond "rejections" "Attempts per second turned away on arrival: the queue was full, admission control refused, or nobody was there.";
    Dropped "dropped" PerSecond "drops" "Attempts per second discarded at dequeue after waiting too long.";
    Lost "lost" PerSecond "lost" "Attempts per second lost with an instance that crashed.";
    Withdrawn "withdrawn" PerSecond "withdrawn" "Attempts per second that a server let go because nobody wanted them any more.";
    ReadyInstances "ready_instances" Count "ready instances" "Instances that serve and that callers are told of, mean over time.";
    Crashes "crashes" Count "crashes" "How often instances crashed or were stopped, in total.";
    Connections "connections" Count "connections" "Connections that instances hold, mean over time.";
    ConnectAttempts "connect_attempts" PerSecond "attempts to connect" "Attempts to open a connection per second, those refused included.";
    Connects "connects" PerSecond "connects" "Connections opened per second.";
    Disconnects "disconnects" PerSecond "disconnects" "Connections that ended per second, in whichever way.";
    ConnectedSuccess "connected_success" Share "success of the connected" "Success without the messages of users who had no connection: how well those are served who are connected.";
    Instances "instances" Count "instances" "Instances that there are and are paid for, booting and draining ones included, mean over time.";
    InstanceSeconds "instance_seconds" Count "instance-seconds" "Instances times the seconds that they were there, booting and draining included: what a fleet costs.";
    Errors "errors" PerSecond "errors" "Attempts per second answered with an error.";
    UnderReplicated "under_replicated" Share "under-replicated" "Share of the pieces of data that lack a copy, mean over time; of several services, the worst.";
    RepairShare "repair_share" Share "repair work" "Share of the instances that copying of lost data takes, mean over time; over all services with repair.";
    MemoryShare "memory_share" Share "memory" "Share of the memory of the instances that is in use, mean over time; over all services with memory.";
    HitRatio "hit_ratio" Share "hits" "Share of the look-ups in caches that were answered at once, with expired values included.";
    CacheMisses "cache_misses" PerSecond "misses" "Look-ups per second that began a load; those that waited for a load of another are not among them.";
    CacheLoads "cache_loads" PerSecond "loads" "Loads per second begun by caches: misses, refreshes in the background, and those who took over from another.";
    CacheFills "cache_fills" PerSecond "fills" "Values per second that came into caches.";
    StaleAnswers "stale_answers" PerSecond "stale answers" "Look-ups per second answered with a value that had expired.";
    DegradedShare "degraded_share" Share "degraded answers" "Share of the answers that stand in for something better: a step fell back, or a value that had expired was used because no other could be had.";
    StampedeSize "stampede_size" Ratio "loads at once" "Loads of a key for each time that it had to be loaded while nobody did: queries per expiry; 1 without stampedes.";
    PeakToMean "peak_to_mean" Ratio "peak to mean" "Attempts in the busiest window divided by the mean over all windows: how uneven the load is. A single window has 1; shorter windows show higher peaks.";
    Outside "outside" Count "waiting outside" "Attempts that wait outside a full line that drops nobody, mean over time; of one service: before its instances.";
    HeldUp "held_up" Count "held up" "Attempts of services that wait outside others, mean over time; each holds up a worker of the service that sent it. Of one service: those it sent.";
    LeasesHeld "leases_held" Count "leases held" "Leases that are held, read at the end of each window, mean over time; of one workload: its own.";
    ReplicaLag "replica_lag" Count "replica lag" "Writes that the replica furthest behind lacks, read at the end of each window, mean over time.";
    CatchUpShare "catch_up_share" Share "catching up" "Share of a leader's workers that serve replicas which catch up, read at the end of each window, mean over time.";
    LinkImbalance "link_imbalance" Ratio "link imbalance" "The busiest link of a pool in answers, divided by the mean over its links: 1 if all get the same; of several pools, the worst.";
    DeadCalls "dead_calls" PerSecond "dead calls" "Calls per second to addresses behind which nobody is any more.";
    StaleAddresses "stale_addresses" Share "stale addresses" "Share of the addresses that callers believe in behind which nobody is, read at the end of each window, mean over time; of several services, the mean.";
    UnknownInstances "unknown_instances" Share "unknown instances" "Share of the instances that serve and that callers do not know, read at the end of each window, mean over time and callers; of several services, the mean.";
    DiscoveryRequests "discovery_requests" PerSecond "discovery requests" "Heartbeats, polls, pushes and look-ups per second: what it costs to know addresses.";
    OpenConnections "open_connections" Count "open connections" "Connections of calls that are open, read at the end of each window, mean over time.";
    AwaitingConnection "awaiting_connection" Count "waiting for a connection" "Attempts that wait for a connection, read at the end of each window, mean over time.";
    Handshakes "handshakes" PerSecond "handshakes" "Connections of calls opened per second.";
    HandshakeFailures "handshake_failures" PerSecond "failed handshakes" "Connections of calls per second that could not be opened.";
    HandshakeTime "handshake_time" Seconds "time to connect" "Mean time that it took to open a connection, of those that were opened.";
    ReachedServices "reached_services" Count "reached services" "Services that an intruder holds or has had an answer from, read at the end of each window, mean over time.";
    ForeignServed "foreign_served" PerSecond "foreign calls served" "Calls of intruders per second that were answered.";
    ForeignBlocked "foreign_blocked" PerSecond "foreign calls blocked" "Calls of intruders per second that were refused because of who sent them, or how many.";
    Duplicates "duplicates" Count "duplicates" "Effects applied once more although they stood already under the same key, per 1000 requests that may lead to them.";
    Replays "replays" Count "replays" "Times that an idempotency key was known and nothing was done, per 1000 requests that may lead to the effect.";
    Orphans "orphans" Count "orphans" "Effects that stand although the user was told that the request failed, those undone later deducted, per 1000 requests that may lead to them.";
    LostEffects "lost_effects" Count "lost effects" "Effects that do not stand, or not yet, although the user was told that the request is done, those that come later deducted, per 1000 requests that may lead to them.";
    Inconsistent "inconsistent" Count "inconsistent objects" "Objects of sagas left half-way because undoing was given up or put aside, read at the end of each window, mean over time.";
    InconsistentPer1000 "inconsistent_per_1000" Count "inconsistent of 1000" "Objects of sagas that are inconsistent at the end, per 1000 sagas begun until then.";
    OldestInconsistent "oldest_inconsistent" Seconds "oldest inconsistent" "For how long the oldest inconsistent object of a saga has been so, read at the end of each window, mean over time; 0 if there is none.";
    CompensatedShare "compensated_share" Share "compensated" "Share of the sagas begun that had to undo what they had done.";
    DirtyReads "dirty_reads" Share "dirty reads" "Share of the looks at objects of sagas that saw one half-way which did not say so.";
    StuckWorkers "stuck_workers" Count "stuck workers" "Workers that wait for a message that was lost, in a call without any timeout: for ever. Read at the end of each window, mean over time.";
    TimeToDetect "time_to_detect" Seconds "time to detect" "From the start of the first trigger to the first alert that those on call see; none if not by the horizon.";
    TimeToAttribute "time_to_attribute" Seconds "time to attribute" "From the start of the first trigger to the first alert that names a service which a trigger hits; none if not by the horizon.";
    TimeToAct "time_to_act" Seconds "time to act" "From the start of the first trigger to the first thing that an operator does; none if not by the horizon.";
    AlertsFiring "alerts_firing" Count "alerts firing" "Alerts that fire, read at the end of each window, mean over time; of one service: those that name it, of one workload: its own.";
    LostUserTime "lost_user_time" Seconds "lost per user" "How long the mean user was without service: the share of requests not answered, summed over time; known where there are monitors.";
    Cost "cost" Count "money per million requests" "Instances, bytes and calls at the prices of the file, for a million requests of users.";
    MessageBytes "message_bytes" Count "bytes per second" "Bytes of messages that were sent per second, requests and answers; of one service: those of calls to it.";
    CrossZoneBytes "cross_zone_bytes" Share "bytes between zones" "Share of the bytes between places in zones that went from one zone to another; of one service: of calls to it.";
    EncodingCpu "encoding_cpu" Seconds "encoding work" "Work of services on encoding and decoding messages, for each request of users.";
    LinkUtilisation "link_utilisation" Share "use of the busiest link" "Share of the time in which the busiest link that calls share passed something, the busier way of it.";
    LinkQueue "link_queue" Count "bytes that wait for a link" "Bytes that wait for a link that calls share, behind the message that passes; of several links and ways, the most.";
    ErrorMinutes "error_minutes" Count "error minutes" "Minutes in which an incident's share of the last requests failed or more, in total; known where owners change settings (`changes`).";
    Incidents "incidents" Count "incidents" "How often too many requests failed and somebody began to look for the reason, in total.";
    UntracedIncidents "untraced_incidents" Count "untraced incidents" "Incidents that began while all settings fitted together, in total.";
    PatienceIncidents "patience_incidents" Count "incidents of patience" "Incidents that began while a caller was more patient than its own caller, in total.";
    QuotaIncidents "quota_incidents" Count "incidents of quotas" "Incidents that began while more could come than a quota lets in, in total.";
    TimeToRestore "time_to_restore" Seconds "time to restore" "From the beginning of an incident to the change that was taken back, mean over incidents; none without any.";
    OwnersInvolved "owners_involved" Count "owners involved" "Owners of the settings that did not fit together, mean over incidents; none without any.";
    ChangesMade "changes_made" Count "changes made" "Changes that owners made, in total.";
    ChangesRefused "changes_refused" Count "changes refused" "Changes that a contract forbade, in total.";
    ExposedShare "exposed_share" Share "exposed" "Share of the requests that ended and had met a setting which did not fit together with others, over the whole run.";
    ExposedMinutes "exposed_minutes" Count "exposed and failed" "Minutes of the run times the share of requests that had met a setting which did not fit together with others and failed: user-minutes, as if all users failed for so long.";
    CanaryRollbacks "canary_rollbacks" Count "taken back by comparison" "Staged changes that were taken back because those who met them fared worse, in total.";
    FittingRollbacks "fitting_rollbacks" Count "fitting, taken back" "Staged changes that a comparison took back although they fitted together with the other settings, in total: errors of the comparison, and changes that are worse for a reason that no contract knows.";
    DecodeErrors "decode_errors" Count "decode errors" "Attempts that a worker took and could not read, because another version of their sender wrote them, in total.";
    DecodeErrorShare "decode_error_share" Share "could not be read" "Share of those among all attempts that bear a version and were taken by a worker.";
    NewVersionShare "new_version_share" Share "at a new version" "Share of the instances that run another version than at the start, read at the end of each window, mean over time.";
    TwoHolders "two_holders" Seconds "two holders" "How long more than one holder believed to hold a lock and could write, in total.";
    LockIdle "lock_idle" Seconds "lock idle" "How long nobody believed to hold a lock, in total.";
    Divergent "divergent" Count "divergent operations" "Requests of which some effects stand and others do not, of those to which they lead whenever they succeed: services disagree, be it for a moment. Read at the end of each window, mean over time.";
    StuckOperations "stuck_operations" Count "stuck operations" "Requests that nobody works on any more though they are divergent or their user was told nothing: nothing computes, is on its way, stands in a line or waits for a timer. Read at the end of each window, mean over time; known where there are effects.";
    StuckPer1000 "stuck_per_1000" Count "stuck of 1000" "Requests that are stuck at the end, per 1000 begun until then that may lead to effects.";
}

impl Metric {
    /// Whether it is about what owners change.
    pub fn is_of_changes(self) -> bool {
        use Metric as M;
        matches!(
            self,
            M::ErrorMinutes
                | M::Incidents
                | M::UntracedIncidents
                | M::PatienceIncidents
                | M::QuotaIncidents
                | M::TimeToRestore
                | M::OwnersInvolved
                | M::ChangesMade
                | M::ChangesRefused
                | M::ExposedShare
                | M::ExposedMinutes
                | M::CanaryRollbacks
                | M::FittingRollbacks
        )
    }

    /// The metric of an id.
    pub fn from_id(id: &str) -> Option<Metric> {
        Metric::ALL.iter().copied().find(|metric| metric.id() == id)
    }
}

impl Serialize for Metric {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Metric::from_id(&id).ok_or_else(|| serde::de::Error::custom(format!("`{id}` is no metric")))
    }
}

impl schemars::JsonSchema for Metric {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Metric".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let ids: Vec<&str> = Metric::ALL.iter().map(|metric| metric.id()).collect();
        schemars::json_schema!({"type": "string", "description": "A metric id.", "enum": ids})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_read_back() {
        for metric in Metric::ALL {
            assert_eq!(Metric::from_id(metric.id()), Some(*metric));
        }
    }
}
