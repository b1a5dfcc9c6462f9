//! How long before the expiry does XFetch begin to load? One key read at random moments, loads of a constant length.

use sim_core::engine;
use sim_core::metrics::{CacheEvent, Observation, Probe};
use sim_core::streams::Seed;
use sim_core::theory::cache::{xfetch_leads_by, xfetch_mean_lead};
use sim_core::time::{SimDuration, SimTime};
use sim_tests::claim::Claim;
use sim_tests::over_seeds;
use sim_tests::systems::model;

/// Seconds by which each refresh began ahead of the expiry; 0 where the key had expired.
struct Leads {
    ttl: SimDuration,
    /// Of what came in last.
    expiry: Option<SimTime>,
    leads: Vec<f64>,
}

impl Probe for Leads {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        let Observation::Cache { event, .. } = observation else { return };
        match (event, self.expiry) {
            (CacheEvent::Filled, _) => self.expiry = Some(now + self.ttl),
            (CacheEvent::Loads { first: true }, Some(expiry)) => {
                self.leads.push(if now < expiry { expiry.since(now).as_secs_f64() } else { 0.0 });
            }
            _ => {}
        }
    }
}

/// The life is 20 times m = beta x load time, so that e^-20 of the draws could begin before it. Eight runs each. With
/// a = rate x m: for a = 100 and 4 about 1000 refreshes per run whose standard deviation is 1.3 m and 1.1 m, standard
/// errors of the mean .3 % and .6 %, of the share that leads by 5 m 1 %; for a = 0.2 about 7700 per run, of which 18 % lead, 1.3 %. Tolerance at least
/// twice that.
#[test]
fn the_first_refresh_leads_as_the_thinned_stream_says() {
    for (rate, load_ms, beta, horizon, early, tolerance) in [
        (500.0, 200, 1.0, 4_000, 5.0, 0.02),
        (10.0, 200, 2.0, 8_000, 1.0, 0.02),
        (2.0, 100, 1.0, 20_000, 1.0, 0.04),
    ] {
        let load = f64::from(load_ms) / 1e3;
        let m = beta * load;
        let ttl = SimDuration::from_secs_f64(20.0 * m);
        let model = model(
            &format!("{horizon}s"),
            &format!(
                "
services:
  web:
    workers: 1000000
    caches: {{pages: {{ttl: {ttl}, early_refresh: {{xfetch: {{beta: {beta}}}}}}}}}
    steps: [{{cached: {{cache: pages, steps: [{{compute: {load_ms}ms}}]}}}}]
workloads: {{users: {{arrivals: {{poisson: {{rate: {rate}/s}}}}, keys: {{count: 1}}, call: {{to: web}}}}}}
"
            ),
        );
        let runs = over_seeds(1..=8, |seed| {
            engine::run_dyn(&model, Seed(seed), Leads { ttl, expiry: None, leads: Vec::new() }).probe.leads
        });
        let over = |reduce: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let mean =
                |leads: &Vec<f64>| leads.iter().map(|lead| reduce(*lead)).sum::<f64>() / leads.len() as f64;
            runs.iter().map(mean).collect()
        };
        let named = |what: &str| format!("XFetch, {rate}/s, loads of {load_ms} ms, beta {beta}: {what}");
        let expected = xfetch_mean_lead(rate, load, beta);
        let formula = "m Ein(rate m), m = beta x load time";
        Claim { what: &named("mean lead, s"), formula, expected, tolerance }.check(&over(&|lead| lead));
        for (what, before) in [("share in time", 0.0), ("share that leads by several m", early * m)] {
            let expected = xfetch_leads_by(rate, load, beta, before);
            let formula = "1 - e^(-rate m e^(-x / m))";
            Claim { what: &named(what), formula, expected, tolerance: 1.5 * tolerance }
                .check(&over(&|lead| f64::from(u8::from(lead > before))));
        }
    }
}
