//! What happened to a request, in a terminal? Its journal, and below it bars as wide as the terminal.

use scenarios::results::Arm;
use scenarios::trace::{Span, SpanKind, Trace, TracedRequest, Try};

use super::{Paint, TextStyle};
use crate::trace::rows::{self, Clock};
use crate::typeset;

/// Most lines of a journal that are printed; all of them stand on the page and in JSON.
const LINES: usize = 200;
/// Most rows of a waterfall that are printed.
const ROWS: usize = 60;

/// The stories of a trace.
pub fn trace_text(trace: &Trace, style: &TextStyle) -> String {
    let arm = match trace.arm {
        Arm::Triggered if trace.faults.is_empty() => "no triggers",
        Arm::Triggered => "with its triggers",
        Arm::Control => "triggers off",
    };
    let mut text = format!(
        "{}\n{} · {} · seed {} · {arm}\n",
        style.paint(&trace.title, Paint::Bold),
        trace.scenario.id,
        trace.variant,
        trace.seed
    );
    for request in &trace.requests {
        text.push('\n');
        text.push_str(&story(request, style));
    }
    for note in &trace.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    style.finish(text)
}

fn story(request: &TracedRequest, style: &TextStyle) -> String {
    let clock = Clock::of(request);
    let mut text = style.paint(&rows::headline(request), Paint::Bold);
    text.push_str(&format!("\n{}\n\n", rows::reason(request)));
    let last = request.journal.last().map_or(0, |line| line.at_ns);
    let width = clock.since_arrival(last).chars().count();
    for line in request.journal.iter().take(LINES) {
        let at = clock.since_arrival(line.at_ns);
        let indent = "  ".repeat(line.depth.min(20) as usize);
        let paint = match line.kind.as_str() {
            "answered" | "done" => Paint::Good,
            "failed" | "failed_attempt" | "done_in_vain" | "lost" | "dropped" | "rejected" | "error"
            | "not_sent" => Paint::Bad,
            "trigger" | "instance" => Paint::Doubtful,
            _ => Paint::Faint,
        };
        let said = match paint {
            Paint::Faint => line.text.clone(),
            paint => style.paint(&line.text, paint),
        };
        text.push_str(&format!(" {at:>width$}  {indent}{said}\n"));
    }
    let unsaid = request.journal.len().saturating_sub(LINES) as u64 + request.left_out;
    if unsaid > 0 {
        text.push_str(&format!(" … and {unsaid} more lines; `--out DIR` writes up to 5000\n"));
    }
    // Bars of no length show nothing.
    if request.quiet_ns > request.arrived_ns {
        text.push('\n');
        text.push_str(&waterfall(request, &clock, style));
    }
    text
}

fn waterfall(request: &TracedRequest, clock: &Clock, style: &TextStyle) -> String {
    let shown = &request.tries[..request.tries.len().min(ROWS)];
    let label = |of: &Try| {
        let label = format!("{}{}", "  ".repeat(rows::depth(request, of).min(10)), rows::label(request, of));
        // Two characters for one: before anything is measured.
        if style.ascii { typeset::ascii(&label) } else { label }
    };
    let labels: Vec<String> = shown.iter().map(label).collect();
    let ends: Vec<String> = shown.iter().map(rows::end).collect();
    let widest = |texts: &[String], most: usize| {
        texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).min(most)
    };
    let width = style.usable_width();
    let left = widest(&labels, width * 2 / 5).max("the request".len());
    let right = widest(&ends, width / 4);
    // Where there is no room for more, what its caller saw is enough.
    let ends = ends
        .iter()
        .map(|end| if end.chars().count() > right { end.split(';').next().unwrap_or(end) } else { end });
    let bar = width.saturating_sub(left + right + 4).max(10);
    let scale = Scale { from: request.arrived_ns, to: request.quiet_ns, cells: bar };

    let mut text = String::new();
    let span = clock.length(request.quiet_ns - request.arrived_ns);
    let axis = format!("0{span:>rest$}", rest = bar.saturating_sub(1));
    text.push_str(&format!("{:left$}  {}\n", "", style.paint(&axis, Paint::Faint)));
    let until = request.ended_ns.unwrap_or(request.quiet_ns);
    let user = scale.cells(&[(Sign::User, request.arrived_ns, until)]);
    text.push_str(&format!("{:left$}  {}\n", "the request", drawn(&user, style)));
    for ((of, label), end) in shown.iter().zip(&labels).zip(ends) {
        let spans: Vec<(Sign, u64, u64)> = of
            .spans
            .iter()
            .map(|&Span { what, from_ns, to_ns }| (Sign::Span(what), from_ns, to_ns))
            .collect();
        let label = match style.ascii && label.len() > left {
            true => label[..left].to_owned(),
            false => typeset::shortened(label, left),
        };
        text.push_str(&format!("{label:left$}  {}  {end}\n", drawn(&scale.cells(&spans), style)));
    }
    if request.tries.len() > ROWS {
        text.push_str(&format!("… and {} more attempts\n", request.tries.len() - ROWS));
    }
    let mut kinds: Vec<SpanKind> =
        shown.iter().flat_map(|of| of.spans.iter().map(|span| span.what)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let legend: Vec<String> =
        kinds.iter().map(|kind| format!("{} {}", Sign::Span(*kind).glyph(style), kind.label())).collect();
    let first = format!("{} its user waits", Sign::User.glyph(style));
    text.push_str(&legend_lines(std::iter::once(first).chain(legend), width));
    text
}

/// Entries side by side, as many as fit on a line.
fn legend_lines(entries: impl Iterator<Item = String>, width: usize) -> String {
    let mut lines = vec![String::new()];
    for entry in entries {
        let line = lines.last_mut().expect("there is a line");
        match line.is_empty() {
            true => line.push_str(&entry),
            false if line.chars().count() + entry.chars().count() + 3 <= width => {
                line.push_str("   ");
                line.push_str(&entry);
            }
            false => lines.push(entry),
        }
    }
    lines.join("\n") + "\n"
}

/// What a cell of a bar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    User,
    Span(SpanKind),
}

impl Sign {
    fn glyph(self, style: &TextStyle) -> char {
        let (unicode, ascii) = match self {
            Sign::User => ('━', '='),
            Sign::Span(SpanKind::Backoff) => ('·', '.'),
            Sign::Span(SpanKind::Pool) => ('○', 'o'),
            Sign::Span(SpanKind::Network) => ('─', '-'),
            Sign::Span(SpanKind::Waiting) => ('░', ':'),
            Sign::Span(SpanKind::Service) => ('█', '#'),
            Sign::Span(SpanKind::Unwanted) => ('╌', '~'),
            Sign::Span(SpanKind::Wasted) => ('▒', 'x'),
        };
        if style.ascii { ascii } else { unicode }
    }

    fn paint(self) -> Paint {
        match self {
            Sign::Span(SpanKind::Service) => Paint::Good,
            Sign::Span(SpanKind::Wasted | SpanKind::Unwanted) => Paint::Bad,
            Sign::Span(SpanKind::Waiting | SpanKind::Pool) => Paint::Doubtful,
            Sign::User | Sign::Span(SpanKind::Backoff | SpanKind::Network) => Paint::Faint,
        }
    }
}

/// From moments to cells.
struct Scale {
    from: u64,
    to: u64,
    cells: usize,
}

impl Scale {
    /// Each cell shows what lasted longest in it.
    fn cells(&self, spans: &[(Sign, u64, u64)]) -> Vec<Option<Sign>> {
        let length = self.to.saturating_sub(self.from).max(1) as f64 / self.cells as f64;
        let cell = |index: usize| {
            let (from, to) = (index as f64 * length, (index + 1) as f64 * length);
            let within = |&(sign, begins, ends): &(Sign, u64, u64)| {
                let begins = begins.saturating_sub(self.from) as f64;
                let ends = ends.saturating_sub(self.from) as f64;
                (sign, ends.min(to) - begins.max(from))
            };
            let longest = spans.iter().map(within).filter(|(_, shared)| *shared > 0.0);
            longest.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(sign, _)| sign)
        };
        (0..self.cells).map(cell).collect()
    }
}

/// Cells as characters, painted run by run.
fn drawn(cells: &[Option<Sign>], style: &TextStyle) -> String {
    let mut text = String::new();
    for run in cells.chunk_by(|a, b| a == b) {
        match run[0] {
            None => text.push_str(&" ".repeat(run.len())),
            Some(sign) => {
                let bar: String = std::iter::repeat_n(sign.glyph(style), run.len()).collect();
                text.push_str(&style.paint(&bar, sign.paint()));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_shows_what_lasted_longest_in_it() {
        let scale = Scale { from: 100, to: 200, cells: 10 };
        let waits = Sign::Span(SpanKind::Waiting);
        let serves = Sign::Span(SpanKind::Service);
        let cells = scale.cells(&[(waits, 100, 124), (serves, 124, 161)]);
        let text = drawn(&cells, &TextStyle { width: 80, color: false, ascii: true });
        assert_eq!(text, "::#####   ", "a cell of 10: 4 of waiting against 6 of service, 1 of service alone");
    }

    #[test]
    fn what_is_short_is_seen_where_nothing_else_is() {
        let scale = Scale { from: 0, to: 1_000, cells: 10 };
        let cells = scale.cells(&[(Sign::User, 501, 502)]);
        assert_eq!(cells.iter().position(Option::is_some), Some(5));
    }
}
