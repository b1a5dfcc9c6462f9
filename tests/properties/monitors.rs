//! Does looking move what is looked at? Random networks with random monitors, and the same without.

use sim_core::engine;
use sim_core::metrics::digest::Digest;
use sim_core::metrics::series::Series;
use sim_core::model::Bounds;
use sim_core::streams::Seed;
use sim_core::time::SimDuration;
use sim_tests::systems::model;

use crate::compose;
use crate::draw::Dice;
use crate::systems::{Systems, assert_repeats};

/// Random networks of one test run. One by itself: `SPIRAL_MONITORS=17 cargo test -p sim-tests --test properties monitors`.
const SYSTEMS: std::ops::RangeInclusive<u64> = 1..=300;

fn monitors(number: u64, calls_s0: bool) -> String {
    let mut dice = Dice::new(0x3e_3041, number);
    let dice = &mut dice;
    let mut text = "monitors:\n".to_owned();
    for k in 0..dice.int(1, 4) {
        let users = dice.chance(40);
        let of = match users {
            true => "{workload: w0}",
            false if calls_s0 => dice.pick(&["{service: s0}", "{calls: {to: s0}}"]),
            false => "{service: s0}",
        };
        let ms = dice.int(0, 100);
        let signal = match dice.int(0, if users { 4 } else { 3 }) {
            0 => format!("mean_latency: {{above: {ms}ms}}"),
            1 => format!("p50_latency: {{above: {ms}ms}}"),
            2 => format!("p99_latency: {{above: {ms}ms}}"),
            3 => format!("error_ratio: {{above: 0.{}}}", dice.int(0, 9)),
            _ => format!(
                "user_reports: {{above: {}, ratio: 0.5, delay: {{exponential: {{mean: 500ms}}}}}}",
                ms / 20
            ),
        };
        let scrape = dice.int(1, 1_000);
        text += &format!(
            "  m{k}: {{of: {of}, signal: {{{signal}}}, scrape_interval: {scrape}ms, window: {}ms, alert: {{for: {}ms, \
             delay: {}ms, min_count: {}, no_data: {}}}{}}}\n",
            scrape * dice.int(1, 5),
            dice.int(0, 2_000),
            dice.int(0, 1_000),
            dice.int(1, 5),
            dice.pick(&["ok", "keep", "alert"]),
            if dice.chance(50) { ", runs_on: {service: s0}" } else { "" },
        );
    }
    text
}

/// Whether alerts fired, alerts resolved, and scrapes failed.
fn check(number: u64) -> [bool; 3] {
    let drawn = compose::network(number);
    let body = drawn.body.split("actions:\n").next().expect("a text has a first part").to_owned();
    let seed = Seed(number);
    let run = |body: &str| {
        let mut model = model(&drawn.horizon, body);
        model.bounds = Bounds { events: u64::MAX, in_flight: 5_000 };
        model.is_plain = false;
        let observers = (Series::new(&model, SimDuration::ZERO), Digest::default());
        let run = engine::run_dyn(&model, seed, observers);
        (model, run)
    };
    let (_, without) = run(&body);
    let (model, with) = run(&format!("{body}{}", monitors(number, body.contains("to: s0"))));
    assert_eq!(format!("{:?}", with.ledger.services), format!("{:?}", without.ledger.services));
    assert_eq!(format!("{:?}", with.ledger.edges), format!("{:?}", without.ledger.edges));
    // Levels of memory are left out: the first is known from the first event on, whosever that is.
    let windows = |series: &Series| -> Vec<(u32, u32, u32, u32, f64)> {
        let all = series.services.iter().flat_map(|service| &service.windows);
        all.map(|w| (w.arrived, w.completed, w.errors, w.rejected, w.queue_length)).collect()
    };
    assert_eq!(windows(&with.probe.0), windows(&without.probe.0));
    assert_repeats(&model, seed, with.probe.1);
    let watch = with.ledger.watch;
    [watch.alerts[0] > 0, watch.alerts[1] > 0, watch.scrapes[2] > 0]
}

#[test]
fn monitors_move_nothing() {
    let systems = Systems { variable: "SPIRAL_MONITORS", command: " monitors", numbers: SYSTEMS };
    let seen = [("alerts", 100), ("alerts that resolve", 30), ("scrapes that fail", 5)];
    systems.keep(|number| monitors(number, false), |body| body, |_, number| check(number), seen);
}
