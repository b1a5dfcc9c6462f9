//! Mistakes in records, in the steps that read and write them, and in what falls back.

use crate::mistakes::mistakes;

/// A store and whoever changes it, without a mistake.
const CHANGED: &str = "spiral: 1
id: changed
title: A store and whoever changes it
services:
  store:
    records: {rows: {per: key}}
    endpoints: {get: {steps: [{read: rows}]}, put: {steps: [{write: rows}]}}
  updater:
    steps:
      - {call: {to: store/get}}
      - {fallback: {steps: [{call: {to: store/put}}], otherwise: [{compute: 1ms}], on: [timeout]}}
workloads:
  users: {arrivals: {poisson: {rate: 5/s}}, keys: {count: 100}, call: {to: updater, retry: {immediate: {max_attempts: 3, on: [conflict]}}}}
run: {horizon: 60s, seeds: 1}
";

mistakes! {
    CHANGED;
    read_of_unknown_records: "{read: rows}" => "{read: row}";
    write_where_there_are_no_records: "    records: {rows: {per: key}}\n" => "";
    records_per_user: "per: key" => "per: user";
    too_many_kinds_of_records: "{rows: {per: key}}" => "{rows: {}, a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, g: {}, h: {}}";
    way_out_for_no_failure: "on: [timeout]}}" => "on: []}}";
    way_out_for_a_success: "on: [timeout]}}" => "on: [timeout, ok]}}";
}
