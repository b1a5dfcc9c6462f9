//! How does a load change over time? A rate as a piecewise linear function.

mod cursor;

use serde::{Deserialize, Serialize};

use crate::math;
use crate::model::workload::LoadLevel;
use crate::time::{SimDuration, SimTime};
use crate::units::{Probability, Rate};
pub(crate) use cursor::Cursor;
pub(super) use cursor::MAX_PER_SECOND;

/// A rate that may change over time. A plain rate such as `800/s` is constant.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub enum RateProfile {
    /// Rates that hold from their moment on.
    Steps(Vec<Step>),
    /// Rates between which the load moves in straight lines.
    Points(Vec<Step>),
    /// A straight line from one rate to another.
    Ramp(Ramp),
    /// A base load with one rectangular peak.
    Spike(Spike),
    /// A daily wave.
    Diurnal(Diurnal),
    /// Rates from a CSV file with a header line and two columns: seconds, requests per second.
    Trace(Trace),
    /// A constant rate such as `800/s`.
    #[serde(rename = "$text")]
    #[cfg_attr(feature = "schemars", schemars(untagged))]
    Text(Rate),
}

impl Serialize for RateProfile {
    /// Writes what a file would say: a plain rate stays one.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        macro_rules! tagged {
            ($kind:literal, $profile:expr) => {
                serializer.serialize_newtype_variant("RateProfile", 0, $kind, $profile)
            };
        }
        match self {
            RateProfile::Steps(steps) => tagged!("steps", steps),
            RateProfile::Points(points) => tagged!("points", points),
            RateProfile::Ramp(ramp) => tagged!("ramp", ramp),
            RateProfile::Spike(spike) => tagged!("spike", spike),
            RateProfile::Diurnal(wave) => tagged!("diurnal", wave),
            RateProfile::Trace(trace) => tagged!("trace", trace),
            RateProfile::Text(rate) => rate.serialize(serializer),
        }
    }
}

/// A rate from a moment on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Step {
    /// Time since the start of the run; the first is `0s`.
    pub at: SimDuration,
    /// The rate at that time.
    pub rate: Rate,
}

/// A straight line from one rate to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Ramp {
    /// Rate before and at `start`.
    pub from: Rate,
    /// Rate at and after `end`.
    pub to: Rate,
    /// Where the ramp begins; default `0s`.
    #[serde(default)]
    pub start: SimDuration,
    /// Where the ramp ends, after `start`.
    pub end: SimDuration,
}

/// A base load with one rectangular peak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Spike {
    /// Rate outside the peak.
    pub base: Rate,
    /// Rate inside the peak.
    pub peak: Rate,
    /// Start of the peak.
    pub at: SimDuration,
    /// Length of the peak.
    #[serde(rename = "for")]
    pub length: SimDuration,
}

/// A daily wave: `mean (1 + amplitude_ratio sin(2 pi (t - peak_at) / period + pi/2))`, drawn as 96
/// straight pieces per period (at most 0.06 % of the amplitude away from the sine).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Diurnal {
    /// Mean rate.
    pub mean: Rate,
    /// Height of the wave as a share of the mean, 0 to 1.
    pub amplitude_ratio: Probability,
    /// Length of a day; default `24h`.
    #[serde(default = "a_day")]
    pub period: SimDuration,
    /// When the first peak comes; default `0s`.
    #[serde(default)]
    pub peak_at: SimDuration,
}

impl Diurnal {
    /// Length of a straight piece, nanoseconds.
    fn piece_ns(&self) -> u64 {
        self.period.as_nanos() / PIECES_PER_PERIOD
    }

    /// How long a run may be, in whole seconds: until it takes more than `MAX_PIECES`.
    fn longest_run(&self) -> SimDuration {
        let ns = self.piece_ns().saturating_mul(MAX_PIECES as u64 - 2);
        SimDuration::from_secs(ns / 1_000_000_000)
    }
}

fn a_day() -> SimDuration {
    SimDuration::from_secs(86_400)
}

/// Rates from a CSV file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub struct Trace {
    /// Path of the CSV file, relative to the scenario file: a header line, then rows of seconds since
    /// the start (ascending, the first 0) and requests per second from then on.
    pub file: String,
    /// The rows, filled in by the loader.
    #[serde(skip)]
    pub steps: Vec<Step>,
}

const PIECES_PER_PERIOD: u64 = 96;
/// Enough for 1 000 days of a diurnal wave or a long trace.
const MAX_PIECES: usize = 100_000;

/// One straight piece of a rate: from `start` on, until the next piece starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// Where it starts.
    pub start: SimTime,
    /// Rate at the start, in arrivals per nanosecond.
    pub rate: f64,
    /// Change of the rate, per nanosecond per nanosecond.
    pub slope: f64,
}

impl RateProfile {
    /// What is wrong with the profile in a run until `horizon`.
    pub fn check(&self, horizon: SimDuration) -> Result<(), String> {
        let ascending = |steps: &[Step], what: &str| match steps {
            [] => Err(format!("{what} is empty; give at least one rate")),
            [first, ..] if first.at > SimDuration::ZERO => {
                Err(format!("the first rate holds from {}; the first entry must stand at 0s", first.at))
            }
            _ => match steps.windows(2).find(|pair| pair[1].at <= pair[0].at) {
                Some(pair) => Err(format!("{} comes after {}; times must ascend", pair[1].at, pair[0].at)),
                None if steps.len() > MAX_PIECES => Err(format!("more than {MAX_PIECES} rates")),
                None => Ok(()),
            },
        };
        match self {
            RateProfile::Text(_) | RateProfile::Spike(_) => Ok(()),
            RateProfile::Steps(steps) => ascending(steps, "the list of steps"),
            RateProfile::Points(points) => ascending(points, "the list of points"),
            RateProfile::Trace(trace) => ascending(&trace.steps, "the trace"),
            RateProfile::Ramp(ramp) if ramp.end <= ramp.start => Err(format!(
                "the ramp ends at {} but starts at {}; `end` must be later",
                ramp.end, ramp.start
            )),
            RateProfile::Ramp(_) => Ok(()),
            RateProfile::Diurnal(wave) if wave.period < SimDuration::from_secs(1) => {
                Err(format!("a period of {} is too short; at least 1s", wave.period))
            }
            RateProfile::Diurnal(wave) => match wave.longest_run() {
                longest if horizon > longest => Err(format!(
                    "a period of {} is too short for a run of {horizon}: its wave is drawn up to {longest} only; \
                     write a longer period or a shorter horizon",
                    wave.period
                )),
                _ => Ok(()),
            },
        }
    }

    /// The highest rate that the profile ever reaches, per second.
    pub(super) fn highest(&self) -> f64 {
        match self {
            RateProfile::Text(rate) => rate.as_per_second(),
            RateProfile::Steps(steps)
            | RateProfile::Points(steps)
            | RateProfile::Trace(Trace { steps, .. }) => {
                steps.iter().map(|step| step.rate.as_per_second()).fold(0.0, f64::max)
            }
            RateProfile::Ramp(ramp) => ramp.from.as_per_second().max(ramp.to.as_per_second()),
            RateProfile::Spike(spike) => spike.base.as_per_second().max(spike.peak.as_per_second()),
            RateProfile::Diurnal(wave) => wave.mean.as_per_second() * (1.0 + wave.amplitude_ratio.get()),
        }
    }

    /// The straight pieces of the rate up to `horizon`; the first starts at zero.
    pub(super) fn pieces(&self, horizon: SimTime) -> Vec<Piece> {
        let moment = |at: SimDuration| SimTime::ZERO + at;
        let flat = |at, rate: Rate| Piece { start: moment(at), rate: per_ns(rate), slope: 0.0 };
        match self {
            RateProfile::Text(rate) => vec![flat(SimDuration::ZERO, *rate)],
            RateProfile::Steps(steps) | RateProfile::Trace(Trace { steps, .. }) => {
                steps.iter().map(|step| flat(step.at, step.rate)).collect()
            }
            RateProfile::Points(points) => {
                lines(points.iter().map(|point| (moment(point.at), per_ns(point.rate))))
            }
            RateProfile::Ramp(ramp) => {
                let from = (moment(ramp.start), per_ns(ramp.from));
                let to = (moment(ramp.end), per_ns(ramp.to));
                let before = (ramp.start > SimDuration::ZERO).then_some((SimTime::ZERO, per_ns(ramp.from)));
                lines(before.into_iter().chain([from, to]))
            }
            RateProfile::Spike(spike) => {
                let mut pieces = vec![flat(spike.at, spike.peak), flat(spike.at + spike.length, spike.base)];
                if spike.at > SimDuration::ZERO {
                    pieces.insert(0, flat(SimDuration::ZERO, spike.base));
                }
                pieces
            }
            RateProfile::Diurnal(wave) => {
                let step = wave.piece_ns();
                let count = horizon.as_nanos() / step + 2;
                lines((0..count).map(|k| {
                    let t = SimTime::from_nanos(k * step);
                    let phase =
                        (t.as_nanos() as f64 - wave.peak_at.as_nanos_f64()) / wave.period.as_nanos_f64();
                    let height = wave.amplitude_ratio.get() * math::cos(std::f64::consts::TAU * phase);
                    (t, per_ns(wave.mean) * (1.0 + height))
                }))
            }
        }
    }
}

fn per_ns(rate: Rate) -> f64 {
    rate.as_per_second() * 1e-9
}

/// Straight lines between corners; flat after the last.
fn lines(corners: impl Iterator<Item = (SimTime, f64)>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = corners.map(|(start, rate)| Piece { start, rate, slope: 0.0 }).collect();
    for k in 1..pieces.len() {
        let length = pieces[k].start.since(pieces[k - 1].start).as_nanos_f64();
        pieces[k - 1].slope = (pieces[k].rate - pieces[k - 1].rate) / length;
    }
    pieces
}

/// `pieces` times the factor of each window, nothing outside: the extra load of spikes. The windows are in
/// order and do not overlap.
pub(super) fn windows(pieces: &[Piece], windows: &[LoadLevel]) -> Vec<Piece> {
    let nothing = |start| Piece { start, rate: 0.0, slope: 0.0 };
    let mut cut = vec![nothing(SimTime::ZERO)];
    for window in windows {
        for (k, piece) in pieces.iter().enumerate() {
            let next = pieces.get(k + 1).map_or(SimTime::NEVER, |p| p.start);
            let start = piece.start.max(window.begins);
            if start < next.min(window.ends) {
                let at_start = piece.rate + piece.slope * start.since(piece.start).as_nanos_f64();
                cut.push(Piece { start, rate: at_start * window.factor, slope: piece.slope * window.factor });
            }
        }
        cut.push(nothing(window.ends));
    }
    // Where windows touch, the nothing between them has no length.
    cut.dedup_by(|later, earlier| {
        let covered = later.start == earlier.start;
        if covered {
            *earlier = *later;
        }
        covered
    });
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(per_second: f64) -> Rate {
        Rate::per_second(per_second)
    }

    /// Moments of the arrivals of unit mass up to 100 s.
    fn unit_arrivals(profile: &RateProfile) -> Vec<f64> {
        let horizon = SimTime::ZERO + SimDuration::from_secs(100);
        let pieces = profile.pieces(horizon);
        let mut cursor = Cursor::new(&pieces);
        std::iter::from_fn(|| cursor.advance(&pieces, 1.0).filter(|t| *t <= horizon))
            .map(SimTime::as_secs_f64)
            .collect()
    }

    #[test]
    fn a_constant_rate_is_evenly_spaced() {
        let times = unit_arrivals(&RateProfile::Text(rate(10.0)));
        assert_eq!(times.len(), 1_000);
        assert!((times[4] - 0.5).abs() < 1e-8);
    }

    #[test]
    fn a_ramp_arrives_with_its_area() {
        let ramp = Ramp {
            from: rate(0.0),
            to: rate(20.0),
            start: SimDuration::ZERO,
            end: SimDuration::from_secs(100),
        };
        let times = unit_arrivals(&RateProfile::Ramp(ramp));
        assert!(times.len().abs_diff(1_000) <= 1, "{}", times.len());
        // Area t^2 / 10 reaches 250 at t = 50.
        assert!((times[249] - 50.0).abs() < 1e-6, "{}", times[249]);
    }

    #[test]
    fn a_falling_ramp_ends_at_zero_without_hanging() {
        let ramp = Ramp {
            from: rate(20.0),
            to: rate(0.0),
            start: SimDuration::ZERO,
            end: SimDuration::from_secs(50),
        };
        let times = unit_arrivals(&RateProfile::Ramp(ramp));
        assert!(times.len().abs_diff(500) <= 1, "{}", times.len());
    }

    #[test]
    fn steps_and_spikes_change_the_rate_where_they_say() {
        let spike = Spike {
            base: rate(1.0),
            peak: rate(100.0),
            at: SimDuration::from_secs(50),
            length: SimDuration::from_secs(10),
        };
        let times = unit_arrivals(&RateProfile::Spike(spike));
        let inside = times.iter().filter(|t| (50.0..60.0).contains(*t)).count();
        assert!(inside.abs_diff(1_000) <= 1, "{inside}");
        assert!(times.len().abs_diff(1_090) <= 2, "{}", times.len());
    }

    #[test]
    fn a_wave_has_its_mean_and_its_peak() {
        let wave = Diurnal {
            mean: rate(10.0),
            amplitude_ratio: Probability::new(0.5),
            period: SimDuration::from_secs(50),
            peak_at: SimDuration::from_secs(10),
        };
        let times = unit_arrivals(&RateProfile::Diurnal(wave));
        assert!(times.len().abs_diff(1_000) <= 1, "{}", times.len());
        let near = |t0: f64| times.iter().filter(|t| (t0 - 1.0..t0 + 1.0).contains(*t)).count();
        assert!(near(10.0).abs_diff(30) <= 1 && near(35.0).abs_diff(10) <= 1);
    }

    #[test]
    fn a_wave_is_drawn_up_to_the_horizon_or_refused() {
        let wave = RateProfile::Diurnal(Diurnal {
            mean: rate(10.0),
            amplitude_ratio: Probability::new(0.5),
            period: SimDuration::from_secs(1),
            peak_at: SimDuration::ZERO,
        });
        let longest = SimDuration::from_secs(1_041);
        assert_eq!(wave.check(longest), Ok(()));
        let horizon = SimTime::ZERO + longest;
        let pieces = wave.pieces(horizon);
        assert!(pieces.len() <= MAX_PIECES && pieces.last().is_some_and(|piece| piece.start > horizon));
        assert_eq!(
            wave.check(SimDuration::from_secs(1_042)).unwrap_err(),
            "a period of 1s is too short for a run of 17m22s: its wave is drawn up to 17m21s only; \
             write a longer period or a shorter horizon"
        );
    }

    #[test]
    fn a_windowed_rate_is_the_extra_load_inside_the_window_only() {
        let base = RateProfile::Text(rate(10.0)).pieces(SimTime::NEVER);
        let (begins, ends) = (SimTime::from_nanos(20_000_000_000), SimTime::from_nanos(30_000_000_000));
        let extra = windows(&base, &[LoadLevel { begins, ends, factor: 3.0 }]);
        let mut cursor = Cursor::new(&extra);
        let times: Vec<_> = std::iter::from_fn(|| cursor.advance(&extra, 1.0)).collect();
        assert!(times.len().abs_diff(300) <= 1);
        assert!(times.iter().all(|t| *t >= begins && *t < ends));
    }

    #[test]
    fn an_arrival_at_the_very_end_of_the_load_stays_away() {
        for per_second in [1.0, 10.0, 1_000.0] {
            let steps = vec![
                Step { at: SimDuration::ZERO, rate: rate(per_second) },
                Step { at: SimDuration::from_secs(5), rate: rate(0.0) },
            ];
            let times = unit_arrivals(&RateProfile::Steps(steps));
            assert_eq!(times.len(), (5.0 * per_second) as usize - 1, "{per_second}/s");
        }
    }

    #[test]
    fn profiles_that_go_back_in_time_are_refused() {
        let step = |s, r| Step { at: SimDuration::from_secs(s), rate: rate(r) };
        let horizon = SimDuration::from_secs(100);
        let check = |steps: Vec<Step>| RateProfile::Steps(steps).check(horizon).unwrap_err();
        assert!(check(vec![]).contains("empty"));
        assert!(check(vec![step(1, 1.0)]).contains("must stand at 0s"));
        assert!(check(vec![step(0, 1.0), step(5, 1.0), step(5, 2.0)]).contains("must ascend"));
    }
}
