//! What did policies and scalers remember, window by window? The tokens of a budget, the share that is let in, the
//! number of instances that a scaler asks for: read at the end of each window, never counted.
//!
//! A policy's `gauge()` gives name and value; [`KINDS`] says how the name is shown. A name that stands in no line
//! there is shown as it is, as a number of things.

use crate::ids::{EdgeId, LinkId, ServiceId};

/// How a gauge is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name that `gauge()` gives it.
    pub name: &'static str,
    /// Label of an axis.
    pub label: &'static str,
    /// Whether it lies between 0 and 1 and is read as a share.
    pub is_share: bool,
    /// Whether it is worth a line in a figure; else it is what metrics are made of.
    pub is_drawn: bool,
}

const fn count(name: &'static str, label: &'static str) -> Kind {
    Kind { name, label, is_share: false, is_drawn: true }
}

const fn share(name: &'static str, label: &'static str) -> Kind {
    Kind { name, label, is_share: true, is_drawn: true }
}

const fn part(name: &'static str, label: &'static str) -> Kind {
    Kind { name, label, is_share: false, is_drawn: false }
}

/// The gauges that there are, in the order of figures.
pub const KINDS: &[Kind] = &[
    count("wanted_instances", "instances asked for"),
    share("background_share", "instances at a background job"),
    count("retry_tokens", "tokens for retries"),
    count("retry_balance", "retries that can be paid"),
    count("retries_left", "retries that may still begin"),
    share("admitted_share", "share let in"),
    count("admission_tokens", "tokens for admission"),
    share("queue_overloaded", "lines that are overloaded"),
    count("concurrency_limit", "limit of attempts at once"),
    count("bucket_level", "level of the leaky bucket"),
    count("admissions_left", "admissions left in the window"),
    share("breaker_open", "breakers open (half-open counts half)"),
    share("throttled_share", "share kept back by callers"),
    count("sending_rate", "attempts per second that throttles allow"),
    count("rate_limit_tokens", "tokens of callers' rate limits"),
    count("bulkhead_in_use", "places taken in bulkheads"),
    share("admitted_levels", "levels let in"),
    count("credits", "credits"),
    count("longest_queue", "attempts in the longest queue"),
    count("hedge_delay", "seconds before a hedge"),
    count("leases_held", "leases held"),
    count("replica_lag", "entries that the slowest replica lacks"),
    share("catch_up_share", "leader's workers that serve pulls"),
    count("alerts_firing", "alerts that fire"),
    share("link_busy_there", "use of the link by requests"),
    share("link_busy_back", "use of the link by answers"),
    count("link_queue_there", "bytes of requests that wait for the link"),
    count("link_queue_back", "bytes of answers that wait for the link"),
    count("lock_idle", "seconds of a window without a holder"),
    count("two_holders", "seconds of a window with two holders"),
    share("new_version_share", "instances at a new version"),
    count("messages_read", "messages with a version, taken in a window"),
    count("decode_errors", "messages that could not be read in a window"),
    share("link_1_share", "share of link 1 in the answers"),
    share("link_2_share", "share of link 2 in the answers"),
    share("link_3_share", "share of link 3 in the answers"),
    share("link_4_share", "share of link 4 in the answers"),
    share("link_5_share", "share of link 5 in the answers"),
    share("link_6_share", "share of link 6 in the answers"),
    share("link_7_share", "share of link 7 in the answers"),
    share("link_8_share", "share of link 8 in the answers"),
    share("link_9_share", "share of link 9 in the answers"),
    share("link_10_share", "share of link 10 in the answers"),
    share("link_11_share", "share of link 11 in the answers"),
    share("link_12_share", "share of link 12 in the answers"),
    share("link_13_share", "share of link 13 in the answers"),
    share("link_14_share", "share of link 14 in the answers"),
    share("link_15_share", "share of link 15 in the answers"),
    share("link_16_share", "share of link 16 in the answers"),
    count("open_connections", "open connections"),
    count("awaiting_connection", "attempts that wait for a connection"),
    count("handshakes", "connections opened per second"),
    count("handshake_failures", "connections per second that could not be opened"),
    share("reached_services", "reached by an intruder"),
    count("foreign_served", "calls of intruders served per second"),
    count("foreign_blocked", "calls of intruders refused per second"),
    count("handshake_seconds", "seconds per second spent on opening connections"),
    count("dead_calls", "calls per second to addresses of nobody"),
    share("stale_addresses", "addresses of nobody that callers believe in"),
    share("unknown_instances", "instances that callers do not know"),
    count("discovery_requests", "messages of discovery per second"),
    count("duplicates", "effects applied once more, so far"),
    part("replays", "answered by their key, so far"),
    count("orphans", "effects of requests that failed"),
    count("lost_effects", "effects that answered requests lack"),
    part("effects_asked", "requests that may lead to effects, so far"),
    count("inconsistent", "objects left half-way"),
    count("oldest_inconsistent", "seconds since the oldest was left half-way"),
    part("half_way", "objects half-way"),
    part("sagas_begun", "sagas begun, so far"),
    part("sagas_compensated", "sagas that had to undo, so far"),
    part("looks", "looks at objects, so far"),
    part("dirty_looks", "looks at objects half-way, so far"),
    count("stuck_workers", "workers that wait for a lost message"),
    count("sent_bytes", "bytes per second"),
    part("placed_bytes", "bytes per second between places in zones"),
    count("cross_zone_bytes", "bytes per second between zones"),
    count("spent_on_messages", "money per second for messages"),
    count("coding_work", "workers that encode and decode"),
    share("incident", "too many requests fail"),
    count("divergent", "operations that services disagree about"),
    count("stuck_operations", "operations that nobody will end"),
    part("operations_begun", "operations begun, so far"),
];

impl Kind {
    /// The kind of a name.
    pub fn of(name: &'static str) -> Kind {
        KINDS.iter().copied().find(|kind| kind.name == name).unwrap_or(count(name, name))
    }
}

/// Whose state is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Of the instances of a service, in the mean over those that are there.
    Service(ServiceId),
    /// Of the clients of an edge, in the mean over them.
    Edge(EdgeId),
    /// Of a link that edges share.
    Link(LinkId),
}

/// A gauge, read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Whose.
    pub of: Holder,
    /// Its name.
    pub name: &'static str,
    /// Its value; none while nobody is there who has one.
    pub value: Option<f64>,
}

/// A gauge over the run.
#[derive(Clone, Debug, PartialEq)]
pub struct GaugeSeries {
    /// Whose.
    pub of: Holder,
    /// Its name.
    pub name: &'static str,
    /// Its value at the end of each window that was reached.
    pub values: Vec<Option<f64>>,
}

/// All gauges over the run. There may be others after an operator has changed a policy.
#[derive(Clone, Debug, Default)]
pub struct Gauges {
    all: Vec<GaugeSeries>,
    windows: usize,
}

impl Gauges {
    /// The gauges in the order of their readings.
    pub fn all(&self) -> &[GaugeSeries] {
        &self.all
    }

    /// One gauge, if it was ever read.
    pub fn get(&self, of: Holder, name: &str) -> Option<&GaugeSeries> {
        self.all.iter().find(|series| series.of == of && series.name == name)
    }

    /// A window ends with these readings. Operators may take a policy away or bring one: what is not read now has no
    /// value in this window, what is new has none in those before.
    pub(super) fn close_window(&mut self, readings: &[Reading]) {
        for (place, reading) in readings.iter().enumerate() {
            let is_same = |series: &GaugeSeries| series.of == reading.of && series.name == reading.name;
            // Nearly always the readings are those of the window before.
            let known = match self.all.get(place).is_some_and(is_same) {
                true => Some(place),
                false => self.all.iter().position(is_same),
            };
            let place = known.unwrap_or_else(|| {
                let values = vec![None; self.windows];
                self.all.push(GaugeSeries { of: reading.of, name: reading.name, values });
                self.all.len() - 1
            });
            self.all[place].values.push(reading.value);
        }
        self.windows += 1;
        for series in &mut self.all {
            series.values.resize(self.windows, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;

    #[test]
    fn each_window_keeps_each_reading() {
        let of = Holder::Edge(EdgeId::from_index(3));
        let mut gauges = Gauges::default();
        for value in [Some(10.0), None, Some(2.5)] {
            gauges.close_window(&[Reading { of, name: "retry_tokens", value }]);
        }
        let expected = GaugeSeries { of, name: "retry_tokens", values: vec![Some(10.0), None, Some(2.5)] };
        assert_eq!(gauges.all(), [expected]);
        assert_eq!(Kind::of("retry_tokens").label, "tokens for retries");
        assert_eq!(Kind::of("fuse").label, "fuse");
    }

    #[test]
    fn a_policy_that_is_exchanged_leaves_a_gap() {
        let of = Holder::Edge(EdgeId::from_index(3));
        let read = |name, value| Reading { of, name, value: Some(value) };
        let mut gauges = Gauges::default();
        gauges.close_window(&[read("retry_tokens", 1.0)]);
        gauges.close_window(&[]);
        gauges.close_window(&[read("retry_balance", 2.0), read("retry_tokens", 3.0)]);
        let values = |name| gauges.get(of, name).expect("it was read").values.clone();
        assert_eq!(values("retry_tokens"), [Some(1.0), None, Some(3.0)]);
        assert_eq!(values("retry_balance"), [None, None, Some(2.0)]);
    }

    #[test]
    fn names_are_unique() {
        for kind in KINDS {
            assert_eq!(Kind::of(kind.name), *kind);
        }
    }
}
