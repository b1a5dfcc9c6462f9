//! How does a request become a picture? One row for its user and one per attempt, bars by what the time was
//! spent on. Colours follow the page, patterns tell them apart in grey; the numbers stand in the table.

use std::fmt::Write;

use scenarios::trace::{FaultSpan, SpanKind, TracedRequest};

use super::rows::{self, Clock};
use crate::svg::escape;
use crate::typeset;

/// Most rows; the page says how many are left out.
pub(super) const ROWS: usize = 200;
/// Units of the drawing: those of a page 66 rem wide.
const WIDTH: f64 = 1150.0;
const LABEL: f64 = 300.0;
const END: f64 = 190.0;
const ROW: f64 = 26.0;
const TOP: f64 = 34.0;

/// The waterfall of a request as SVG for the inside of a page.
pub(super) fn svg(request: &TracedRequest, faults: &[FaultSpan], id: usize, alt: &str) -> String {
    let shown = &request.tries[..request.tries.len().min(ROWS)];
    let height = TOP + ROW * (shown.len() + 1) as f64 + 8.0;
    let clock = Clock::of(request);
    let all = request.quiet_ns.saturating_sub(request.arrived_ns).max(1);
    let plot = WIDTH - LABEL - END;
    let x = |at: u64| {
        let after = at.clamp(request.arrived_ns, request.quiet_ns) - request.arrived_ns;
        LABEL + plot * after as f64 / all as f64
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"w{id}-title w{id}-desc\" class=\"waterfall\">\n\
         <title id=\"w{id}-title\">{}</title>\n<desc id=\"w{id}-desc\">{}</desc>\n",
        escape(&format!("Waterfall of {}", rows::headline(request))),
        escape(alt)
    );
    // Writing to a string cannot fail.
    for fault in
        faults.iter().filter(|fault| fault.from_ns < request.quiet_ns && fault.to_ns > request.arrived_ns)
    {
        let (from, to) = (x(fault.from_ns), x(fault.to_ns));
        let _ = writeln!(
            svg,
            "<rect class=\"fault\" x=\"{from:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\"><title>trigger {}: {}</title></rect>",
            to - from,
            height - TOP,
            escape(&fault.name),
            escape(&fault.what)
        );
    }
    for after in ticks(all) {
        let at = LABEL + plot * after / all as f64;
        let _ = writeln!(
            svg,
            "<path class=\"grid\" d=\"M{at:.1} {TOP}V{height}\"/><text class=\"tick\" x=\"{at:.1}\" y=\"22\" text-anchor=\"middle\">{}</text>",
            clock.tick(after)
        );
    }
    let row = |svg: &mut String, index: usize, depth: usize, label: &str, end: &str| {
        let y = TOP + ROW * index as f64;
        let indent = 14.0 * depth.min(10) as f64;
        let room = ((LABEL - indent - 12.0) / 7.4) as usize;
        let _ = writeln!(
            svg,
            "<text x=\"{indent:.0}\" y=\"{:.1}\">{}</text><text class=\"end\" x=\"{:.0}\" y=\"{:.1}\">{}</text>",
            y + 18.0,
            escape(&typeset::shortened(label, room)),
            WIDTH - END + 10.0,
            y + 18.0,
            escape(&typeset::shortened(end, 26))
        );
        y
    };
    let bar = |svg: &mut String, y: f64, class: &str, from: u64, to: u64, title: &str| {
        let (left, right) = (x(from), x(to));
        let thin = matches!(class, "user" | "backoff" | "network");
        let (top, tall) = if thin { (y + 10.5, 5.0) } else { (y + 4.0, 18.0) };
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{tall:.1}\"><title>{}</title></rect>",
            (right - left).max(1.0),
            escape(title)
        );
    };
    let end = request.outcome.replace('_', " ");
    let y = row(&mut svg, 0, 0, "the request", &end);
    let until = request.ended_ns.unwrap_or(request.quiet_ns);
    let title = format!("its user waits {}", clock.length(until - request.arrived_ns));
    bar(&mut svg, y, "user", request.arrived_ns, until, &title);
    for (index, of) in shown.iter().enumerate() {
        let (depth, label) = (rows::depth(request, of), rows::label(request, of));
        let y = row(&mut svg, index + 1, depth, &label, &rows::end(of));
        for span in &of.spans {
            let long = clock.length(span.to_ns - span.from_ns);
            let title = format!(
                "{label}: {} for {long}, from {}",
                span.what.label(),
                clock.since_arrival(span.from_ns)
            );
            bar(&mut svg, y, class(span.what), span.from_ns, span.to_ns, &title);
        }
        if let Some(over) = of.over_ns.filter(|_| of.outcome != "ok") {
            let at = x(over);
            let _ = writeln!(svg, "<path class=\"left\" d=\"M{at:.1} {:.1}v22\"/>", y + 2.0);
        }
    }
    svg.push_str("</svg>");
    svg
}

/// The word that the page's style knows a span by.
pub(super) fn class(what: SpanKind) -> &'static str {
    match what {
        SpanKind::Backoff => "backoff",
        SpanKind::Pool => "pool",
        SpanKind::Network => "network",
        SpanKind::Waiting => "waiting",
        SpanKind::Service => "service",
        SpanKind::Unwanted => "unwanted",
        SpanKind::Wasted => "wasted",
    }
}

/// Four to nine round moments over a span.
fn ticks(all_ns: u64) -> Vec<f64> {
    let rough = all_ns as f64 / 8.0;
    let magnitude = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|k| k * magnitude).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    (0..).map(|k| f64::from(k) * step).take_while(|at| *at <= all_ns as f64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(1_200), [0.0, 200.0, 400.0, 600.0, 800.0, 1_000.0, 1_200.0]);
        for all in [1, 7, 999, 1_000_000, 4_000_000_000, 123_456_789_012] {
            let count = ticks(all).len();
            assert!((3..=10).contains(&count), "{all}: {count}");
        }
    }
}
