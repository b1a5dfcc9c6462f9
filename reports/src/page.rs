//! How does a result become one page that works offline? A context of finished strings for the template
//! `templates/report.html`: inline SVG and tables first, nothing fetched, no script.

mod glance;
mod landscapes;
mod tables;

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use scenarios::metric::Metric;
use scenarios::results::{
    ComparisonReport, ExpectationResult, Manifest, Outcome, SweepResult, VariantResult,
};
use serde::Serialize;

use crate::error::{ReportError, ReportErrorKind};
use crate::figures::Figure;
use crate::{format, replay, svg, sweep_table, typeset, words};
pub(crate) use glance::of_glance;
pub(crate) use landscapes::{of_critical, of_hysteresis, of_map};
use tables::HtmlTable;

const NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("../templates/report.html");

#[derive(Serialize)]
struct Page {
    title: String,
    kicker: String,
    summary: Vec<String>,
    facts: Vec<(String, String)>,
    triggers: Vec<Trigger>,
    verdicts: Vec<Verdict>,
    expectations: Vec<Claim>,
    expectations_held: usize,
    figures: Vec<PageFigure>,
    tables: Vec<HtmlTable>,
    method: String,
    definitions: Vec<(String, String, String)>,
    resolved: Vec<(String, String)>,
    reproduce: String,
    origin: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Trigger {
    name: String,
    when: String,
    what: String,
    variants: String,
}

#[derive(Serialize)]
struct Verdict {
    kind: &'static str,
    variant: String,
    said: String,
}

#[derive(Serialize)]
struct Claim {
    kind: &'static str,
    sign: &'static str,
    word: &'static str,
    text: String,
    measured: String,
    replay: Option<String>,
}

#[derive(Serialize)]
struct PageFigure {
    name: String,
    title: String,
    caption: String,
    alt: String,
    svg: String,
}

/// The page of a comparison or a run.
pub(crate) fn of_comparison(report: &ComparisonReport, figures: &[Figure]) -> Result<String, ReportError> {
    let manifest = &report.manifest;
    let comparison = &report.comparison;
    let kind = if manifest.kind == "run" { "One run" } else { "Comparison of variants" };
    let of_comparison = |expectation: &ExpectationResult| {
        let replay = replay::of_comparison(expectation, &comparison.reproduce, &comparison.variants);
        claim(expectation, replay)
    };
    let mut claims: Vec<Claim> = comparison.expectations.iter().map(of_comparison).collect();
    claims.extend(report.sweeps.iter().flat_map(sweep_claims));
    let mut all_tables: Vec<HtmlTable> = tables::outcome_table(comparison).into_iter().collect();
    all_tables.extend(tables::metric_tables(comparison, manifest));
    all_tables.extend(tables::part_tables(comparison));
    all_tables.extend(tables::theory_table(comparison));
    all_tables.extend(tables::marks_table(comparison));
    all_tables.extend(tables::difference_tables(comparison, manifest));
    all_tables.extend(report.sweeps.iter().flat_map(tables::sweep_tables));
    let verdicts = comparison.variants.iter().zip(words::verdict_sentences(report));
    let verdicts = verdicts.map(|(variant, sentence)| verdict(variant, &sentence)).collect();
    let events: u64 = comparison.variants.iter().map(|variant| variant.events).sum();
    let requests: u64 = comparison.variants.iter().map(|variant| variant.requests).sum();
    let mut facts = facts(manifest, &comparison.seeds);
    facts.push(("Requests simulated".to_owned(), format::count(requests)));
    facts.push(("Events simulated".to_owned(), format::count(events)));
    let mut page = page(manifest, kind, figures);
    page.facts = facts;
    page.verdicts = verdicts;
    page.set_claims(claims);
    page.tables = all_tables;
    page.method = typeset::unbroken(&words::method_sentence(comparison));
    page.definitions = definitions(&comparison.variants, manifest);
    render(&page)
}

/// The page of a lone sweep.
pub(crate) fn of_sweep(
    manifest: &Manifest,
    sweep: &SweepResult,
    figures: &[Figure],
) -> Result<String, ReportError> {
    let mut page = page(manifest, "Sweep", figures);
    page.facts = facts(manifest, &sweep.seeds);
    page.facts.push(("Swept".to_owned(), format!("{} ({} points)", sweep.path, sweep.points.len())));
    page.set_claims(sweep_claims(sweep));
    page.tables = tables::sweep_tables(sweep);
    page.method = typeset::unbroken(&words::sweep_method_sentence(sweep));
    page.definitions = definitions(sweep_table::variants(sweep), manifest);
    render(&page)
}

impl Page {
    fn set_claims(&mut self, claims: Vec<Claim>) {
        self.expectations_held = claims.iter().filter(|claim| claim.kind == "good").count();
        self.expectations = claims;
    }
}

fn render(page: &Page) -> Result<String, ReportError> {
    let failed = |error: minijinja::Error| {
        ReportError::new(NAME.as_ref(), ReportErrorKind::Drawing(format!("{error:#}")))
    };
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().expect("default delimiters"),
    );
    environment.add_template(NAME, TEMPLATE).map_err(failed)?;
    environment.get_template(NAME).and_then(|template| template.render(Serde(page))).map_err(failed)
}

fn page(manifest: &Manifest, kind: &str, figures: &[Figure]) -> Page {
    let paragraphs =
        manifest.summary.split("\n\n").map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    let resolved = manifest
        .resolved
        .iter()
        .map(|(name, value)| (name.clone(), serde_json::to_string_pretty(value).expect("JSON becomes text")));
    Page {
        title: manifest.title.clone(),
        kicker: format!("{kind} · {}", manifest.scenario.id),
        summary: paragraphs.filter(|text| !text.is_empty()).collect(),
        facts: Vec::new(),
        triggers: triggers(manifest),
        verdicts: Vec::new(),
        expectations: Vec::new(),
        expectations_held: 0,
        figures: figures.iter().map(page_figure).collect(),
        tables: Vec::new(),
        method: String::new(),
        definitions: Vec::new(),
        resolved: resolved.collect(),
        reproduce: manifest.reproduce.clone(),
        origin: vec![
            ("Scenario".to_owned(), manifest.scenario.id.clone()),
            ("Hash of the file and settings".to_owned(), manifest.scenario.hash.clone()),
            ("Seeds".to_owned(), format::seeds(&manifest.seeds)),
            ("Version".to_owned(), format!("spiral {}", manifest.spiral)),
        ],
    }
}

fn page_figure(figure: &Figure) -> PageFigure {
    PageFigure {
        name: figure.name.clone(),
        title: figure.title.clone(),
        caption: typeset::unbroken(&figure.caption),
        alt: figure.alt.clone(),
        svg: svg::inline(&figure.svg, &figure.hover),
    }
}

fn facts(manifest: &Manifest, seeds: &[u64]) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Seeds".to_owned(), format::seeds(seeds)),
        ("Horizon".to_owned(), format::setting(manifest.horizon_s)),
        ("Warm-up, not counted".to_owned(), format::setting(manifest.warmup_s)),
    ];
    if manifest.triggers.values().any(|windows| !windows.is_empty()) {
        let healthy = format!("{} of the control's success", format::chosen_percent(manifest.healthy));
        facts.push(("Healthy from".to_owned(), healthy));
    }
    facts
}

/// Equal triggers of several variants in one row.
fn triggers(manifest: &Manifest) -> Vec<Trigger> {
    let mut rows: Vec<(Trigger, Vec<&str>)> = Vec::new();
    for variant in manifest.triggers.keys() {
        for window in manifest.events(variant) {
            let when = format::span(window.start_s, window.end_s);
            let same = |row: &&mut (Trigger, Vec<&str>)| {
                row.0.name == window.name
                    && row.0.when == when
                    && row.0.what == typeset::unbroken(&window.what)
            };
            match rows.iter_mut().find(same) {
                Some((_, variants)) => variants.push(variant),
                None => {
                    let (name, what) = (window.name.clone(), typeset::unbroken(&window.what));
                    rows.push((Trigger { name, when, what, variants: String::new() }, vec![variant]));
                }
            }
        }
    }
    let all = manifest.triggers.len();
    rows.into_iter()
        .map(|(trigger, variants)| {
            let variants = if variants.len() == all { "all".to_owned() } else { variants.join(", ") };
            Trigger { variants, ..trigger }
        })
        .collect()
}

/// The sentence without the variant's name, which the page sets apart, and the colour of its mark.
fn verdict(variant: &VariantResult, sentence: &str) -> Verdict {
    let verdicts = &variant.verdicts;
    let kind = if !words::is_judged(variant) {
        "plain"
    } else if verdicts.stuck.count + verdicts.overloaded.count > 0 {
        "bad"
    } else {
        "good"
    };
    let said = typeset::unbroken(sentence.strip_prefix(&format!("{}: ", variant.name)).unwrap_or(sentence));
    Verdict { kind, variant: variant.name.clone(), said }
}

fn sweep_claims(sweep: &SweepResult) -> Vec<Claim> {
    let claims = sweep.expectations.iter();
    claims.map(|expectation| claim(expectation, replay::of_sweep(expectation, sweep))).collect()
}

fn claim(expectation: &ExpectationResult, replay: Option<String>) -> Claim {
    Claim {
        kind: match expectation.outcome {
            Outcome::Holds => "good",
            Outcome::Fails => "bad",
            Outcome::Inconclusive => "plain",
        },
        sign: words::outcome_sign(expectation.outcome),
        word: words::outcome_word(expectation.outcome),
        text: typeset::unbroken(&expectation.text),
        measured: typeset::unbroken(&words::measured(expectation)),
        replay,
    }
}

/// Label, id and definition of every metric that the results hold.
fn definitions(variants: &[VariantResult], manifest: &Manifest) -> Vec<(String, String, String)> {
    let Some(variant) = variants.first() else { return Vec::new() };
    let there = Metric::ALL.iter().filter(|metric| {
        words::metric(variant, **metric).is_some() && !words::tells_nothing(**metric, variants, manifest)
    });
    there
        .map(|metric| (metric.label().to_owned(), metric.id().to_owned(), metric.definition().to_owned()))
        .collect()
}
