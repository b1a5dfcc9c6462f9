//! What does a module show, on one page? Of every scenario one number that separates the naive variant from the one that
//! knows better, on the same seeds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess;
use crate::expectation::{ExpectationConfig, Reduce, WindowConfig};
use crate::experiment::{self, Hooks, VariantRuns};
use crate::library::Shipped;
use crate::load::{LoadError, Scenario, Variant};
use crate::metric::Metric;
use crate::request::{self, VERSION};
use crate::results::glance::{GlancePanel, GlanceResult, GlanceSide};
use crate::results::{Arm, Manifest, ScenarioRef};
use crate::statistics;

/// One number of a scenario that tells two of its variants apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GlanceConfig {
    /// The variant that believes the fallacy.
    pub naive: String,
    /// The variant that does not.
    pub aware: String,
    /// The number.
    pub metric: Metric,
    /// What the number is, for people; default: the label of the metric.
    #[serde(default)]
    pub label: String,
    /// Look at this service only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Look at this workload only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// Look at this part of the run only; default: from `warmup` to `horizon`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<WindowConfig>,
    /// How the moments of the window become one value; default `mean`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduce: Option<Reduce>,
}

impl GlanceConfig {
    /// Where it looks, as a claim without bounds.
    pub(crate) fn line(&self) -> ExpectationConfig {
        ExpectationConfig {
            service: self.service.clone(),
            workload: self.workload.clone(),
            window: self.window.clone(),
            reduce: self.reduce.clone(),
            ..ExpectationConfig::default()
        }
    }
}

/// A scenario with what it shows at a glance.
#[derive(Clone, Debug)]
pub struct Glimpse {
    scenario: Scenario,
    config: GlanceConfig,
    variants: Vec<Variant>,
    seeds: Vec<u64>,
}

/// The scenarios of a module that show something at a glance, in the order of the library; with seeds of their own, if
/// nobody names others.
pub fn of_module(shipped: &[Shipped], seeds: Option<&[u64]>) -> Result<Vec<Glimpse>, LoadError> {
    let mut glimpses = Vec::new();
    for shipped in shipped {
        let scenario = shipped.load(&[])?;
        let Some(config) = scenario.glance.clone() else { continue };
        let named = |name: &str| scenario.variants.iter().find(|variant| variant.name == name).cloned();
        let variants = [&config.naive, &config.aware].into_iter().filter_map(|name| named(name)).collect();
        let own = || (1..=u64::from(scenario.run.seeds.get())).collect();
        let seeds = seeds.map_or_else(own, <[u64]>::to_vec);
        glimpses.push(Glimpse { scenario, config, variants, seeds });
    }
    glimpses.sort_by_key(|glimpse| in_order(&glimpse.scenario.id));
    Ok(glimpses)
}

/// Ids sort by the numbers in them: the tenth comes behind the ninth, and what has none comes last.
fn in_order(id: &str) -> (u32, String) {
    let number = id.split('-').find_map(|part| part.parse().ok());
    (number.unwrap_or(u32::MAX), id.to_owned())
}

/// Runs all of them; `None` if it was stopped.
pub fn run(module: &str, glimpses: &[Glimpse], reproduce: &str, hooks: &Hooks<'_>) -> Option<GlanceResult> {
    let mut panels = Vec::new();
    for (done, glimpse) in glimpses.iter().enumerate() {
        // Every scenario takes an equal part of the way.
        let tell = |runs: usize, of: usize| (hooks.progress)(done * of + runs, glimpses.len() * of);
        let runs = experiment::run(&glimpse.variants, &glimpse.seeds, &Hooks { progress: &tell, ..*hooks });
        if !runs.complete {
            return None;
        }
        let [naive, aware] = &runs.variants[..] else { unreachable!("checked when it was loaded") };
        let (config, scenario) = (&glimpse.config, &glimpse.scenario);
        let label = match config.label.is_empty() {
            true => config.metric.label().to_owned(),
            false => config.label.clone(),
        };
        panels.push(GlancePanel {
            scenario: request::reference(scenario),
            title: scenario.title.clone(),
            metric: config.metric.id().to_owned(),
            label,
            unit: config.metric.unit().symbol().to_owned(),
            seeds: runs.seeds.clone(),
            naive: side(config, naive, runs.seeds.len()),
            aware: side(config, aware, runs.seeds.len()),
        });
    }
    Some(GlanceResult {
        schema: "spiral/glance/1".to_owned(),
        spiral: VERSION.to_owned(),
        module: module.to_owned(),
        panels,
        reproduce: reproduce.to_owned(),
    })
}

fn side(config: &GlanceConfig, runs: &VariantRuns, seeds: usize) -> GlanceSide {
    let line = config.line();
    let value = |seed| assess::measured(&line, runs, Arm::Triggered, seed, config.metric);
    let per_seed: Vec<Option<f64>> =
        (0..seeds).map(|seed| value(seed).filter(|value| value.is_finite())).collect();
    let values: Option<Vec<f64>> = per_seed.iter().copied().collect();
    let interval = values.and_then(|values| statistics::mean_interval(&values));
    GlanceSide {
        variant: runs.variant.name.clone(),
        mean: interval.map(|interval| interval.mean),
        ci95: interval.and_then(|interval| interval.ci95),
        per_seed,
    }
}

/// What is needed to read and repeat it.
pub fn manifest(result: &GlanceResult) -> Manifest {
    let mut hasher = blake3::Hasher::new();
    for panel in &result.panels {
        hasher.update(panel.scenario.hash.as_bytes());
    }
    let hash = hasher.finalize().to_hex()[..16].to_owned();
    let name = &result.module;
    let scenario = ScenarioRef { id: format!("glance-{name}"), hash };
    Manifest {
        schema: "spiral/manifest/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario,
        title: format!("{}{} at a glance", name[..1].to_uppercase(), &name[1..]),
        summary: "Of every scenario one number that separates the naive variant from the one that knows better, on \
                  the same seeds."
            .to_owned(),
        kind: "glance".to_owned(),
        seeds: result.panels.first().map_or(Vec::new(), |panel| panel.seeds.clone()),
        horizon_s: 0.0,
        warmup_s: 0.0,
        healthy: 0.0,
        triggers: Default::default(),
        actions: Default::default(),
        resolved: Default::default(),
        presets: Default::default(),
        reproduce: result.reproduce.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_comes_behind_the_ninth() {
        let mut ids = ["fallacy-clocks-agree", "fallacy-10-x", "fallacy-9-y", "fallacy-1-z"];
        ids.sort_by_key(|id| in_order(id));
        assert_eq!(ids, ["fallacy-1-z", "fallacy-9-y", "fallacy-10-x", "fallacy-clocks-agree"]);
    }
}
