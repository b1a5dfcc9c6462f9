//! What does packet loss leave of the bandwidth? The throughput of one long TCP connection.

use super::assert_positive;
use crate::math;

/// A TCP connection with standard congestion control (Reno) and a long transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tcp {
    /// Largest segment in bytes, 1460 on Ethernet.
    pub segment_bytes: f64,
    /// Round-trip time in seconds, above 0.
    pub round_trip_s: f64,
    /// Share of the packets that are lost, above 0; the formula holds up to about 1 %.
    pub loss: f64,
}

impl Tcp {
    /// Bytes per second: sqrt(3/2) mss / (rtt sqrt(p)), if neither link nor window limits. Panics
    /// outside the domain.
    ///
    /// **Source.** Mathis, Semke, Mahdavi and Ott, *The Macroscopic Behavior of the TCP Congestion
    /// Avoidance Algorithm*, Computer Communication Review 27(3), 1997, acknowledging every packet.
    pub fn bytes_per_s(&self) -> f64 {
        assert_positive("the segment size", self.segment_bytes);
        assert_positive("the round-trip time", self.round_trip_s);
        assert!(self.loss > 0.0 && self.loss <= 1.0, "loss lies in (0, 1], found {}", self.loss);
        math::sqrt(1.5) * self.segment_bytes / (self.round_trip_s * math::sqrt(self.loss))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn a_hundredth_lost_at_a_tenth_of_a_second_leaves_a_megabit() {
        let tcp = Tcp { segment_bytes: 1_460.0, round_trip_s: 0.1, loss: 0.01 };
        assert_near(tcp.bytes_per_s(), 1.2247 * 1_460.0 / (0.1 * 0.1), 1e-4);
        assert_near(8.0 * tcp.bytes_per_s(), 1.43e6, 1e-3);
    }

    #[test]
    fn four_times_the_loss_halves_the_rate() {
        let at = |loss| Tcp { segment_bytes: 1_460.0, round_trip_s: 0.1, loss }.bytes_per_s();
        assert_near(at(0.001) / at(0.004), 2.0, 1e-12);
    }
}
