//! Made-up maps, critical values and hysteresis loops.

use std::collections::BTreeMap;

use scenarios::results::critical::*;
use scenarios::results::hysteresis::*;
use scenarios::results::map::*;
use scenarios::results::{Manifest, Quantiles, ScenarioRef};

use crate::sample::{share, storm};

const SEEDS: u32 = 20;

/// What a made-up map shows.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Scene {
    Stuck,
    Latency,
}

fn scenario() -> ScenarioRef {
    ScenarioRef { id: "metastable-retry-storm".to_owned(), hash: "0123456789abcdef".to_owned() }
}

/// The manifest of a folder of this kind.
pub(crate) fn manifest(kind: &str) -> Manifest {
    Manifest {
        scenario: scenario(),
        title: "Where the storm stays".to_owned(),
        summary: "Load and trigger together decide who comes back.".to_owned(),
        kind: kind.to_owned(),
        seeds: (1..=u64::from(SEEDS)).collect(),
        ..storm().report().manifest
    }
}

fn place(index: usize, count: usize) -> f64 {
    index as f64 / (count - 1).max(1) as f64
}

/// A map of so many cells per axis: load against the length of the trigger.
pub(crate) fn map(cells: usize, names: &[&str], scene: Scene) -> MapResult {
    let loads: Vec<f64> = (0..cells).map(|x| 400.0 + 580.0 * place(x, cells)).collect();
    let lengths: Vec<f64> = (0..cells).map(|y| 60f64.powf(place(y, cells))).collect();
    let refined = cells > 8;
    let variants = names.iter().enumerate().map(|(index, name)| {
        let shift = 0.12 * index as f64;
        let cells = (0..cells * cells).map(|k| cell(k % cells, k / cells, cells, shift, refined, scene));
        let says_something = index % 3 != 1;
        let points = || {
            let steps = (0..=40).map(|k| f64::from(k) / 40.0);
            steps.map(|at| (300.0 + 760.0 * at, 60f64.powf((1.1 - at + shift) * 1.1 - 0.1))).collect()
        };
        MapVariant {
            name: (*name).to_owned(),
            cells: cells.collect(),
            contour: says_something.then(|| Contour {
                name: "retry balance".to_owned(),
                applies: "Retries add up to more than the spare capacity.".to_owned(),
                points: points(),
            }),
            no_contour: if says_something {
                String::new()
            } else {
                "no closed form covers hedging".to_owned()
            },
        }
    });
    let variants: Vec<MapVariant> = variants.collect();
    let measured = variants.iter().flat_map(|variant| &variant.cells).filter(|cell| cell.is_measured());
    let (count, seeds) = measured.fold((0, 0), |(n, seeds), cell| (n + 1, seeds + u64::from(cell.seeds)));
    let of_cells = (cells * cells * names.len()) as u64;
    let (shown, unit) = if scene == Scene::Stuck { ("stuck", "1") } else { ("latency_p99", "s") };
    let axis = |path: &str, label: &str, at: &[f64], unit: &str, log| AxisResult {
        path: path.to_owned(),
        label: label.to_owned(),
        values: at.iter().map(|at| format!("{}{unit}", (at * 1e6).round() / 1e6)).collect(),
        at: at.to_vec(),
        log,
    };
    MapResult {
        schema: "spiral/map/1".to_owned(),
        spiral: "0.1.0".to_owned(),
        scenario: scenario(),
        sweep: "load-by-trigger".to_owned(),
        x: axis(
            "workloads.users.arrivals.poisson.rate",
            "offered load, requests per second",
            &loads,
            "/s",
            false,
        ),
        y: axis("faults.brownout.for", "length of the brown-out", &lengths, "s", true),
        shown: shown.to_owned(),
        unit: unit.to_owned(),
        seeds: (1..=u64::from(SEEDS)).collect(),
        refined,
        precision: refined.then_some(0.1),
        cost: MapCost { cells: count, of_cells, seeds, of_seeds: of_cells * u64::from(SEEDS) },
        variants,
        reproduce: "spiral sweep metastable-retry-storm --map load-by-trigger --seeds 20".to_owned(),
    }
}

fn cell(x: usize, y: usize, cells: usize, shift: f64, refined: bool, scene: Scene) -> MapCell {
    let (across, up) = (place(x, cells), place(y, cells));
    let distance = 14.0 * (across + 0.9 * up - 1.05 - shift);
    let stuck = 1.0 / (1.0 + (-distance).exp());
    let is_overloaded = across > 0.93;
    let near = distance.abs() < 3.5 || (across - 0.93).abs() < 0.03;
    let is_measured = !refined || near || (x.is_multiple_of(4) && y.is_multiple_of(4));
    let share_of = |seeds: u32| if is_overloaded { 0 } else { (stuck * f64::from(seeds)).round() as u32 };
    let is_clear = [0, SEEDS].contains(&share_of(SEEDS));
    let seeds = if is_clear { 8 } else { SEEDS };
    let count = share_of(seeds);
    let class = match (is_overloaded, 2 * count >= seeds) {
        (true, _) => CellClass::Overloaded,
        (false, true) => CellClass::Stuck,
        (false, false) => CellClass::Heals,
    };
    let outcome = share(count, seeds);
    let (value, ci95) = match scene {
        Scene::Stuck => (outcome.share, outcome.ci95),
        Scene::Latency => {
            let latency = 0.02 / (1.02 - across) + 2.5 * stuck;
            (latency, [0.9 * latency, 1.1 * latency])
        }
    };
    let word = if is_overloaded { "overloaded" } else { "recovered" };
    let counts = [("stuck", count), (word, seeds - count)];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let metrics = [("success", 1.0 - 0.8 * stuck), ("goodput", 400.0 + 300.0 * (1.0 - stuck))];
    let metrics = metrics.map(|(name, value)| (name.to_owned(), value));
    MapCell {
        x,
        y,
        seeds: if is_measured { seeds } else { 0 },
        class,
        value: Some(value),
        ci95: is_measured.then_some(ci95),
        verdicts: counts.filter(|_| is_measured).map(|(word, count)| (word.to_owned(), count)).collect(),
        metrics: if is_measured { BTreeMap::from(metrics) } else { BTreeMap::new() },
        control: Some(if is_overloaded { 0.4 } else { 1.0 }),
    }
}

/// A search for the length of the trigger at which half of the seeds stay down.
pub(crate) fn critical() -> CriticalResult {
    let point = |length: f64, count: u32| CriticalPoint {
        value: format!("{length}s"),
        x: length,
        stuck: share(count, SEEDS),
    };
    let found = |name: &str, middle: f64, theory: Option<(String, f64)>| {
        let lengths = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 0.8 * middle, 1.25 * middle, 1.05 * middle];
        let slope = 3.5;
        let share = |x: f64| 1.0 / (1.0 + (-slope * (x / middle).ln()).exp());
        let mut points: Vec<CriticalPoint> =
            lengths.map(|x| point(x, (share(x) * f64::from(SEEDS)).round() as u32)).to_vec();
        points.sort_by(|a, b| a.x.total_cmp(&b.x));
        let ci95 = [0.9 * middle, 1.12 * middle];
        let fit = LogisticFit { critical: middle, ci95, intercept: -slope * middle.ln(), slope };
        CriticalVariant { name: name.to_owned(), points, fit: Some(fit), no_fit: String::new(), theory }
    };
    let never = CriticalVariant {
        name: "bucket-10".to_owned(),
        points: [1.0, 4.0, 16.0, 32.0].map(|x| point(x, 0)).to_vec(),
        fit: None,
        no_fit: "no value up to 32s leaves more than half of the seeds stuck".to_owned(),
        theory: None,
    };
    CriticalResult {
        schema: "spiral/critical/1".to_owned(),
        spiral: "0.1.0".to_owned(),
        scenario: scenario(),
        path: "faults.brownout.for".to_owned(),
        label: "length of the brown-out, seconds".to_owned(),
        log: true,
        seeds: (1..=u64::from(SEEDS)).collect(),
        variants: vec![
            found("four-attempts", 5.2, Some(("fluid model".to_owned(), 4.7))),
            found("backoff-full-jitter", 12.5, None),
            never,
        ],
        reproduce: "spiral critical metastable-retry-storm --path faults.brownout.for --seeds 20".to_owned(),
    }
}

/// A load that goes up and down again.
pub(crate) fn hysteresis() -> HysteresisResult {
    let step = |load: f64, is_broken: bool, wobble: f64| {
        let success = if is_broken { 0.15 + 60.0 / load } else { 0.998 };
        let spread = if is_broken { 0.06 } else { 0.002 };
        let low = (success - spread - wobble).max(0.0);
        let success = [low, success, (success + spread).min(1.0)];
        RampStep { load, success, goodput: success.map(|share| share * load) }
    };
    let quantiles = |value: Option<f64>| Quantiles {
        p25: value.map(|value| value - 15.0),
        p50: value,
        p75: value.map(|value| value + 15.0),
        censored_share: if value.is_some() { 0.05 } else { 1.0 },
    };
    let variant = |name: &str, breaks: Option<f64>, heals: Option<f64>, theory: &[(&str, f64)]| {
        let loads: Vec<f64> = (0..=14).map(|k| 300.0 + 50.0 * f64::from(k)).collect();
        let is_up_broken = |load: f64| breaks.is_some_and(|at| load >= at);
        let is_down_broken = |load: f64| breaks.is_some() && heals.is_none_or(|at| load > at);
        HysteresisVariant {
            name: name.to_owned(),
            up: loads.iter().map(|load| step(*load, is_up_broken(*load), 0.0)).collect(),
            down: loads.iter().rev().map(|load| step(*load, is_down_broken(*load), 0.01)).collect(),
            breaks_at: quantiles(breaks),
            heals_at: quantiles(heals.filter(|_| breaks.is_some())),
            theory: theory.iter().map(|(name, load)| ((*name).to_owned(), *load)).collect(),
        }
    };
    HysteresisResult {
        schema: "spiral/hysteresis/1".to_owned(),
        spiral: "0.1.0".to_owned(),
        scenario: scenario(),
        path: "workloads.users.arrivals.poisson.rate".to_owned(),
        label: "offered load, requests per second".to_owned(),
        dwell_s: 60.0,
        dwell_down_s: 1200.0,
        seeds: (1..=u64::from(SEEDS)).collect(),
        variants: vec![
            variant(
                "four-attempts",
                Some(850.0),
                Some(450.0),
                &[("capacity", 900.0), ("retry balance", 480.0)],
            ),
            variant("one-attempt", Some(950.0), Some(900.0), &[("capacity", 900.0)]),
            variant("bucket-10", None, None, &[]),
        ],
        reproduce: "spiral hysteresis metastable-retry-storm --seeds 20".to_owned(),
    }
}
