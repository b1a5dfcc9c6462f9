//! What does an endpoint do next? Groups of steps under way; a step that ends makes its group go on.

use super::Simulation;
use super::caches::Progress;
use super::state::{ANYWHERE, Baggage, Call, Child, Context, NO_ATTEMPT, NO_TASK, Parent, Ready, Task, Work};
use crate::event_list::Lane;
use crate::ids::{AttemptId, StepId, TaskId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{Aside, Observation, Probe};
use crate::model::endpoint::Step;
use crate::policy::Outcome;
use crate::policy::retry;

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A worker begins the steps of an attempt.
    #[inline(never)]
    pub(super) fn begin_program(&mut self, id: AttemptId, root: StepId) {
        let attempt = self.attempts.get(id.0).expect("an attempt in service is under way");
        let errand = &self.errands[id.0.slot as usize];
        let task = Task::new(root, attempt.instance, errand.workload, attempt.luck, errand.baggage);
        let task = TaskId(self.tasks.insert(Task { attempt: id, origin: id, ..task }));
        self.errands[id.0.slot as usize].root = task;
        self.go_on(task);
    }

    /// A step of own work is done.
    pub(super) fn on_computed(&mut self, task: TaskId) {
        if let Some(group) = self.tasks.get_mut(task.0) {
            // Waiting for a lease is no work.
            if self.scales && !matches!(group.cached, Progress::Held) {
                group.computing -= 1;
                let instance = group.instance;
                self.burnt(instance, 1);
            }
            self.step_ended(task, Outcome::Ok);
        }
    }

    /// A step of a group has ended, if the group is still under way.
    pub(super) fn step_ended(&mut self, id: TaskId, outcome: Outcome) {
        let Some(task) = self.tasks.get_mut(id.0) else { return };
        match outcome.is_ok() {
            true => task.succeeded += 1,
            false => task.failed += 1,
        }
        let task = *task;
        match &self.model.steps[task.step] {
            Step::Serial { .. } | Step::Repeat { .. } if !outcome.is_ok() => self.finish(id, outcome),
            Step::Serial { .. } | Step::Repeat { .. } => self.go_on(id),
            Step::Parallel { steps, need, .. } => self.count(id, &task, steps.len() as u32, *need, outcome),
            Step::FanOut { times, need, .. } => self.count(id, &task, *times, *need, outcome),
            Step::Fallback { on, .. }
                if !outcome.is_ok()
                    && task.begun == 1
                    && on.as_ref().is_none_or(|on| on.contains(&outcome)) =>
            {
                self.go_on(id);
            }
            Step::Fallback { .. } | Step::Maybe { .. } => self.finish(id, outcome),
            Step::Cached { .. } => self.cached_went_on(id, outcome),
            Step::Saga { .. } => self.saga_went_on(id, outcome),
            Step::Compute { .. }
            | Step::Call { .. }
            | Step::Spawn { .. }
            | Step::Read { .. }
            | Step::Write { .. }
            | Step::Put { .. }
            | Step::Effect { .. }
            | Step::Undo { .. }
            | Step::Look { .. }
            | Step::Code { .. } => unreachable!("a single step is no group"),
        }
    }

    /// A group that stands side by side ends once enough have succeeded or too many have failed.
    fn count(&mut self, id: TaskId, task: &Task, of: u32, need: u32, outcome: Outcome) {
        if task.succeeded >= need {
            self.finish(id, Outcome::Ok);
        } else if task.failed > of - need {
            self.finish(id, outcome);
        }
    }

    /// The next steps of a group, as far as they can begin now.
    fn go_on(&mut self, id: TaskId) {
        let task = *self.tasks.get(id.0).expect("a group that goes on is under way");
        let again = |luck: Luck, key: u32, k: u32| match k {
            0 => luck,
            _ => luck.call(key, 1, k),
        };
        let model = self.model;
        match &model.steps[task.step] {
            Step::Serial { steps } => match steps.get(task.begun as usize) {
                None => self.finish(id, Outcome::Ok),
                Some(step) => self.begin_next(id, *step, task.luck),
            },
            Step::Repeat { step, times, key } => match task.begun < *times {
                false => self.finish(id, Outcome::Ok),
                true => self.begin_next(id, *step, again(task.luck, *key, task.begun)),
            },
            Step::Parallel { steps, need, key } => {
                if *need == 0 {
                    return self.finish(id, Outcome::Ok);
                }
                self.aside(task.origin, Aside::SideBySide { of: steps.len() as u32, need: *need });
                for (k, step) in steps.iter().enumerate() {
                    self.begin_next(id, *step, again(task.luck, *key, k as u32));
                }
            }
            Step::FanOut { step, times, need, key } => {
                if *need == 0 {
                    return self.finish(id, Outcome::Ok);
                }
                self.aside(task.origin, Aside::SideBySide { of: *times, need: *need });
                for k in 0..*times {
                    self.tasks.get_mut(id.0).expect("it is under way").shard = k;
                    self.begin_next(id, *step, again(task.luck, *key, k));
                }
            }
            Step::Maybe { probability, step, otherwise, key } => {
                let luck = task.luck.call(*key, 0, 0);
                let chosen = luck.draws(Purpose::Branch).unit() < *probability;
                self.begin_next(id, if chosen { *step } else { *otherwise }, task.luck);
            }
            Step::Fallback { step, otherwise, most, .. } => match task.begun {
                0 => self.begin_next(id, *step, task.luck),
                _ if !self.may_fall_back(id, *most) => self.finish(id, Outcome::BulkheadFull),
                _ => {
                    self.aside(task.origin, Aside::FallsBack);
                    self.begin_next(id, *otherwise, task.luck);
                }
            },
            Step::Cached { .. } => self.look_up(id),
            Step::Saga { saga, .. } => self.begin_saga(id, *saga),
            Step::Compute { .. }
            | Step::Call { .. }
            | Step::Spawn { .. }
            | Step::Read { .. }
            | Step::Write { .. }
            | Step::Put { .. }
            | Step::Effect { .. }
            | Step::Undo { .. }
            | Step::Look { .. }
            | Step::Code { .. } => unreachable!("a single step is no group"),
        }
    }

    pub(super) fn begin_next(&mut self, group: TaskId, step: StepId, luck: Luck) {
        // Steps that fail at once end the group later, by the list of what goes on at once.
        let task = self.tasks.get_mut(group.0).expect("a group whose step begins is under way");
        task.begun += 1;
        let task = *task;
        match &self.model.steps[step] {
            Step::Compute { work, key } => {
                let luck = luck.call(*key, 0, 0);
                let length = work.sample(&mut luck.draws(Purpose::ServiceTime));
                if self.scales {
                    self.tasks.get_mut(group.0).expect("it is under way").computing += 1;
                }
                let length = self.schedule_work(task.instance, Work::Step(group), length, luck, Lane::HEAP);
                self.aside(task.origin, Aside::Computes { length });
            }
            Step::Call { edge, by_shard } => {
                let place = if *by_shard { task.shard } else { ANYWHERE };
                self.call_from(group, &task, *edge, luck, place);
            }
            Step::Spawn { step, key } => {
                let spawned = Task {
                    parent: NO_TASK,
                    attempt: NO_ATTEMPT,
                    luck: luck.call(*key, 0, 0),
                    baggage: Baggage { deadline: crate::time::SimTime::NEVER, ..task.baggage },
                    ..task
                };
                self.aside(task.origin, Aside::Spawns);
                self.begin_group(spawned, *step);
                self.ready.push_back(Ready::Step(group, Outcome::Ok));
            }
            Step::Read { records } => self.read_record(group, &task, *records),
            Step::Write { records } => self.write_record(group, &task, *records),
            Step::Code { edge, way, key } => self.code(group, &task, *edge, *way, *key, luck),
            Step::Put { cache, key } => {
                self.put(&task, *cache, luck.call(*key, 0, 0));
                self.ready.push_back(Ready::Step(group, Outcome::Ok));
            }
            Step::Effect { effect } => self.apply_effect(group, &task, *effect),
            Step::Undo { effect } => self.undo_effect(group, &task, *effect),
            Step::Look { saga, latest, key } => {
                self.look_at_object(group, *saga, *latest, luck.call(*key, 0, 0));
            }
            Step::Serial { .. }
            | Step::Parallel { .. }
            | Step::FanOut { .. }
            | Step::Maybe { .. }
            | Step::Repeat { .. }
            | Step::Fallback { .. }
            | Step::Cached { .. }
            | Step::Saga { .. } => {
                let child = self.begin_group_of(group, Task { parent: group, luck, ..task }, step);
                self.go_on(child);
            }
        }
    }

    /// Tells the observer what only the story of a request is about.
    pub(super) fn aside(&mut self, attempt: AttemptId, aside: Aside) {
        self.probe.observe(self.now, Observation::Aside { attempt, aside });
    }

    /// Enters a group below another.
    fn begin_group_of(&mut self, group: TaskId, task: Task, step: StepId) -> TaskId {
        let id = self.enter_group(task, step);
        self.adopt(group, Child::Task(id));
        id
    }

    fn begin_group(&mut self, task: Task, step: StepId) {
        let id = self.enter_group(task, step);
        self.go_on(id);
    }

    pub(super) fn enter_group(&mut self, task: Task, step: StepId) -> TaskId {
        let Task { parent, attempt, origin, instance, workload, luck, baggage, shard, .. } = task;
        let fresh = Task::new(step, instance, workload, luck, baggage);
        TaskId(self.tasks.insert(Task { parent, attempt, origin, shard, ..fresh }))
    }

    fn call_from(&mut self, group: TaskId, task: &Task, edge_id: crate::ids::EdgeId, luck: Luck, place: u32) {
        let edge = &self.model.edges[edge_id];
        let depth = task.baggage.depth;
        if u32::from(depth) >= edge.max_depth {
            return self.ready.push_back(Ready::Step(group, Outcome::Ok));
        }
        let call = Call {
            luck: luck.call(edge.key, 0, 0),
            arrived: self.now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge: edge_id,
            workload: task.workload,
            client: self.place_of(task.instance),
            place,
        };
        let baggage = Baggage { depth: depth.saturating_add(1), ..task.baggage };
        let id = self.enter_call(call, || Context::new(Parent::Task(group), baggage));
        self.adopt(group, Child::Call(id));
        self.ledger.edges[edge_id].calls += 1;
        let waits = task.attempt != NO_ATTEMPT;
        self.probe.observe(self.now, Observation::Called { by: task.origin, waits, call: id, edge: edge_id });
        self.begin_call(id);
    }

    /// A group has ended: what is left of it is abandoned, and whoever waits for it goes on.
    pub(super) fn finish(&mut self, id: TaskId, outcome: Outcome) {
        self.kill_children(id);
        let task = self.tasks.remove(id.0);
        if self.scales {
            self.group_burnt(id, task.instance, task.computing);
        }
        if task.degraded {
            self.degrade(&task, outcome);
        }
        if task.parent != NO_TASK {
            self.release_child_of(task.parent, &task);
            self.ready.push_back(Ready::Step(task.parent, outcome));
        } else if task.attempt != NO_ATTEMPT {
            self.program_ended(task.attempt, outcome);
        }
    }

    /// Ends a group and everything below it; nobody is told.
    pub(super) fn kill(&mut self, id: TaskId) {
        self.kill_children(id);
        let task = self.tasks.remove(id.0);
        if self.scales {
            self.group_burnt(id, task.instance, task.computing);
        }
        self.end_fallback(&task);
        match self.model.steps[task.step] {
            Step::Cached { .. } => self.left_cached(id, &task),
            Step::Saga { .. } => self.break_off_saga(id),
            _ => {}
        }
        if self.model.services[self.servers[task.instance].service].keeps_clock() {
            self.share_anew(task.instance);
        }
    }

    fn kill_children(&mut self, id: TaskId) {
        loop {
            let child = self.tasks.get(id.0).expect("it is under way").child;
            match child {
                Child::None => return,
                Child::Call(call) => {
                    self.release_child(id, child);
                    self.abandon(call);
                }
                Child::Task(task) => {
                    self.release_child(id, child);
                    self.kill(task);
                }
            }
        }
    }

    /// Puts a call or group at the head of the children of `group`.
    fn adopt(&mut self, group: TaskId, child: Child) {
        let parent = self.tasks.get_mut(group.0).expect("it is under way");
        let first = std::mem::replace(&mut parent.child, child);
        *self.links(first).0 = child;
        let links = self.links(child);
        (*links.0, *links.1) = (Child::None, first);
    }

    /// Takes a call or group out of the children of `group`, which may be gone.
    pub(super) fn release_child(&mut self, group: TaskId, child: Child) {
        let links = self.links(child);
        let (before, after) = (*links.0, *links.1);
        self.unlink(group, before, after);
    }

    fn release_child_of(&mut self, group: TaskId, task: &Task) {
        self.unlink(group, task.before, task.after);
    }

    fn unlink(&mut self, group: TaskId, before: Child, after: Child) {
        match before {
            Child::None => {
                if let Some(parent) = self.tasks.get_mut(group.0) {
                    parent.child = after;
                }
            }
            other => *self.links(other).1 = after,
        }
        *self.links(after).0 = before;
    }

    /// Where a child keeps its neighbours; for none a place that nobody reads.
    fn links(&mut self, child: Child) -> (&mut Child, &mut Child) {
        match child {
            Child::None => (&mut self.no_links.0, &mut self.no_links.1),
            Child::Call(id) => {
                let context = &mut self.contexts[id.0.slot as usize];
                (&mut context.before, &mut context.after)
            }
            Child::Task(id) => {
                let task = self.tasks.get_mut(id.0).expect("children in the list are under way");
                (&mut task.before, &mut task.after)
            }
        }
    }
}
