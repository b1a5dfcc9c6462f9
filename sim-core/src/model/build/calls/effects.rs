//! Which effect does a step apply, and whose requests lead there? Effects of services become flat; what leads to them
//! follows from the steps alone.

use super::{Caller, Calls, Lowering};
use crate::ids::{EdgeId, EffectId, Id, IdVec, ServiceId, StepId, WorkloadId};
use crate::model::Named;
use crate::model::effect::{Effect, EffectConfig, MAX_EFFECTS};
use crate::model::endpoint::{Program, Step};

impl Lowering<'_> {
    /// Enters the effects of a service; gives the id of the first.
    pub(super) fn effects(&mut self, service: ServiceId, path: &str, effects: &Named<EffectConfig>) -> usize {
        let first = self.calls.effects.len();
        for (name, config) in effects.iter() {
            let path = format!("{path}/effects/{name}");
            if self.calls.effects.len() == MAX_EFFECTS {
                let message = format!("at most {MAX_EFFECTS} effects are simulated, all services together");
                self.problems.add(&path, message);
            }
            self.problems.policy(&format!("{path}/idempotency"), config.idempotency.check());
            let idempotency = config.idempotency;
            let (may, must) = (IdVec::new(), IdVec::new());
            self.calls.effects.push(Effect { path, service, idempotency, may, must });
        }
        first
    }

    /// The effect of an `effect` or `undo` step; after a problem was told, any.
    pub(super) fn effect_named(&mut self, name: &str, path: &str, caller: Caller<'_>) -> EffectId {
        let found = match caller.effects.is_empty() {
            true => {
                let message = format!("the service has no effects; add `effects: {{{name}: {{}}}}` to it");
                self.problems.add(path, message);
                None
            }
            false => self.problems.find(path.to_owned(), "effect", name, caller.effects),
        };
        EffectId::from_index(caller.first_effect + found.unwrap_or(0))
    }

    /// Whose requests may lead to each effect, and whose do whenever they succeed.
    pub(super) fn lead_to_effects(&mut self) {
        let edges = self.config.workloads.len();
        let leads = |calls: &Calls, effect, always| -> IdVec<WorkloadId, bool> {
            let leads = |k| Leads { calls, effect, always, above: Vec::new() }.edge(EdgeId::from_index(k));
            (0..edges).map(leads).collect()
        };
        for id in self.calls.effects.ids() {
            let may = leads(&self.calls, id, false);
            let must = leads(&self.calls, id, true);
            let effect = &mut self.calls.effects[id];
            (effect.may, effect.must) = (may, must);
        }
    }
}

/// Looks for the way to an effect.
struct Leads<'a> {
    calls: &'a Calls,
    effect: EffectId,
    /// On every way that succeeds, or on any.
    always: bool,
    /// Endpoints above: what calls itself leads nowhere new.
    above: Vec<usize>,
}

impl Leads<'_> {
    fn edge(&mut self, edge: EdgeId) -> bool {
        let endpoint = self.calls.edges[edge].endpoint;
        if self.above.contains(&endpoint.index()) {
            return false;
        }
        self.above.push(endpoint.index());
        let leads = match &self.calls.endpoints[endpoint].program {
            Program::Leaf(_) => false,
            Program::Steps(root) => self.step(*root),
        };
        self.above.pop();
        leads
    }

    fn either(&mut self, one: StepId, other: StepId) -> bool {
        let (one, other) = (self.step(one), self.step(other));
        if self.always { one && other } else { one || other }
    }

    fn step(&mut self, step: StepId) -> bool {
        let calls = self.calls;
        match &calls.steps[step] {
            Step::Effect { effect } => *effect == self.effect,
            Step::Call { edge, .. } => self.edge(*edge),
            Step::Serial { steps } => steps.iter().any(|step| self.step(*step)),
            Step::Parallel { steps, need, .. } => {
                (!self.always || *need as usize == steps.len()) && steps.iter().any(|step| self.step(*step))
            }
            Step::FanOut { step, need, .. } => (!self.always || *need > 0) && self.step(*step),
            Step::Repeat { step, .. } | Step::Spawn { step, .. } => self.step(*step),
            Step::Maybe { step, otherwise, .. } | Step::Fallback { step, otherwise, .. } => {
                self.either(*step, *otherwise)
            }
            Step::Cached { step, .. } => !self.always && self.step(*step),
            Step::Saga { steps, .. } => steps.iter().any(|(act, _)| self.step(*act)),
            Step::Compute { .. }
            | Step::Read { .. }
            | Step::Write { .. }
            | Step::Put { .. }
            | Step::Undo { .. }
            | Step::Look { .. }
            | Step::Code { .. } => false,
        }
    }
}
