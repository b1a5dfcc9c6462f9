//! What stands in the terminal?

use reports::{TextStyle, comparison_text, run_text, sweep_text};
use scenarios::metric::Metric;
use scenarios::results::*;

use crate::sample::{Fate, Sample, storm, sweep};

const PLAIN: TextStyle = TextStyle { width: 100, color: false, ascii: false };

#[test]
fn a_comparison_reads_like_this() {
    insta::assert_snapshot!(comparison_text(&storm().report(), &PLAIN));
}

#[test]
fn a_run_reads_like_this() {
    let sample = Sample { seeds: 1, variants: storm().variants[..1].to_vec(), ..storm() };
    insta::assert_snapshot!(run_text(&sample.report(), &PLAIN));
}

/// Gives every variant two workloads and two services, with numbers of the whole.
fn add_parts(mut report: ComparisonReport) -> ComparisonReport {
    for variant in &mut report.comparison.variants {
        let part = |name: &str, metrics: &[Metric]| {
            let there = metrics.iter().filter_map(|metric| Some((metric, variant.metrics.get(metric.id())?)));
            let metrics = there.map(|(metric, result)| (metric.id().to_owned(), result.clone()));
            PartResult { name: name.to_owned(), metrics: metrics.collect() }
        };
        let workloads = ["users", "batch"].map(|name| part(name, WORKLOAD_METRICS)).to_vec();
        let services = ["web", "orders-db"].map(|name| part(name, SERVICE_METRICS)).to_vec();
        (variant.workloads, variant.services) = (workloads, services);
    }
    report
}

#[test]
fn workloads_and_services_have_tables_of_their_own() {
    let report = add_parts(storm().report());
    let text = comparison_text(&report, &PLAIN);
    let from = text.find("workload: variant").unwrap();
    insta::assert_snapshot!(&text[from..text.find("four-attempts: stuck").unwrap()]);
    let sample = Sample { seeds: 1, variants: storm().variants[..1].to_vec(), ..storm() };
    let text = run_text(&add_parts(sample.report()), &PLAIN);
    assert!(text.contains("\nusers       800/s"), "{text}");
    let many = (0..30).map(|index| (format!("v{index}"), Fate::Unaffected)).collect();
    let text = comparison_text(&add_parts(Sample { variants: many, ..storm() }.report()), &PLAIN);
    let said = "Numbers of each workload: 60 rows in report.html and results.json.";
    assert!(text.contains(said), "{text}");
}

#[test]
fn a_service_that_is_scaled_has_instances_and_their_cost() {
    let mut report = add_parts(Sample { variants: storm().variants[..2].to_vec(), ..storm() }.report());
    for (variant, mean) in report.comparison.variants.iter_mut().zip([4.5, 10.0]) {
        let metrics = &mut variant.services[0].metrics;
        for (metric, value) in [(Metric::Instances, mean), (Metric::InstanceSeconds, 270.0 * mean)] {
            let result = MetricResult {
                mean: Some(value),
                ci95: Some([0.9 * value, 1.1 * value]),
                quantiles: None,
                per_seed: vec![Some(value); 30],
                unit: metric.unit().symbol().to_owned(),
            };
            metrics.insert(metric.id().to_owned(), result);
        }
    }
    let text = comparison_text(&report, &PLAIN);
    let from = text.find("service: variant").unwrap();
    insta::assert_snapshot!(&text[from..text.find("four-attempts: stuck").unwrap()]);
}

#[test]
fn what_cannot_happen_has_no_row() {
    let sample = Sample { seeds: 1, variants: storm().variants[..1].to_vec(), ..storm() };
    let with = |lost: f64, ready: f64| {
        let mut report = sample.report();
        let services = serde_json::json!({"services": {"api": {"instances": 2}, "db": {"instances": 1}}});
        report.manifest.resolved.insert("four-attempts".to_owned(), services);
        let metrics = &mut report.comparison.variants[0].metrics;
        for (id, value) in [("lost", lost), ("withdrawn", 0.0), ("crashes", 0.0), ("ready_instances", ready)]
        {
            let unit = "1".to_owned();
            let result = MetricResult {
                mean: Some(value),
                ci95: None,
                quantiles: None,
                per_seed: vec![Some(value)],
                unit,
            };
            metrics.insert(id.to_owned(), result);
        }
        run_text(&report, &PLAIN)
    };
    let plain = run_text(&sample.report(), &PLAIN);
    assert_eq!(with(0.0, 3.0), plain);
    let text = with(0.5, 2.9);
    assert!(text.contains("\nlost ") && text.contains("\nready instances"), "{text}");
    assert!(!text.contains("withdrawn") && !text.contains("crashes"), "{text}");
}

#[test]
fn a_sweep_reads_like_this() {
    insta::assert_snapshot!(sweep_text(&sweep(), &PLAIN));
}

#[test]
fn ascii_in_a_narrow_terminal_reads_like_this() {
    let style = TextStyle { width: 80, color: false, ascii: true };
    insta::assert_snapshot!(comparison_text(&storm().report(), &style));
}

#[test]
fn ascii_means_ascii() {
    let style = TextStyle { width: 70, color: true, ascii: true };
    let variants = vec![("Überlast–∞".to_owned(), Fate::Mixed(3)), ("calm".to_owned(), Fate::Unjudged)];
    let report = Sample { variants, ..storm() }.report();
    for text in [comparison_text(&report, &style), run_text(&report, &style), sweep_text(&sweep(), &style)] {
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn colour_only_adds_to_what_is_said() {
    let report = storm().report();
    let coloured = comparison_text(&report, &TextStyle { color: true, ..PLAIN });
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert_eq!(plain, comparison_text(&report, &PLAIN));
    assert_ne!(coloured, plain);
}

#[test]
fn odd_results_are_told_without_claiming_more() {
    let one = |fate, seeds| {
        let report = Sample { variants: vec![("v".to_owned(), fate)], seeds, ..storm() }.report();
        let text = comparison_text(&report, &PLAIN);
        // A sentence may go on in indented lines.
        let from = text.find("\nv: ").unwrap() + 1;
        let sentence = text[from..].split("\n\n").next().unwrap();
        sentence.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(one(Fate::Stuck, 0), "v: no seed was run, so there is nothing to say.");
    assert_eq!(
        one(Fate::RecoversAfter(25.1), 1),
        "v: recovered on seed 1, 25.1 s after the trigger ended (one seed is an example, not a rate)."
    );
    assert_eq!(one(Fate::Unjudged, 30), "v: no trigger, so nothing to recover from; goodput 800 ± 4.2/s.");
    assert_eq!(
        one(Fate::Unaffected, 30),
        "v: unaffected on all 30 seeds: success never left the healthy range."
    );
    assert_eq!(
        one(Fate::Overloaded, 30),
        "v: overloaded on 30 of 30 seeds: unhealthy without the trigger as well."
    );
    assert_eq!(
        one(Fate::Mixed(20), 30),
        "v: stuck on 20 of 30 seeds (95 % interval 0.49–0.81), recovered on 10 of 30; the control was healthy."
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let long = "a-name-that-somebody-wrote-without-thinking-of-terminals".to_owned();
    let variants = vec![(long, Fate::Mixed(3)), ("short".to_owned(), Fate::Unaffected)];
    let report = Sample { variants, ..storm() }.report();
    for width in [60, 80, 100, 140] {
        let style = TextStyle { width, ..PLAIN };
        for text in [comparison_text(&report, &style), sweep_text(&sweep(), &style)] {
            for line in text.lines().filter(|line| !line.contains("spiral ")) {
                // A single long word may stand out; nothing else.
                let longest = line.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
                assert!(line.chars().count() <= width.max(longest + 8), "{width}: {line}");
            }
        }
    }
}

#[test]
fn names_and_numbers_stay_whole_in_every_width() {
    let names = ["baseline", "backoff-full-jitter", "a-variant-of-six-and-twenty"];
    let fates = [Fate::Stuck, Fate::Mixed(12), Fate::Unaffected];
    let variants = names.map(str::to_owned).into_iter().zip(fates).collect();
    let report = Sample { variants, ..storm() }.report();
    let mut sweep = sweep();
    sweep.theory[0].name = "M/G/1 (Pollaczek-Khinchine)".to_owned();
    for width in [70, 80, 90, 100, 120] {
        let style = TextStyle { width, ..PLAIN };
        let text = comparison_text(&report, &style);
        let rows = |name: &str| text.lines().filter(|line| line.starts_with(&format!("{name} "))).count();
        for name in names {
            assert!(rows(name) >= 2, "{width}: {name} is missing in\n{text}");
        }
        let text = sweep_text(&sweep, &style);
        for number in ["1.10 ± 0.067 ms", "110 ± 56 µs", "closed form: M/G/1 (Pollaczek-Khinchine)"] {
            assert!(text.contains(number), "{width}: {number} is missing in\n{text}");
        }
    }
}

#[test]
fn a_comparison_without_triggers_reads_like_this() {
    let variants = storm().variants[..2].iter().map(|(name, _)| (name.clone(), Fate::Unjudged)).collect();
    let text = comparison_text(&Sample { variants, ..storm() }.report(), &PLAIN);
    let from = text.find("variant  ").unwrap();
    let until = text.find("Expectations").unwrap();
    insta::assert_snapshot!(text[from..until].trim_end());
}

#[test]
fn claims_are_told_with_what_was_measured_and_how_to_replay_them() {
    let claim = |text: &str, outcome, measured: &str, seeds_ok, first_failing_seed| ExpectationResult {
        text: text.to_owned(),
        outcome,
        measured: measured.to_owned(),
        seeds_ok,
        of: 20,
        first_failing_seed,
    };
    let mut sweep = sweep();
    sweep.reproduce = "spiral sweep 'my mm1.yaml' --sweep load --seeds 20 --set 'a={b: 1}'".to_owned();
    sweep.expectations = vec![
        claim(
            "fifo at 90/s: stuck at most 0 of the seeds",
            Outcome::Fails,
            "a share of 1.00",
            Some(20),
            None,
        ),
        claim(
            "fifo at 90/s: latency_mean at most 1s (mean over seeds)",
            Outcome::Holds,
            "90.1ms, 80.0ms to 99.0ms over seeds",
            None,
            None,
        ),
        claim(
            "fifo at 95/s: latency_mean minus that of two-workers at most 1ms on every seed",
            Outcome::Fails,
            "median 2.00ms, 0.500ms to 4.00ms over seeds",
            Some(3),
            Some(7),
        ),
        claim(
            "two-workers at 10/s: stuck at most 0 of the seeds",
            Outcome::Inconclusive,
            "there was no trigger to judge",
            None,
            None,
        ),
    ];
    let text = sweep_text(&sweep, &TextStyle { width: 140, ..PLAIN });
    let from = text.find("Expectations").unwrap();
    let until = text.find("Method").unwrap();
    insta::assert_snapshot!(text[from..until].trim_end());
}
