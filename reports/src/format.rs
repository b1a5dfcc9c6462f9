//! How is a number written for people? Three significant digits, SI units, no `60.0`.

use scenarios::metric::Unit;

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

/// A duration: `25.1 s`, `120 ms`, `85.0 µs`.
pub(crate) fn seconds(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0 s".to_owned()
    } else if size >= 0.9995 {
        format!("{} s", number(value))
    } else if size >= 0.000_999_5 {
        format!("{} ms", number(value * 1e3))
    } else {
        format!("{} µs", number(value * 1e6))
    }
}

/// A share as percent, with more digits where they matter: `97.2 %`, `99.95 %`, `100 %`.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value == 0.0 || value == 100.0 {
        format!("{value:.0} %")
    } else if (99.0..100.0).contains(&value) || (0.0..1.0).contains(&value) {
        format!("{value:.2} %")
    } else {
        format!("{value:.1} %").replace('-', "−")
    }
}

/// A value with its unit.
pub(crate) fn quantity(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond => format!("{}/s", number(value)),
        Unit::Seconds => seconds(value),
        Unit::Share => percent(value),
        Unit::Ratio => format!("{} ×", number(value)),
        Unit::Count => number(value),
    }
}

/// A difference with its sign and unit: `+120/s`, `−3.1 %` points.
pub(crate) fn difference(value: f64, unit: Unit) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    let points = if unit == Unit::Share { " points" } else { "" };
    format!("{sign}{}{points}", quantity(value, unit))
}

/// An interval of shares: `0.89–1.00`.
pub(crate) fn share_interval(ci95: [f64; 2]) -> String {
    format!("{:.2}–{:.2}", ci95[0], ci95[1])
}

/// An interval of quantities: `[−12.3/s, 4.50/s]`.
pub(crate) fn interval(ci95: [f64; 2], unit: Unit) -> String {
    format!("[{}, {}]", quantity(ci95[0], unit), quantity(ci95[1], unit))
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

/// The same text with ASCII characters only.
pub(crate) fn ascii(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '–' | '−' | '—' => "-".to_owned(),
            '±' => "+-".to_owned(),
            '×' => "x".to_owned(),
            'µ' => "u".to_owned(),
            '…' => "...".to_owned(),
            '·' => "-".to_owned(),
            'Δ' => "diff".to_owned(),
            '\u{202f}' | '\u{a0}' => " ".to_owned(),
            '≥' => ">=".to_owned(),
            '≤' => "<=".to_owned(),
            '→' => "->".to_owned(),
            c if c.is_ascii() => c.to_string(),
            _ => "?".to_owned(),
        })
        .collect()
}

/// The first `width` characters, the last of them `…` if something was cut.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
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
            (-3.14159, "−3.14"),
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
