//! Which policy does what when the service behind it is well, slow, failing, dead or flapping? Every policy of
//! `rig.yaml` beside every state of the service, in one table to be read as an operator would; one seed, for the
//! table is a portrait and no measurement. A new policy is a new line in `rig.yaml`.

use std::collections::BTreeSet;
use std::fmt::Write;

use sim_core::engine::{self, StopReason};
use sim_core::ids::{AttemptId, CallId};
use sim_core::metrics::digest::Digest;
use sim_core::metrics::{Observation, Probe};
use sim_core::model::Model;
use sim_core::policy::Outcome;
use sim_core::streams::Seed;
use sim_core::time::SimTime;
use sim_tests::over_seeds;
use sim_tests::systems::scenario;

const SEED: u64 = 1;
/// The trouble, seconds; after it one looks until the end of the run.
const FROM_S: f64 = 10.0;
const TO_S: f64 = 20.0;

/// The service: a word, a sentence, and its faults.
const STATES: [(&str, &str, &str); 6] = [
    ("healthy", "half of its workers are busy", "{}"),
    (
        "slow",
        "every answer takes four times as long",
        "{f: {at: 10s, for: 10s, slow: {service: api, factor: 4}}}",
    ),
    (
        "failing",
        "every second answer is an error",
        "{f: {at: 10s, for: 10s, errors: {service: api, ratio: 0.5}}}",
    ),
    ("dead", "it refuses all connections", "{f: {at: 10s, for: 10s, crash: {services: [api]}}}"),
    (
        "flapping",
        "it is down for a second, up for one and a half, four times",
        "{f0: {at: 10s, for: 1s, crash: {services: [api]}}, f1: {at: 12.5s, for: 1s, crash: {services: [api]}}, \
         f2: {at: 15s, for: 1s, crash: {services: [api]}}, f3: {at: 17.5s, for: 1s, crash: {services: [api]}}}",
    ),
    (
        "one bad",
        "one of its four instances answers everything with an error, in no time",
        "{f: {at: 10s, for: 10s, errors: {service: api, ratio: 1, instances: {places: {list: [0]}}}}, \
         g: {at: 10s, for: 10s, slow: {service: api, factor: 0.01, instances: {places: {list: [0]}}}}}",
    ),
];

const LEGEND: &str = "\
10 s of trouble, of 30 s; requests that came during the trouble:
success   answered in time; after: the same of those that came after the trouble
attempts  sent for each request
p99       of the answers
refused   attempts kept back by the caller's policies or turned away or dropped by the service's, of all due
";

/// What is counted of the requests that came during the trouble, and of those that came after it.
#[derive(Clone, Debug, Default)]
struct Portrait {
    arrived: u64,
    answered: u64,
    answered_after: u64,
    failed_after: u64,
    sent: u64,
    /// Attempts that the caller itself kept back: by its breaker, its throttle, or for want of an instance.
    kept_back: u64,
    /// Attempts that the service turned away or dropped because it wanted to.
    turned_away: u64,
    /// Nanoseconds.
    latencies: Vec<u64>,
    /// Of those requests, under way.
    calls: BTreeSet<(u32, u32)>,
    /// Their attempts.
    attempts: BTreeSet<(u32, u32)>,
}

fn of_call(CallId(id): CallId) -> (u32, u32) {
    (id.slot, id.generation)
}

fn of_attempt(AttemptId(id): AttemptId) -> (u32, u32) {
    (id.slot, id.generation)
}

impl Probe for Portrait {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        match observation {
            Observation::Arrived { call, .. } if (FROM_S..TO_S).contains(&now.as_secs_f64()) => {
                self.arrived += 1;
                self.calls.insert(of_call(call));
            }
            Observation::Sent { call, attempt, .. } if self.calls.contains(&of_call(call)) => {
                self.sent += 1;
                self.attempts.insert(of_attempt(attempt));
            }
            Observation::NotSent { call, .. } if self.calls.contains(&of_call(call)) => self.kept_back += 1,
            Observation::Rejected { attempt, outcome, .. } if self.attempts.remove(&of_attempt(attempt)) => {
                self.turned_away += u64::from(outcome != Outcome::ConnectFailure);
            }
            Observation::Dropped { attempt, .. } if self.attempts.remove(&of_attempt(attempt)) => {
                self.turned_away += 1;
            }
            Observation::Answered { call, arrived, .. } => {
                if self.calls.remove(&of_call(call)) {
                    self.answered += 1;
                    self.latencies.push(now.since(arrived).as_nanos());
                }
                self.answered_after += u64::from(arrived.as_secs_f64() >= TO_S);
            }
            Observation::Failed { call, arrived, .. } => {
                self.calls.remove(&of_call(call));
                self.failed_after += u64::from(arrived.as_secs_f64() >= TO_S);
            }
            _ => {}
        }
    }
}

impl Portrait {
    /// A line of the table without its name.
    fn line(&mut self) -> String {
        assert!(self.calls.is_empty(), "all of them have ended long before the end of the run");
        let share = |part: u64, of: u64| format!("{:.1} %", 100.0 * part as f64 / of as f64);
        self.latencies.sort_unstable();
        let rank = (self.latencies.len() * 99).div_ceil(100);
        let p99 = match rank.checked_sub(1) {
            Some(index) => format!("{:.0} ms", self.latencies[index] as f64 / 1e6),
            None => "-".to_owned(),
        };
        format!(
            "{:>9}{:>9}{:>10.2}{p99:>9}{:>9}",
            share(self.answered, self.arrived),
            share(self.answered_after, self.answered_after + self.failed_after),
            self.sent as f64 / self.arrived as f64,
            share(self.kept_back + self.turned_away, self.sent + self.kept_back),
        )
    }
}

/// The policies by name, with the rig in a state.
fn models(faults: &str) -> Vec<(String, Model)> {
    let scenario = scenario(&format!("{}\nfaults: {faults}\n", include_str!("rig.yaml")));
    scenario.variants.into_iter().map(|variant| (variant.name, variant.model)).collect()
}

/// Runs a model, checks the laws that hold for all of them, and portrays it.
fn portray(model: &Model) -> Portrait {
    let run = engine::run_dyn(model, Seed(SEED), (Portrait::default(), Digest::default()));
    let ledger = &run.ledger;
    assert_eq!(run.stop, StopReason::Horizon);
    assert_eq!(ledger.broken_laws(), Vec::<String>::new());
    let used: u64 = ledger.edges.iter().map(|edge| edge.used).sum();
    let sent: u64 = ledger.edges.iter().map(|edge| edge.sent).sum();
    let completed: u64 = ledger.services.iter().map(|service| service.completed).sum();
    match ledger.edges.len() {
        1 => assert_eq!(used, ledger.requests_answered, "every answer used answers its request"),
        _ => assert!(used >= ledger.requests_answered, "others use answers on the way to theirs"),
    }
    assert!(used <= completed && completed <= sent, "goodput <= throughput <= attempts");
    let (portrait, digest) = run.probe;
    assert_eq!(
        engine::run_dyn(model, Seed(SEED), Digest::default()).probe,
        digest,
        "the same run, whoever looks on"
    );
    portrait
}

/// Names one after the other, in lines that fit.
fn names(names: &[&str]) -> String {
    let mut text = String::new();
    let mut length = usize::MAX;
    for name in names {
        if length.saturating_add(name.len()) > 98 {
            text.push_str("\n   ");
            length = 3;
        }
        text.push(' ');
        text.push_str(name);
        length += 1 + name.len();
    }
    text
}

#[test]
fn every_policy_beside_every_state_of_the_service() {
    let mut table = LEGEND.to_owned();
    for (state, sentence, faults) in STATES {
        let models = models(faults);
        let lines = over_seeds(0..models.len() as u64, |index| portray(&models[index as usize].1).line());
        write!(table, "\n{state}: {sentence}\n").expect("text takes text");
        writeln!(table, "{:<26}  success    after  attempts      p99  refused", "").expect("text takes text");
        let first = &lines[0];
        let mut like_nothing = Vec::new();
        for ((policy, _), line) in models.iter().zip(&lines) {
            if policy != "nothing" && line == first {
                like_nothing.push(policy.as_str());
            } else {
                writeln!(table, "{policy:<26}{line}").expect("text takes text");
            }
        }
        writeln!(table, "as with nothing:{}", names(&like_nothing)).expect("text takes text");
    }
    insta::assert_snapshot!(table);
}
