//! Where does a value lie on an axis, and which ticks stand there? Linear, logarithmic, and the tail
//! axis of latency percentiles, on which 90, 99 and 99.9 % are equally far apart.

use scenarios::metric::Unit;

use crate::format;

/// How values map to positions between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    Linear,
    Log,
    /// Shares from 0 to 0.9...; the position counts nines.
    Tail,
}

/// An axis: a range, its scale and its ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) scale: Scale,
    /// Value and label.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis over exactly this range with about `count` ticks inside.
    pub(crate) fn linear(low: f64, high: f64, count: usize, unit: Unit) -> Axis {
        let high = if high > low { high } else { low + 1.0 };
        let whole = whole_of(high, unit);
        let step = whole * nice_step((high - low) / whole / count.max(1) as f64);
        Axis::with_step(low, high, step, unit)
    }

    fn with_step(low: f64, high: f64, step: f64, unit: Unit) -> Axis {
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        let values: Vec<f64> = (first..=last).map(|k| k as f64 * step).collect();
        let ticks = values.iter().copied().zip(linear_labels(&values, step, unit)).collect();
        Axis { low, high, scale: Scale::Linear, ticks }
    }

    /// A linear axis from 0 to a little above `high`: to the next tick if that is near, else between two.
    pub(crate) fn from_zero(high: f64, count: usize, unit: Unit) -> Axis {
        let high = if high > 0.0 && high.is_finite() { high } else { 1.0 };
        let whole = whole_of(high, unit);
        let step = whole * step_from_zero(1.05 * high / whole, count);
        let next_tick = (1.01 * high / step).ceil() * step;
        let top = if next_tick <= 1.1 * high { next_tick } else { 1.05 * high };
        Axis::with_step(0.0, top, step, unit)
    }

    /// The axis of a share: 0 to 100 %, with about `count` steps.
    pub(crate) fn share(count: usize) -> Axis {
        Axis::linear(0.0, 1.0, count, Unit::Share)
    }

    /// A logarithmic axis around a positive range; ticks at powers of ten, with 2 and 5 or with 3
    /// in between if the range is short.
    pub(crate) fn log(low: f64, high: f64, count: usize, unit: Unit) -> Axis {
        let low = if low > 0.0 { low } else { 1e-3 };
        let high = if high > low { high } else { low * 10.0 };
        let all = |factors: &[f64]| -> Vec<f64> {
            let decades = (low.log10().floor() as i32 - 1)..=(high.log10().ceil() as i32);
            let values = decades.flat_map(|e| factors.iter().map(move |f| f * 10f64.powi(e)));
            values.filter(|value| *value >= low * 0.999 && *value <= high * 1.001).collect()
        };
        let mut values = all(&[1.0, 2.0, 5.0]);
        for sparser in [&[1.0, 3.0][..], &[1.0]] {
            if values.len() > count.max(3) {
                values = all(sparser);
            }
        }
        let every = values.len().div_ceil(count.max(3)).max(1);
        let ticks = values.iter().step_by(every).map(|value| (*value, tick(*value, unit))).collect();
        Axis { low, high, scale: Scale::Log, ticks }
    }

    /// The tail axis from 0 to 99.9 %.
    pub(crate) fn tail() -> Axis {
        let ticks = [(0.0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %")];
        let ticks = ticks.map(|(value, label)| (value, label.to_owned())).to_vec();
        Axis { low: 0.0, high: 0.999, scale: Scale::Tail, ticks }
    }

    /// Position of a value: 0 at the low end, 1 at the high end; values outside lie on the border.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let (low, high) = (self.transformed(self.low), self.transformed(self.high));
        ((self.transformed(value) - low) / (high - low)).clamp(0.0, 1.0)
    }

    fn transformed(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log => value.max(f64::MIN_POSITIVE).log10(),
            Scale::Tail => -(1.0 - value.min(self.high)).log10(),
        }
    }
}

/// What ticks count: the unit of the labels where it is no power of ten, such as hours of seconds.
fn whole_of(high: f64, unit: Unit) -> f64 {
    let (divisor, _) = format::scale(high, unit);
    if unit == Unit::Seconds { divisor.max(1.0) } else { 1.0 }
}

/// 1, 2 or 5 times a power of ten, at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powi(rough.log10().floor() as i32);
    let fraction = rough / power;
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| fraction <= factor * 1.000_001).unwrap_or(10.0);
    factor * power
}

/// The step with which the number of ticks above 0 comes nearest to `count`; fours only if they are better.
fn step_from_zero(top: f64, count: usize) -> f64 {
    let power = 10f64.powi((top / count.max(1) as f64).log10().floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0, 0.5, 4.0, 0.4].map(|factor| factor * power);
    let cost = |step: f64| {
        let is_four = step == 4.0 * power || step == 0.4 * power;
        ((top / step + 1e-9).floor() - count as f64).abs() + if is_four { 0.5 } else { 0.0 }
    };
    steps.into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b))).unwrap_or(power)
}

/// Labels of evenly spaced ticks: as many decimals as the step needs, one unit for all.
fn linear_labels(values: &[f64], step: f64, unit: Unit) -> Vec<String> {
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    let (divisor, suffix) = format::scale(largest, unit);
    let suffix = suffix.trim_end_matches("/s").trim_end_matches(" ×");
    let decimals = decimals_of(step / divisor);
    values
        .iter()
        .map(|value| {
            let text = format!("{:.decimals$}", value / divisor).replace('-', "−");
            if *value == 0.0 {
                format!("0{}", if unit == Unit::Share { suffix } else { "" })
            } else {
                text + suffix
            }
        })
        .collect()
}

/// Decimals that a multiple of 1, 2 or 5 times a power of ten needs.
fn decimals_of(step: f64) -> usize {
    (0..12).find(|decimals| step * 10f64.powi(*decimals) >= 0.999).unwrap_or(0) as usize
}

/// The label of a lone tick, without needless digits.
fn tick(value: f64, unit: Unit) -> String {
    // Powers of ten are powers of ten in seconds, not in days.
    let text = match unit {
        Unit::Seconds if value >= 1.0 => format!("{} s", format::number(value)),
        Unit::Ratio => format::quantity(value, Unit::Count),
        _ => format::quantity(value, unit),
    };
    let text = if unit == Unit::PerSecond { text.trim_end_matches("/s").to_owned() } else { text };
    // `2.00 s` is `2 s` on an axis.
    match text.find('.') {
        Some(point) => {
            let end =
                text[point + 1..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |e| point + 1 + e);
            let kept = text[..end].trim_end_matches('0').trim_end_matches('.');
            format!("{kept}{}", &text[end..])
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn ticks_carry_no_needless_digits() {
        assert_eq!(
            labels(&Axis::linear(0.0, 30.0 * 86_400.0, 6, Unit::Seconds)),
            ["0", "5 d", "10 d", "15 d", "20 d", "25 d", "30 d"]
        );
        assert_eq!(
            labels(&Axis::linear(0.0, 20.0 * 3_600.0, 6, Unit::Seconds)),
            ["0", "5 h", "10 h", "15 h", "20 h"]
        );
        assert_eq!(
            labels(&Axis::linear(0.0, 300.0, 6, Unit::Seconds)),
            ["0", "50 s", "100 s", "150 s", "200 s", "250 s", "300 s"]
        );
        assert_eq!(labels(&Axis::from_zero(0.9, 4, Unit::Count)), ["0", "0.2", "0.4", "0.6", "0.8"]);
        assert_eq!(labels(&Axis::share(5)), ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]);
        assert_eq!(labels(&Axis::from_zero(38_000.0, 4, Unit::PerSecond)), ["0", "10k", "20k", "30k", "40k"]);
        assert_eq!(
            labels(&Axis::log(0.001, 10.0, 6, Unit::Seconds)),
            ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]
        );
        assert_eq!(labels(&Axis::log(1.0, 20.0, 6, Unit::Count)), ["1", "2", "5", "10", "20"]);
    }

    #[test]
    fn an_axis_from_zero_ends_just_above_its_data() {
        assert_eq!(labels(&Axis::from_zero(1013.0, 2, Unit::Count)), ["0", "500", "1000"]);
        assert_eq!(labels(&Axis::from_zero(880.0, 2, Unit::Count)), ["0", "400", "800"]);
        assert_eq!(
            labels(&Axis::from_zero(1050.0, 5, Unit::Count)),
            ["0", "200", "400", "600", "800", "1000"]
        );
        for exponent in -30..60 {
            let high = 1.37f64.powi(exponent);
            for count in 1..8 {
                let axis = Axis::from_zero(high, count, Unit::Count);
                assert!(axis.high >= 1.01 * high && axis.high <= 1.1 * high, "{high} {axis:?}");
                assert!((2..=2 * count + 2).contains(&axis.ticks.len()), "{high} {count} {axis:?}");
            }
        }
    }

    #[test]
    fn nines_are_equally_far_apart() {
        let axis = Axis::tail();
        let third = 1.0 / 3.0;
        assert!((axis.position(0.9) - third).abs() < 1e-9);
        assert!((axis.position(0.99) - 2.0 * third).abs() < 1e-9);
        assert_eq!(axis.position(1.0), 1.0);
    }

    #[test]
    fn an_empty_range_still_makes_an_axis() {
        for axis in [
            Axis::linear(0.0, 0.0, 5, Unit::Count),
            Axis::from_zero(0.0, 5, Unit::Count),
            Axis::from_zero(f64::NAN, 5, Unit::Count),
            Axis::log(0.0, 0.0, 5, Unit::Seconds),
        ] {
            assert!(axis.high > axis.low && axis.ticks.len() > 1, "{axis:?}");
        }
    }
}
