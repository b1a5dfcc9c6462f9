//! Which command replays the first seed on which a claim fails? The one that made the results, for one
//! variant and one seed, with the same changed settings.

use scenarios::results::{ExpectationResult, SweepResult, VariantResult};

/// The command for a claim of a comparison made with `reproduce`, if it failed on a seed.
pub(crate) fn of_comparison(
    claim: &ExpectationResult,
    reproduce: &str,
    variants: &[VariantResult],
) -> Option<String> {
    let words = shell_words(reproduce);
    let seed = claim.first_failing_seed?;
    let scenario = words.get(2)?;
    let choice = variant(claim, variants).map_or(String::new(), |name| format!(" --variant {name}"));
    let settings =
        words.windows(2).filter(|pair| pair[0] == "--set").map(|pair| format!(" --set {}", pair[1]));
    Some(format!("spiral run {scenario}{choice} --seed {seed}{}", settings.collect::<String>()))
}

/// The same for a claim about a point of a sweep.
pub(crate) fn of_sweep(claim: &ExpectationResult, sweep: &SweepResult) -> Option<String> {
    let variants = crate::sweep_table::variants(sweep);
    let command = of_comparison(claim, &sweep.reproduce, variants)?;
    let said = variant(claim, variants).and_then(|name| claim.text.strip_prefix(name))?;
    let is_said = |value: &str| said.strip_prefix(" at ").is_some_and(|rest| is_followed(rest, value));
    let point = sweep.points.iter().find(|point| is_said(&point.value))?;
    Some(format!("{command} --set {}", quoted(&format!("{}={}", sweep.path, point.value))))
}

/// The variant with which the claim begins: the longest, `four-attempts` before `four`.
fn variant<'a>(claim: &ExpectationResult, variants: &'a [VariantResult]) -> Option<&'a str> {
    let names = variants.iter().map(|variant| variant.name.as_str());
    names.filter(|name| is_followed(&claim.text, name)).max_by_key(|name| name.len())
}

/// Whether a text begins with a name that ends there.
fn is_followed(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.starts_with([':', ' ']))
}

/// The words of a command as they stand there, with their quotes.
fn shell_words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in command.chars() {
        is_quoted ^= character == '\'';
        match character {
            ' ' if !is_quoted => words.push(String::new()),
            other => words.last_mut().expect("a word was begun").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_words_stay_whole() {
        assert_eq!(
            shell_words(r"spiral compare 'my storm.yaml' --set 'a.b={lifo: {}}'"),
            ["spiral", "compare", "'my storm.yaml'", "--set", "'a.b={lifo: {}}'"]
        );
    }

    #[test]
    fn a_name_ends_where_its_word_ends() {
        assert!(is_followed("four: stuck", "four") && is_followed("four at 9/s: stuck", "four"));
        assert!(!is_followed("four-attempts: stuck", "four"));
    }
}
