//! Mistakes in what should be done once, and in sagas.

use crate::mistakes::mistakes;

/// A shop without a mistake.
const SHOP: &str = "spiral: 1
id: shop
title: A shop whose orders take two steps
services:
  orders:
    sagas: {order: {compensation: {attempts: 2, again: {constant: {base: 100ms}}, parking: {every: 30s}}}}
    endpoints:
      place: {steps: [{saga: {of: order, steps: [{do: [{call: {to: payment}}], undo: [{call: {to: payment/refund}}]}]}}]}
      show: {steps: [{look: {saga: order, latest: 10}}]}
  payment:
    effects: {charge: {idempotency: {key: {window: 24h}}}}
    steps: [{compute: 5ms}, {effect: charge}]
    endpoints: {refund: {steps: [{undo: charge}]}}
workloads:
  users: {arrivals: {poisson: {rate: 5/s}}, call: {to: orders/place}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    SHOP;
    effect_that_is_not_there: "{effect: charge}" => "{effect: charges}";
    undo_where_there_are_no_effects: "{look: {saga: order, latest: 10}}" => "{undo: charge}";
    key_kept_for_no_time: "window: 24h" => "window: 0s";
    key_that_is_no_policy: "idempotency: {key: {window: 24h}}" => "idempotency: token";
    too_many_effects: "{charge: {idempotency: {key: {window: 24h}}}}" => "{charge: {}, a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {}}";
    saga_that_is_not_there: "{of: order," => "{of: ordr,";
    saga_where_there_are_none: "{effect: charge}" => "{look: {saga: order}}";
    saga_without_steps: "steps: [{do: [{call: {to: payment}}], undo: [{call: {to: payment/refund}}]}]" => "steps: []";
    saga_step_that_does_nothing: "{do: [{call: {to: payment}}]," => "{do: [],";
    saga_step_without_do: "{do: [{call: {to: payment}}], undo" => "{undo";
    compensation_never_tried: "attempts: 2" => "attempts: 0";
    parking_without_a_wait: "every: 30s" => "every: 0s";
    a_wait_of_no_time: "base: 100ms" => "base: 0s";
    a_look_too_far_back: "latest: 10}" => "latest: 5000000}";
}
