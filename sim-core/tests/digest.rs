//! Do the same model and seed give the same run on every machine and in every build? Fingerprints of all
//! events of three runs, pinned: they hold for this crate by itself and for the whole workspace, whose
//! other crates switch features of shared dependencies on.

use serde::de::DeserializeOwned;
use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::model::{Model, Named, SystemConfig};
use sim_core::streams::Seed;
use sim_core::time::SimDuration;

fn read<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap_or_else(|problem| panic!("{problem} in {json}"))
}

fn model(horizon_s: u64, services: &str, workloads: &str, faults: &str) -> Model {
    let config = SystemConfig {
        services: read(services),
        workloads: read(workloads),
        faults: if faults.is_empty() { Named::default() } else { read(faults) },
        horizon: SimDuration::from_secs(horizon_s),
        ..SystemConfig::default()
    };
    Model::new(&config).expect("the pinned systems are sound")
}

/// The textbook's queue: arrivals and exponential services alone.
fn one_queue() -> Model {
    model(
        1_000,
        r#"{"api": {"service_time": {"exponential": {"mean": "10ms"}}}}"#,
        r#"{"users": {"arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "80/s"}]}}},
                      "call": {"to": "api"}}}"#,
        "",
    )
}

/// A storm of retries with jitter and budgets, and triggers that overlap.
fn storm() -> Model {
    model(
        120,
        r#"{"api": {"workers": 10, "service_time": {"exponential": {"mean": "10ms"}}, "error_ratio": 0.01}}"#,
        r#"{"users": {"clients": 5,
                      "arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "700/s"}]}}},
                      "call": {"to": "api", "timeouts": {"attempt": "1s", "total": "5s"},
                               "retry": {"exponential": {"max_attempts": 4, "base": "50ms", "max": "1s",
                                         "jitter": "full",
                                         "budget": {"success_tokens": {"max_tokens": 100, "token_ratio": 0.1}}}}}},
            "batch": {"arrivals": {"evenly_spaced": {"rate": {"ramp": {"from": "10/s", "to": "90/s", "end": "60s"}}}},
                      "call": {"to": "api", "timeouts": {"attempt": "300ms"},
                               "retry": {"decorrelated": {"max_attempts": 3, "base": "20ms", "max": "2s"}}}}}"#,
        r#"{"brownout": {"at": "30s", "for": "10s", "capacity": {"service": "api", "factor": 0.4}},
            "outage": {"at": "35s", "for": "2s", "stop": {"service": "api"}},
            "rush": {"at": "50s", "for": "10s", "load_spike": {"workload": "users", "factor": 1.5}},
            "lull": {"at": "80s", "for": "10s", "load_spike": {"workload": "batch", "factor": 0.5}}}"#,
    )
}

/// Every other law, balancers, queues with bounds: mathematics beyond the logarithm.
fn mixture() -> Model {
    model(
        300,
        r#"{"a": {"instances": 4, "workers": 2, "service_time": {"lognormal": {"mean": "30ms", "cv": 2}},
                  "queue": {"lifo": {"capacity": 20}}},
            "b": {"instances": 2, "service_time": {"weibull": {"scale": "6ms", "shape": 0.7}},
                  "queue": {"fifo": {"max_wait": "100ms"}}},
            "c": {"workers": 3, "service_time": {"pareto": {"min": "5ms", "shape": 1.5}}},
            "d": {"workers": 3, "service_time": {"normal": {"mean": "20ms", "sd": "8ms"}}}}"#,
        r#"{"u": {"arrivals": {"poisson": {"rate": {"diurnal": {"mean": "150/s", "amplitude_ratio": 0.6, "period": "100s"}}}},
                  "call": {"to": "a", "load_balancer": "random", "timeouts": {"attempt": "200ms"},
                           "retry": {"constant": {"max_attempts": 2, "base": "10ms", "jitter": "equal"}}}},
            "v": {"arrivals": {"poisson": {"rate": {"points": [{"at": "0s", "rate": "10/s"}, {"at": "200s", "rate": "250/s"}]}}},
                  "call": {"to": "b", "timeouts": {"attempt": "150ms"},
                           "retry": {"immediate": {"max_attempts": 3, "budget": {"deposit": {}}}}}},
            "w": {"arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "100/s"}]}}}, "call": {"to": "c"}},
            "x": {"arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "100/s"}]}}}, "call": {"to": "d"}}}"#,
        r#"{"errors": {"at": "100s", "for": "50s", "errors": {"service": "a", "ratio": 0.3}},
            "slow": {"at": "150s", "for": "50s", "slow": {"service": "d", "factor": 1.7}}}"#,
    )
}

fn fingerprint(model: &Model, seed: u64) -> (u64, String) {
    let run = engine::run_dyn(model, Seed(seed), Digest::default());
    (run.events, format!("{:016x}", run.probe.value()))
}

#[test]
fn a_queue_runs_as_it_always_did() {
    assert_eq!(fingerprint(&one_queue(), 1), (161_026, "3798ccbafb8a46f9".to_owned()));
}

#[test]
fn a_storm_runs_as_it_always_did() {
    assert_eq!(fingerprint(&storm(), 2), (409_185, "6d0242c90757a9e0".to_owned()));
}

#[test]
fn a_mixture_of_everything_runs_as_it_always_did() {
    assert_eq!(fingerprint(&mixture(), 3), (441_163, "ceb4d65e72b63dbe".to_owned()));
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_seed_another() {
    for model in [one_queue(), storm(), mixture()] {
        assert_eq!(fingerprint(&model, 1), fingerprint(&model, 1));
        assert_ne!(fingerprint(&model, 1).1, fingerprint(&model, 2).1);
    }
}
