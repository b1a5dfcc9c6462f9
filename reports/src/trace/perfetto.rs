//! How does a trace look in a viewer? JSON of the trace event format, which <https://ui.perfetto.dev> opens
//! from a local file: a process per instance with a lane per worker, counters of its line, arrows from
//! callers to the attempts that they sent, one lane per request told, the triggers above everything.

use std::collections::BTreeMap;

use scenarios::trace::{Slice, Traced, TracedRequest};
use serde_json::{Value, json};

/// The process of the triggers.
const FAULTS: usize = 1;
/// Lanes of a request told begin at multiples of this.
const PER_REQUEST: usize = 100;

/// The events of a trace as JSON, one per line.
pub fn text(traced: &Traced) -> String {
    let events = events(traced);
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    let trace = &traced.trace;
    let notes = [&trace.notes[..], &traced.timeline.notes[..]].concat();
    let other = json!({
        "schema": "spiral/perfetto/1",
        "spiral": trace.spiral,
        "scenario": trace.scenario.id,
        "hash": trace.scenario.hash,
        "variant": trace.variant,
        "seed": trace.seed,
        "reproduce": trace.reproduce,
        "notes": notes,
    });
    format!(
        "{{\"displayTimeUnit\":\"ms\",\"otherData\":{other},\"traceEvents\":[\n{}\n]}}\n",
        lines.join(",\n")
    )
}

/// Events that are to be put in order of time; what opens stands before what happens in it.
#[derive(Default)]
struct Events {
    names: Vec<Value>,
    timed: Vec<(u64, u8, Value)>,
}

impl Events {
    fn name(&mut self, what: &str, pid: usize, tid: usize, args: Value) {
        self.names.push(json!({"ph": "M", "name": what, "pid": pid, "tid": tid, "args": args}));
    }

    fn process(&mut self, pid: usize, name: &str) {
        self.name("process_name", pid, 0, json!({"name": name}));
        self.name("process_sort_index", pid, 0, json!({"sort_index": pid}));
    }

    fn add(&mut self, at_ns: u64, rank: u8, mut event: Value) {
        event["ts"] = micros(at_ns);
        self.timed.push((at_ns, rank, event));
    }
}

fn events(traced: &Traced) -> Vec<Value> {
    let (trace, timeline) = (&traced.trace, &traced.timeline);
    let mut workloads: Vec<&str> = Vec::new();
    for request in &trace.requests {
        if !workloads.contains(&request.workload.as_str()) {
            workloads.push(&request.workload);
        }
    }
    let user_pid = |name: &str| FAULTS + 1 + workloads.iter().position(|other| *other == name).unwrap_or(0);
    let instance_pid = |instance: usize| FAULTS + 1 + workloads.len() + instance;
    let mut events = Events::default();

    if !trace.faults.is_empty() {
        events.process(FAULTS, "triggers");
    }
    for (index, fault) in trace.faults.iter().enumerate() {
        let event = |ph: &str| {
            json!({"ph": ph, "cat": "trigger", "name": fault.name, "id": format!("trigger-{index}"), "pid": FAULTS, "tid": 0,
                   "args": {"what": fault.what}})
        };
        events.add(fault.from_ns, 1, event("b"));
        events.add(fault.to_ns.max(fault.from_ns), 7, event("e"));
    }
    for workload in &workloads {
        events.process(user_pid(workload), &format!("users: {workload}"));
    }
    let mut sent: BTreeMap<(usize, u64), usize> = BTreeMap::new();
    for (story, request) in trace.requests.iter().enumerate() {
        let pid = user_pid(&request.workload);
        add_request(&mut events, request, story, pid, trace.horizon_ns, &mut sent);
    }
    for (instance, name) in timeline.instances.iter().enumerate() {
        let used = timeline.slices.iter().any(|slice| slice.instance == instance)
            || timeline.levels.iter().any(|level| level.instance == instance)
            || timeline.instants.iter().any(|instant| instant.instance == Some(instance));
        if !used {
            continue;
        }
        let pid = instance_pid(instance);
        events.process(pid, name);
        let lanes = timeline.slices.iter().filter(|slice| slice.instance == instance);
        let highest = lanes.map(|slice| slice.lane + 1).max().unwrap_or(0);
        for lane in 0..highest as usize {
            events.name("thread_name", pid, lane + 1, json!({"name": format!("worker {}", lane + 1)}));
            events.name("thread_sort_index", pid, lane + 1, json!({"sort_index": lane + 1}));
        }
    }
    for slice in &timeline.slices {
        let event = slice_event(slice, instance_pid(slice.instance), &trace.requests);
        events.add(slice.from_ns, 2, event);
    }
    for (id, flow) in timeline.flows.iter().enumerate() {
        let to = &timeline.slices[flow.to];
        let from = match flow.from {
            Some(from) => {
                let slice = &timeline.slices[from];
                Some((instance_pid(slice.instance), slice.lane as usize + 1))
            }
            None => to.story.and_then(|story| {
                let lane = sent.get(&(story, flow.sent_ns))?;
                Some((user_pid(&trace.requests[story].workload), *lane))
            }),
        };
        let Some((pid, tid)) = from else { continue };
        let event = |ph: &str, pid: usize, tid: usize| json!({"ph": ph, "cat": "call", "name": "call", "id": id + 1, "pid": pid, "tid": tid});
        events.add(flow.sent_ns, 3, event("s", pid, tid));
        let mut end = event("f", instance_pid(to.instance), to.lane as usize + 1);
        end["bp"] = json!("e");
        events.add(to.from_ns, 4, end);
    }
    for instant in &timeline.instants {
        let name = instant.name.replace('_', " ");
        let event = match (instant.instance, instant.lane) {
            (Some(instance), Some(lane)) => {
                json!({"ph": "i", "name": name, "pid": instance_pid(instance), "tid": lane + 1, "s": "t"})
            }
            (Some(instance), None) => {
                json!({"ph": "i", "name": name, "pid": instance_pid(instance), "tid": 0, "s": "p"})
            }
            (None, _) => {
                let Some(workload) = instant.workload.filter(|index| *index < timeline.workloads.len())
                else {
                    continue;
                };
                let workload = &timeline.workloads[workload];
                if !workloads.contains(&workload.as_str()) {
                    continue;
                }
                json!({"ph": "i", "name": name, "pid": user_pid(workload), "tid": 1, "s": "t"})
            }
        };
        events.add(instant.at_ns, 5, event);
    }
    for workload in &workloads {
        let pid = user_pid(workload);
        events.name("thread_name", pid, 1, json!({"name": "timeouts and retries of all users"}));
        events.name("thread_sort_index", pid, 1, json!({"sort_index": 1_000_000}));
    }
    for level in &timeline.levels {
        let args = json!({"in line": level.waiting, "in flight": level.in_flight});
        let pid = instance_pid(level.instance);
        events.add(
            level.at_ns,
            6,
            json!({"ph": "C", "name": "attempts", "pid": pid, "tid": 0, "args": args}),
        );
    }
    // Stable: what was added first stands first.
    events.timed.sort_by_key(|(at, rank, _)| (*at, *rank));
    events.names.into_iter().chain(events.timed.into_iter().map(|(_, _, event)| event)).collect()
}

/// A request told: the time its user waits, and a lane for its attempts as its user sees them.
fn add_request(
    events: &mut Events,
    request: &TracedRequest,
    story: usize,
    pid: usize,
    horizon_ns: u64,
    sent: &mut BTreeMap<(usize, u64), usize>,
) {
    let name = format!("request {}", request.number);
    let event = |ph: &str| {
        json!({"ph": ph, "cat": "request", "name": name, "id": format!("request-{story}"), "pid": pid, "tid": 1,
               "args": {"outcome": request.outcome, "attempts": request.attempts, "why": request.why.join(", ")}})
    };
    events.add(request.arrived_ns, 1, event("b"));
    events.add(request.ended_ns.unwrap_or(horizon_ns), 7, event("e"));
    // A caller that waits for two attempts at once needs two lanes.
    let mut until: Vec<u64> = Vec::new();
    for of in request.tries.iter().filter(|of| of.call == 0) {
        let Some(from) = of.sent_ns else { continue };
        let to = of.over_ns.unwrap_or(horizon_ns).max(from);
        let lane = until.iter().position(|until| *until <= from).unwrap_or(until.len());
        until.resize(until.len().max(lane + 1), 0);
        until[lane] = to;
        let tid = (story + 1) * PER_REQUEST + lane;
        sent.insert((story, from), tid);
        let args = json!({"outcome": of.outcome, "at the server": of.fate, "instance": of.instance});
        events.add(
            from,
            2,
            json!({"ph": "X", "cat": "caller", "name": format!("attempt {}", of.number), "dur": micros(to - from), "pid": pid,
                   "tid": tid, "args": args}),
        );
    }
    for lane in 0..until.len() {
        let tid = (story + 1) * PER_REQUEST + lane;
        events.name("thread_name", pid, tid, json!({"name": name}));
    }
}

fn slice_event(slice: &Slice, pid: usize, requests: &[TracedRequest]) -> Value {
    let told = slice.story.map(|story| format!("{} {}", requests[story].workload, requests[story].number));
    let name = match &told {
        Some(told) => format!("{} · {told}", slice.name),
        None => slice.name.clone(),
    };
    let mut args = json!({
        "attempt": slice.attempt,
        "end": slice.end,
        "waited in line, ms": slice.waited_ns as f64 / 1e6,
    });
    if let Some(left) = slice.left_ns {
        let wasted = slice.to_ns.saturating_sub(left.max(slice.from_ns));
        args["in vain, ms"] = json!(wasted as f64 / 1e6);
    }
    let category = if told.is_some() { "service,told" } else { "service" };
    json!({"ph": "X", "cat": category, "name": name, "dur": micros(slice.to_ns - slice.from_ns), "pid": pid,
           "tid": slice.lane + 1, "args": args})
}

/// The format counts microseconds; three digits behind the point keep nanoseconds. Perfetto cuts the thousandfold
/// off to whole nanoseconds: 2.01 would be 2009 of them, and a slice that begins where another ends would overlap it
/// and be dropped. The next number up is read right.
fn micros(ns: u64) -> Value {
    let value = ns as f64 / 1e3;
    json!(if ((value * 1e3) as u64) < ns { value.next_up() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nanosecond_is_cut_off() {
        for ns in (0..200_000).chain((0..200_000).map(|k| 33_209_005 + k * 1_234_567)) {
            let read = micros(ns).as_f64().expect("a number");
            assert_eq!((read * 1_000.0) as u64, ns);
        }
        assert_eq!(micros(2_010).to_string(), "2.0100000000000002");
    }
}
