//! Does a viewer read the lanes as they are meant? A file of the trace event format is played through the rules of
//! Perfetto's importer (`src/trace_processor/importers/json`, `slice_tracker.cc`, `flow_tracker.cc`, `json_parser.h` of
//! <https://github.com/google/perfetto>), which drops what it cannot place without a word in the viewer.
//!
//! - Times are `(value * 1000.0)` cut off to whole nanoseconds, not rounded: what is written must survive that.
//! - Events are sorted by time, those of one moment stay as they stand.
//! - A thread has a stack of slices. A slice or instant closes those that have ended by its start; if it starts
//!   inside one and ends after it, it is dropped. Here lanes are flat, so that nothing but an instant may lie inside.
//! - An arrow (`s`, `f` with `bp: e`) belongs to the top of the stack of its thread at that line of the file. Its
//!   identity is (`id`, `cat`, `name`).
//! - A thread is (`pid`, `tid`), but its name goes to the thread of that `tid` that was seen last: it must be
//!   named where it is mentioned first.
//! - A counter is (`pid`, `name`, key of `args`), each a number. An asynchronous span is (`pid`, `cat`, `id`, `name`).
//!
//! `trace_processor` itself, in which the importer lives, is in no package registry that a build may use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::trace::bench;

/// What the format wants of every event, by phase.
fn required(phase: &str) -> Option<&'static [&'static str]> {
    Some(match phase {
        "M" => &["name", "pid", "tid", "args"],
        "X" => &["name", "ts", "dur", "pid", "tid"],
        "C" => &["name", "ts", "pid", "args"],
        "i" => &["name", "ts", "pid", "tid", "s"],
        "s" | "f" => &["name", "cat", "id", "ts", "pid", "tid"],
        "b" | "e" => &["name", "cat", "id", "ts", "pid", "tid"],
        _ => return None,
    })
}

/// Nanoseconds of a field in microseconds, as the importer has them.
fn nanos(event: &Value, field: &str) -> u64 {
    let value = event[field].as_f64().unwrap();
    assert!(value >= 0.0, "negative {field}: {event}");
    let cut = (value * 1_000.0) as u64;
    let meant = (value * 1_000.0).round() as u64;
    assert_eq!(cut, meant, "{field} loses a nanosecond: {event}");
    cut
}

/// A slice or an instant: its start and end.
type Span = (u64, u64);
/// What tells arrows or asynchronous spans apart.
type Identity = (String, String, String);
type Thread = (u64, u64);

/// What the importer keeps.
#[derive(Default)]
struct Importer {
    counts: BTreeMap<String, usize>,
    now: u64,
    processes: BTreeSet<u64>,
    threads: BTreeSet<Thread>,
    named: BTreeSet<Thread>,
    stacks: BTreeMap<Thread, Vec<Span>>,
    /// Arrows that have begun, and those that have ended.
    flows: BTreeMap<Identity, (u64, bool)>,
    open: BTreeMap<(u64, Identity), u64>,
    counters: BTreeMap<(u64, String), (u64, Vec<String>)>,
}

fn identity(event: &Value) -> Identity {
    (event["id"].to_string(), event["cat"].to_string(), event["name"].to_string())
}

impl Importer {
    fn event(&mut self, event: &Value) {
        let phase = event["ph"].as_str().unwrap();
        let fields = required(phase).unwrap_or_else(|| panic!("phase {phase} is not known"));
        for field in fields {
            assert!(!event[*field].is_null(), "{phase} without {field}: {event}");
        }
        *self.counts.entry(phase.to_owned()).or_default() += 1;
        let pid = event["pid"].as_u64().unwrap();
        let thread = (pid, event["tid"].as_u64().unwrap_or(0));
        let is_new = self.threads.insert(thread);
        if phase == "M" {
            match event["name"].as_str().unwrap() {
                "process_name" => assert!(self.processes.insert(pid), "named twice: {event}"),
                "thread_name" => {
                    assert!(is_new, "mentioned before it is named: {event}");
                    self.named.insert(thread);
                }
                _ => {}
            }
            return;
        }
        let at = nanos(event, "ts");
        assert!(at >= self.now, "events stand in order of time: {event}");
        self.now = at;
        assert!(self.processes.contains(&pid), "a process without a name: {event}");
        let is_on_thread = matches!(phase, "X" | "s" | "f") || (phase == "i" && event["s"] == "t");
        assert!(!is_on_thread || self.named.contains(&thread), "a thread without a name: {event}");
        match phase {
            "X" => self.slice(thread, (at, at + nanos(event, "dur")), event),
            "i" if is_on_thread => self.slice(thread, (at, at), event),
            "i" => assert_eq!(event["s"], "p", "{event}"),
            "C" => self.count(pid, at, event),
            "s" => {
                let (from, to) = self.top(thread, event);
                assert!(from <= at && at <= to, "it was sent outside of {from}..{to}: {event}");
                assert_eq!(self.flows.insert(identity(event), (at, false)), None, "{event}");
            }
            "f" => {
                assert_eq!(event["bp"], "e", "{event}");
                let (from, to) = self.top(thread, event);
                assert!(from <= at && at <= to, "it arrives outside of {from}..{to}: {event}");
                assert_eq!(from, at, "it arrives where a slice begins: {event}");
                let flow = self.flows.get_mut(&identity(event));
                let (sent, ended) = flow.unwrap_or_else(|| panic!("an arrow without a start: {event}"));
                assert!(*sent <= at && !*ended, "an arrow that ends twice or before it begins: {event}");
                *ended = true;
            }
            "b" => assert_eq!(self.open.insert((pid, identity(event)), at), None, "{event}"),
            "e" => assert!(self.open.remove(&(pid, identity(event))).is_some(), "{event}"),
            _ => unreachable!("known phases are handled"),
        }
    }

    fn slice(&mut self, thread: Thread, (from, to): Span, event: &Value) {
        let stack = self.stacks.entry(thread).or_default();
        let is_instant = |(from, to): Span| from == to;
        stack.retain(|open| open.1 > from || (open.1 == from && is_instant(*open) && from == to));
        let is_flat = stack.iter().all(|open| from == to || is_instant(*open));
        assert!(is_flat, "two slices overlap on {thread:?}: {stack:?}, {event}");
        stack.push((from, to));
    }

    /// What the importer binds an arrow to.
    fn top(&self, thread: Thread, event: &Value) -> Span {
        let stack = self.stacks.get(&thread).filter(|stack| !stack.is_empty());
        let stack = stack.unwrap_or_else(|| panic!("an arrow hangs in the air: {event}"));
        // An instant inside a slice is a part of it.
        let slice = stack.iter().rev().find(|(from, to)| from < to);
        *slice.unwrap_or(&stack[stack.len() - 1])
    }

    fn count(&mut self, pid: u64, at: u64, event: &Value) {
        let args = event["args"].as_object().unwrap();
        assert!(!args.is_empty() && args.values().all(Value::is_u64), "{event}");
        let keys: Vec<String> = args.keys().cloned().collect();
        let name = (pid, event["name"].as_str().unwrap().to_owned());
        if let Some((before, known)) = self.counters.insert(name, (at, keys.clone())) {
            assert!(before <= at, "a counter runs backwards: {event}");
            assert_eq!(known, keys, "{event}");
        }
    }
}

/// Checks a file; gives how many events of each phase it has.
fn checked(text: &str) -> BTreeMap<String, usize> {
    let trace: Value = serde_json::from_str(text).unwrap();
    let mut importer = Importer::default();
    for event in trace["traceEvents"].as_array().unwrap() {
        importer.event(event);
    }
    let hanging: Vec<_> = importer.flows.iter().filter(|(_, (_, ended))| !ended).collect();
    assert!(hanging.is_empty(), "arrows without an end: {hanging:?}");
    assert!(importer.open.is_empty(), "spans without an end: {:?}", importer.open);
    importer.counts
}

#[test]
fn lanes_of_small_systems_are_sound() {
    let bench = bench();
    for file in ["late.yaml", "tiers.yaml", "crash.yaml"] {
        bench.fine(&["trace", file, "--from", "0s", "--to", "2900ms", "--out", "lanes", "--quiet"]);
        let counts = checked(&bench.read("lanes/trace.perfetto.json"));
        assert!(counts["X"] > 2, "{file}: {counts:?}");
    }
    // Two requests a second for three seconds, each with calls behind it.
    bench.fine(&["trace", "tiers.yaml", "--from", "0s", "--to", "2900ms", "--out", "lanes", "--quiet"]);
    let counts = checked(&bench.read("lanes/trace.perfetto.json"));
    assert!(counts["s"] >= 12 && counts["s"] == counts["f"], "{counts:?}");
}

#[test]
fn lanes_of_shipped_scenarios_are_sound() {
    let bench = bench();
    for (what, scenario, set) in [
        ("retries, late answers", "metastable-retry-storm", "run.horizon=90s"),
        ("callers that wait", "blocked-threads-chain", "title=as it is"),
        ("restarts", "liveness-probe-spiral", "title=as it is"),
        ("crashes", "domino-replicas", "title=as it is"),
        ("a cache", "cache-stampede", "title=as it is"),
        ("connections", "reconnect-storm", "title=as it is"),
        ("shared workers", "utilization-knee", "services.api.queue=processor_sharing"),
    ] {
        bench.fine(&["trace", scenario, "--set", set, "--out", "lanes", "--quiet"]);
        let counts = checked(&bench.read("lanes/trace.perfetto.json"));
        println!("{what}, {scenario}: {counts:?}");
        assert!(counts["X"] > 100 && counts["C"] > 100 && counts["s"] > 0, "{what}, {scenario}: {counts:?}");
        assert_eq!(counts["s"], counts["f"], "{what}, {scenario}");
        assert!(counts["X"] <= 11_000, "{what}, {scenario}: bounded, {counts:?}");
    }
}

#[test]
fn lanes_of_a_fan_out_are_sound() {
    let bench = bench();
    let set = "services.web={workers: 20, steps: [{fan_out: {times: 6, steps: [{call: {to: db, timeouts: {attempt: 30ms}}}]}}]}";
    bench.fine(&[
        "trace",
        "tiers.yaml",
        "--set",
        set,
        "--from",
        "0s",
        "--to",
        "2s",
        "--out",
        "lanes",
        "--quiet",
    ]);
    let counts = checked(&bench.read("lanes/trace.perfetto.json"));
    assert!(counts["s"] >= 8, "{counts:?}");
}

#[test]
fn lanes_of_shared_workers_are_sound() {
    let bench = bench();
    let words =
        ["trace", "tiers.yaml", "--set", "services.db={service_time: 20ms, queue: processor_sharing}"];
    bench.fine(&[&words[..], &["--from", "0s", "--to", "2s", "--out", "lanes", "--quiet"]].concat());
    checked(&bench.read("lanes/trace.perfetto.json"));
}

#[test]
fn what_the_importer_would_drop_is_found() {
    let file = |events: &str| {
        format!(
            r#"{{"traceEvents": [{{"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {{"name": "p"}}}},
            {{"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {{"name": "t"}}}}, {events}]}}"#
        )
    };
    let slice = |ts: &str, dur: &str| {
        format!(r#"{{"ph": "X", "name": "x", "ts": {ts}, "dur": {dur}, "pid": 1, "tid": 1}}"#)
    };
    let arrow = |ph: &str, ts: &str| {
        format!(
            r#"{{"ph": "{ph}", "bp": "e", "name": "c", "cat": "c", "id": 1, "ts": {ts}, "pid": 1, "tid": 1}}"#
        )
    };
    let two = |one: &str, other: &str| file(&format!("{one}, {other}"));
    assert_eq!(checked(&two(&slice("1.0", "2.0"), &slice("3.0", "2.0")))["X"], 2);
    for (wrong, text) in [
        ("overlap", two(&slice("1.0", "2.5"), &slice("3.0", "2.0"))),
        ("negative", file(&slice("1.0", "-2.0"))),
        // 2.01 * 1000 is 2009.9999999999998.
        ("loses a nanosecond", file(&slice("2.01", "1.0"))),
        ("hangs in the air", file(&arrow("s", "1.0"))),
        ("without a start", two(&slice("1.0", "2.0"), &arrow("f", "1.0"))),
        ("without an end", two(&slice("1.0", "2.0"), &arrow("s", "1.0"))),
        ("outside", two(&slice("1.0", "2.0"), &arrow("s", "4.0"))),
        ("order of time", two(&slice("5.0", "1.0"), &slice("1.0", "1.0"))),
        ("without a name", file(&slice("1.0", "1.0").replace("\"tid\": 1", "\"tid\": 2"))),
    ] {
        let told = std::panic::catch_unwind(|| checked(&text)).expect_err(wrong);
        let told = told.downcast_ref::<String>().unwrap();
        assert!(told.contains(wrong), "{wrong}: {told}");
    }
}
