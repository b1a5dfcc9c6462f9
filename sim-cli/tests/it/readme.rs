//! Every code block of the README and of the guide to scenarios: their scenarios keep their claims, the commands
//! work, in the order in which a newcomer types them. Long commands run on two seeds here.

use crate::spiral::Bench;

const README: &str = include_str!("../../../README.md");
const GUIDE: &str = include_str!("../../../scenarios/README.md");

/// The text of every block of this language in a document.
fn blocks(document: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let after = document.split(fence.as_str()).skip(1);
    after.map(|rest| rest.split("```").next().expect("a block ends")).collect()
}

#[test]
fn the_scenarios_of_the_documents_keep_their_claims() {
    let [readme, guide] = [README, GUIDE].map(|document| blocks(document, "yaml"));
    assert!(!readme.is_empty() && !guide.is_empty());
    for text in [readme, guide].concat() {
        let bench = Bench::new();
        bench.write("readme.yaml", text);
        let ended = bench.run(&["compare", "readme.yaml", "--seeds", "4", "--no-png", "--quiet"]);
        assert_eq!(ended.status, 0, "{}{}", ended.stdout, ended.stderr);
    }
}

#[test]
fn the_commands_of_the_readme_work() {
    let bench = Bench::new();
    let mut tried = 0;
    for line in blocks(README, "sh").into_iter().flat_map(str::lines) {
        let line = line.split('#').next().unwrap_or("").trim();
        let words = line.strip_prefix("cargo run --release -- ").or(line.strip_prefix("spiral "));
        let Some(words) = words else {
            assert!(line.is_empty() || line.starts_with("cargo "), "what runs `{line}`?");
            continue;
        };
        let mut words: Vec<&str> = words.split_whitespace().collect();
        if let Some(place) = words.iter().position(|word| *word == "--seeds") {
            words[place + 1] = "2";
        } else if words[0] == "compare" {
            words.extend(["--seeds", "2"]);
        }
        if ["run", "compare", "sweep"].contains(&words[0]) {
            words.push("--no-png");
        }
        let ended = bench.run(&words);
        assert_eq!(ended.status, 0, "{line}\n{}{}", ended.stdout, ended.stderr);
        tried += 1;
    }
    assert!(tried >= 5, "the README shows how to use the program");
}
