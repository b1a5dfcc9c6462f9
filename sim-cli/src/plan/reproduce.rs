//! Which command repeats a result? The words without threads and folders, which change nothing.

use super::seeds::Seeds;
use crate::args::Making;

/// A command line under construction.
pub(super) struct Words(String);

impl Words {
    pub(super) fn new(command: &str, scenario: &str) -> Words {
        Words(format!("spiral {command} {}", quoted(scenario)))
    }

    pub(super) fn option(mut self, name: &str, value: &str) -> Words {
        self.0 += &format!(" {name} {}", quoted(value));
        self
    }

    /// A word without a value.
    pub(super) fn flag(mut self, name: &str) -> Words {
        self.0 += &format!(" {name}");
        self
    }

    /// Left out if there is no value.
    pub(super) fn option_if(self, name: &str, value: &str) -> Words {
        if value.is_empty() { self } else { self.option(name, value) }
    }

    pub(super) fn options(self, name: &str, values: &[String]) -> Words {
        values.iter().fold(self, |words, value| words.option(name, value))
    }

    /// The words that all commands over seeds and variants end with.
    pub(super) fn over(self, seeds: &Seeds, variants: &[String], making: &Making) -> String {
        self.option("--seeds", seeds.text())
            .option_if("--variants", &variants.join(","))
            .options("--set", &making.set)
            .finish()
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// As a shell reads it back.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:%+@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_words_back() {
        let words = Words::new("compare", "my storm.yaml").option("--seeds", "31..=60").option_if("--x", "");
        let sets = ["a.b={lifo: {}}".to_owned(), "title=it's".to_owned()];
        assert_eq!(
            words.options("--set", &sets).finish(),
            r"spiral compare 'my storm.yaml' --seeds 31..=60 --set 'a.b={lifo: {}}' --set 'title=it'\''s'"
        );
    }
}
