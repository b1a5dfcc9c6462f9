//! What harmless value stands in where the written one cannot be read?
//!
//! Nothing is known about a type but what it asks for: a number, a text, a list. The attempts go through values that
//! types of a scenario accept, until one fits.

/// Stand-ins tried at one place before the entry is left out.
pub(super) const ATTEMPTS_MAX: usize = 16;

/// Depth at which stand-ins within stand-ins end: a type that contains itself would go on for ever.
const DEPTH_MAX: usize = 48;

/// Whether a stand-in at this path is too far inside others.
pub(super) fn is_too_deep(path: &str) -> bool {
    path.bytes().filter(|&byte| byte == b'/').count() > DEPTH_MAX
}

/// Texts with and without units: durations, rates, sizes, shares, words, names.
pub(super) fn text(attempt: usize) -> &'static str {
    const TEXTS: [&str; ATTEMPTS_MAX] = [
        "1s",
        "1/s",
        "1",
        "0.5",
        "1KiB",
        "100%",
        "none",
        "x",
        "unlimited",
        "1ms",
        "1Mbit/s",
        "10",
        "0",
        "all",
        "auto",
        "a",
    ];
    TEXTS[attempt % TEXTS.len()]
}

/// A whole number within bounds, if the attempt has one.
pub(super) fn whole(attempt: usize, min: i128, max: i128) -> i128 {
    const NUMBERS: [i128; 6] = [1, 2, 0, 10, 100, 1000];
    NUMBERS[attempt % NUMBERS.len()].clamp(min, max)
}

/// A number: shares, factors above one, zero, negative ones.
pub(super) fn real(attempt: usize) -> f64 {
    const NUMBERS: [f64; 6] = [0.5, 1.0, 2.0, 0.0, 10.0, -1.0];
    NUMBERS[attempt % NUMBERS.len()]
}

/// A variant: `none` if there is one, then the others in their order, last the one that takes a plain text.
pub(super) fn variant(attempt: usize, variants: &'static [&'static str]) -> Option<&'static str> {
    let mut order: Vec<&'static str> = variants.to_vec();
    order.sort_by_key(|variant| match *variant {
        "none" => 0,
        "$text" => 2,
        _ => 1,
    });
    if order.is_empty() { None } else { Some(order[attempt % order.len()]) }
}
