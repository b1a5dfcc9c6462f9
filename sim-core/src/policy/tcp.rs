//! How long does TCP take for a message, and what does loss cost it? Rounds of a growing window, and retransmissions.
//!
//! **What it does.** A message goes in segments. A window of them is sent per round trip: `initial_cwnd` at first, twice
//! as many in every round (slow start), one more in every round once something was lost (congestion avoidance), half
//! after a loss. Lost segments are sent again in the next round if at least three others of the window arrive (fast
//! retransmit); else the sender waits for its timeout, max(`rto_min`, 3 round trips), twice as long each time up to
//! `rto_max`, and begins again with one segment.
//! **Why it exists.** A stream without holes over a network with holes, at a rate that all who share it can bear. Loss
//! becomes delay: a small message that loses a segment comes 200 ms late, and a long transfer gets
//! `1.2247 mss / (rtt sqrt(loss))` whatever the bandwidth (Mathis).
//! **Where it fails.** It says nothing about whether the work was done, cannot tell a slow server from a lost segment, and
//! after a partition the next try may be minutes away.
//! **See it.** `scenarios/library/fallacies/fallacy-8-network-homogeneous.yaml`.
//! **Source.** RFC 5681 (congestion control), RFC 6298 (timeouts), RFC 6928 (initial window of 10), Linux `tcp(7)` for
//! `rto_min`, `rto_max` and the 15 tries. Deviations: each message begins with the initial window, as after an idle
//! connection (`tcp_slow_start_after_idle`); the timeout is that after one sample of the round trip, SRTT + 4 R/2; all
//! losses of a window are mended in one round (SACK); acknowledgements are never lost and never delayed; what is sent again
//! takes its place on the link at once, before its round has come.

use serde::{Deserialize, Serialize};

use super::Problem;
use crate::luck::Draws;
use crate::math;
use crate::time::SimDuration;
use crate::units::{Count, Size};

/// Timeouts in a row after which a connection is given up (`tcp_retries2`).
pub const MOST_TIMEOUTS: u32 = 15;
/// Segments that must arrive behind a lost one for it to be sent again at once.
const DUPLICATES: u64 = 3;

/// Messages go over TCP: loss becomes delay, and long messages take rounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Config {
    /// Largest segment; above zero, default 1460B.
    #[serde(default = "mss")]
    pub mss: Size,
    /// Segments of the first round; default 10.
    #[serde(default = "initial_cwnd")]
    pub initial_cwnd: Count,
    /// Shortest wait for an acknowledgement; default 200ms.
    #[serde(default = "rto_min")]
    pub rto_min: SimDuration,
    /// Longest wait for an acknowledgement; default 120s.
    #[serde(default = "rto_max")]
    pub rto_max: SimDuration,
    /// Whether all calls of a client to an instance share one connection: messages are delivered in the order in which
    /// they were sent, so one that waits for a lost segment holds up all behind it (HTTP/2). Default: each has a
    /// connection of its own.
    #[serde(default)]
    pub multiplexed: bool,
}

fn mss() -> Size {
    Size::from_bytes(1_460)
}

fn initial_cwnd() -> Count {
    Count::new(10)
}

fn rto_min() -> SimDuration {
    SimDuration::from_millis(200)
}

fn rto_max() -> SimDuration {
    SimDuration::from_secs(120)
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mss: mss(),
            initial_cwnd: initial_cwnd(),
            rto_min: rto_min(),
            rto_max: rto_max(),
            multiplexed: false,
        }
    }
}

/// What the connection of a message looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Path {
    /// There and back.
    pub round_trip: SimDuration,
    /// Bytes per second of the narrowest link on the way, if there is one.
    pub bytes_per_s: Option<f64>,
    /// Probability that a segment is lost, below 1.
    pub loss: f64,
}

/// What TCP adds to the time of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfer {
    /// Beside the time of its bytes on links and of its way.
    pub delay: SimDuration,
    /// Segments that were sent again.
    pub retransmitted: u64,
    /// Rounds until the last segment was sent.
    pub rounds: u32,
}

impl Config {
    /// What is wrong with the settings.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.mss == Size::ZERO {
            problems.push(Problem::new(
                "mss",
                "segments without bytes move nothing; write a size such as `1460B`",
            ));
        }
        if self.rto_min == SimDuration::ZERO {
            problems.push(Problem::new(
                "rto_min",
                "must be above zero, or lost segments are sent again all the time",
            ));
        }
        if self.rto_min > self.rto_max {
            problems.push(Problem::new("rto_max", "must not be shorter than `rto_min`"));
        }
        problems
    }

    /// Segments of a message: at least one.
    pub fn segments(&self, bytes: u64) -> u64 {
        bytes.div_ceil(self.mss.bytes()).max(1)
    }

    /// How long the sender waits for an acknowledgement after so many timeouts in a row.
    pub fn timeout(&self, round_trip: SimDuration, timeouts: u32) -> SimDuration {
        let first = self.rto_min.max(SimDuration::from_nanos(round_trip.as_nanos().saturating_mul(3)));
        SimDuration::from_nanos(first.as_nanos().saturating_mul(1 << timeouts.min(30))).min(self.rto_max)
    }

    /// What a message of so many bytes takes, beside the time of its bytes and of its way; `None` if the connection is
    /// given up.
    pub fn transfer(&self, bytes: u64, path: Path, draws: &mut Draws) -> Option<Transfer> {
        let mut transfer = Transfer { rounds: 1, ..Transfer::default() };
        let mut left = self.segments(bytes);
        let mut window = u64::from(self.initial_cwnd.get());
        if path.loss <= 0.0 && left <= window {
            return Some(transfer);
        }
        let (mut threshold, mut timeouts) = (u64::MAX, 0);
        let mut until_loss = until_loss(path.loss, draws);
        loop {
            let sent = window.min(left);
            let mut lost = 0;
            let mut behind = 0; // segments that arrive behind the first that is lost
            let mut place = until_loss;
            while place < sent {
                lost += 1;
                if lost == 1 {
                    behind = sent - place - 1;
                } else {
                    behind -= 1;
                }
                place += 1 + self::until_loss(path.loss, draws);
            }
            until_loss = place - sent;
            left -= sent - lost;
            if left == 0 {
                return Some(transfer);
            }
            transfer.rounds += 1;
            transfer.retransmitted += lost;
            let more_comes = left > lost;
            let duplicates = if more_comes { sent - lost } else { behind };
            if lost == 0 {
                transfer.delay += self.stall(sent, path);
                timeouts = 0;
                window = if window < threshold { (2 * window).min(threshold) } else { window + 1 };
            } else if duplicates >= DUPLICATES {
                transfer.delay += self.stall(sent, path);
                timeouts = 0;
                (window, threshold) = ((window / 2).max(2), (window / 2).max(2));
            } else {
                if timeouts == MOST_TIMEOUTS {
                    return None;
                }
                transfer.delay += self.timeout(path.round_trip, timeouts);
                timeouts += 1;
                (window, threshold) = (1, (window / 2).max(2));
            }
        }
    }

    /// How long the line is idle between a window and the next: until the first acknowledgement, less the time of the
    /// other segments.
    fn stall(&self, sent: u64, path: Path) -> SimDuration {
        let Some(rate) = path.bytes_per_s else { return path.round_trip };
        let others = (sent - 1) as f64 * self.mss.bytes() as f64 / rate;
        path.round_trip - SimDuration::from_nanos_f64(others * 1e9)
    }
}

/// Segments that arrive until one is lost.
fn until_loss(loss: f64, draws: &mut Draws) -> u64 {
    match loss > 0.0 {
        true => (math::ln(draws.unit()) / math::ln_1p(-loss)) as u64,
        false => u64::MAX / 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::luck::{Luck, Purpose};
    use crate::streams::Seed;

    const RTT: SimDuration = SimDuration::from_millis(80);

    fn draws(k: u64) -> Draws {
        Luck::of_request(Seed(1), 0, k).draws(Purpose::TransferThere)
    }

    fn path(loss: f64) -> Path {
        Path { round_trip: RTT, bytes_per_s: None, loss }
    }

    #[test]
    fn slow_start_takes_the_rounds_of_the_table() {
        // 10 segments, then 20, 40, ...: policies of Linux for 1460 bytes each.
        for (bytes, rounds) in [(0, 1), (14_600, 1), (14_601, 2), (43_800, 2), (102_000, 3), (1_000_000, 7)] {
            let transfer =
                Config::default().transfer(bytes, path(0.0), &mut draws(0)).expect("nothing is lost");
            let delay = SimDuration::from_millis(80 * u64::from(rounds - 1));
            assert_eq!((transfer.rounds, transfer.delay), (rounds, delay), "{bytes}");
        }
    }

    #[test]
    fn a_narrow_link_hides_the_rounds() {
        // 14 600 bytes take 146 ms on 100 kB/s, longer than the round trip: the line is never idle.
        let path = Path { bytes_per_s: Some(1e5), ..path(0.0) };
        let transfer = Config::default().transfer(1_000_000, path, &mut draws(0)).expect("nothing is lost");
        assert_eq!(transfer.delay, SimDuration::ZERO);
    }

    #[test]
    fn a_small_message_waits_for_its_timeout() {
        let config = Config::default();
        let mut late = Vec::new();
        for k in 0..10_000 {
            let transfer =
                config.transfer(500, path(0.1), &mut draws(k)).expect("fifteen in a row are never lost");
            late.push(transfer.delay.as_nanos() / 1_000_000);
        }
        let share = |ms: u64| late.iter().filter(|late| **late == ms).count() as f64 / 1e4;
        // Lost once with probability .1, twice with .01: 240 ms, then 480 ms more. 4 standard errors of 10 000.
        assert!((share(0) - 0.9).abs() < 0.012 && (share(240) - 0.09).abs() < 0.012, "{}", share(240));
        assert!((share(720) - 0.009).abs() < 0.004, "{}", share(720));
    }

    #[test]
    fn three_duplicates_save_the_timeout() {
        // Ten segments of which one is lost: unless it is one of the last three, the second round mends it.
        let config = Config::default();
        let all: Vec<Transfer> = (0..20_000)
            .map(|k| config.transfer(14_600, path(0.001), &mut draws(k)).expect("sound"))
            .collect();
        let delays = |ms| all.iter().filter(|t| t.delay == SimDuration::from_millis(ms)).count() as f64;
        assert!((delays(80) / delays(240) - 7.0 / 3.0).abs() < 1.2, "{} {}", delays(80), delays(240));
    }

    #[test]
    fn what_cannot_work_is_told() {
        let config = Config { mss: Size::ZERO, rto_min: SimDuration::from_secs(200), ..Config::default() };
        assert_eq!(config.check().iter().map(|p| p.field.as_str()).collect::<Vec<_>>(), ["mss", "rto_max"]);
    }
}
