//! How do stories become one page that works offline? The template `templates/trace.html` with the style of
//! reports: inline SVG and tables, nothing fetched, no script.

use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use scenarios::results::Arm;
use scenarios::trace::{SpanKind, Trace, TracedRequest};
use serde::Serialize;

use super::rows::{self, Clock};
use super::waterfall;
use crate::error::{ReportError, ReportErrorKind};

const NAME: &str = "trace.html";
const TEMPLATE: &str = include_str!("../../templates/trace.html");
/// The page of reports, whose style this page has too.
const REPORT: &str = include_str!("../../templates/report.html");

#[derive(Serialize)]
struct Page {
    style: &'static str,
    title: String,
    kicker: String,
    facts: Vec<(String, String)>,
    notes: Vec<String>,
    legend: Vec<(&'static str, &'static str)>,
    requests: Vec<Story>,
    has_triggers: bool,
    reproduce: String,
    origin: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Story {
    headline: String,
    reason: String,
    svg: String,
    alt: String,
    rows_left_out: usize,
    lines: Vec<JournalLine>,
    left_out: u64,
}

#[derive(Serialize)]
struct JournalLine {
    at: String,
    depth: u32,
    kind: String,
    text: String,
}

/// The page of a trace.
pub(crate) fn of_trace(trace: &Trace) -> Result<String, ReportError> {
    let style = REPORT.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>"));
    let arm = match trace.arm {
        Arm::Triggered if trace.faults.is_empty() => "no triggers in this variant",
        Arm::Triggered => "with its triggers",
        Arm::Control => "triggers switched off",
    };
    let mut used: Vec<SpanKind> = trace
        .requests
        .iter()
        .flat_map(|request| request.tries.iter().flat_map(|of| of.spans.iter().map(|span| span.what)))
        .collect();
    used.sort_unstable();
    used.dedup();
    let mut legend = vec![("user", "its user waits")];
    legend.extend(used.into_iter().map(|kind| (waterfall::class(kind), kind.label())));
    let page = Page {
        style: style.map_or("", |(style, _)| style),
        title: trace.title.clone(),
        kicker: format!("Trace · {}", trace.scenario.id),
        facts: vec![
            ("Variant".to_owned(), trace.variant.clone()),
            ("Seed".to_owned(), trace.seed.to_string()),
            ("Arm".to_owned(), arm.to_owned()),
            ("Requests told".to_owned(), trace.requests.len().to_string()),
        ],
        notes: trace.notes.clone(),
        legend,
        requests: trace.requests.iter().enumerate().map(|(id, request)| story(trace, request, id)).collect(),
        has_triggers: !trace.faults.is_empty(),
        reproduce: trace.reproduce.clone(),
        origin: vec![
            ("Scenario".to_owned(), trace.scenario.id.clone()),
            ("Hash of the file and settings".to_owned(), trace.scenario.hash.clone()),
            ("Version".to_owned(), format!("spiral {}", trace.spiral)),
        ],
    };
    render(&page)
}

fn story(trace: &Trace, request: &TracedRequest, id: usize) -> Story {
    let clock = Clock::of(request);
    let alt = alt(request, &clock);
    let line = |line: &scenarios::trace::Line| JournalLine {
        at: clock.since_arrival(line.at_ns),
        depth: line.depth.min(10),
        kind: line.kind.clone(),
        text: line.text.clone(),
    };
    Story {
        headline: rows::headline(request).replacen("request", "Request", 1),
        reason: rows::reason(request),
        svg: waterfall::svg(request, &trace.faults, id, &alt),
        alt,
        rows_left_out: request.tries.len().saturating_sub(waterfall::ROWS),
        lines: request.journal.iter().map(line).collect(),
        left_out: request.left_out,
    }
}

/// The waterfall in words: the rows of the user's call, and how much each took.
fn alt(request: &TracedRequest, clock: &Clock) -> String {
    const MOST: usize = 12;
    let mut text = format!("Bars over time, one row per attempt, for {}.", rows::headline(request));
    for of in request.tries.iter().take(MOST) {
        let spans: Vec<String> = of
            .spans
            .iter()
            .map(|span| format!("{} for {}", span.what.label(), clock.length(span.to_ns - span.from_ns)))
            .collect();
        let spans = if spans.is_empty() { "takes no time".to_owned() } else { spans.join(", then ") };
        text.push_str(&format!(" {}: {spans}; {}.", rows::label(request, of), rows::end(of)));
    }
    if request.tries.len() > MOST {
        text.push_str(&format!(" {} more attempts follow.", request.tries.len() - MOST));
    }
    text
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
