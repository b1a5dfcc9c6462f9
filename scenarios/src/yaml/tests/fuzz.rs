//! Whatever the text, nothing panics and positions are right.

use super::super::{Layer, parse_bytes, read, render};
use super::{BASE, Model};

/// Files mutated; a seed that fails is printed with the text it made.
const FILES: u64 = 20_000;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// What is pasted into a file: all that means something to YAML or to the reader.
const PIECES: [&str; 40] = [
    ":",
    ": ",
    "\n",
    "\n  ",
    "\n      ",
    "\t",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "#",
    " #",
    "&a ",
    "*a",
    "!t ",
    "|\n",
    ">\n",
    "---\n",
    "%",
    "?",
    "<<: ",
    "none",
    "fifo",
    "append",
    "é",
    "\u{feff}",
    "\r\n",
    "\r",
    "\0",
    "10",
    "-1",
    "x: ",
    "{append: [1]}",
    "~",
    "1e999",
    "workers: ",
];

fn mutated(luck: &mut Luck, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=luck.below(4) {
        let at = luck.below(bytes.len() + 1);
        let end = (at + luck.below(12)).min(bytes.len());
        match luck.below(5) {
            0 => drop(bytes.drain(at..end)),
            1 => bytes.insert(at, u8::try_from(luck.below(256)).expect("a byte")),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = luck.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            _ => {
                let piece = PIECES[luck.below(PIECES.len())].bytes();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

#[test]
fn mutated_files_never_panic() {
    let whole = format!(
        "{BASE}variants:\n  one: {{services: {{api: {{queue: none}}}}, faults: {{brownout: none}}}}\n"
    );
    let mut well_formed = 0;
    for seed in 0..FILES {
        let bytes = mutated(&mut Luck(seed), &whole);
        let (source, tree) = parse_bytes("fuzz.yaml", &bytes);
        let problems = match &tree {
            Err(problem) => vec![problem.clone()],
            Ok(tree) => {
                well_formed += 1;
                let base = Layer::base(0, tree);
                let mut layers = vec![base];
                layers.extend(Layer::within(0, tree, "variants/one"));
                let reading = read::<Model>(&layers);
                assert!(
                    reading.value.is_some() || !reading.problems.is_empty(),
                    "seed {seed}: nothing, and no reason"
                );
                assert!(reading.problems.len() < 200, "seed {seed}: the passes ran out");
                reading.problems
            }
        };
        for problem in &problems {
            let Some(span) = problem.span else { continue };
            let before = source.text.get(..span.start).unwrap_or_else(|| panic!("seed {seed}: {problem:?}"));
            assert!(source.text.get(span.start..span.end).is_some(), "seed {seed}: {problem:?}");
            assert_eq!(
                span.line,
                before.matches('\n').count() + 1,
                "seed {seed}: {problem:?}\n{}",
                source.text
            );
            let line = before.rsplit('\n').next().unwrap_or("");
            let column = line.trim_start_matches('\u{feff}').chars().count() + 1;
            assert_eq!(span.column, column, "seed {seed}: {problem:?}\n{}", source.text);
        }
        // The excerpts are the slow part; every eighth file has enough variety.
        if seed % 8 == 0 {
            render(&[source], &problems, seed % 16 == 0);
        }
    }
    assert!(well_formed > FILES / 5, "only {well_formed} files were well formed");
}
