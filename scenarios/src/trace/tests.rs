//! Tracing changes nothing, and what it tells agrees with the run.

use sim_core::engine;
use sim_core::ids::Id;
use sim_core::metrics::digest::Digest;
use sim_core::streams::Seed;

use super::lanes::Lanes;
use super::story::Stories;
use super::*;
use crate::load::load;

const IDS: [&str; 4] =
    ["metastable-retry-storm", "blocked-threads-chain", "liveness-probe-spiral", "domino-replicas"];

fn shipped(id: &str) -> Scenario {
    let file = crate::library::find(id).expect("it is shipped");
    load(id, file.text.as_bytes(), &[], &|_| Err("no files".to_owned())).expect("it is valid")
}

fn request(scenario: &Scenario, wishes: &[Wish]) -> TraceRequest {
    TraceRequest {
        variant: scenario.baseline().name.clone(),
        seed: 1,
        arm: Arm::Triggered,
        workload: None,
        wishes: wishes.to_vec(),
        window: None,
        reproduce: String::new(),
    }
}

#[test]
fn tracing_changes_nothing() {
    for id in IDS {
        let scenario = shipped(id);
        let model = &scenario.baseline().model;
        let plain = engine::run_dyn(model, Seed(1), Digest::default());
        let keys: Vec<_> =
            (1..=MOST_REQUESTS as u64).map(|number| (WorkloadId::from_index(0), number)).collect();
        let window = vec![(SimTime::ZERO, model.horizon)];
        let probes = ((Stories::new(model, &keys), Lanes::new(model, &keys, window)), Digest::default());
        let traced = engine::run_dyn(model, Seed(1), probes);
        assert_eq!(plain.events, traced.events, "{id}");
        assert_eq!(plain.probe.value(), traced.probe.1.value(), "{id}");
        assert_eq!(format!("{:?}", plain.ledger), format!("{:?}", traced.ledger), "{id}");
    }
}

#[test]
fn nobody_has_more_lanes_than_workers() {
    for id in IDS {
        let scenario = shipped(id);
        let model = &scenario.baseline().model;
        let told = trace(&scenario, &request(&scenario, &[Wish::First, Wish::Slowest(2)])).unwrap();
        let workers: Vec<u32> = model
            .services
            .iter()
            .flat_map(|service| service.all_instances().map(|_| service.slots))
            .collect();
        assert_eq!(told.timeline.lanes.len(), workers.len(), "{id}");
        let within = told.timeline.lanes.iter().zip(&workers).all(|(lanes, workers)| lanes <= workers);
        assert!(within, "{id}: {:?} {workers:?}", told.timeline.lanes);
        assert!(told.timeline.slices.len() <= MOST_SLICES + 1_000, "{id}");
    }
}

#[test]
fn stories_agree_with_what_the_first_pass_saw() {
    for id in IDS {
        let scenario = shipped(id);
        let around = Wish::Around { from: SimTime::ZERO + SimDuration::from_secs(62), count: 5 };
        let told = trace(&scenario, &request(&scenario, &[around, Wish::Slowest(3)])).unwrap();
        assert!(told.trace.requests.len() >= 5, "{id}");
        for request in &told.trace.requests {
            assert_eq!(request.calls[0].to_ns, request.ended_ns, "{id}");
            let last = request.tries.iter().filter(|of| of.call == 0).max_by_key(|of| of.number);
            assert!(last.is_none_or(|last| last.number == request.attempts), "{id}: {request:?}");
            assert!(request.journal.is_sorted_by_key(|line| line.at_ns), "{id}");
            for of in &request.tries {
                assert!(of.spans.iter().all(|span| span.from_ns < span.to_ns), "{id}: {of:?}");
                let apart = of.spans.windows(2).all(|pair| pair[0].to_ns <= pair[1].from_ns);
                assert!(apart, "{id}: {of:?}");
            }
        }
        let times: Vec<u64> = told.trace.requests.iter().map(|request| request.arrived_ns).collect();
        assert!(times.is_sorted(), "{id}");
    }
}

/// What journals of a variant say of these kinds, of requests around a moment and of the slowest.
fn told(id: &str, variant: &str, around_s: u64, kinds: &[&str]) -> String {
    let scenario = shipped(id);
    let mut text = String::new();
    for step in 0..12 {
        let from = SimTime::ZERO + SimDuration::from_secs(around_s + 10 * step);
        let around = Wish::Around { from, count: MOST_REQUESTS };
        let request = TraceRequest { variant: variant.to_owned(), ..request(&scenario, &[around]) };
        let told = trace(&scenario, &request).unwrap();
        let lines = told.trace.requests.iter().flat_map(|request| &request.journal);
        for line in lines.filter(|line| kinds.contains(&line.kind.as_str())) {
            text += &format!("{}\n", line.text);
        }
    }
    text
}

#[test]
fn a_journal_tells_what_became_of_effects() {
    let kinds = ["effect", "duplicate", "replayed"];
    let id = "fallacy-1-network-reliable";
    let bare = told(id, "retries", 100, &kinds);
    assert!(bare.contains("the effect charge is applied\n"), "{bare}");
    assert!(bare.contains("applied once more: a duplicate") && !bare.contains("key is known"), "{bare}");
    let keyed = told(id, "retries-with-key", 100, &kinds);
    assert!(keyed.contains("its key is known: the effect charge is not applied again"), "{keyed}");
    assert!(!keyed.contains("a duplicate"), "{keyed}");
}

#[test]
fn a_journal_tells_of_sagas_step_by_step() {
    let kinds = ["saga", "compensates", "compensated", "compensation_failed"];
    let told = told("fallacy-10-compensation-works", "compensate-once", 100, &kinds);
    for words in ["1 of ", "has failed: ", " to undo", "everything is undone"] {
        assert!(told.contains(words), "no {words} in {told}");
    }
}

#[test]
fn a_journal_tells_which_version_met_which() {
    let told = told("fallacy-9-versioning-simple", "rolling-rename", 420, &["version", "unreadable"]);
    assert!(told.contains("written by ") && told.contains("it cannot make anything of it"), "{told}");
}
