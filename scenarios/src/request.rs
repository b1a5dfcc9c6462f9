//! What is asked for, and what must be written down so that it can be asked for again?

use crate::load::{Scenario, Variant};
use crate::results::{Manifest, ScenarioRef, TriggerWindow};

/// The version that results carry.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is to be compared.
#[derive(Clone, Debug)]
pub struct Request {
    /// The seeds.
    pub seeds: Vec<u64>,
    /// Names of the variants; empty for all.
    pub variants: Vec<String>,
    /// Whether the named sweeps of the file are run along.
    pub sweeps: bool,
    /// `compare` or `run`.
    pub kind: &'static str,
    /// The command that repeats the result, without threads and folders.
    pub reproduce: String,
}

impl Request {
    /// Whether a variant is meant.
    pub fn wants(&self, variant: &str) -> bool {
        self.variants.is_empty() || self.variants.iter().any(|name| name == variant)
    }
}

pub(crate) fn reference(scenario: &Scenario) -> ScenarioRef {
    ScenarioRef { id: scenario.id.clone(), hash: scenario.hash.clone() }
}

/// What is needed to read and repeat the results.
pub fn manifest(scenario: &Scenario, variants: &[Variant], seeds: &[u64], request: &Request) -> Manifest {
    let run = &variants.first().unwrap_or(scenario.baseline()).run;
    let triggers = |variant: &Variant| -> Vec<TriggerWindow> {
        let window = |(name, fault): (&str, &sim_core::model::fault::FaultConfig)| TriggerWindow {
            name: name.to_owned(),
            start_s: fault.at.as_secs_f64(),
            end_s: (fault.at + fault.length).as_secs_f64(),
            what: fault.describe(),
        };
        variant.system.faults.iter().map(window).collect()
    };
    let acted = |variant: &Variant| -> Vec<TriggerWindow> {
        let window = |(name, action): (&str, &sim_core::model::action::ActionConfig)| {
            let start = action.at?;
            let length = action.length.unwrap_or_default();
            let (start_s, end_s) = (start.as_secs_f64(), (start + length).as_secs_f64());
            Some(TriggerWindow { name: name.to_owned(), start_s, end_s, what: action.describe() })
        };
        variant.system.actions.iter().filter_map(window).collect()
    };
    let actions = variants.iter().map(|variant| (variant.name.clone(), acted(variant)));
    let resolved = |variant: &Variant| {
        serde_json::json!({
            "services": variant.system.services,
            "workloads": variant.system.workloads,
            "faults": variant.system.faults,
            "run": variant.run,
        })
    };
    let presets = variants.iter().map(|variant| (variant.name.clone(), scenario.presets(variant)));
    Manifest {
        schema: "spiral/manifest/1".to_owned(),
        spiral: VERSION.to_owned(),
        scenario: reference(scenario),
        title: scenario.title.clone(),
        summary: scenario.summary.clone(),
        kind: request.kind.to_owned(),
        seeds: seeds.to_vec(),
        horizon_s: run.horizon.as_secs_f64(),
        warmup_s: run.warmup.as_secs_f64(),
        healthy: run.healthy.get(),
        triggers: variants.iter().map(|variant| (variant.name.clone(), triggers(variant))).collect(),
        actions: actions.filter(|(_, windows)| !windows.is_empty()).collect(),
        resolved: variants.iter().map(|variant| (variant.name.clone(), resolved(variant))).collect(),
        presets: presets.filter(|(_, uses)| !uses.is_empty()).collect(),
        reproduce: request.reproduce.clone(),
    }
}
