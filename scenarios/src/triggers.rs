//! What can go wrong, and what do other tools call it? The page of each trigger, as the JSON Schema has it.
//!
//! What a trigger does and its names elsewhere are written once, at its word in `sim_core::model::fault`: an editor
//! shows them at the word, `spiral explain trigger` in the terminal.

use sim_core::model::fault::FaultConfig;

use crate::policies::{Page, Section, settings_of};

/// What stands before the names in other tools.
const ELSEWHERE: &str = "Elsewhere: ";

/// All pages, in the order in which files are read.
pub fn all() -> Vec<Page> {
    let schema = crate::schema::schema();
    let definitions = &schema["$defs"];
    let words = &definitions["FaultConfig"]["properties"];
    let page = |name: &str| {
        let text = words[name]["description"].as_str().unwrap_or_default();
        let (title, rest) = text.split_once("\n\n").unwrap_or((text, ""));
        let elsewhere = rest.replace('\n', " ");
        let elsewhere = elsewhere.strip_prefix(ELSEWHERE).map(str::to_owned);
        let section = |text| Section { heading: "Elsewhere".to_owned(), text };
        Page {
            name: name.to_owned(),
            is_family: false,
            title: title.replace('\n', " "),
            sections: elsewhere.map(section).into_iter().collect(),
            rows: Vec::new(),
            settings: settings_of(&words[name], definitions),
        }
    };
    FaultConfig::WORDS.iter().map(|name| page(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trigger_has_a_sentence_and_settings_with_a_text() {
        let pages = all();
        assert_eq!(pages.len(), FaultConfig::WORDS.len());
        for page in &pages {
            assert!(page.title.ends_with('.'), "{}: {}", page.name, page.title);
            assert!(!page.settings.is_empty(), "{} has settings", page.name);
            for setting in &page.settings {
                assert!(!setting.text.is_empty(), "{}.{} says nothing", page.name, setting.name);
            }
        }
    }

    #[test]
    fn triggers_of_the_network_are_known_by_their_names_elsewhere() {
        let pages = all();
        for (word, name) in
            [("loss", "netem `loss`"), ("latency", "Toxiproxy `latency`"), ("partition", "blackhole")]
        {
            let page = pages.iter().find(|page| page.name == word).expect("the trigger is there");
            assert!(page.sections.iter().any(|section| section.text.contains(name)), "{word}: {name}");
        }
    }
}
