//! Which rows does a waterfall have, and how are moments written? One row for the request as its user saw
//! it, one per attempt.

use scenarios::trace::{TracedRequest, Try};

/// How finely the moments of one request are written: by how long all of it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    from_ns: u64,
    unit_ns: f64,
    unit: &'static str,
}

impl Clock {
    /// Three digits below the second, the millisecond or the microsecond.
    pub(crate) fn of(request: &TracedRequest) -> Clock {
        let all = request.quiet_ns.saturating_sub(request.arrived_ns);
        let (unit_ns, unit) = match all {
            1_000_000_000.. => (1e9, "s"),
            // What takes no time at all is written as most things are.
            1_000_000.. | 0 => (1e6, "ms"),
            _ => (1e3, "µs"),
        };
        Clock { from_ns: request.arrived_ns, unit_ns, unit }
    }

    /// Time since arrival: `+1.200 s`. What came before, such as a back-off, cannot be.
    pub(crate) fn since_arrival(&self, at_ns: u64) -> String {
        format!("+{}", self.length(at_ns.saturating_sub(self.from_ns)))
    }

    /// A length of time in the same unit.
    pub(crate) fn length(&self, ns: u64) -> String {
        format!("{:.3} {}", ns as f64 / self.unit_ns, self.unit)
    }

    /// A moment on an axis, without needless digits.
    pub(crate) fn tick(&self, after_ns: f64) -> String {
        let text = format!("{:.3}", after_ns / self.unit_ns);
        format!("{} {}", text.trim_end_matches('0').trim_end_matches('.'), self.unit)
    }
}

/// What a row is about: `attempt 2 → api-1`, `orders, attempt 2 → orders-0`.
pub(crate) fn label(request: &TracedRequest, of: &Try) -> String {
    let call = &request.calls[of.call];
    let several = request.tries.iter().any(|other| other.call == of.call && other.number > 1);
    let name = match (call.depth, several) {
        (0, _) => format!("attempt {}", of.number),
        (_, true) => format!("{}, attempt {}", call.label, of.number),
        (_, false) => call.label.clone(),
    };
    let spawned = if call.waits { "" } else { " (spawned)" };
    let target = call.label.split(" #").next().unwrap_or_default();
    match &of.instance {
        Some(instance) if instance != target || call.depth == 0 => {
            format!("{name}{spawned} → {instance}")
        }
        _ => format!("{name}{spawned}"),
    }
}

/// Calls above the row.
pub(crate) fn depth(request: &TracedRequest, of: &Try) -> usize {
    request.calls[of.call].depth as usize
}

/// How it ended, for its caller and at the server if that differs: `timeout; done in vain`.
pub(crate) fn end(of: &Try) -> String {
    let fate = match (of.outcome.as_str(), of.fate.as_str()) {
        ("ok", _) | (_, "error" | "rejected" | "dropped" | "not_sent") => "",
        (_, "done") => "done in vain",
        (_, "unfinished") if of.outcome == "unfinished" => "",
        (_, "unfinished") => "still there at the end",
        (_, "withdrawn") => "cancelled",
        (_, other) => other,
    };
    let outcome = of.outcome.replace('_', " ");
    if fate.is_empty() { outcome } else { format!("{outcome}; {fate}") }
}

/// The request in one sentence.
pub(crate) fn headline(request: &TracedRequest) -> String {
    let TracedRequest { workload, number, attempts, outcome, .. } = request;
    let count = format!("{attempts} attempt{}", if *attempts == 1 { "" } else { "s" });
    let took = |ended: u64| match ended - request.arrived_ns {
        0 => format!("at once, with {count}"),
        ns => format!("after {} and {count}", Clock::of(request).length(ns)),
    };
    let ended = match (request.ended_ns, outcome.as_str()) {
        (None, _) => format!("still under way at the end of the run, after {count}"),
        (Some(at), "ok") => format!("answered {}", took(at)),
        (Some(at), failure) => {
            format!("failed {}: {}", took(at), failure.replace('_', " "))
        }
    };
    format!("request {number} of {workload}: {ended}")
}

/// When it came and why it is told.
pub(crate) fn reason(request: &TracedRequest) -> String {
    let arrived = format!("{:.6}", request.arrived_ns as f64 * 1e-9);
    let mut text = format!("arrived at {arrived} s; {}", request.why.join(", "));
    if let Some(ended) = request.ended_ns
        && request.quiet_ns > ended
    {
        let after = Clock::of(request).length(request.quiet_ns - ended);
        text.push_str(&format!("; the last server let go of it {after} after its end"));
    }
    text
}
