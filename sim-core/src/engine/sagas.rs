//! How far is each saga? Steps are done one after the other, undone in reverse if one fails, and what cannot be undone is
//! given up, or put aside and tried again.

use std::collections::BTreeSet;

use super::Simulation;
use super::effects::OperationId;
use super::in_flight::Table;
use super::state::{Baggage, NO_TASK, Ready, Stage, Task};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{Handle, IdVec, InstanceId, SagaId, StepId, TaskId, WorkloadId};
use crate::luck::{Luck, Purpose};
use crate::metrics::gauges::{Holder, Reading};
use crate::metrics::{Aside, Observation, Probe, Told};
use crate::model::Model;
use crate::model::endpoint::Step;
use crate::policy::Outcome;
use crate::policy::compensation::{self, Decision};
use crate::time::SimTime;

/// A saga under way or put aside.
#[derive(Clone, Copy, Debug)]
struct Run {
    saga: SagaId,
    step: StepId,
    /// Of its kind, from 1.
    number: u64,
    /// The group of steps that conducts it; gone while it is put aside.
    task: TaskId,
    /// Steps that are done and not undone.
    done: u32,
    /// How the step failed, if one has.
    failure: Option<Outcome>,
    compensation: compensation::State,
    /// Since when it is inconsistent, if it is.
    since: Option<SimTime>,
    /// Counts waits: an event for an earlier one is stale.
    plan: u32,
    instance: InstanceId,
    workload: WorkloadId,
    luck: Luck,
    baggage: Baggage,
}

/// Sagas of one kind.
#[derive(Clone, Debug, Default)]
struct Kind {
    /// Numbers of those that are half-way.
    half_way: BTreeSet<u64>,
    /// Numbers of those that were given up, as far as anybody looks.
    given_up: BTreeSet<u64>,
    /// Since when the first of those is inconsistent.
    oldest_given_up: Option<SimTime>,
}

/// All sagas.
#[derive(Debug)]
pub(super) struct Sagas {
    kinds: IdVec<SagaId, Kind>,
    runs: Table<Run>,
    /// By slot of the groups of steps that conduct them.
    by_task: Vec<(TaskId, Handle)>,
}

/// What one kind of saga has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SagaLedger {
    /// Begun.
    pub begun: u64,
    /// Ended with all steps done.
    pub done: u64,
    /// Ended before a step was done.
    pub clean: u64,
    /// Ended with all steps undone that were done.
    pub undone: u64,
    /// Given up: half-way for ever.
    pub given_up: u64,
    /// Undoings begun: sagas that failed with something to undo.
    pub compensated: u64,
    /// Tries of undoing that failed.
    pub compensation_failures: u64,
    /// Inconsistent now: given up or put aside.
    pub inconsistent: u64,
    /// Looks at objects.
    pub looks: u64,
    /// Of those, the ones that saw a finished object, one that does not say that it is unfinished, and one that does.
    pub looks_by_sight: [u64; 3],
    /// Under way at the end, and of those, inconsistent.
    pub found: [u64; 2],
}

impl SagaLedger {
    pub(super) fn laws(&self, id: SagaId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let ended = self.done + self.clean + self.undone + self.given_up;
        law(self.begun == ended + self.found[0], &|| {
            format!(
                "{id:?}: begun {} = done {} + clean {} + undone {} + given up {} + under way {}",
                self.begun, self.done, self.clean, self.undone, self.given_up, self.found[0]
            )
        });
        law(self.inconsistent == self.given_up + self.found[1], &|| {
            format!(
                "{id:?}: inconsistent {} = given up {} + put aside {}",
                self.inconsistent, self.given_up, self.found[1]
            )
        });
        law(self.looks == self.looks_by_sight.iter().sum::<u64>(), &|| {
            format!("{id:?}: looks {} = clean, dirty, pending {:?}", self.looks, self.looks_by_sight)
        });
    }
}

/// How a saga ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done,
    Clean,
    Undone,
}

impl Sagas {
    pub(super) fn new(model: &Model) -> Self {
        let kinds = model.sagas.iter().map(|_| Kind::default()).collect();
        Sagas { kinds, runs: Table::new(), by_task: Vec::new() }
    }

    /// The operations that sagas work for.
    pub(super) fn operations(&self) -> impl Iterator<Item = OperationId> {
        self.runs.iter().map(|run| run.baggage.operation)
    }

    /// The operations of those that are put aside: they are tried again.
    pub(super) fn put_aside(&self) -> impl Iterator<Item = OperationId> {
        self.runs.iter().filter(|run| run.since.is_some()).map(|run| run.baggage.operation)
    }

    fn conducts(&mut self, task: TaskId, run: Handle) {
        let slot = task.0.slot as usize;
        if slot >= self.by_task.len() {
            self.by_task.resize(slot + 1, (NO_TASK, run));
        }
        self.by_task[slot] = (task, run);
    }

    /// The saga that a group of steps conducts.
    fn of(&self, task: TaskId) -> Handle {
        let (whose, run) = self.by_task[task.0.slot as usize];
        assert!(whose == task, "a saga is conducted by its group of steps");
        run
    }

    fn run(&mut self, id: Handle) -> &mut Run {
        self.runs.get_mut(id).expect("it is under way")
    }
}

/// The steps of a saga, with what undoes each, and its key.
fn parts(model: &Model, step: StepId) -> (&[(StepId, StepId)], u32) {
    match &model.steps[step] {
        Step::Saga { steps, key, .. } => (steps, *key),
        _ => unreachable!("a saga is a step of its own kind"),
    }
}

/// What is told of a step, or of an undoing, that has ended like this.
fn tale(run: &Run, outcome: Outcome, of: u32) -> Option<Told> {
    let saga = run.saga;
    match (run.failure, outcome.is_ok()) {
        (None, true) => Some(Told::SagaStep { saga, done: run.done + 1, of }),
        (None, false) if run.done == 0 => None, // nothing is half-way, and the failure is told by itself
        (None, false) => Some(Told::Compensates { saga, steps: run.done }),
        (Some(_), true) => Some(Told::Compensated { saga, left: run.done - 1 }),
        (Some(_), false) => None, // told with what follows
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A group of steps begins a saga.
    pub(super) fn begin_saga(&mut self, id: TaskId, saga: SagaId) {
        let task = *self.tasks.get(id.0).expect("it begins");
        let ledger = &mut self.ledger.sagas[saga];
        ledger.begun += 1;
        let run = Run {
            saga,
            step: task.step,
            number: ledger.begun,
            task: id,
            done: 0,
            failure: None,
            compensation: compensation::State::default(),
            since: None,
            plan: 0,
            instance: task.instance,
            workload: task.workload,
            luck: task.luck,
            baggage: task.baggage,
        };
        let run = self.sagas.runs.insert(run);
        self.sagas.conducts(id, run);
        self.begin_next(id, parts(self.model, task.step).0[0].0, task.luck);
    }

    /// A step of a saga has ended, or an undoing.
    pub(super) fn saga_went_on(&mut self, id: TaskId, outcome: Outcome) {
        let run_id = self.sagas.of(id);
        let run = self.sagas.run(run_id);
        let (steps, _) = parts(self.model, run.step);
        if let Some(told) = tale(run, outcome, steps.len() as u32) {
            let origin = self.tasks.get(id.0).expect("it is under way").origin;
            self.probe.observe(self.now, Observation::Aside { attempt: origin, aside: Aside::Tells(told) });
        }
        match (run.failure, outcome.is_ok()) {
            (None, true) => {
                run.done += 1;
                let (done, luck, saga, number) = (run.done as usize, run.luck, run.saga, run.number);
                if done == steps.len() {
                    self.end_saga(run_id, End::Done);
                    return self.finish(id, Outcome::Ok);
                }
                self.sagas.kinds[saga].half_way.insert(number);
                self.begin_next(id, steps[done].0, luck);
            }
            (None, false) if run.done == 0 => {
                self.end_saga(run_id, End::Clean);
                self.finish(id, outcome);
            }
            (None, false) => {
                run.failure = Some(outcome);
                run.baggage.deadline = SimTime::NEVER;
                self.ledger.sagas[run.saga].compensated += 1;
                self.tasks.get_mut(id.0).expect("it is under way").baggage.deadline = SimTime::NEVER;
                self.undo_step(id, run_id);
            }
            (Some(failure), true) => {
                run.done -= 1;
                run.compensation.succeeded();
                if run.done > 0 {
                    return self.undo_step(id, run_id);
                }
                self.end_saga(run_id, End::Undone);
                self.finish(id, failure);
            }
            (Some(failure), false) => {
                self.ledger.sagas[run.saga].compensation_failures += 1;
                let settings = &self.model.sagas[run.saga].compensation;
                let decision = run.compensation.failed(settings, run.luck.call(u32::MAX, 2, 0));
                if self.settle_undoing(run_id, decision) {
                    self.finish(id, failure);
                }
            }
        }
    }

    /// The step that was done last is undone.
    fn undo_step(&mut self, id: TaskId, run_id: Handle) {
        let run = *self.sagas.run(run_id);
        let (steps, key) = parts(self.model, run.step);
        let luck = match run.compensation.tries() {
            0 => run.luck,
            tries => run.luck.call(key, 1, tries),
        };
        self.begin_next(id, steps[run.done as usize - 1].1, luck);
    }

    /// Does what follows from an undoing that failed; gives whether nobody waits for it any more.
    fn settle_undoing(&mut self, run_id: Handle, decision: Decision) -> bool {
        let now = self.now;
        let Run { saga, task, .. } = *self.sagas.run(run_id);
        // Nobody waits for what was put aside, so nobody is told.
        if let Some(origin) = self.tasks.get(task.0).map(|task| task.origin) {
            self.aside(origin, Aside::Tells(Told::CompensationFailed { saga, then: decision }));
        }
        let run = self.sagas.run(run_id);
        run.plan += 1;
        let plan = run.plan;
        let again = Event::SagaAgain { run: run_id, plan };
        if let Decision::Again(after) = decision {
            self.schedule_timer(Lane::HEAP, now + after, again);
            return false;
        }
        let since = run.since.is_none();
        let begin = *run.since.get_or_insert(now);
        let number = run.number;
        self.ledger.sagas[saga].inconsistent += u64::from(since);
        if let Decision::Park(after) = decision {
            self.schedule_timer(Lane::HEAP, now + after, again);
            return true;
        }
        self.sagas.runs.remove(run_id);
        let ledger = &mut self.ledger.sagas[saga];
        ledger.given_up += 1;
        let kind = &mut self.sagas.kinds[saga];
        kind.half_way.remove(&number);
        kind.given_up.insert(number);
        let seen_from = (ledger.begun + 1).saturating_sub(u64::from(self.model.sagas[saga].latest));
        while kind.given_up.first().is_some_and(|first| *first < seen_from) {
            kind.given_up.pop_first();
        }
        kind.oldest_given_up = Some(kind.oldest_given_up.map_or(begin, |oldest| oldest.min(begin)));
        true
    }

    fn end_saga(&mut self, run_id: Handle, end: End) {
        let run = self.sagas.runs.remove(run_id);
        self.sagas.kinds[run.saga].half_way.remove(&run.number);
        let ledger = &mut self.ledger.sagas[run.saga];
        ledger.inconsistent -= u64::from(run.since.is_some());
        match end {
            End::Done => ledger.done += 1,
            End::Clean => ledger.clean += 1,
            End::Undone => ledger.undone += 1,
        }
    }

    /// The time has come to try an undoing again.
    pub(super) fn on_saga_again(&mut self, run_id: Handle, plan: u32) {
        let Some(run) = self.sagas.runs.get(run_id).copied() else { return };
        if run.plan != plan {
            return;
        }
        if run.since.is_none() {
            return self.undo_step(run.task, run_id);
        }
        let service = self.model.sagas[run.saga].service;
        let is_up = |instance: &InstanceId| {
            self.servers[*instance].stage == Stage::Up && !self.servers[*instance].stopped
        };
        let all = || self.model.services[service].all_instances();
        let Some(instance) = [run.instance].into_iter().chain(all()).find(is_up) else {
            let settings = &self.model.sagas[run.saga].compensation;
            let decision = self.sagas.run(run_id).compensation.broken_off(settings);
            self.settle_undoing(run_id, decision);
            return;
        };
        let task = Task::new(run.step, instance, run.workload, run.luck, run.baggage);
        let task = TaskId(self.tasks.insert(task));
        let run = self.sagas.run(run_id);
        (run.task, run.instance) = (task, instance);
        self.sagas.conducts(task, run_id);
        self.undo_step(task, run_id);
    }

    /// Whoever conducted a saga is gone.
    pub(super) fn break_off_saga(&mut self, id: TaskId) {
        let run_id = self.sagas.of(id);
        let run = self.sagas.run(run_id);
        if run.failure.is_none() && run.done == 0 {
            return self.end_saga(run_id, End::Clean);
        }
        let ledger = &mut self.ledger.sagas[run.saga];
        if run.failure.is_none() {
            run.failure = Some(Outcome::Cancelled);
            run.baggage.deadline = SimTime::NEVER;
            ledger.compensated += 1;
        }
        ledger.compensation_failures += 1;
        let decision = run.compensation.broken_off(&self.model.sagas[run.saga].compensation);
        self.settle_undoing(run_id, decision);
    }

    /// A step looks at an object.
    pub(super) fn look_at_object(&mut self, group: TaskId, saga: SagaId, latest: u32, luck: Luck) {
        self.ready.push_back(Ready::Step(group, Outcome::Ok));
        let ledger = &mut self.ledger.sagas[saga];
        ledger.looks += 1;
        let among = u64::from(latest).min(ledger.begun) as u32;
        let kind = &self.sagas.kinds[saga];
        let is_half_way = among > 0 && {
            let number = ledger.begun - u64::from(luck.draws(Purpose::Look).below(among));
            kind.half_way.contains(&number) || kind.given_up.contains(&number)
        };
        let sight = match (is_half_way, self.model.sagas[saga].pending_state) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        };
        ledger.looks_by_sight[sight] += 1;
    }

    /// How the sagas of each service stand.
    pub(super) fn read_sagas(&self, now: SimTime, readings: &mut Vec<Reading>) {
        const NAMES: [&str; 7] = [
            "inconsistent",
            "oldest_inconsistent",
            "half_way",
            "sagas_begun",
            "sagas_compensated",
            "looks",
            "dirty_looks",
        ];
        for service in self.model.services.ids() {
            let mut told: Option<[f64; 7]> = None;
            for (id, _) in self.model.sagas.iter_ids().filter(|(_, saga)| saga.service == service) {
                let (ledger, kind) = (&self.ledger.sagas[id], &self.sagas.kinds[id]);
                let parked = self.sagas.runs.iter().filter(|run| run.saga == id).filter_map(|run| run.since);
                let oldest = parked.chain(kind.oldest_given_up).min();
                let age = oldest.map_or(0.0, |since| now.since(since).as_secs_f64());
                let half_way = kind.half_way.len() as u64 + ledger.given_up;
                let told = told.get_or_insert_default();
                told[0] += ledger.inconsistent as f64;
                told[1] = told[1].max(age);
                told[2] += half_way as f64;
                told[3] += ledger.begun as f64;
                told[4] += ledger.compensated as f64;
                told[5] += ledger.looks as f64;
                told[6] += ledger.looks_by_sight[1] as f64;
            }
            let of = Holder::Service(service);
            let told = told.into_iter().flat_map(|told| NAMES.into_iter().zip(told));
            readings.extend(told.map(|(name, value)| Reading { of, name, value: Some(value) }));
        }
    }

    pub(super) fn close_sagas(&mut self) {
        for run in self.sagas.runs.iter() {
            let found = &mut self.ledger.sagas[run.saga].found;
            found[0] += 1;
            found[1] += u64::from(run.since.is_some());
        }
    }
}
