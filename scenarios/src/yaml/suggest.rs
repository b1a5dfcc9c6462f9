//! Which valid word did the writer probably mean, and how are words listed in a message?

/// The candidate nearest to `word`, if one is near enough to be worth asking about.
///
/// Near means: equal but for case, `-` and `_`; or few edits for the length (one for three letters, three from nine on);
/// or the beginning of exactly one candidate, as in `timeout` for `timeouts` or `cap` for `capacity`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let mut best: Option<(usize, &str)> = None;
    let mut beginnings = Vec::new();
    for candidate in candidates {
        let other = plain(candidate);
        let distance = strsim::damerau_levenshtein(&word, &other);
        // Two letters can be changed into any other two letters: demand that something is left of the word.
        let near = distance <= allowed && distance < word.chars().count().min(other.chars().count());
        if near && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
        if word.len() >= 3 && other.starts_with(&word) || other.len() >= 3 && word.starts_with(&other) {
            beginnings.push(candidate);
        }
    }
    match (best, beginnings.as_slice()) {
        (Some((_, candidate)), _) => Some(candidate),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

/// The suggestion for a word that is not among the allowed ones: the nearest, and the list if it is short or nothing
/// is near.
pub(super) fn help(word: &str, allowed: &[&str]) -> Option<String> {
    let list = match allowed {
        [] => None,
        [only] => Some(format!("only `{only}` is allowed here")),
        few if few.len() <= 16 => Some(format!("allowed here: {}", listed(few, "and"))),
        _ => None,
    };
    match (nearest(word, allowed.iter().copied()), list) {
        (Some(near), Some(list)) => Some(format!("did you mean `{near}`? ({list})")),
        (Some(near), None) => Some(format!("did you mean `{near}`?")),
        (None, Some(list)) => Some(list),
        (None, None) if allowed.is_empty() => None,
        (None, None) => Some(format!("allowed here: {}", listed(allowed, "and"))),
    }
}

/// `` `a`, `b` or `c` ``.
pub(super) fn listed(words: &[&str], last: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [rest @ .., end] => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// A text that is short enough for a message.
pub(super) fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(60).is_some() {
        short.push('…');
    }
    short
}
