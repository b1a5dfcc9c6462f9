//! What does an endpoint do, step by step? Steps of the file become the flat steps of the engine.

use super::{Caller, Lowering};
use crate::dist::Distribution;
use crate::ids::{EndpointId, StepId};
use crate::model::endpoint::{ChooseConfig, Step, StepConfig, WayConfig};
use crate::model::service::ServiceConfig;
use crate::policy::Outcome;
use crate::time::SimDuration;
use crate::units::Count;

/// Most copies of a fan-out, most rounds of a loop.
const MAX_TIMES: u32 = 100_000;
/// Most ways of a choice.
const MAX_WAYS: usize = 100;
/// How far the sum of probabilities may miss 1 because decimals are not exact.
const ROUNDING: f64 = 1e-9;

impl Lowering<'_> {
    pub(super) fn serial(
        &mut self,
        endpoint: EndpointId,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> StepId {
        let steps = self.in_order(endpoint, steps, path, caller);
        self.calls.steps.push(Step::Serial { steps })
    }

    /// Steps that stand side by side.
    fn all(
        &mut self,
        endpoint: EndpointId,
        steps: &[StepConfig],
        path: &str,
        caller: Caller<'_>,
    ) -> Box<[StepId]> {
        let lower = |(k, step): (usize, &StepConfig)| {
            let path = format!("{path}/{k}");
            let id = self.step(endpoint, step, &path, caller);
            match step {
                StepConfig::Call(_) => match &self.with_messages(id, &path, caller)[..] {
                    [alone] => *alone,
                    several => self.calls.steps.push(Step::Serial { steps: several.into() }),
                },
                _ => id,
            }
        };
        steps.iter().enumerate().map(lower).collect()
    }

    pub(super) fn step(
        &mut self,
        endpoint: EndpointId,
        step: &StepConfig,
        path: &str,
        caller: Caller<'_>,
    ) -> StepId {
        let path = format!("{path}/{}", step.word());
        for (field, steps) in step.inner() {
            if steps.is_empty() {
                let message = "nothing is done here; add a step such as `compute: 10ms`";
                self.problems.add(format!("{path}/{field}"), message);
            }
        }
        let key = 0;
        let lowered = match step {
            StepConfig::Compute(work) => {
                self.problems.distribution(path.clone(), Some(work));
                let work = match work.check() {
                    Ok(()) => work.sampler(),
                    Err(_) => Distribution::Text(SimDuration::ZERO).sampler(),
                };
                Step::Compute { work, key }
            }
            StepConfig::Call(call) => self.call(endpoint, call, &path, caller),
            StepConfig::Serial(group) => {
                let steps = self.in_order(endpoint, &group.steps, &format!("{path}/steps"), caller);
                return self.calls.steps.push(Step::Serial { steps });
            }
            StepConfig::Parallel(group) => {
                let steps = self.all(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let need = self.need(&path, group.need.map(Count::get), steps.len() as u32);
                Step::Parallel { steps, need, key }
            }
            StepConfig::FanOut(group) => {
                let times = match group.times {
                    Some(times) => self.times(&path, times.get()),
                    None => self.shards(&path, &group.steps),
                };
                let need = self.need(&path, group.need.map(Count::get), times);
                let shards = group.times.is_none();
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                if shards {
                    self.send_to_shards(step);
                }
                Step::FanOut { step, times, need, key }
            }
            StepConfig::Maybe(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let otherwise = self.serial(endpoint, &group.otherwise, &format!("{path}/otherwise"), caller);
                Step::Maybe { probability: group.probability.get(), step, otherwise, key }
            }
            StepConfig::Choose(group) => return self.choose(endpoint, group, &path, caller),
            StepConfig::Repeat(group) => {
                let times = self.times(&path, group.times.get());
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                Step::Repeat { step, times, key }
            }
            StepConfig::Fallback(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                let otherwise = self.serial(endpoint, &group.otherwise, &format!("{path}/otherwise"), caller);
                let on = group.on.as_deref();
                if on.is_some_and(|on| on.is_empty() || on.contains(&Outcome::Ok)) {
                    let message = "name failures for which there is another way, such as `[timeout, reset]`, and no success; leave it out for all";
                    self.problems.add(format!("{path}/on"), message);
                }
                let on = on.map(Into::into);
                let most = group.max_concurrent.map_or(u32::MAX, Count::get);
                Step::Fallback { step, otherwise, on, most }
            }
            StepConfig::Spawn(group) => {
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                Step::Spawn { step, key }
            }
            StepConfig::Cached(group) => {
                let Some(cache) = self.cache(&group.cache, &group.steps, &path, caller) else {
                    return self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                };
                let step = self.serial(endpoint, &group.steps, &format!("{path}/steps"), caller);
                self.fill_by_callee(cache, step, &path);
                let hit_time = self.hit_time(group, &path);
                Step::Cached { cache, step, hit_time, key }
            }
            StepConfig::Read(name) => {
                let records = self.records_named(name, &path, caller);
                return self.calls.steps.push(Step::Read { records });
            }
            StepConfig::Write(name) => {
                let records = self.records_named(name, &path, caller);
                return self.calls.steps.push(Step::Write { records });
            }
            StepConfig::Effect(name) => {
                let effect = self.effect_named(name, &path, caller);
                return self.calls.steps.push(Step::Effect { effect });
            }
            StepConfig::Undo(name) => {
                let effect = self.effect_named(name, &path, caller);
                return self.calls.steps.push(Step::Undo { effect });
            }
            StepConfig::Saga(saga) => self.saga(endpoint, saga, &path, caller),
            StepConfig::Look(look) => self.look(look, &path, caller),
            StepConfig::Put(put) => match self.cache(&put.cache, &[], &path, caller) {
                Some(cache) => Step::Put { cache, key },
                None => Step::Serial { steps: [].into() },
            },
        };
        let id = self.calls.steps.push(lowered);
        self.keyed.push((id, path));
        id
    }

    /// Exactly one way: a `maybe` for each, which is asked only if none before it was gone.
    fn choose(
        &mut self,
        endpoint: EndpointId,
        choice: &ChooseConfig,
        path: &str,
        caller: Caller<'_>,
    ) -> StepId {
        let ways = &choice.ways;
        if ways.is_empty() || ways.len() > MAX_WAYS {
            let message = match ways.len() {
                0 => "there is no way to go; add one such as `{probability: 0.5, steps: [{compute: 10ms}]}`"
                    .to_owned(),
                many => format!("{many} ways; at most {MAX_WAYS} are simulated"),
            };
            self.problems.add(format!("{path}/ways"), message);
        }
        let probabilities: Vec<f64> = ways.iter().map(|way| way.probability.get()).collect();
        let total: f64 = probabilities.iter().sum();
        if total > 1.0 + ROUNDING {
            let message = format!(
                "the probabilities of the ways add up to {}; an attempt goes only one, so they may add up to 1 at most",
                (total * 1e6).round() / 1e6
            );
            self.problems.add(format!("{path}/ways"), message);
        }
        let lower = |(k, way): (usize, &WayConfig)| {
            self.serial(endpoint, &way.steps, &format!("{path}/ways/{k}/steps"), caller)
        };
        let steps: Vec<StepId> = ways.iter().enumerate().map(lower).collect();
        let mut otherwise = self.calls.steps.push(Step::Serial { steps: [].into() });
        for (k, (step, probability)) in
            steps.into_iter().zip(if_none_before(&probabilities)).enumerate().rev()
        {
            otherwise = self.calls.steps.push(Step::Maybe { probability, step, otherwise, key: 0 });
            self.keyed.push((otherwise, format!("{path}/ways/{k}")));
        }
        otherwise
    }

    fn times(&mut self, path: &str, times: u32) -> u32 {
        if times > MAX_TIMES {
            self.problems
                .add(format!("{path}/times"), format!("{times} times; at most {MAX_TIMES} are simulated"));
        }
        times.min(MAX_TIMES)
    }

    fn need(&mut self, path: &str, need: Option<u32>, of: u32) -> u32 {
        if let Some(need) = need
            && need > of
        {
            let message =
                format!("{need} must succeed, but there are only {of}; no attempt would ever succeed");
            self.problems.add(format!("{path}/need"), message);
        }
        need.unwrap_or(of).min(of)
    }

    /// One copy for each instance of the service that is called first.
    fn shards(&mut self, path: &str, steps: &[StepConfig]) -> u32 {
        let called = steps.iter().find_map(|step| match step {
            StepConfig::Call(call) => Some(call.to.split('/').next().unwrap_or("")),
            _ => None,
        });
        let Some(called) = called else {
            let message = "how many copies? Say `times: 3`, or put a `call` among its `steps`: one copy goes to each instance of the service that it names";
            self.problems.add(path, message);
            return 1;
        };
        let service = self.config.services.get(called);
        if service.is_some_and(ServiceConfig::is_scaled) {
            let message = format!(
                "one copy goes to each instance of `{called}`, but its instances come and go (`autoscaler`, or an \
                 action): shards have to stay; say `times: 3`, or leave their number alone"
            );
            self.problems.add(path, message);
        }
        service.map_or(1, |service| service.instances.get())
    }

    fn send_to_shards(&mut self, step: StepId) {
        let Step::Serial { steps } = &self.calls.steps[step] else { return };
        let call = steps.iter().copied().find(|id| matches!(self.calls.steps[*id], Step::Call { .. }));
        if let Some(id) = call
            && let Step::Call { by_shard, .. } = &mut self.calls.steps[id]
        {
            *by_shard = true;
        }
    }
}

/// For ways of which exactly one is gone: the probability of each, given that none before it was.
fn if_none_before(probabilities: &[f64]) -> Vec<f64> {
    let mut left = 1.0;
    let share = |probability: &f64| {
        let share = match *probability {
            0.0 => 0.0,
            // The last of what is left: rounding must not leave a crumb that goes no way.
            p if p > left - ROUNDING => 1.0,
            p => p / left,
        };
        left -= probability;
        share
    };
    probabilities.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_asked_only_if_none_before_was_gone() {
        assert_eq!(if_none_before(&[0.5, 0.25]), [0.5, 0.5]);
        assert_eq!(if_none_before(&[0.7, 0.3]), [0.7, 1.0]);
        assert_eq!(if_none_before(&[0.0, 1.0, 0.0]), [0.0, 1.0, 0.0]);
        assert_eq!(if_none_before(&[1.0; 0]), [0.0; 0]);
    }

    #[test]
    fn every_way_keeps_its_probability() {
        for ways in [&[0.1; 10][..], &[0.2, 0.3, 0.4], &[0.9, 0.05, 0.05], &[1.0 / 3.0; 3]] {
            let mut left = 1.0;
            for (way, share) in ways.iter().zip(if_none_before(ways)) {
                // Two roundings of a double per way, ten ways at most.
                assert!((left * share - way).abs() < 1e-14, "{ways:?}");
                left *= 1.0 - share;
            }
        }
    }

    #[test]
    fn an_attempt_goes_one_way_and_as_often_as_said() {
        use crate::metrics::series::Series;
        use crate::model::{Model, SystemConfig};

        let read = "everything here can be read";
        let way =
            |p: f64, to: &str| format!(r#"{{"probability": {p}, "steps": [{{"call": {{"to": "{to}"}}}}]}}"#);
        let services = format!(
            r#"{{"web": {{"workers": 100, "steps": [{{"choose": {{"ways": [{}, {}]}}}}]}},
                 "a": {{"workers": 100, "service_time": {{"exponential": {{"mean": "1us"}}}}}}, "b": {{"workers": 100, "service_time": {{"exponential": {{"mean": "1us"}}}}}}}}"#,
            way(0.6, "a"),
            way(0.3, "b")
        );
        let workloads = r#"{"users": {"arrivals": {"evenly_spaced": {"rate": {"steps": [{"at": "0s", "rate": "1000/s"}]}}},
                                      "call": {"to": "web"}}}"#;
        let config = SystemConfig {
            services: serde_json::from_str(&services).expect(read),
            workloads: serde_json::from_str(workloads).expect(read),
            horizon: SimDuration::from_secs(10),
            ..SystemConfig::default()
        };
        let model = Model::new(&config).expect("the system is sound");
        let series = Series::new(&model, SimDuration::from_secs(1));
        let ledger = crate::engine::run_dyn(&model, crate::streams::Seed(1), series).ledger;
        let requests = ledger.requests_created as f64;
        let calls: Vec<f64> = ledger.edges.iter().skip(1).map(|edge| edge.calls as f64 / requests).collect();
        // 10 000 requests: 4 standard errors are 0.0196 at 0.6 and 0.0183 at 0.3. Were the
        // second way asked with 0.3 of what is left, it would be 0.12.
        assert!((calls[0] - 0.6).abs() < 0.02 && (calls[1] - 0.3).abs() < 0.02, "{calls:?}");
    }
}
