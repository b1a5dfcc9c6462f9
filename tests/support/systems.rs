//! Which tiny systems do tests run? Each is written as the file that a user would write.

use scenarios::load::{Scenario, load};
use sim_core::model::Model;

/// The scenario of a whole file. Panics with the problems if it is none.
#[track_caller]
pub fn scenario(text: &str) -> Scenario {
    let no_files = |_: &str| Err("tests name no other files".to_owned());
    match load("test.yaml", text.as_bytes(), &[], &no_files) {
        Ok(scenario) => scenario,
        Err(error) => panic!("the scenario of a test is sound:\n{}\n{text}", error.render(false)),
    }
}

/// The model of a file with services, workloads and faults as in `body`, run for `horizon`.
#[track_caller]
pub fn model(horizon: &str, body: &str) -> Model {
    let head = format!("spiral: 1\nid: test\ntitle: A test\nrun: {{horizon: {horizon}}}\n");
    scenario(&(head + body)).variants.swap_remove(0).model
}

/// Poisson users in front of one service: the textbook's queue. The unit of time is a second.
#[derive(Clone, Copy, Debug)]
pub struct Station<'a> {
    /// Arrivals per second.
    pub rate: f64,
    /// Servers.
    pub workers: u32,
    /// As in a file, of mean 1 s by custom.
    pub service_time: &'a str,
    /// As in a file.
    pub queue: &'a str,
}

/// One server with exponential service of mean 1 s and an unbounded queue, first in, first out.
pub fn one_server(rate: f64) -> Station<'static> {
    Station { rate, workers: 1, service_time: "{exponential: {mean: 1s}}", queue: "{fifo: {}}" }
}

impl Station<'_> {
    /// The model, run for as long as `customers` customers take to come on average.
    pub fn model(&self, customers: f64) -> Model {
        let Station { rate, workers, service_time, queue } = self;
        let horizon = format!("{}s", (customers / rate).ceil());
        model(
            &horizon,
            &format!(
                "
services:
  api: {{workers: {workers}, service_time: {service_time}, queue: {queue}}}
workloads:
  users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, call: {{to: api}}}}
"
            ),
        )
    }
}

/// A service with an unbounded queue whose callers give up after a second and try again at once.
#[derive(Clone, Copy, Debug)]
pub struct RetryRig<'a> {
    /// Workers.
    pub workers: u32,
    /// Mean of the exponential service time, as in a file.
    pub mean: &'a str,
    /// Fresh requests per second, a rate or a profile as in a file.
    pub rate: &'a str,
    /// Attempts per request at most.
    pub max_attempts: u32,
    /// The triggers, as in a file.
    pub faults: &'a str,
}

/// Rig RS of the validation document: 10 workers x Exp(0.1 s) = 100/s, up to 4 attempts, no trigger.
pub fn rig_rs(rate: &str) -> RetryRig<'_> {
    RetryRig { workers: 10, mean: "100ms", rate, max_attempts: 4, faults: "{}" }
}

impl RetryRig<'_> {
    /// The model, run for `horizon_s` seconds.
    #[track_caller]
    pub fn model(&self, horizon_s: f64) -> Model {
        let RetryRig { workers, mean, rate, max_attempts, faults } = self;
        model(
            &format!("{horizon_s}s"),
            &format!(
                "
services:
  api: {{workers: {workers}, service_time: {{exponential: {{mean: {mean}}}}}}}
workloads:
  users:
    arrivals: {{poisson: {{rate: {rate}}}}}
    call: {{to: api, timeouts: {{attempt: 1s}}, retry: {{immediate: {{max_attempts: {max_attempts}}}}}}}
faults: {faults}
"
            ),
        )
    }
}
