//! Has every pattern its page, its place in the schema, and settings with defaults?

use super::*;

const HEADINGS: [&str; 4] = ["What it does", "Why it exists", "Where it fails", "Source"];

#[test]
fn every_pattern_has_a_page_with_its_settings() {
    let pages = all();
    let patterns: Vec<&Page> = pages.iter().filter(|page| !page.is_family).collect();
    assert!(patterns.len() > 60, "{} patterns", patterns.len());
    for page in &patterns {
        assert!(!page.title.is_empty(), "{} has no title", page.name);
        for heading in HEADINGS {
            let section = page.sections.iter().find(|section| section.heading == heading);
            assert!(section.is_some_and(|section| section.text.len() >= 5), "{} lacks {heading}", page.name);
        }
        for Setting { name, kind, default, text } in &page.settings {
            let place = format!("{}, {name}", page.name);
            assert!(!text.is_empty(), "{place}: nothing says what it does");
            assert!(!kind.is_empty(), "{place}: what does it take?");
            let is_conditional = text.starts_with("For `");
            let names_default = default.as_deref() != Some("none") || text.to_lowercase().contains("default");
            assert!(names_default || is_conditional, "{place}: what if it is left out? {text}");
        }
    }
}

#[test]
fn every_choice_of_a_policy_has_a_page() {
    let schema = crate::schema::schema();
    let pages = all();
    for (family, definition) in [
        ("retry", "Retry"),
        ("retry/budget", "RetryBudget"),
        ("queue", "Queue"),
        ("admission", "Admission"),
        ("load_balancer", "Balancer"),
        ("circuit_breaker", "CircuitBreaker"),
        ("circuit_breaker/window", "BreakerWindow"),
        ("client_throttle", "ClientThrottle"),
        ("rate_limit", "RateLimit"),
        ("bulkhead", "Bulkhead"),
        ("hedging", "Hedging"),
        ("degradation", "Degradation"),
        ("autoscaler", "Autoscaler"),
        ("caches", "Eviction"),
    ] {
        for kind in schema["$defs"][definition]["oneOf"].as_array().expect("a choice") {
            let key = kind["properties"].as_object().and_then(|keys| keys.keys().next().cloned());
            let word = key.unwrap_or_else(|| kind["const"].as_str().expect("a word").to_owned());
            // `none` without a file of its own is told by its family.
            let is_told = word == "none" || !named(&pages, &format!("{family}/{word}")).is_empty();
            assert!(is_told, "{family}/{word} has no page");
        }
    }
}

#[test]
fn editors_show_the_same_page() {
    let schema = crate::schema::schema();
    let text = schema["$defs"]["ExponentialRetry"]["description"].as_str().unwrap();
    let pages = all();
    let [page] = named(&pages, "retry/exponential")[..] else { panic!("one page") };
    assert!(text.starts_with(&page.title), "{text}");
    for section in &page.sections {
        assert!(text.contains(&section.text), "{} is not shown", section.heading);
    }
    // A word without settings of its own is described where it is chosen.
    let kinds = schema["$defs"]["Balancer"]["oneOf"].as_array().unwrap();
    let random = kinds.iter().find(|kind| kind["const"] == "random").unwrap();
    assert!(random["description"].as_str().unwrap().contains("Where it fails"), "{random}");
}

#[test]
fn names_are_found_by_their_end() {
    let pages = all();
    let names = |word: &str| named(&pages, word).iter().map(|page| page.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("retry/exponential"), ["retry/exponential"]);
    assert_eq!(names("exponential"), ["retry/exponential"]);
    assert_eq!(names("gradient2"), ["admission/gradient2"]);
    assert_eq!(names("breaker/rate"), ["circuit_breaker/rate"]);
    assert_eq!(names("retry"), ["retry"]);
    assert_eq!(names("rate"), ["admission/rate", "circuit_breaker/rate"]);
    assert_eq!(names("rate_limit/gcra"), ["admission/gcra"], "the rule of both sides has one page");
    assert_eq!(names("rate_limit/token_bucket"), ["rate_limit/token_bucket"]);
    assert!(names("nothing-of-the-kind").is_empty());
}

#[test]
fn settings_have_units_and_defaults() {
    let pages = all();
    let [page] = named(&pages, "retry/exponential")[..] else { panic!("one page") };
    let of = |name: &str| page.settings.iter().find(|setting| setting.name == name).expect("a setting");
    assert_eq!(of("max_attempts").default, None);
    assert_eq!(of("multiplier").default.as_deref(), Some("2"));
    assert!(of("base").kind.contains("duration"), "{}", of("base").kind);
    assert!(of("jitter").kind.contains("`full`"), "{}", of("jitter").kind);
}
