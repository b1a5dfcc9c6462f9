//! What is loaded anew although nobody asks? Caches that are kept up to date by a timer of their instance, and values
//! that a step puts into one.

use super::Simulation;
use super::state::{Baggage, Stage, Task};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{CacheId, Id, IdVec, InstanceId, StepId, TaskId, WorkloadId};
use crate::luck::Luck;
use crate::metrics::{CacheEvent, Probe};
use crate::model::Model;
use crate::model::endpoint::Step;
use crate::time::SimTime;

/// Loads by the clock draw from numbers that no entry of a warm cache has.
const FIRST_NUMBER: u64 = 1 << 32;

/// The timer of one cache in one instance.
#[derive(Clone, Debug, Default)]
struct Timer {
    /// Counts plans: an event of an earlier one is stale.
    plan: u32,
    /// Waits drawn and loads begun.
    drawn: u64,
    /// The last load of each key.
    loads: Vec<Option<TaskId>>,
}

/// Caches that are loaded by the clock.
#[derive(Debug)]
pub(super) struct Refreshes {
    /// By cache, and then by place of the instance; empty for the other caches.
    timers: IdVec<CacheId, Vec<Timer>>,
    /// The step that looks into the cache first.
    steps: IdVec<CacheId, Option<StepId>>,
}

impl Refreshes {
    pub(super) fn new(model: &Model) -> Self {
        let timers = model.caches.iter().map(|cache| match cache.config.refresh {
            None => Vec::new(),
            Some(_) => {
                let timer = Timer { loads: vec![None; cache.keys as usize], ..Timer::default() };
                vec![timer; model.services[cache.service].instances as usize]
            }
        });
        let looks = |id: CacheId| {
            let looks_here =
                |(_, step): &(StepId, &Step)| matches!(step, Step::Cached { cache, .. } if *cache == id);
            model.steps.iter_ids().find(looks_here).map(|(step, _)| step)
        };
        Refreshes { timers: timers.collect(), steps: model.caches.ids().map(looks).collect() }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The timers of the instances that are there at the start.
    pub(super) fn schedule_first_refreshes(&mut self) {
        for instance in self.model.services.iter().flat_map(crate::model::service::Service::all_instances) {
            if self.servers[instance].stage == Stage::Up {
                self.schedule_refreshes(instance);
            }
        }
    }

    /// The timers of a process that starts.
    pub(super) fn schedule_refreshes(&mut self, instance: InstanceId) {
        let service = self.servers[instance].service;
        for id in self.model.caches.ids() {
            let cache = &self.model.caches[id];
            if let Some(refresh) = &cache.config.refresh
                && cache.service == service
            {
                let wait = refresh.first(self.luck_of_refresh(id, instance));
                self.plan_refresh(id, instance, self.now + wait);
            }
        }
    }

    fn luck_of_refresh(&mut self, id: CacheId, instance: InstanceId) -> Luck {
        let place = self.place_of(instance);
        let timer = &mut self.refreshes.timers[id][place as usize];
        timer.drawn += 1;
        Luck::of_client(self.seed, self.model.caches[id].key, place).request(FIRST_NUMBER + timer.drawn)
    }

    /// The next load is due at that moment, and at no other that was planned before.
    fn plan_refresh(&mut self, cache: CacheId, instance: InstanceId, at: SimTime) {
        let place = self.place_of(instance) as usize;
        let timer = &mut self.refreshes.timers[cache][place];
        timer.plan += 1;
        let plan = timer.plan;
        self.schedule_timer(Lane::HEAP, at, Event::Refresh { cache, instance, plan });
    }

    /// A cache is to be loaded anew, unless the process is gone or it is planned anew.
    pub(super) fn on_refresh(&mut self, id: CacheId, instance: InstanceId, plan: u32) {
        let place = self.place_of(instance) as usize;
        let cache = &self.model.caches[id];
        let (Some(refresh), Some(step)) = (&cache.config.refresh, self.refreshes.steps[id]) else { return };
        let is_up = matches!(self.servers[instance].stage, Stage::Up | Stage::Draining);
        if !is_up || self.refreshes.timers[id][place].plan != plan {
            return;
        }
        let wait = refresh.next(false, self.luck_of_refresh(id, instance));
        self.plan_refresh(id, instance, self.now + wait);
        for key in 0..cache.keys {
            let before = self.refreshes.timers[id][place].loads[key as usize];
            if before.is_some_and(|task| self.tasks.get(task.0).is_some()) {
                continue;
            }
            let nobody = WorkloadId::from_index(0); // only edges of workloads count for workloads
            let luck = self.luck_of_refresh(id, instance);
            let load = Task::new(step, instance, nobody, luck, Baggage { key, ..Baggage::NONE });
            if let Some(task) = self.load_behind(load, step) {
                self.refreshes.timers[id][place].loads[key as usize] = Some(task);
            }
        }
    }

    /// A load by the clock has failed: it may be tried again sooner.
    pub(super) fn refresh_failed(&mut self, id: CacheId, task: TaskId, instance: InstanceId, key: u32) {
        let place = self.place_of(instance) as usize;
        let cache = &self.model.caches[id];
        let Some(refresh) = &cache.config.refresh else { return };
        if self.refreshes.timers[id][place].loads[key as usize] == Some(task) {
            let wait = refresh.next(true, self.luck_of_refresh(id, instance));
            self.plan_refresh(id, instance, self.now + wait);
        }
    }

    /// A step puts a value into a cache under the key of its request.
    pub(super) fn put(&mut self, by: &Task, cache: CacheId, luck: Luck) {
        let place = self.place_of(by.instance);
        let filled = self.fill_at(cache, place, by.baggage.key, luck);
        let ledger = &mut self.ledger.caches[cache];
        ledger.puts += 1;
        ledger.put(filled);
        self.cache_event(by.attempt, cache, CacheEvent::Filled);
    }
}
