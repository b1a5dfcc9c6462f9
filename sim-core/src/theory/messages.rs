//! What do loss, distance and size make of a call? Tries until an answer is back, rounds of a long message, and the rate
//! that a shared link can bear.

use super::assert_positive;
use crate::math;

/// A call over a way that loses messages, tried again until an answer is back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lossy {
    /// Probability that a request is lost, in [0, 1).
    pub there: f64,
    /// Probability that an answer is lost, in [0, 1).
    pub back: f64,
    /// Tries at most, the first included.
    pub attempts: u32,
}

impl Lossy {
    /// Probability that request and answer of one try both arrive.
    fn round(&self) -> f64 {
        for loss in [self.there, self.back] {
            assert!((0.0..1.0).contains(&loss), "loss lies in [0, 1), found {loss}");
        }
        assert!(self.attempts > 0, "there is a first try");
        (1.0 - self.there) * (1.0 - self.back)
    }

    /// Share of the calls that get an answer: 1 - (1 - q)^n with q = (1 - there)(1 - back).
    pub fn success(&self) -> f64 {
        1.0 - math::pow(1.0 - self.round(), f64::from(self.attempts))
    }

    /// Tries per call: (1 - (1 - q)^n) / q.
    pub fn tries(&self) -> f64 {
        self.success() / self.round()
    }

    /// How often the work of a call is done: the tries whose request arrives.
    pub fn executions(&self) -> f64 {
        self.tries() * (1.0 - self.there)
    }

    /// How often it is done again, per call: executions beyond the first of each call that is done at all. What a key
    /// of idempotency must catch.
    pub fn duplicates(&self) -> f64 {
        self.executions() - (1.0 - math::pow(self.there, f64::from(self.attempts)))
    }
}

/// A message over TCP that loses nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// Bytes of a segment.
    pub segment_bytes: f64,
    /// Segments of the first round.
    pub window: f64,
    /// There and back, in seconds.
    pub round_trip_s: f64,
    /// Bytes per second of the link.
    pub bytes_per_s: f64,
}

impl SlowStart {
    /// Bytes that are on their way when the link is full: the product of bandwidth and delay.
    pub fn bandwidth_delay_bytes(&self) -> f64 {
        self.bytes_per_s * self.round_trip_s
    }

    /// Rounds until the last segment is sent: the smallest n with w (2^n - 1) segments.
    pub fn rounds(&self, bytes: f64) -> u32 {
        assert_positive("the segment size", self.segment_bytes);
        assert_positive("the first window", self.window);
        let segments = (bytes / self.segment_bytes).ceil();
        let (mut rounds, mut window, mut sent) = (1, self.window, self.window);
        while sent < segments {
            window *= 2.0;
            sent += window;
            rounds += 1;
        }
        rounds
    }

    /// Seconds from the first bit sent to the last one received: half a round trip, the time of its bytes on the link,
    /// and the pauses between windows that are shorter than a round trip.
    ///
    /// **Source.** Kurose and Ross, *Computer Networking*, section on TCP delay modelling: after window k the sender
    /// waits max(0, S/R + RTT - w_k S/R).
    pub fn seconds(&self, bytes: f64) -> f64 {
        let segment_s = self.segment_bytes / self.bytes_per_s;
        let mut total = 0.5 * self.round_trip_s + bytes / self.bytes_per_s;
        let mut window = self.window;
        for _ in 1..self.rounds(bytes) {
            total += (segment_s + self.round_trip_s - window * segment_s).max(0.0);
            window *= 2.0;
        }
        total
    }
}

/// Messages per second that a link passes at most.
pub fn saturation_per_s(bytes_per_s: f64, bytes: f64) -> f64 {
    assert_positive("the bandwidth", bytes_per_s);
    assert_positive("the size", bytes);
    bytes_per_s / bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;

    #[test]
    fn one_leg_in_twenty_lost() {
        let lossy = |attempts| Lossy { there: 0.05, back: 0.05, attempts };
        assert_near(lossy(1).success(), 0.9025, 1e-12);
        assert_near(lossy(4).success(), 0.999_909_6, 1e-6);
        assert_near(1_000.0 * lossy(4).duplicates(), 52.5, 1e-3);
        assert!(lossy(1).duplicates().abs() < 1e-12);
    }

    #[test]
    fn a_megabyte_takes_seven_rounds() {
        let path = SlowStart { segment_bytes: 1_460.0, window: 10.0, round_trip_s: 0.1, bytes_per_s: 1.25e8 };
        assert_eq!([14_600.0, 43_800.0, 102_000.0, 1e6].map(|bytes| path.rounds(bytes)), [1, 2, 3, 7]);
        assert_near(path.bandwidth_delay_bytes(), 1.25e7, 1e-12);
        // 50 ms, 8 ms for the bytes, and six round trips less what the windows take.
        assert_near(path.seconds(1e6), 0.05 + 0.008 + 0.6 - (630.0 - 6.0) * 1_460.0 / 1.25e8, 1e-9);
    }

    #[test]
    fn ten_megabytes_over_a_gigabit() {
        assert_near(saturation_per_s(1.25e8, 1e7), 12.5, 1e-12);
    }
}
