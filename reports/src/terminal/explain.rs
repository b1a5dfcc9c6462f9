//! What is known of a system before any run, in the terminal? Its shape, a table of loads, one of services, one of
//! who depends on whom, then what does not fit together.

use scenarios::explain::result::{
    ActionResult, CacheResult, Capacity, Explanation, ServiceResult, Trust, Warning, WorkloadResult,
};
use scenarios::metric::Unit;
use scenarios::presets::{self, Origin, PresetUse, ResolvedValue};
use scenarios::twin::TwinResult;

use super::grid::{self, Column};
use super::{Paint, TextStyle, wrapped};
use crate::{format, theory};

/// More calls than this are too many for a terminal.
const CALLS: usize = 40;

/// The summary of an analysis.
pub fn explanation_text(explanation: &Explanation, style: &TextStyle) -> String {
    let mut text = style.paint(&wrapped(&explanation.title, style, 0), Paint::Bold);
    let facts = format!("{} · variant {} · before any run", explanation.scenario.id, explanation.variant);
    text.push_str(&style.paint(&wrapped(&facts, style, 0), Paint::Faint));
    text.push('\n');
    text.push_str(&shape(explanation, style));
    text.push_str(&loads(&explanation.workloads, style));
    text.push_str(&services(&explanation.services, &explanation.caches, style));
    text.push_str(&dependence(&explanation.services, style));
    text.push_str(&operators(&explanation.actions, style));
    text.push_str(&presets(&explanation.presets, style));
    text.push_str(&theories(&explanation.twins, style));
    text.push_str(&warnings(&explanation.warnings, style));
    style.finish(text)
}

fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Who calls whom, a line each.
fn shape(explanation: &Explanation, style: &TextStyle) -> String {
    let topology = &explanation.topology;
    let heading = format!(
        "Calls: {}, {}, {}, {} deep",
        counted(topology.services, "service"),
        counted(topology.endpoints, "endpoint"),
        counted(topology.calls.len(), "call"),
        topology.depth
    );
    let mut text = style.paint(&heading, Paint::Bold) + "\n";
    for call in topology.calls.iter().take(CALLS) {
        let mut facts = vec![format!("{} → {}", call.from, call.to)];
        match (call.attempt_timeout_s, call.total_timeout_s) {
            (None, None) if call.idle_timeout_s.is_none() => facts.push("no timeout".to_owned()),
            (attempt, total) => {
                facts.extend(attempt.map(|s| format!("{} an attempt", format::setting(s))));
                facts.extend(call.idle_timeout_s.map(|s| format!("{} of silence", format::setting(s))));
                facts.extend(total.map(|s| format!("{} in all", format::setting(s))));
            }
        }
        if call.max_attempts > 1 {
            facts.push(format!("up to {} attempts", call.max_attempts));
        }
        text.push_str(&wrapped(&facts.join(" · "), style, 2));
    }
    if topology.calls.len() > CALLS {
        text.push_str(&format!("  … and {} more\n", topology.calls.len() - CALLS));
    }
    for circle in &topology.circles {
        let names = circle.endpoints.join(", ");
        let sentence =
            format!("calls go round: {names}; at most {} calls above one another", circle.max_depth);
        text.push_str(&wrapped(&sentence, style, 2));
    }
    text + "\n"
}

fn column(header: &str, is_text: bool, cells: impl Iterator<Item = String>) -> Column {
    Column { header: header.to_owned(), cells: cells.collect(), is_text }
}

fn rate(per_s: f64) -> String {
    if per_s.is_finite() { format::quantity(per_s, Unit::PerSecond) } else { "–".to_owned() }
}

fn loads(workloads: &[WorkloadResult], style: &TextStyle) -> String {
    let cell = |capacity: &Option<Capacity>| match capacity {
        None => "–".to_owned(),
        Some(capacity) => {
            let sign = match capacity.trust {
                Trust::Sharp => "",
                Trust::AtLeast => "≥ ",
                Trust::Unknown => "? ",
            };
            format!("{sign}{}\n({})", rate(capacity.per_s), capacity.bottleneck)
        }
    };
    let first = column("workload", true, workloads.iter().map(|w| w.name.clone()));
    let mut columns = vec![column(
        "requests",
        false,
        workloads
            .iter()
            .map(|w| if w.open { rate(w.peak_per_s) } else { format!("≤ {}", rate(w.peak_per_s)) }),
    )];
    if workloads.iter().any(|w| (w.peak_per_s - w.mean_per_s).abs() > 1e-6 * w.peak_per_s) {
        columns.push(column("on average", false, workloads.iter().map(|w| rate(w.mean_per_s))));
    }
    columns.push(column("served in good\ntimes up to", false, workloads.iter().map(|w| cell(&w.advertised))));
    columns.push(column("every trigger\nheals below", false, workloads.iter().map(|w| cell(&w.hidden))));
    if workloads.iter().any(|w| w.availability.is_some()) {
        let available = |w: &WorkloadResult| match &w.availability {
            Some(a) => format!("{}\n({})", format::percent(a.with_retries), format::percent(a.single)),
            None => "–".to_owned(),
        };
        columns.push(column("answered\n(without retries)", false, workloads.iter().map(available)));
    }
    let mut text = grid::text(first, vec![columns], style) + "\n";
    text.push_str(&reasons(workloads, style));
    if workloads.iter().any(|workload| !workload.open) {
        let said = "Closed users: N / (Z + S), what they ask for at most; no load that could be raised.";
        text.push_str(&wrapped(said, style, 0));
    }
    text + "\n"
}

/// Why predictions are not exact; what is the same for several workloads is told once.
fn reasons(workloads: &[WorkloadResult], style: &TextStyle) -> String {
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    let columns: [fn(&WorkloadResult) -> &Option<Capacity>; 2] = [|w| &w.advertised, |w| &w.hidden];
    for (column, what) in columns.iter().zip(["in good times", "heals below"]) {
        for workload in workloads {
            let Some(capacity) = column(workload) else { continue };
            let meaning = match capacity.trust {
                Trust::Sharp => continue,
                Trust::AtLeast => "≥ above it the system may heal as well",
                Trust::Unknown => "? depends on the run and may be less",
            };
            let why = format!("{meaning} ({what}): {}", capacity.reasons.join("; "));
            match told.iter_mut().find(|(same, _)| *same == why) {
                Some((_, names)) => names.push(&workload.name),
                None => told.push((why, vec![&workload.name])),
            }
        }
    }
    let line = |(why, names): &(String, Vec<&str>)| match workloads.len() {
        1 => wrapped(why, style, 0),
        _ => wrapped(&format!("{}: {why}", names.join(", ")), style, 0),
    };
    told.iter().map(line).collect()
}

fn services(services: &[ServiceResult], caches: &[CacheResult], style: &TextStyle) -> String {
    let some = |value: Option<f64>, show: &dyn Fn(f64) -> String| value.map_or_else(|| "–".to_owned(), show);
    let first = column("service", true, services.iter().map(|s| s.name.clone()));
    let size = vec![
        column(
            "instances\n× workers",
            false,
            services.iter().map(|s| format!("{} × {}", s.instances, s.workers)),
        ),
        column("holds\na worker", false, services.iter().map(|s| some(s.holds_s, &format::seconds))),
        column("capacity", false, services.iter().map(|s| some(s.capacity_per_s, &rate))),
        column("first\ntries", false, services.iter().map(|s| rate(s.first_tries_per_s))),
        column("busy", false, services.iter().map(|s| format::percent(s.utilisation))),
    ];
    let worst = vec![
        column(
            "attempts per first try\nif it fails",
            false,
            services.iter().map(|s| some(s.amplification, &format::number)),
        ),
        column(
            "if it is\nlate",
            false,
            services.iter().map(|s| some(s.storm_amplification, &format::number)),
        ),
        column("busy\nthen", false, services.iter().map(|s| format::percent(s.storm_utilisation))),
    ];
    let mut groups = vec![size, worst];
    if services.iter().any(|service| service.first_tries_warm_per_s.is_some()) {
        groups.push(vec![
            column(
                "first tries if\ncaches are warm",
                false,
                services.iter().map(|s| some(s.first_tries_warm_per_s, &rate)),
            ),
            column("busy\nthen", false, services.iter().map(|s| some(s.utilisation_warm, &format::percent))),
        ]);
    }
    let mut text = grid::text(first, groups, style) + "\n";
    for cache in caches {
        let said = format!(
            "Cache `{}` of `{}`: once warm at most {} of the look-ups hit; all else here takes every look-up for a miss.",
            cache.name,
            cache.service,
            format::percent(cache.hit_ratio_at_best)
        );
        text.push_str(&wrapped(&said, style, 0));
    }
    if services.iter().any(|service| service.workers_if_callees_are_silent.is_some()) {
        let said = "Callers: capacity is an upper bound, for healthy callees and empty lines.";
        text.push_str(&wrapped(said, style, 0));
    }
    text + "\n"
}

fn dependence(services: &[ServiceResult], style: &TextStyle) -> String {
    let first = column("service", true, services.iter().map(|s| s.name.clone()));
    let fails = |service: &ServiceResult| match &service.blast_radius[..] {
        [] => "nobody".to_owned(),
        hits => hits
            .iter()
            .map(|hit| format!("{} of {}", format::percent(hit.share), hit.workload))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    let alone = |service: &ServiceResult| if service.single_point_of_failure { "alone" } else { "" };
    let mut columns = vec![column("who fails if\nit is down", true, services.iter().map(fails))];
    if services.iter().any(|service| service.single_point_of_failure) {
        columns.push(column("nobody\nstands in", true, services.iter().map(|s| alone(s).to_owned())));
    }
    if services.iter().any(|service| service.workers_if_callees_are_silent.is_some()) {
        let silent = |service: &ServiceResult| match service.workers_if_callees_are_silent {
            None => "–".to_owned(),
            Some(workers) => {
                let has = f64::from(service.workers) * f64::from(service.instances);
                let held = if workers.is_finite() { format::number(workers) } else { "all".to_owned() };
                format!("{held} of {has}")
            }
        };
        columns.push(column(
            "workers that wait if\nits callees are silent",
            false,
            services.iter().map(silent),
        ));
    }
    grid::text(first, vec![columns], style) + "\n\n"
}

fn operators(actions: &[ActionResult], style: &TextStyle) -> String {
    if actions.is_empty() {
        return String::new();
    }
    let mut text =
        style.paint("Operators (all else is about the system before they act)", Paint::Bold) + "\n";
    for ActionResult { name, when, what, length_s } in actions {
        let lasts = length_s.map_or(String::new(), |s| format!(", for {}", format::setting(s)));
        text.push_str(&wrapped(&format!("{name}: {when}, {what}{lasts}"), style, 2));
    }
    text + "\n"
}

/// What is built on presets: every value that holds, and where it comes from.
fn presets(uses: &[PresetUse], style: &TextStyle) -> String {
    let mut text = String::new();
    for used in uses {
        let heading = format!("{}, built on the preset {}", used.place, used.preset);
        text.push_str(&style.paint(&heading, Paint::Bold));
        text.push('\n');
        for value in &used.values {
            text.push_str(&wrapped(&format!("{}: {} · {}", value.path, value.value, from(value)), style, 2));
        }
        if !used.set_aside.is_empty() {
            let said = format!("The file chooses something else than: {}", used.set_aside.join("; "));
            text.push_str(&wrapped(&said, style, 2));
        }
        let notes = presets::find(&used.preset).map_or(&[][..], |preset| &preset.notes);
        for note in notes {
            text.push_str(&wrapped(&format!("note: {note}"), style, 2));
        }
        text.push('\n');
    }
    text
}

fn from(value: &ResolvedValue) -> String {
    match &value.from {
        Origin::Preset { class, .. } => format!("preset, {}", class.words()),
        Origin::Text { file, line } => match &value.instead_of {
            Some(preset) => format!("{file}:{line}, the preset says {preset}"),
            None => format!("{file}:{line}"),
        },
    }
}

/// What theories say without a simulation, and why others do not; what keeps several out is told once.
fn theories(twins: &[TwinResult], style: &TextStyle) -> String {
    let mut text = style.paint("Theory", Paint::Bold) + "\n";
    for twin in twins.iter().filter(|twin| twin.refused.is_none()) {
        text.push_str(&wrapped(&theory::condition(twin), style, 2));
        for said in &twin.says {
            text.push_str(&wrapped(&format!("{}: {}", said.label, theory::value(said)), style, 4));
        }
    }
    let mut refused: Vec<(&str, Vec<&str>)> = Vec::new();
    for twin in twins {
        let Some(why) = &twin.refused else { continue };
        match refused.iter_mut().find(|(other, _)| other == why) {
            Some((_, names)) => names.push(&twin.theory),
            None => refused.push((why, vec![&twin.theory])),
        }
    }
    for (why, names) in refused {
        text.push_str(&wrapped(&format!("no {}: {why}", names.join(", no ")), style, 2));
    }
    text + "\n"
}

fn warnings(warnings: &[Warning], style: &TextStyle) -> String {
    if warnings.is_empty() {
        return wrapped("No warnings.", style, 0);
    }
    let mut text = style.paint(&counted(warnings.len(), "warning"), Paint::Bold) + "\n";
    for warning in warnings {
        let sign = style.paint("!", Paint::Doubtful);
        let place = warning.place.as_ref().map_or(String::new(), |p| format!("{}:{} ", p.file, p.line));
        let body = wrapped(&format!("{place}{}", warning.message), style, 4);
        text.push_str(&format!("  {sign} {}", body.trim_start()));
        text.push_str(&wrapped(&format!("instead: {}", warning.instead), style, 4));
        if let Some(id) = warning.shown_by {
            text.push_str(&wrapped(&format!("see:     spiral compare {id}"), style, 4));
        }
    }
    text
}
