//! How does text keep to its place? Numbers stay with their units, long names end in `…`, and signs that
//! a terminal lacks become ASCII.

/// The same text with no-break spaces between a number and its unit or its interval.
pub(crate) fn unbroken(text: &str) -> String {
    let mut kept = String::new();
    for (index, word) in text.split(' ').enumerate() {
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')', ']']);
        let follows_number = kept.ends_with(|c: char| c.is_ascii_digit());
        let is_unit = ["%", "s", "ms", "µs", "×", "±"].contains(&bare);
        match index {
            0 => {}
            _ if kept.ends_with('±') || (is_unit && follows_number) => kept.push('\u{a0}'),
            _ => kept.push(' '),
        }
        kept.push_str(word);
    }
    kept
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
    fn a_number_keeps_its_unit() {
        assert_eq!(unbroken("means with 95 % intervals"), "means with 95\u{a0}% intervals");
        assert_eq!(unbroken("took 80.1 ± 0.36 ms, more"), "took 80.1\u{a0}±\u{a0}0.36\u{a0}ms, more");
        assert_eq!(unbroken("what  %"), "what  %");
    }
}
