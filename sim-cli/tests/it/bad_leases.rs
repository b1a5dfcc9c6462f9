//! Mistakes in workloads whose holders keep leases.

use crate::mistakes::mistakes;

/// Leases without a mistake.
const LEASES: &str = include_str!("../fixtures/leases.yaml");

mistakes! {
    LEASES;
    no_leases: "count: 100" => "count: 0";
    too_many_leases: "count: 100" => "count: 20000000";
    leases_without_a_term: "        ttl: 180s\n" => "";
    leases_lost_before_they_are_renewed: "renew_every: 60s" => "renew_every: 180s";
    renewed_all_the_time: "renew_every: 60s" => "renew_every: 0s";
    again_after_no_time: "base: 5s" => "base: 0s";
    established_elsewhere: "to: keeper/establish" => "to: store";
    established_at_an_unknown_endpoint: "to: keeper/establish" => "to: keeper/establsh";
    a_spike_of_holders: "stop: {service: keeper}" => "load_spike: {workload: holders, factor: 2}";
    a_ttl_without_a_unit: "ttl: 180s" => "ttl: 180";
}
