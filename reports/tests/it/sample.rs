//! A made-up comparison, a miniature of what the simulator leaves behind.

use std::collections::BTreeMap;

use scenarios::metric::Metric;
use scenarios::results::*;

/// How a made-up variant behaves after the trigger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Stuck,
    RecoversAfter(f64),
    /// This many seeds are stuck, the others recover.
    Mixed(u32),
    Unaffected,
    Overloaded,
    /// No trigger.
    Unjudged,
    /// No request is ever answered.
    Silent,
}

pub(crate) struct Sample {
    pub(crate) variants: Vec<(String, Fate)>,
    pub(crate) seeds: u32,
    pub(crate) windows: usize,
    pub(crate) horizon_s: f64,
}

pub(crate) fn storm() -> Sample {
    Sample {
        variants: [
            ("four-attempts", Fate::Stuck),
            ("one-attempt", Fate::RecoversAfter(25.1)),
            ("bucket-10", Fate::RecoversAfter(31.4)),
            ("backoff-full-jitter", Fate::Mixed(12)),
        ]
        .map(|(name, fate)| (name.to_owned(), fate))
        .to_vec(),
        seeds: 30,
        windows: 300,
        horizon_s: 300.0,
    }
}

pub(crate) fn share(count: u32, of: u32) -> Share {
    let (n, k, z) = (f64::from(of), f64::from(count), 1.96);
    let p = if of == 0 { 0.0 } else { k / n };
    let centre = (p + z * z / (2.0 * n.max(1.0))) / (1.0 + z * z / n.max(1.0));
    let half = z / (1.0 + z * z / n.max(1.0))
        * (p * (1.0 - p) / n.max(1.0) + z * z / (4.0 * n.max(1.0) * n.max(1.0))).sqrt();
    Share { count, of, share: p, ci95: [(centre - half).max(0.0), (centre + half).min(1.0)] }
}

/// A number in [-1, 1] that looks random and never changes.
fn noise(a: usize, b: usize) -> f64 {
    let mut x =
        (a as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (b as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^= x >> 32;
    (x % 2001) as f64 / 1000.0 - 1.0
}

impl Sample {
    pub(crate) fn report(&self) -> ComparisonReport {
        let names: Vec<&str> = self.variants.iter().map(|(name, _)| name.as_str()).collect();
        let window = |name: &str, fate: Fate| {
            let trigger = TriggerWindow {
                name: "brownout".to_owned(),
                start_s: 60.0,
                end_s: 70.0,
                what: "capacity of api × 0.2".to_owned(),
            };
            (name.to_owned(), if fate == Fate::Unjudged { Vec::new() } else { vec![trigger] })
        };
        let scenario =
            ScenarioRef { id: "metastable-retry-storm".to_owned(), hash: "0123456789abcdef".to_owned() };
        let seeds: Vec<u64> = (1..=u64::from(self.seeds)).collect();
        let reproduce = format!("spiral compare metastable-retry-storm --seeds {}", self.seeds);
        let manifest = Manifest {
            schema: "spiral/manifest/1".to_owned(),
            spiral: "0.1.0".to_owned(),
            scenario: scenario.clone(),
            title: "The retry storm".to_owned(),
            summary: "A service at 80 % of its capacity loses four fifths of it for ten seconds.\nClients retry.\n\nWho comes back, and who does not?".to_owned(),
            kind: if names.len() == 1 { "run" } else { "compare" }.to_owned(),
            seeds: seeds.clone(),
            horizon_s: self.horizon_s,
            warmup_s: 30.0,
            healthy: 0.95,
            actions: BTreeMap::default(),
            triggers: self.variants.iter().map(|(name, fate)| window(name, *fate)).collect(),
            resolved: names
                .iter()
                .map(|name| {
                    let value = serde_json::json!({"services": {"api": {"workers": 10, "service_time": {"exponential": {"mean": "10ms"}}}}, "ratio": 0.1});
                    ((*name).to_owned(), value)
                })
                .collect(),
            presets: BTreeMap::new(),
            reproduce: reproduce.clone(),
        };
        let variants: Vec<VariantResult> =
            self.variants.iter().map(|(name, fate)| self.variant(name, *fate)).collect();
        let comparisons = variants[1..]
            .iter()
            .flat_map(|variant| {
                ["goodput", "success"].map(|metric| self.paired(&variants[0], variant, metric))
            })
            .collect();
        let comparison = Comparison {
            schema: if names.len() == 1 { "spiral/run/1" } else { "spiral/compare/1" }.to_owned(),
            spiral: "0.1.0".to_owned(),
            scenario,
            seeds,
            variants,
            comparisons,
            expectations: self.expectations(),
            reproduce,
        };
        ComparisonReport {
            manifest,
            comparison,
            series: self.series(),
            latency: self.latency(),
            pictures: Vec::new(),
            sweeps: Vec::new(),
        }
    }

    fn expectations(&self) -> Vec<ExpectationResult> {
        let of = self.seeds;
        let name = |index: usize| self.variants.get(index).map_or("nobody", |(name, _)| name.as_str());
        vec![
            ExpectationResult {
                text: format!("{}: stuck on at least 95 % of the seeds", name(0)),
                outcome: Outcome::Holds,
                measured: format!("stuck on {of} of {of} seeds"),
                seeds_ok: None,
                of,
                first_failing_seed: None,
            },
            ExpectationResult {
                text: format!("{}: recovery_time between 20s and 30s on at least 95 % of the seeds", name(1)),
                outcome: Outcome::Fails,
                measured: "between 22.3 s and 31.8 s".to_owned(),
                seeds_ok: Some(of.saturating_sub(3)),
                of,
                first_failing_seed: Some(4),
            },
            ExpectationResult {
                text: "mean wait at M/M/1 below 10 ms".to_owned(),
                outcome: Outcome::Inconclusive,
                measured: "no attempt was started".to_owned(),
                seeds_ok: None,
                of,
                first_failing_seed: None,
            },
        ]
    }

    fn verdicts(&self, fate: Fate) -> Verdicts {
        let n = self.seeds;
        let counts = match fate {
            Fate::Stuck | Fate::Silent => [n, 0, 0, 0, 0],
            Fate::RecoversAfter(_) => [0, n, 0, 0, 0],
            Fate::Mixed(stuck) => [stuck.min(n), n - stuck.min(n), 0, 0, 0],
            Fate::Unaffected => [0, 0, 0, n, 0],
            Fate::Overloaded => [0, 0, n, 0, 0],
            Fate::Unjudged => [0, 0, 0, 0, n],
        };
        let [stuck, recovered, overloaded, unaffected, inconclusive] = counts.map(|count| share(count, n));
        Verdicts { stuck, recovered, overloaded, unaffected, inconclusive }
    }

    fn variant(&self, name: &str, fate: Fate) -> VariantResult {
        let goodput = match fate {
            Fate::Stuck => 142.0,
            Fate::RecoversAfter(time) => 800.0 - 2.0 * time,
            Fate::Mixed(_) => 520.0,
            Fate::Unaffected | Fate::Unjudged => 799.6,
            Fate::Overloaded => 310.0,
            Fate::Silent => 0.0,
        };
        let mut metrics = BTreeMap::new();
        let mut add = |metric: Metric, mean: f64, half: f64| {
            metrics.insert(metric.id().to_owned(), self.metric(metric, mean, half));
        };
        add(Metric::Offered, 800.1, 0.4);
        add(Metric::Attempts, if fate == Fate::Stuck { 2980.0 } else { 815.0 }, 3.0);
        add(Metric::Amplification, if fate == Fate::Stuck { 3.72 } else { 1.02 }, 0.01);
        add(Metric::Goodput, goodput, 4.2);
        add(Metric::Success, goodput / 800.0, 0.004);
        add(Metric::LatencyP99, if fate == Fate::Stuck { 0.98 } else { 0.21 }, 0.02);
        let control = metrics.clone();
        metrics.insert("recovery_time".to_owned(), self.recovery(fate));
        VariantResult {
            name: name.to_owned(),
            verdicts: self.verdicts(fate),
            metrics,
            control: if fate == Fate::Unjudged { BTreeMap::new() } else { control },
            workloads: Vec::new(),
            services: Vec::new(),
            events: 21_700_000,
            requests: 7_200_000,
            diagnosis: None,
            twins: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn metric(&self, metric: Metric, mean: f64, half: f64) -> MetricResult {
        let per_seed = (0..self.seeds as usize).map(|seed| Some(mean + half * noise(seed, 7))).collect();
        let (mean, ci95) = match self.seeds {
            0 => (None, None),
            1 => (Some(mean), None),
            _ => (Some(mean), Some([mean - half, mean + half])),
        };
        MetricResult { mean, ci95, quantiles: None, per_seed, unit: metric.unit().symbol().to_owned() }
    }

    fn recovery(&self, fate: Fate) -> MetricResult {
        let (quartiles, censored) = match fate {
            Fate::RecoversAfter(time) => ([Some(time - 1.2), Some(time), Some(time + 1.9)], 0.0),
            Fate::Mixed(stuck) => {
                let censored = f64::from(stuck) / f64::from(self.seeds);
                ([Some(33.0), (censored < 0.5).then_some(48.0), None], censored)
            }
            Fate::Unaffected => ([Some(0.0); 3], 0.0),
            Fate::Stuck | Fate::Overloaded | Fate::Unjudged | Fate::Silent => ([None; 3], 1.0),
        };
        let [p25, p50, p75] = quartiles;
        let per_seed =
            (0..self.seeds).map(|seed| p50.filter(|_| f64::from(seed) >= censored * f64::from(self.seeds)));
        MetricResult {
            mean: if censored == 0.0 { p50 } else { None },
            ci95: None,
            quantiles: Some(Quantiles { p25, p50, p75, censored_share: censored }),
            per_seed: per_seed.collect(),
            unit: "s".to_owned(),
        }
    }

    fn paired(&self, baseline: &VariantResult, variant: &VariantResult, metric: &str) -> PairedDifference {
        let mean = |variant: &VariantResult| variant.metrics[metric].mean;
        let difference = mean(variant).zip(mean(baseline)).map(|(a, b)| a - b).filter(|_| self.seeds > 1);
        let half = if metric == "goodput" { 6.1 } else { 0.007 };
        PairedDifference {
            variant: variant.name.clone(),
            baseline: baseline.name.clone(),
            metric: metric.to_owned(),
            mean_difference: difference,
            ci95: difference.map(|d| [d - half, d + half]),
            method: format!("paired t, {} pairs", self.seeds),
        }
    }

    fn series(&self) -> Series {
        let width_s = self.horizon_s / self.windows as f64;
        let starts_s = (0..self.windows).map(|window| window as f64 * width_s).collect();
        let mut lines = Vec::new();
        for (index, (name, fate)) in self.variants.iter().enumerate() {
            let mut bands: BTreeMap<Metric, Vec<Band>> =
                SERIES_METRICS.iter().map(|metric| (*metric, Vec::new())).collect();
            for window in 0..self.windows {
                let t = (window as f64 + 0.5) * width_s;
                for metric in SERIES_METRICS {
                    let value = level(*metric, *fate, t, index);
                    let wobble = noise(window, index * 31 + *metric as usize);
                    bands.get_mut(metric).unwrap().push(self.band(value, wobble));
                }
            }
            lines.push(VariantSeries { variant: name.clone(), arm: Arm::Triggered, bands });
        }
        if let Some(first) = lines.first().cloned() {
            lines.insert(0, VariantSeries { arm: Arm::Control, ..first });
        }
        Series { starts_s, width_s, lines }
    }

    fn band(&self, value: Option<f64>, wobble: f64) -> Band {
        let Some(value) = value else { return Band::default() };
        let p50 = (value * (1.0 + 0.012 * wobble)).max(0.0);
        let spread = if self.seeds > 1 { 0.05 * value + 0.4 * value.sqrt() } else { 0.0 };
        let cap = if value <= 1.0 { 1.0 } else { f64::INFINITY };
        Band {
            p10: Some((p50 - spread).max(0.0)),
            p50: Some(p50.min(cap)),
            p90: Some((p50 + spread).min(cap)),
        }
    }

    fn latency(&self) -> Vec<LatencyCdf> {
        self.variants
            .iter()
            .map(|(variant, fate)| {
                let (mean, unanswered_share) = match fate {
                    Fate::Silent => {
                        return LatencyCdf {
                            variant: variant.clone(),
                            points: Vec::new(),
                            unanswered_share: 1.0,
                        };
                    }
                    Fate::Stuck => (0.3, 0.82),
                    Fate::Overloaded => (0.6, 0.61),
                    Fate::Mixed(_) => (0.2, 0.35),
                    Fate::RecoversAfter(time) => (0.002 * time, 0.03),
                    Fate::Unaffected | Fate::Unjudged => (0.02, 0.0),
                };
                let points = (1..=120)
                    .map(|k| {
                        let latency = 0.001 * 1.07f64.powi(k);
                        (latency, 1.0 - (-latency / mean * 2.0).exp())
                    })
                    .filter(|(_, share)| *share > 0.001)
                    .collect();
                LatencyCdf { variant: variant.clone(), points, unanswered_share }
            })
            .collect()
    }
}

fn level(metric: Metric, fate: Fate, t: f64, index: usize) -> Option<f64> {
    let back = match fate {
        Fate::Stuck | Fate::Silent => f64::INFINITY,
        Fate::RecoversAfter(time) => 70.0 + time,
        Fate::Mixed(_) => 70.0 + 48.0,
        Fate::Unaffected | Fate::Unjudged => 60.0,
        Fate::Overloaded => f64::INFINITY,
    };
    let start = if fate == Fate::Overloaded { 0.0 } else { 60.0 };
    let is_bad = t >= start && t < back;
    let in_trigger = (60.0..70.0).contains(&t);
    let low = 0.16 + 0.02 * index as f64;
    let climb = ((t - back) / 6.0).clamp(0.0, 1.0);
    let health = if is_bad {
        low
    } else if t >= back && back.is_finite() {
        low + (1.0 - low) * climb
    } else {
        1.0
    };
    let health = if fate == Fate::Unaffected || fate == Fate::Unjudged { 1.0 } else { health };
    let retries = if matches!(fate, Fate::Stuck | Fate::Overloaded) { 3.0 } else { 0.3 };
    Some(match metric {
        Metric::Offered => 800.0,
        Metric::Attempts => 800.0 * (1.0 + retries * (1.0 - health)),
        Metric::Throughput => {
            if in_trigger {
                200.0
            } else {
                990.0 - 190.0 * health
            }
        }
        Metric::Goodput => 800.0 * health,
        Metric::Success => health,
        Metric::QueueLength => {
            3.0 + if is_bad && fate == Fate::Stuck {
                60.0 * (t - start).min(40.0)
            } else {
                1500.0 * (1.0 - health)
            }
        }
        Metric::BusyWorkers => 8.0 + 2.0 * (1.0 - health),
        Metric::LatencyP50 | Metric::LatencyP99 if fate == Fate::Silent => return None,
        Metric::LatencyP50 => 0.012 + 0.4 * (1.0 - health),
        Metric::LatencyP99 => 0.06 + 0.95 * (1.0 - health),
        _ => return None,
    })
}

pub(crate) fn sweep() -> SweepResult {
    let sample = Sample { seeds: 20, ..storm() };
    let loads = [10.0, 30.0, 50.0, 60.0, 70.0, 80.0, 85.0, 90.0, 95.0];
    let point = |load: f64| {
        let mut fifo = sample.variant("fifo", Fate::Unaffected);
        let mut pooled = sample.variant("two-workers", Fate::Unaffected);
        let wait = |rho: f64| 0.01 * rho / (1.0 - rho);
        let rho = load / 100.0;
        let add = |variant: &mut VariantResult, mean: f64, half: f64| {
            let result = sample.metric(Metric::AgeAtService, mean, half);
            variant.metrics.insert("age_at_service".to_owned(), result);
        };
        add(&mut fifo, wait(rho) * (1.0 + 0.03 * noise(load as usize, 1)), wait(rho) * 0.06);
        add(&mut pooled, wait(rho) * rho * (1.0 + 0.03 * noise(load as usize, 2)), wait(rho) * 0.05);
        let stuck = if load > 60.0 { ((load - 60.0) * 0.8) as u32 } else { 0 }.min(20);
        fifo.verdicts.stuck = share(stuck, 20);
        fifo.verdicts.unaffected = share(20 - stuck, 20);
        SweepPoint { value: format!("{load}/s"), x: load, variants: vec![fifo, pooled] }
    };
    let theory = |variant: &str, name: &str, pooled: bool| TheoryLine {
        variant: variant.to_owned(),
        metric: Metric::AgeAtService,
        name: name.to_owned(),
        points: (5..=97)
            .map(|load| {
                let rho = f64::from(load) / 100.0;
                (f64::from(load), 0.01 * rho / (1.0 - rho) * if pooled { rho } else { 1.0 })
            })
            .collect(),
    };
    SweepResult {
        schema: "spiral/sweep/1".to_owned(),
        spiral: "0.1.0".to_owned(),
        scenario: ScenarioRef { id: "mm1".to_owned(), hash: "00ff00ff00ff00ff".to_owned() },
        sweep: "load".to_owned(),
        path: "workloads.users.arrivals.poisson.rate".to_owned(),
        label: "offered load, requests per second".to_owned(),
        metric: Metric::AgeAtService,
        seeds: (1..=20).collect(),
        points: loads.map(point).to_vec(),
        capacities: Vec::new(),
        theory: vec![theory("fifo", "M/M/1", false), theory("two-workers", "M/M/2", true)],
        expectations: vec![ExpectationResult {
            text: "fifo at 90/s: age_at_service near 90ms".to_owned(),
            outcome: Outcome::Holds,
            measured: "88.1 ms".to_owned(),
            seeds_ok: None,
            of: 20,
            first_failing_seed: None,
        }],
        reproduce: "spiral sweep mm1 --x workloads.users.arrivals.poisson.rate=10..95 --seeds 20".to_owned(),
    }
}

pub(crate) fn sweep_manifest() -> Manifest {
    let manifest = storm().report().manifest;
    let sweep = sweep();
    Manifest {
        scenario: sweep.scenario,
        title: "One queue, more load".to_owned(),
        summary: "Waiting grows without bound as the load nears the capacity.".to_owned(),
        kind: "sweep".to_owned(),
        seeds: sweep.seeds,
        triggers: BTreeMap::new(),
        reproduce: sweep.reproduce,
        ..manifest
    }
}
