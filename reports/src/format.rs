//! How is a number written for people? Three significant digits, SI units, no `60.0`.

use scenarios::metric::Unit;

/// Seconds of an hour and of a day.
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 24.0 * HOUR_S;

/// A bare number: `0`, `0.123`, `25.1`, `1234`, `12.3k`, `4.5M`.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    let text = if size == 0.0 {
        "0".to_owned()
    } else if size >= 999_500.0 {
        format!("{}M", significant(value / 1e6))
    } else if size >= 9_999.5 {
        format!("{}k", significant(value / 1e3))
    } else if size < 0.001 {
        format!("{value:.1e}")
    } else {
        significant(value)
    };
    text.replace('-', "−")
}

/// Three significant digits, all digits before the point.
fn significant(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 99.95 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 => 2,
        _ if size >= 0.09995 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// A measured duration: `25.1 s`, `120 ms`, `85.0 µs`.
pub(crate) fn seconds(value: f64) -> String {
    let (divisor, suffix) = scale(value.abs(), Unit::Seconds);
    format!("{}{suffix}", number(value / divisor))
}

/// A duration that somebody chose, without needless digits: `30 s`, `2.5 s`, `200 ms`, `30 d`.
pub(crate) fn setting(value: f64) -> String {
    let (divisor, suffix) = chosen_scale(value.abs(), &[value]);
    format!("{}{suffix}", trimmed(value / divisor))
}

/// A span of time that somebody chose: `60–70 s`, `at 60 s` if it has no length, `from 60 s` if it has
/// no end.
pub(crate) fn span(start_s: f64, end_s: f64) -> String {
    let whole = |seconds: f64| seconds.max(1.0); // moments are told in seconds at least
    if end_s.is_infinite() {
        let (divisor, suffix) = chosen_scale(whole(start_s), &[start_s]);
        format!("from {}{suffix}", trimmed(start_s / divisor))
    } else if end_s > start_s {
        let (divisor, suffix) = chosen_scale(whole(end_s), &[start_s, end_s]);
        format!("{}–{}{suffix}", trimmed(start_s / divisor), trimmed(end_s / divisor))
    } else {
        let (divisor, suffix) = chosen_scale(whole(start_s), &[start_s]);
        format!("at {}{suffix}", trimmed(start_s / divisor))
    }
}

/// The unit for durations that somebody chose: hours and days only if they then have two decimals at most.
fn chosen_scale(size: f64, values: &[f64]) -> (f64, &'static str) {
    let is_neat = |divisor: f64| {
        let hundredths = |value: &f64| value / divisor * 100.0;
        values.iter().map(hundredths).all(|value| (value - value.round()).abs() < 1e-6)
    };
    match scale(size, Unit::Seconds) {
        (divisor, suffix) if divisor <= 1.0 || is_neat(divisor) => (divisor, suffix),
        _ if is_neat(HOUR_S) => (HOUR_S, " h"),
        _ => (1.0, " s"),
    }
}

/// A share that somebody chose: `95 %`.
pub(crate) fn chosen_percent(share: f64) -> String {
    format!("{} %", trimmed(share * 100.0))
}

fn trimmed(value: f64) -> String {
    // Nanoseconds are the finest that anybody can choose; the rest is rounding.
    let text = format!("{value:.9}");
    text.trim_end_matches('0').trim_end_matches('.').replace('-', "−")
}

/// A share as percent, with more digits where they matter: `97.2 %`, `99.95 %`, `100 %`.
pub(crate) fn percent(share: f64) -> String {
    quantity(share, Unit::Share)
}

/// A value with its unit.
pub(crate) fn quantity(value: f64, unit: Unit) -> String {
    let (divisor, suffix) = scale(value.abs(), unit);
    format!("{}{suffix}", bare(value, divisor, unit))
}

/// A value and half of its interval in one unit: `87.7 ± 5.4 ms`.
pub(crate) fn plus_minus(value: f64, half: f64, unit: Unit) -> String {
    let (divisor, suffix) = scale(value.abs(), unit);
    let half = half.abs() / divisor;
    let decimals = match half {
        _ if half >= 9.95 || half == 0.0 => 0,
        _ if half >= 0.995 => 1,
        _ if half >= 0.0995 => 2,
        _ => 3,
    };
    let value = bare(value, divisor, unit);
    if half > 0.0 && half < 0.000_5 {
        return format!("{value} ± <0.001{suffix}");
    }
    format!("{value} ± {half:.decimals$}{suffix}")
}

/// A difference with its sign: `+120/s`, `−3.1 % points`.
pub(crate) fn difference(value: f64, unit: Unit) -> String {
    let points = if unit == Unit::Share { " points" } else { "" };
    format!("{}{}{points}", sign(value), quantity(value, unit))
}

/// An interval in the unit of its larger end, without it: `[−12.3, 4.50]`.
pub(crate) fn interval([low, high]: [f64; 2], near: f64, unit: Unit) -> String {
    let (divisor, _) = scale(near.abs(), unit);
    format!("[{}, {}]", bare(low, divisor, unit), bare(high, divisor, unit))
}

/// An interval of differences, with signs.
pub(crate) fn difference_interval([low, high]: [f64; 2], near: f64, unit: Unit) -> String {
    let (divisor, _) = scale(near.abs(), unit);
    format!("[{}{}, {}{}]", sign(low), bare(low, divisor, unit), sign(high), bare(high, divisor, unit))
}

/// An interval of shares: `0.89–1.00`.
pub(crate) fn share_interval(ci95: [f64; 2]) -> String {
    format!("{:.2}–{:.2}", ci95[0], ci95[1])
}

/// What to divide by, and the suffix that says so, for values of this size.
pub(crate) fn scale(size: f64, unit: Unit) -> (f64, &'static str) {
    match unit {
        Unit::Share => (0.01, " %"),
        // Three thousand seconds can be read; two million cannot.
        Unit::Seconds if size >= 2.0 * DAY_S => (DAY_S, " d"),
        Unit::Seconds if size >= 2.0 * HOUR_S => (HOUR_S, " h"),
        Unit::Seconds if size == 0.0 || size >= 0.9995 => (1.0, " s"),
        Unit::Seconds if size >= 0.000_999_5 => (1e-3, " ms"),
        Unit::Seconds => (1e-6, " µs"),
        Unit::PerSecond if size >= 999_500.0 => (1e6, "M/s"),
        Unit::PerSecond if size >= 9_999.5 => (1e3, "k/s"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Ratio => (1.0, " ×"),
        Unit::Count if size >= 999_500.0 => (1e6, "M"),
        Unit::Count if size >= 9_999.5 => (1e3, "k"),
        Unit::Count => (1.0, ""),
    }
}

fn sign(value: f64) -> &'static str {
    if value > 0.0 { "+" } else { "" }
}

fn bare(value: f64, divisor: f64, unit: Unit) -> String {
    let scaled = value / divisor;
    if unit != Unit::Share {
        return number(scaled);
    }
    let text = if scaled == 0.0 || scaled == 100.0 {
        format!("{scaled:.0}")
    } else if scaled.abs() < 1.0 || (99.0..100.0).contains(&scaled) {
        format!("{scaled:.2}")
    } else {
        format!("{scaled:.1}")
    };
    text.replace('-', "−")
}

/// A number of events: `1 234 567`, with thin spaces.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Seeds in words: `seed 7`, `30 seeds (1–30)`, `4 seeds (1, 2, 5, 9)`, `40 seeds (3, 5, 9, …)`.
pub(crate) fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [] => "no seeds".to_owned(),
        [seed] => format!("seed {seed}"),
        [first, .., last] => {
            let consecutive = seeds.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
            let listed: Vec<String> = seeds.iter().take(6).map(u64::to_string).collect();
            let which = if consecutive {
                format!("{first}–{last}")
            } else if seeds.len() <= listed.len() {
                listed.join(", ")
            } else {
                format!("{}, …", listed.join(", "))
            };
            format!("{} seeds ({which})", seeds.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits() {
        let cases = [
            (0.0, "0"),
            (0.012_34, "0.0123"),
            (0.5, "0.500"),
            (9.999, "10.0"),
            (99.97, "100"),
            (1234.4, "1234"),
            (12_345.0, "12.3k"),
            (999_900.0, "1.00M"),
            (-2.468, "−2.47"),
            (0.000_02, "2.0e−5"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn durations_pick_their_unit() {
        assert_eq!(seconds(25.06), "25.1 s");
        assert_eq!(seconds(0.12), "120 ms");
        assert_eq!(seconds(0.000_085), "85.0 µs");
    }

    #[test]
    fn chosen_values_carry_no_needless_digits() {
        assert_eq!(setting(30.0), "30 s");
        assert_eq!(setting(0.25), "250 ms");
        assert_eq!(span(60.0, 70.5), "60–70.5 s");
        assert_eq!(span(0.5, 0.8), "0.5–0.8 s");
        assert_eq!(setting(3_000.0), "3000 s");
        assert_eq!(setting(30.0 * DAY_S), "30 d");
        assert_eq!(span(10.0 * DAY_S, 10.25 * DAY_S), "10–10.25 d");
        assert_eq!(setting(10.0 * HOUR_S), "10 h");
        assert_eq!(setting(100_000.0), "100000 s", "27.7777 hours are no help");
        assert_eq!(seconds(400_000.0), "4.63 d");
        assert_eq!(span(60.0, 60.0), "at 60 s");
        assert_eq!(chosen_percent(0.95), "95 %");
    }

    #[test]
    fn intervals_share_the_unit_of_their_value() {
        assert_eq!(plus_minus(0.0877, 0.0054, Unit::Seconds), "87.7 ± 5.4 ms");
        assert_eq!(plus_minus(0.9995, 0.0002, Unit::Share), "99.95 ± 0.020 %");
        assert_eq!(plus_minus(0.5, 0.000_000_4, Unit::Share), "50.0 ± <0.001 %");
        assert_eq!(plus_minus(750.0, 4.2, Unit::PerSecond), "750 ± 4.2/s");
        assert_eq!(interval([0.9, 1.2], 1.05, Unit::Seconds), "[0.900, 1.20]");
        assert_eq!(difference_interval([-3.0, 4.0], 0.5, Unit::PerSecond), "[−3.00, +4.00]");
        assert_eq!(difference(-0.031, Unit::Share), "−3.1 % points");
    }

    #[test]
    fn shares_near_the_ends_keep_their_digits() {
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.9995), "99.95 %");
        assert_eq!(percent(0.0003), "0.03 %");
        assert_eq!(percent(0.5), "50.0 %");
    }

    #[test]
    fn seeds_are_a_range_only_if_they_are_one() {
        assert_eq!(seeds(&[]), "no seeds");
        assert_eq!(seeds(&[7]), "seed 7");
        assert_eq!(seeds(&[1, 2, 3]), "3 seeds (1–3)");
        assert_eq!(seeds(&[1, 3]), "2 seeds (1, 3)");
        assert_eq!(seeds(&[1, 3, 5, 7, 9, 11, 13]), "7 seeds (1, 3, 5, 7, 9, 11, …)");
    }

    #[test]
    fn counts_are_grouped_from_five_digits_on() {
        assert_eq!(count(1234), "1234");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
    }
}
