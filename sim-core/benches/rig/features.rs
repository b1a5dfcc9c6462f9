//! What do caches, crowds, memory, connections and an autoscaler cost? One deployment that has them all.

use sim_core::model::Model;
use sim_core::time::SimDuration;

/// Requests per second of the rig: 2000 of readers, 1000 messages of 10 000 connected users.
const RATE: f64 = 3_000.0;

/// Readers behind a front with an LRU cache with TTL, jitter and single flight (4000 of 20 000 keys by Zipf 0.8), a
/// store behind it that slows down by contention, has a heap and compacts, and an autoscaler on the front; beside
/// them connected users whose connections end after a minute on average, on a hall that slows down with its crowd.
pub(crate) fn features(requests: u64) -> Model {
    let services = r#"{
      "front": {
        "instances": 4, "workers": 64,
        "autoscaler": {"hpa": {"metric": {"in_flight": {"target": 4}}, "min": 2, "max": 8}},
        "memory": {"heap": "4GiB", "base": "512MiB", "per_request": "4MiB", "gc_cost": 0.1},
        "caches": {"pages": {"capacity": 4000, "ttl": "30s", "ttl_jitter": 0.1, "coalesce": "process", "warm": "full"}},
        "steps": [
          {"compute": {"exponential": {"mean": "2ms"}}},
          {"cached": {"cache": "pages", "hit_time": {"constant": {"value": "100us"}}, "steps": [
            {"call": {"to": "store", "timeouts": {"attempt": "1s"},
                      "retry": {"exponential": {"max_attempts": 2, "base": "10ms", "max": "1s", "jitter": "full"}},
                      "network": {"latency": {"constant": {"value": "1ms"}}}}}]}}]},
      "store": {
        "instances": 4, "workers": 16, "service_time": {"exponential": {"mean": "8ms"}},
        "degradation": {"usl": {"contention": 0.02, "coherency": 0.0001}},
        "memory": {"heap": "2GiB", "base": "256MiB", "per_request": "8MiB"},
        "background": {"compaction": {"every": "20s", "for": "2s", "cpu_share": 0.2}}},
      "hall": {
        "instances": 4, "workers": 32,
        "degradation": {"linear": {"per_request": 0.01}},
        "connections": {"max": 10000},
        "endpoints": {"enter": {"steps": [{"compute": {"exponential": {"mean": "5ms"}}}]},
                      "say": {"steps": [{"compute": {"exponential": {"mean": "2ms"}}}]}}}}"#;
    let workloads = r#"{
      "readers": {
        "arrivals": {"poisson": {"rate": {"steps": [{"at": "0s", "rate": "2000/s"}]}}},
        "keys": {"count": 20000, "popularity": {"zipf": {"exponent": 0.8}}},
        "call": {"to": "front", "timeouts": {"attempt": "2s"}, "load_balancer": {"least_request": {}}}},
      "members": {
        "arrivals": {"connected": {
          "users": 10000, "messages": "0.1/s", "lifetime": {"exponential": {"mean": "60s"}},
          "reconnect": {"exponential": {"base": "500ms", "max": "10s", "jitter": "full"}},
          "connect": {"to": "hall/enter", "timeouts": {"attempt": "2s"}, "load_balancer": {"least_request": {}}}}},
        "call": {"to": "hall/say", "timeouts": {"attempt": "500ms"}}}}"#;
    super::model(services, workloads, SimDuration::from_secs_f64(requests as f64 / RATE))
}
