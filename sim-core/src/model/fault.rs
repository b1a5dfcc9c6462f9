//! What goes wrong, where and when? Triggers with a start and a duration.

mod identity;
mod network;
pub mod discovery;
mod selection;
mod settings;
mod stream;

use serde::{Deserialize, Serialize};

use self::discovery::{
    AddressEffect, DnsErrorFault, DnsSpoofFault, RegistryDownFault, RollingReplacementFault,
};
use super::link::{Congested, CongestionFault};
use super::lock::{ClockSkewFault, Disturbed, HolderPauseFault};
use super::version::RolloutFault;
use crate::dist::Sampler;
use crate::ids::{CacheId, InstanceId, LinkId, ServiceId, WorkloadId};
use crate::time::{SimDuration, SimTime};
pub use identity::{CertificateExpiryFault, CompromiseFault};
pub use network::*;
pub use selection::{FirstSelection, PlacesSelection, Selection, ShareSelection, ZoneSelection};
pub use settings::*;
pub use stream::{LimitDataFault, SliceFault};

/// One line per kind of trigger: what the file shows of it, the word, the kind, its settings. The settings describe
/// themselves: `describe` is the trigger in words, for the shaded window of a chart.
macro_rules! triggers {
    ($($(#[$doc:meta])* $word:ident: $kind:ident($settings:ident),)*) => {
        /// A trigger: when it starts, how long it lasts, and exactly one of the kinds below.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "snake_case")]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        pub struct FaultConfig {
            /// When it starts.
            pub at: SimDuration,
            /// How long it lasts.
            #[serde(rename = "for")]
            pub length: SimDuration,
            $($(#[$doc])* #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $word: Option<$settings>,)*
        }

        /// The kind of a trigger, with the name of what it hits.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum Kind<'a> {
            $(#[doc = concat!("See [`", stringify!($settings), "`].")]
            $kind(&'a $settings),)*
        }

        impl FaultConfig {
            /// The words of the kinds, in the order of the file.
            pub const WORDS: &'static [&'static str] = &[$(stringify!($word)),*];

            /// The kinds given, of which there must be exactly one.
            pub fn kinds(&self) -> Vec<Kind<'_>> {
                [$(self.$word.as_ref().map(Kind::$kind)),*].into_iter().flatten().collect()
            }

            /// The trigger in words, for the shaded window of a chart.
            pub fn describe(&self) -> String {
                match self.kinds().first() {
                    None => "no trigger".to_owned(),
                    $(Some(Kind::$kind(trigger)) => trigger.describe(),)*
                }
            }
        }
    };
}

triggers! {
    /// The service's capacity is cut to `factor` of what it was.
    ///
    /// Elsewhere: nothing quite: the CPU loads of Chaos Mesh StressChaos, Litmus `pod-cpu-hog` and Gremlin take workers
    /// away by a load, this by a share.
    capacity: Capacity(CapacityFault),
    /// Nothing starts at the service; what is under way is finished.
    stop: Stop(StopFault),
    /// Services that start take `factor` times as long.
    ///
    /// Elsewhere: Chaos Mesh JVMChaos and IOChaos `latency`, Simmy latency; those add a time, this multiplies.
    slow: Slow(SlowFault),
    /// A share of the attempts is answered with an error after full service.
    ///
    /// Elsewhere: Envoy fault `abort`, Chaos Mesh HTTPChaos `abort`, Litmus `pod-http-status-code`, AWS FIS
    /// `aws:fis:inject-api-internal-error`, Simmy outcome; those answer at once, this after the work.
    errors: Errors(ErrorsFault),
    /// Instances crash: what is on them is lost; they are down while the fault lasts, then they boot.
    ///
    /// Elsewhere: Chaos Mesh PodChaos `pod-kill` and `container-kill`, Litmus `pod-delete`, Gremlin shutdown and
    /// process killer, AWS FIS `aws:ec2:terminate-instances`.
    crash: Crash(CrashFault),
    /// Instances are stopped in good order when the fault starts, and start again at once.
    ///
    /// Elsewhere: AWS FIS `aws:ec2:stop-instances`, a rolling restart of an orchestrator.
    restart: Restart(RestartFault),
    /// Instances accept attempts but do not get on with them.
    ///
    /// Elsewhere: Toxiproxy `timeout: 0` in front of an instance.
    hang: Hang(HangFault),
    /// Every instance in a zone is down while the fault lasts.
    ///
    /// Elsewhere: AWS FIS `aws:network:disrupt-connectivity` for a zone, Litmus `node-*` for all its nodes.
    zone_down: ZoneDown(ZoneDownFault),
    /// Instances crash at random moments while the fault lasts.
    ///
    /// Elsewhere: Chaos Monkey.
    monkey: Monkey(MonkeyFault),
    /// The workload sends `factor` times as many requests.
    load_spike: LoadSpike(LoadSpikeFault),
    /// Something takes memory of instances.
    ///
    /// Elsewhere: Chaos Mesh StressChaos `memory`, Litmus `pod-memory-hog`, Gremlin memory.
    memory: Memory(MemoryFault),
    /// Requests are `factor` times as large: they take as many times as long and hold as much more memory.
    payload: Payload(PayloadFault),
    /// A cache loses all its entries when the fault starts.
    cache_flush: CacheFlush(CacheFlushFault),
    /// A share of a workload's requests asks for one key.
    hot_key: HotKey(HotKeyFault),
    /// Other traffic takes a part of a link.
    ///
    /// Elsewhere: nothing quite: netem `rate` and Toxiproxy `bandwidth` on one of several connections.
    congestion: Congestion(CongestionFault),
    /// An instance is taken over and calls whatever it can reach.
    compromise: Compromise(CompromiseFault),
    /// A certificate has run out, and nobody has renewed it.
    certificate_expiry: CertificateExpiry(CertificateExpiryFault),
    /// A share of the messages between callers and a service is lost.
    ///
    /// Elsewhere: netem `loss`, Chaos Mesh NetworkChaos `loss`, Litmus `pod-network-loss`, Gremlin packet loss. Those
    /// lose packets, this messages, or segments where the transport is TCP.
    loss: Loss(LossFault),
    /// A share of the messages between callers and a service arrives twice.
    ///
    /// Elsewhere: netem `duplicate`, Chaos Mesh NetworkChaos `duplicate`, Litmus `pod-network-duplication`.
    duplicate: Duplicate(DuplicateFault),
    /// A share of the messages between callers and a service arrives damaged and is thrown away.
    ///
    /// Elsewhere: netem `corrupt`, Chaos Mesh NetworkChaos `corrupt`, Litmus `pod-network-corruption`.
    corrupt: Corrupt(CorruptFault),
    /// A share of the messages between callers and a service is held up, and others overtake them.
    ///
    /// Elsewhere: netem `delay` with `reorder`, Chaos Mesh NetworkChaos `delay.reorder`.
    reorder: Reorder(ReorderFault),
    /// Instances are replaced one after the other, each by one with a new address.
    rolling_replacement: RollingReplacement(RollingReplacementFault),
    /// Look-ups of a service's name fail.
    ///
    /// Elsewhere: Litmus `pod-dns-error`, Gremlin DNS.
    dns_error: DnsError(DnsErrorFault),
    /// Look-ups of a service's name lead elsewhere.
    ///
    /// Elsewhere: Litmus `pod-dns-spoof`.
    dns_spoof: DnsSpoof(DnsSpoofFault),
    /// The registry of a service is away.
    registry_down: RegistryDown(RegistryDownFault),
    /// Messages between callers and a service take longer.
    ///
    /// Elsewhere: netem `delay`, Toxiproxy `latency`, Chaos Mesh NetworkChaos `delay`, Litmus `pod-network-latency`,
    /// Envoy fault `delay`, Gremlin latency.
    latency: Latency(LatencyFault),
    /// Nothing gets through between some callers and some instances.
    ///
    /// Elsewhere: Chaos Mesh NetworkChaos `partition`, Litmus `pod-network-partition`, Gremlin blackhole, AWS FIS
    /// `aws:network:disrupt-connectivity`; as a black hole netem `loss 100%` and Toxiproxy `timeout: 0`, with `reject`
    /// Toxiproxy `enabled: false`.
    partition: Partition(PartitionFault),
    /// A share of the messages between callers and a service finds its connection reset.
    ///
    /// Elsewhere: Toxiproxy `reset_peer`, Litmus `pod-http-reset-peer`.
    reset: Reset(ResetFault),
    /// A link that calls share passes less.
    ///
    /// Elsewhere: netem `rate`, Toxiproxy `bandwidth`, Chaos Mesh NetworkChaos `bandwidth`, Litmus `pod-network-rate-
    /// limit`.
    bandwidth: Bandwidth(BandwidthFault),
    /// Connections between callers and a service close late and keep their slot of the pool.
    ///
    /// Elsewhere: Toxiproxy `slow_close`.
    slow_close: SlowClose(SlowCloseFault),
    /// Answers of a service grow while the trigger lasts.
    payload_growth: PayloadGrowth(PayloadGrowthFault),
    /// Instances of a service go to another version, one after the other.
    rollout: Rollout(RolloutFault),
    /// The clock of a holder of a lock goes at another speed, or shows another time.
    ///
    /// Elsewhere: Chaos Mesh TimeChaos, Gremlin time travel.
    clock_skew: ClockSkew(ClockSkewFault),
    /// A holder of a lock stands still, as in a long garbage collection.
    ///
    /// Elsewhere: Chaos Mesh JVMChaos `gc`.
    holder_pause: HolderPause(HolderPauseFault),
    /// Answers of a service come in pieces, one after the other.
    ///
    /// Elsewhere: Toxiproxy `slicer`.
    slice: Slice(SliceFault),
    /// Connections between callers and a service are closed after so many bytes.
    ///
    /// Elsewhere: Toxiproxy `limit_data`.
    limit_data: LimitData(LimitDataFault),
}

/// What a trigger does while it lasts.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Work that starts takes `factor` times as long.
    Slower {
        /// How many times as long.
        factor: f64,
    },
    /// Nothing starts.
    Stopped,
    /// Attempts fail with probability `ratio`.
    Failing {
        /// Probability.
        ratio: f64,
    },
    /// Instances are down.
    Down,
    /// They are down, and nobody is there to refuse.
    Gone,
    /// Instances are stopped and started again when it begins.
    Restarted,
    /// Work that starts is held with probability `ratio`.
    Hanging {
        /// Probability.
        ratio: f64,
    },
    /// Instances crash at random moments.
    Monkey {
        /// Whose.
        service: ServiceId,
        /// Between two strikes.
        every: Sampler,
        /// Instances that crash together.
        group: u32,
        /// How long they are down.
        downtime: SimDuration,
        /// Number of the fault's stream.
        key: u32,
    },
    /// The load of `workload` is changed by its arrival sources.
    Load {
        /// The workload.
        workload: WorkloadId,
    },
    /// Memory is taken.
    Stress {
        /// Of each instance.
        bytes: u64,
    },
    /// Requests are larger.
    Payload {
        /// Those that come to this service.
        service: Option<ServiceId>,
        /// Those of this workload.
        workload: Option<WorkloadId>,
        /// How many times as large.
        factor: f64,
    },
    /// A cache of the instances is emptied when it begins.
    Flushed {
        /// Which cache.
        cache: CacheId,
    },
    /// Requests are about another key; their workload knows when.
    Hot,
    /// Answers take longer to pass a link.
    Congested(Congested),
    /// Somebody has taken over a service.
    Compromised {
        /// Which.
        service: ServiceId,
        /// From one call to the next.
        every: SimDuration,
        /// From an answer until who has answered is taken over.
        takes: SimDuration,
    },
    /// A certificate has run out.
    Expired {
        /// Whose.
        service: ServiceId,
    },
    /// Something happens to messages.
    Network(NetworkHit),
    /// Addresses of a service change, or cannot be learnt.
    Addresses {
        /// Whose.
        service: ServiceId,
        /// How.
        what: AddressEffect,
    },
    /// A link passes less.
    Bandwidth {
        /// Which.
        link: LinkId,
        /// What it passes at most.
        bytes_per_s: Option<f64>,
        /// What is left of that.
        factor: f64,
    },
    /// Answers grow.
    Growth {
        /// Whose.
        service: ServiceId,
        /// How many times as large they are in the end.
        factor: f64,
    },
    /// Instances go to another version; their service knows when.
    Rollout,
    /// A holder of a lock goes by a wrong clock, or stands still.
    Disturbed(Disturbed),
}

/// A trigger, ready to run.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Name in the file.
    pub name: String,
    /// When it starts.
    pub begins: SimTime,
    /// When it ends.
    pub ends: SimTime,
    /// What it does in between.
    pub effect: Effect,
    /// The instances that it hits.
    pub instances: Vec<InstanceId>,
}

impl Fault {
    /// Whether it lasts at this moment: from its start on, up to its end.
    pub fn is_on(&self, now: SimTime) -> bool {
        self.begins <= now && now < self.ends
    }
}
