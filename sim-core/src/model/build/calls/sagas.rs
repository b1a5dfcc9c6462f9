//! Which saga does a step conduct, and what are its steps? Sagas of services become flat.

use super::{Caller, Lowering};
use crate::ids::{EndpointId, Id, SagaId, ServiceId};
use crate::model::Named;
use crate::model::endpoint::Step;
use crate::model::saga::{LookConfig, Saga, SagaConfig, SagaStepConfig};

/// Most objects among which a look chooses.
const MAX_LATEST: u32 = 1_000_000;

impl Lowering<'_> {
    /// Enters the sagas of a service; gives the id of the first.
    pub(super) fn sagas(&mut self, service: ServiceId, path: &str, sagas: &Named<SagaConfig>) -> usize {
        let first = self.calls.sagas.len();
        for (name, config) in sagas.iter() {
            let path = format!("{path}/sagas/{name}");
            self.problems.policy(&format!("{path}/compensation"), config.compensation.check());
            let (compensation, pending_state) = (config.compensation.clone(), config.pending_state);
            self.calls.sagas.push(Saga { path, service, compensation, pending_state, latest: 1 });
        }
        first
    }

    /// The saga of this name, or a problem.
    fn saga_named(&mut self, name: &str, path: String, caller: Caller<'_>) -> Option<SagaId> {
        if caller.sagas.is_empty() {
            let message = format!("the service has no sagas; add `sagas: {{{name}: {{}}}}` to it");
            self.problems.add(path, message);
            return None;
        }
        let found = self.problems.find(path, "saga", name, caller.sagas)?;
        Some(SagaId::from_index(caller.first_saga + found))
    }

    pub(super) fn saga(
        &mut self,
        endpoint: EndpointId,
        config: &SagaStepConfig,
        path: &str,
        caller: Caller<'_>,
    ) -> Step {
        if config.steps.is_empty() {
            let message = "the saga has no steps; add one such as `{do: [{call: {to: stock}}], undo: [{call: {to: stock/release}}]}`";
            self.problems.add(format!("{path}/steps"), message);
        }
        let saga = self.saga_named(&config.of, format!("{path}/of"), caller);
        let steps = config.steps.iter().enumerate().map(|(k, part)| {
            let act = self.serial(endpoint, &part.act, &format!("{path}/steps/{k}/do"), caller);
            let undo = self.serial(endpoint, &part.undo, &format!("{path}/steps/{k}/undo"), caller);
            (act, undo)
        });
        let steps = steps.collect();
        match saga {
            Some(saga) if !config.steps.is_empty() => Step::Saga { saga, steps, key: 0 },
            _ => Step::Serial { steps: [].into() },
        }
    }

    pub(super) fn look(&mut self, look: &LookConfig, path: &str, caller: Caller<'_>) -> Step {
        let latest = look.latest.get();
        if latest > MAX_LATEST {
            let message = format!("a look goes back {MAX_LATEST} objects at most; write fewer");
            self.problems.add(format!("{path}/latest"), message);
        }
        match self.saga_named(&look.saga, format!("{path}/saga"), caller) {
            Some(saga) => {
                let known = &mut self.calls.sagas[saga].latest;
                *known = (*known).max(latest);
                Step::Look { saga, latest, key: 0 }
            }
            None => Step::Serial { steps: [].into() },
        }
    }
}
