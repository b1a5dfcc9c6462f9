//! Whose draws move when something is switched on? Nobody else's: arrival times and the service times of
//! first tries stay the same to the nanosecond.

use std::collections::BTreeMap;

use sim_core::engine;
use sim_core::model::Model;
use sim_core::streams::Seed;
use sim_core::time::{SimDuration, SimTime};
use sim_tests::probes::{Stories, Story};
use sim_tests::systems::model;

/// A system in overload half of the time, in parts that can be exchanged.
#[derive(Clone, Copy)]
struct Parts<'a> {
    queue: &'a str,
    retry: &'a str,
    timeouts: &'a str,
    clients: u32,
    instances: u32,
    /// More services, workloads and faults, as lines of a file.
    services: &'a str,
    workloads_before: &'a str,
    workloads_after: &'a str,
    faults: &'a str,
}

const BASE: Parts<'static> = Parts {
    queue: "{fifo: {}}",
    retry: "{exponential: {max_attempts: 4, base: 50ms, jitter: full}}",
    timeouts: "{attempt: 500ms}",
    clients: 1,
    instances: 1,
    services: "",
    workloads_before: "",
    workloads_after: "",
    faults: "",
};

impl Parts<'_> {
    fn model(&self) -> Model {
        let Parts { queue, retry, timeouts, clients, instances, .. } = self;
        model(
            "60s",
            &format!(
                "
services:
  api: {{workers: 5, instances: {instances}, service_time: {{lognormal: {{mean: 20ms, cv: 1}}}}, error_ratio: 0.05, queue: {queue}}}
{}
workloads:
{}
  users:
    arrivals: {{poisson: {{rate: 220/s}}}}
    clients: {clients}
    call: {{to: api, timeouts: {timeouts}, retry: {retry}}}
{}
faults:
  outage: {{at: 20s, for: 5s, stop: {{service: api}}}}
{}
",
                self.services, self.workloads_before, self.workloads_after, self.faults
            ),
        )
    }
}

fn stories(parts: &Parts<'_>) -> Vec<Story> {
    engine::run_dyn(&parts.model(), Seed(7), Stories::default()).probe.all
}

/// Arrivals are equal one by one, and so is the service time of every first try that both runs started.
#[track_caller]
fn assert_same_luck(what: &str, base: &[Story], other: &[Story]) {
    let arrivals = |stories: &[Story]| stories.iter().map(|story| story.arrived).collect::<Vec<_>>();
    assert!(base.len() > 10_000, "{} requests", base.len());
    assert_eq!(arrivals(base), arrivals(other), "{what} moves arrivals");
    assert_same_services(what, base, other);
}

#[track_caller]
fn assert_same_services(what: &str, base: &[Story], other: &[Story]) {
    let services = |stories: &[Story]| -> BTreeMap<SimTime, SimDuration> {
        stories.iter().filter_map(|story| Some((story.arrived, story.first_service?))).collect()
    };
    let (base, other) = (services(base), services(other));
    let mut common = 0;
    for (arrived, service) in &base {
        if let Some(theirs) = other.get(arrived) {
            assert_eq!(service, theirs, "{what} moves the service time of who came at {arrived}");
            common += 1;
        }
    }
    assert!(common > 1_000, "{what}: only {common} first tries started in both runs");
}

#[test]
fn a_policy_switched_on_moves_no_arrival_and_no_first_try() {
    let base = stories(&BASE);
    for (what, parts) in [
        ("no retry", Parts { retry: "none", ..BASE }),
        ("another retry", Parts { retry: "{immediate: {max_attempts: 3}}", ..BASE }),
        ("decorrelated retry", Parts { retry: "{decorrelated: {max_attempts: 6, base: 20ms}}", ..BASE }),
        ("no jitter", Parts { retry: "{exponential: {max_attempts: 4, base: 50ms}}", ..BASE }),
        (
            "a token budget",
            Parts {
                retry: "{exponential: {max_attempts: 4, base: 50ms, jitter: full, \
                        budget: {success_tokens: {max_tokens: 10, token_ratio: 0.1}}}}",
                ..BASE
            },
        ),
        (
            "a deposit budget",
            Parts {
                retry: "{exponential: {max_attempts: 4, base: 50ms, jitter: full, budget: {deposit: {}}}}",
                ..BASE
            },
        ),
        ("a queue bound", Parts { queue: "{fifo: {capacity: 30}}", ..BASE }),
        ("a longest wait", Parts { queue: "{fifo: {max_wait: 200ms}}", ..BASE }),
        ("another order", Parts { queue: "{lifo: {}}", ..BASE }),
        ("another timeout", Parts { timeouts: "{attempt: 100ms, total: 1s}", ..BASE }),
        ("no timeout", Parts { timeouts: "{}", ..BASE }),
        (
            "more clients with a budget each",
            Parts {
                clients: 20,
                retry: "{exponential: {max_attempts: 4, base: 50ms, jitter: full, budget: {deposit: {}}}}",
                ..BASE
            },
        ),
        ("more instances", Parts { instances: 3, ..BASE }),
    ] {
        let other = stories(&parts);
        assert_ne!(base, other, "{what} changes something");
        assert_same_luck(what, &base, &other);
    }
}

#[test]
fn what_has_nothing_to_do_with_it_changes_nothing_at_all() {
    let base = stories(&BASE);
    assert_eq!(base, stories(&Parts { clients: 20, ..BASE }), "clients who remember nothing");
    let unused = "  other: {workers: 2, service_time: {exponential: {mean: 5ms}}}";
    assert_eq!(base, stories(&Parts { services: unused, ..BASE }), "an unused service");
    let fault = "  broken: {at: 10s, for: 20s, capacity: {service: other, factor: 0.1}}";
    assert_eq!(base, stories(&Parts { services: unused, faults: fault, ..BASE }), "its fault");
    let later = "  later: {at: 50s, for: 5s, errors: {service: api, ratio: 0.9}}";
    let hit = stories(&Parts { faults: later, ..BASE });
    assert_same_luck("a fault of the end", &base, &hit);
    let early = |stories: &[Story]| {
        let ends = |story: &&Story| story.ended.is_some_and(|(at, _)| at.as_secs_f64() < 50.0);
        stories.iter().filter(ends).copied().collect::<Vec<_>>()
    };
    assert_eq!(early(&base), early(&hit), "nothing changes before the fault");
}

#[test]
fn other_workloads_move_nobody() {
    let base = stories(&BASE);
    let services = "  other: {workers: 2, service_time: {exponential: {mean: 5ms}}}";
    let workload = "  others: {arrivals: {poisson: {rate: 50/s}}, call: {to: other}}";
    let users = |all: Vec<Story>| -> Vec<Story> {
        // The requests of others come at other moments.
        let arrivals: BTreeMap<SimTime, ()> = base.iter().map(|story| (story.arrived, ())).collect();
        all.into_iter().filter(|story| arrivals.contains_key(&story.arrived)).collect()
    };
    for parts in [
        Parts { services, workloads_before: workload, ..BASE },
        Parts { services, workloads_after: workload, ..BASE },
    ] {
        let all = stories(&parts);
        assert!(all.len() > base.len() + 2_000);
        assert_eq!(users(all), base, "every story stays as it was");
    }
}

#[test]
fn a_load_spike_moves_none_of_the_requests_that_come_anyway() {
    let base = stories(&BASE);
    let spike = "  rush: {at: 10s, for: 5s, load_spike: {workload: users, factor: 3}}";
    let hit = stories(&Parts { faults: spike, ..BASE });
    let mut remaining = hit.iter().map(|story| story.arrived);
    assert!(base.iter().all(|story| remaining.any(|at| at == story.arrived)), "all come as before");
    assert!(hit.len() > base.len() + 2_000);
    assert_same_services("a load spike", &base, &hit);
}

#[test]
fn a_load_cut_moves_none_of_the_requests_that_still_come() {
    let base = stories(&BASE);
    let cut = "  lull: {at: 10s, for: 5s, load_spike: {workload: users, factor: 0.3}}";
    let hit = stories(&Parts { faults: cut, ..BASE });
    let mut remaining = base.iter().map(|story| story.arrived);
    assert!(hit.iter().all(|story| remaining.any(|at| at == story.arrived)), "nobody new comes");
    assert!(hit.len() < base.len() - 500);
    assert_same_services("a load cut", &base, &hit);
}
