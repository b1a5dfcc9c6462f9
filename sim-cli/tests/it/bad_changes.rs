//! Mistakes in what owners change.

use crate::mistakes::mistakes;

/// Changes without a mistake.
const CHANGES: &str = include_str!("../../../scenarios/tests/fixtures/changes.yaml");

mistakes! {
    CHANGES;
    a_change_without_a_pause: "every: 20s" => "every: 0s";
    nothing_to_change: "      settings:\n        - quota: {service: store, values: [300, 600]}" => "      settings: []";
    a_setting_of_two_owners: "- quota: {service: store, values: [300, 600]}" => "- timeout: {from: page, to: shop, values: [3s]}";
    a_call_that_is_not_made: "attempts: {from: page, to: shop" => "attempts: {from: page, to: store";
    a_caller_that_is_not_there: "attempts: {from: page, to: shop" => "attempts: {from: pag, to: shop";
    a_timeout_of_nothing: "values: [1s, 2s]" => "values: [0s, 2s]";
    a_timeout_that_is_not_there: "{to: shop, timeouts: {attempt: 2s}, retry" => "{to: shop, retry";
    attempts_without_a_retry: "retry: {immediate: {max_attempts: 1}}" => "retry: none";
    a_quota_that_is_not_there: "    admission: {fixed_window: {limit: 600, window: 1m}}\n" => "";
    no_value_to_choose: "values: [300, 600]" => "values: []";
    a_start_that_breaks_the_contract: "contract: none" => "contract: checked", "timeouts: {attempt: 500ms}" => "timeouts: {attempt: 1500ms}";
    watched_for_no_time: "rollout: at_once" => "rollout: {watched: {watch: 0s}}";
    steps_that_do_not_end: "rollout: at_once" => "rollout: {staged: {steps: [5%, 25%], each: 1m}}";
    steps_that_fall: "rollout: at_once" => "rollout: {staged: {steps: [25%, 5%, 100%], each: 1m}}";
    no_steps: "rollout: at_once" => "rollout: {staged: {steps: [], each: 0s}}";
    a_comparison_of_no_chance: "rollout: at_once" => "rollout: {staged: {steps: [100%], each: 1m, canary: {compared: {chance: 0%}}}}";
    nothing_to_stage: "rollout: at_once" => "rollout: {staged: {steps: [5%, 100%], each: 1m}}", "    instances: 4\n" => "";
    an_incident_of_nothing: "below: 80%" => "below: 0%";
    owners_and_operators: "variants:" => "actions: {quiet: {at: 5s, for: 1s, pause: {workload: users}}}\nvariants:";
}
