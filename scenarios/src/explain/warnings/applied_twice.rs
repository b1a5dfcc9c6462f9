//! Does a call that may be sent more than once lead to an effect that nobody remembers? Whoever waits in vain for an
//! answer cannot know whether the effect was applied. It errs where an effect lies on a way that is hardly ever gone.

use sim_core::model::SystemConfig;
use sim_core::model::endpoint::StepConfig;
use sim_core::policy::idempotency;

use super::super::capacity::View;
use super::Found;

pub(super) fn check(view: &View<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for call in &view.system.calls {
        let tries = call.attempts.max(call.config.hedging.max_attempts());
        let to = &call.config.to;
        let Some(effect) = forgotten(view.system.config, to, &mut Vec::new()).filter(|_| tries > 1) else {
            continue;
        };
        found.push(Found {
            path: call.path.clone(),
            message: format!(
                "up to {tries} attempts at `{to}`, and `{effect}` is applied by each that gets there: if only the \
                 answer is late or lost, it is applied again"
            ),
            instead: format!("`idempotency: key` for `{effect}`, or a single attempt"),
            shown_by: &["fallacy-1-network-reliable"],
        });
    }
    found
}

/// An effect without a key to which an endpoint leads, as `service/effects/name`.
fn forgotten(config: &SystemConfig, to: &str, above: &mut Vec<String>) -> Option<String> {
    if above.iter().any(|endpoint| endpoint == to) {
        return None;
    }
    above.push(to.to_owned());
    let (name, endpoint) = to.split_once('/').map_or((to, None), |(name, endpoint)| (name, Some(endpoint)));
    let service = config.services.get(name)?;
    let mut left: Vec<&StepConfig> = match endpoint {
        Some(endpoint) => service.endpoints.get(endpoint)?.steps.iter().collect(),
        None => service.steps.iter().collect(),
    };
    while let Some(step) = left.pop() {
        match step {
            StepConfig::Effect(effect) => {
                let policy = service.effects.get(effect)?.idempotency;
                if policy == idempotency::Config::None {
                    return Some(format!("{name}/effects/{effect}"));
                }
            }
            StepConfig::Call(call) => {
                if let Some(effect) = forgotten(config, &call.to, above) {
                    return Some(effect);
                }
            }
            other => left.extend(other.inner().into_iter().flat_map(|(_, steps)| steps)),
        }
    }
    None
}
