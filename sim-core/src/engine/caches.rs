//! What happens where an answer is kept? A look-up is a hit, a wait or a load; loads fill the cache, and those
//! who waited for them go on.

use super::Simulation;
use super::state::{Attempt, Baggage, NO_ATTEMPT, NO_TASK, Ready, Task, Work};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CacheId, InstanceId, ServiceId, StepId, TaskId};
use crate::luck::Luck;
use crate::metrics::{CacheEvent, Observation, Probe};
use crate::model::Model;
use crate::model::cache::Cache;
use crate::model::endpoint::Step;
use crate::policy::Outcome;
use crate::policy::cache::single_flight;
use crate::policy::cache::store::{Filled, Look, Store};
use crate::policy::cache::{Coalesce, Scope};
use crate::streams::Seed;
use crate::time::{SimDuration, SimTime};

/// One cache of a service: its entries, and who waits for whom.
#[derive(Debug)]
pub(super) struct CacheState {
    /// One for all instances, or one of each.
    stores: Vec<Store>,
    /// One of each instance; empty without single flight.
    flights: Vec<single_flight::State>,
}

/// How far a `cached` step has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Progress {
    /// It has not looked yet.
    Looking,
    /// It has what it gives, and works on it.
    Serving(Outcome),
    /// It waits for a lease and will look again.
    Held,
    /// It waits for a load of another.
    Waiting,
    /// Its steps are under way since then.
    Loading(SimTime),
}

/// What one cache has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheLedger {
    /// Look-ups.
    pub look_ups: u64,
    /// Look-ups answered at once.
    pub hits: u64,
    /// Of those: with a value that had expired.
    pub stale: u64,
    /// Look-ups that loaded at once.
    pub misses: u64,
    /// Of those: although there was a fresh value.
    pub early: u64,
    /// Look-ups that waited for a load in the same instance.
    pub coalesced: u64,
    /// Look-ups that waited because somebody else had the lease.
    pub held: u64,
    /// Loads in the background.
    pub refreshes: u64,
    /// Loads of those who had waited.
    pub taken_over: u64,
    /// Loads begun.
    pub loads: u64,
    /// Of those: while nobody loaded the key already.
    pub first_loads: u64,
    /// Loads that came out well: each filled the cache.
    pub fills: u64,
    /// Loads that failed.
    pub failed: u64,
    /// Of those: an expired value was given instead.
    pub stood_in: u64,
    /// Loads that were cancelled, or lost with their instance.
    pub left: u64,
    /// Loads under way at the end.
    pub under_way: u64,
    /// Fills by answers that nobody waited for any more.
    pub late_fills: u64,
    /// Values that steps put in.
    pub puts: u64,
    /// Entries of keys that were not there before.
    pub entered: u64,
    /// Entries that made room.
    pub evicted: u64,
    /// Entries lost in a flush or with an instance.
    pub flushed: u64,
    /// Entries at the end.
    pub entries: u64,
}

impl CacheLedger {
    /// Shows each law to `law`, with both sides.
    pub(super) fn laws(&self, id: CacheId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let c = self;
        let sums = [
            (
                "look-ups = hits + misses + coalesced + held",
                c.look_ups,
                c.hits + c.misses + c.coalesced + c.held,
            ),
            ("loads = misses + refreshes + taken over", c.loads, c.misses + c.refreshes + c.taken_over),
            ("loads = fills + failed + left + under way", c.loads, c.fills + c.failed + c.left + c.under_way),
            ("entered = evicted + flushed + entries", c.entered, c.evicted + c.flushed + c.entries),
        ];
        for (name, one, other) in sums {
            law(one == other, &|| format!("{id:?}: {name}: {one} = {other}"));
        }
        let parts = [
            ("stale <= hits", c.stale, c.hits),
            ("early <= misses", c.early, c.misses),
            ("first loads <= loads", c.first_loads, c.loads),
            ("stood in <= failed", c.stood_in, c.failed),
            ("taken over <= coalesced + held", c.taken_over, c.coalesced + c.held),
        ];
        for (name, part, whole) in parts {
            law(part <= whole, &|| format!("{id:?}: {name}: {part} <= {whole}"));
        }
    }
}

impl CacheState {
    pub(super) fn new(cache: &Cache, model: &Model, seed: Seed) -> Self {
        let instances = model.services[cache.service].instances;
        let stores = match cache.config.scope {
            Scope::Shared => 1,
            Scope::Instance => instances,
        };
        let flights = match cache.config.coalesce {
            Coalesce::None => 0,
            Coalesce::Process => instances,
        };
        let store = |place: u32| {
            let mut store = Store::new(&cache.config, cache.keys);
            let luck = Luck::of_client(seed, cache.key, place);
            for key in 0..cache.config.warm.entries(cache.config.places(cache.keys)) {
                let luck = luck.request(u64::from(key));
                store.fill(&cache.config, key, SimTime::ZERO, SimDuration::ZERO, luck);
            }
            store
        };
        CacheState {
            stores: (0..stores).map(store).collect(),
            flights: (0..flights).map(|_| single_flight::State::new(cache.keys)).collect(),
        }
    }

    fn store(&mut self, place: u32) -> &mut Store {
        let place = if self.stores.len() == 1 { 0 } else { place as usize };
        &mut self.stores[place]
    }

    fn leader(&self, place: u32, key: u32) -> Option<TaskId> {
        self.flights.get(place as usize).and_then(|flights| flights.leader(key))
    }
}

/// Where a `cached` step looks.
#[derive(Clone, Copy)]
struct Spot {
    cache: CacheId,
    place: u32,
    key: u32,
    step: u32,
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    fn spot(&self, task: &Task) -> Spot {
        let Step::Cached { cache, key, .. } = self.model.steps[task.step] else {
            unreachable!("only cached steps look");
        };
        Spot { cache, place: self.place_of(task.instance), key: task.baggage.key, step: key }
    }

    pub(super) fn cache_event(&mut self, by: AttemptId, cache: CacheId, event: CacheEvent) {
        self.probe.observe(self.now, Observation::Cache { by, cache, event });
    }

    /// A `cached` step begins, or has waited and looks again.
    #[inline(never)]
    pub(super) fn look_up(&mut self, id: TaskId) {
        let now = self.now;
        let task = *self.tasks.get(id.0).expect("a step that looks is under way");
        let spot = self.spot(&task);
        let config = &self.model.caches[spot.cache].config;
        let is_first = matches!(task.cached, Progress::Looking);
        self.ledger.caches[spot.cache].look_ups += u64::from(is_first);
        let luck = task.luck.call(spot.step, 0, 0);
        let tasks = &self.tasks;
        let lives = |task: TaskId| tasks.get(task.0).is_some();
        let look = self.caches[spot.cache].store(spot.place).look(config, spot.key, now, luck, lives);
        let is_early = look == Look::Early;
        if matches!(look, Look::Hit { .. }) {
            return self.hit(id, &task, spot, look);
        }
        // Somebody in this process loads it already.
        let state = &mut self.caches[spot.cache];
        if let Some(flights) = state.flights.get_mut(spot.place as usize) {
            match flights.leader(spot.key) {
                Some(leader) if leader == id => {} // it waited for a lease, or follows one that left
                Some(_) if is_early => {
                    let look = state.store(spot.place).as_it_is(spot.key, now).expect("it is fresh");
                    return self.hit(id, &task, spot, look);
                }
                Some(_) => {
                    flights.wait(spot.key, id);
                    self.waits(id, spot, is_first, Progress::Waiting);
                    return;
                }
                None => flights.lead(spot.key, id),
            }
        }
        // Somebody in another process may do so.
        let store = self.caches[spot.cache].store(spot.place);
        if let Some(lease) = &config.lease
            && !store.grant(lease, spot.key, now)
        {
            let may_serve = is_early || lease.accept_stale;
            if let Some(look) = may_serve.then(|| store.as_it_is(spot.key, now)).flatten() {
                return self.hit(id, &task, spot, look);
            }
            self.waits(id, spot, is_first, Progress::Held);
            return self.schedule_timer(Lane::HEAP, now + lease.wait, Event::Computed { task: id });
        }
        let ledger = &mut self.ledger.caches[spot.cache];
        match is_first {
            true => {
                ledger.misses += 1;
                ledger.early += u64::from(is_early);
                self.cache_event(task.attempt, spot.cache, CacheEvent::Miss);
            }
            false => ledger.taken_over += 1,
        }
        self.load(id, spot);
    }

    /// Begins the steps of a miss.
    fn load(&mut self, id: TaskId, spot: Spot) {
        let first = self.caches[spot.cache].store(spot.place).load_begins(spot.key);
        let ledger = &mut self.ledger.caches[spot.cache];
        ledger.loads += 1;
        ledger.first_loads += u64::from(first);
        let task = self.tasks.get_mut(id.0).expect("who loads is under way");
        task.cached = Progress::Loading(self.now);
        let (step, luck, by) = (task.step, task.luck, task.attempt);
        self.cache_event(by, spot.cache, CacheEvent::Loads { first });
        let Step::Cached { step, .. } = self.model.steps[step] else {
            unreachable!("only cached steps load")
        };
        self.begin_next(id, step, luck);
    }

    fn waits(&mut self, id: TaskId, spot: Spot, is_first: bool, progress: Progress) {
        let task = self.tasks.get_mut(id.0).expect("who waits is under way");
        task.cached = progress;
        let by = task.attempt;
        if is_first {
            let ledger = &mut self.ledger.caches[spot.cache];
            match progress {
                Progress::Held => ledger.held += 1,
                _ => ledger.coalesced += 1,
            }
            self.cache_event(by, spot.cache, CacheEvent::Waits);
        }
    }

    /// The cache has something to give.
    fn hit(&mut self, id: TaskId, task: &Task, spot: Spot, look: Look) {
        let Look::Hit { outcome, is_stale, refresh } = look else { unreachable!("only hits are given") };
        if matches!(task.cached, Progress::Looking) {
            let ledger = &mut self.ledger.caches[spot.cache];
            ledger.hits += 1;
            ledger.stale += u64::from(is_stale);
            self.cache_event(
                task.attempt,
                spot.cache,
                if is_stale { CacheEvent::StaleHit } else { CacheEvent::Hit },
            );
        }
        if refresh {
            self.refresh_behind(task, spot);
        }
        let Step::Cached { hit_time, key, .. } = &self.model.steps[task.step] else { return };
        let Some(work) = hit_time else { return self.give(id, spot, outcome) };
        let looking = self.tasks.get_mut(id.0).expect("a step that looks is under way");
        looking.cached = Progress::Serving(outcome);
        looking.computing += u32::from(self.scales);
        let luck = task.luck.call(*key, 0, 0);
        let length = work.sample(&mut luck.draws(crate::luck::Purpose::ServiceTime));
        self.schedule_work(task.instance, Work::Step(id), length, luck, Lane::HEAP);
    }

    /// Loads a key behind the request that found it stale.
    fn refresh_behind(&mut self, task: &Task, spot: Spot) {
        if self.caches[spot.cache].leader(spot.place, spot.key).is_some() {
            return;
        }
        let baggage = Baggage { deadline: SimTime::NEVER, ..task.baggage };
        let luck = task.luck.call(spot.step, 1, 0);
        let refresh = Task { parent: NO_TASK, attempt: NO_ATTEMPT, luck, baggage, ..*task };
        self.load_behind(refresh, task.step);
    }

    /// Loads a key for nobody, unless somebody in this process does so for others already; gives who does it.
    pub(super) fn load_behind(&mut self, refresh: Task, step: StepId) -> Option<TaskId> {
        let spot = self.spot(&Task { step, ..refresh });
        if self.caches[spot.cache].leader(spot.place, spot.key).is_some() {
            return None;
        }
        let id = self.enter_group(refresh, step);
        let state = &mut self.caches[spot.cache];
        state.store(spot.place).refreshes(spot.key, id);
        if let Some(flights) = state.flights.get_mut(spot.place as usize) {
            flights.lead(spot.key, id);
        }
        self.ledger.caches[spot.cache].refreshes += 1;
        self.load(id, spot);
        Some(id)
    }

    /// A value comes in that nobody has asked for.
    pub(super) fn fill_at(&mut self, cache: CacheId, place: u32, key: u32, luck: Luck) -> Filled {
        let config = &self.model.caches[cache].config;
        self.caches[cache].store(place).fill(config, key, self.now, SimDuration::ZERO, luck)
    }

    /// What a `cached` step waited for is there: its work, its steps, its lease, or a load of another.
    pub(super) fn cached_went_on(&mut self, id: TaskId, outcome: Outcome) {
        let task = *self.tasks.get(id.0).expect("it is under way");
        match task.cached {
            Progress::Looking => unreachable!("a look-up leads somewhere at once"),
            Progress::Serving(outcome) => self.give(id, self.spot(&task), outcome),
            Progress::Held => self.look_up(id),
            Progress::Waiting => self.finish(id, outcome),
            Progress::Loading(since) => self.loaded(id, &task, since, outcome),
        }
    }

    fn loaded(&mut self, id: TaskId, task: &Task, since: SimTime, outcome: Outcome) {
        let now = self.now;
        let spot = self.spot(task);
        let config = &self.model.caches[spot.cache].config;
        let store = self.caches[spot.cache].store(spot.place);
        store.load_ends(spot.key);
        let ledger = &mut self.ledger.caches[spot.cache];
        let mut given = outcome;
        if outcome.is_ok() {
            let luck = task.luck.call(spot.step, 0, 0);
            let filled = store.fill(config, spot.key, now, now.since(since), luck);
            ledger.fills += 1;
            ledger.put(filled);
            self.cache_event(task.attempt, spot.cache, CacheEvent::Filled);
        } else {
            ledger.failed += 1;
            self.refresh_failed(spot.cache, id, task.instance, spot.key);
            let store = self.caches[spot.cache].store(spot.place);
            let ledger = &mut self.ledger.caches[spot.cache];
            match store.stands_in(config, spot.key, now) {
                Some(is_stale) => {
                    given = Outcome::Ok;
                    if is_stale {
                        ledger.stood_in += 1;
                        self.tasks.get_mut(id.0).expect("it is under way").degraded = true;
                        self.cache_event(task.attempt, spot.cache, CacheEvent::StoodIn);
                    }
                }
                None => {
                    if let Some(filled) = store.remember(config, spot.key, outcome, now) {
                        ledger.put(filled);
                    }
                }
            }
        }
        self.give(id, spot, given);
    }

    /// A `cached` step ends, and with it those that waited for it.
    fn give(&mut self, id: TaskId, spot: Spot, outcome: Outcome) {
        let degraded = self.tasks.get(id.0).is_some_and(|task| task.degraded);
        let state = &mut self.caches[spot.cache];
        if state.leader(spot.place, spot.key) == Some(id) {
            let (tasks, ready) = (&mut self.tasks, &mut self.ready);
            state.flights[spot.place as usize].end(spot.key, |waiter| {
                if let Some(task) = tasks.get_mut(waiter.0) {
                    task.degraded |= degraded;
                    ready.push_back(Ready::Step(waiter, outcome));
                }
            });
        }
        self.finish(id, outcome);
    }

    /// A `cached` step was cancelled; its record is gone already.
    pub(super) fn left_cached(&mut self, id: TaskId, task: &Task) {
        let spot = self.spot(task);
        let state = &mut self.caches[spot.cache];
        if let Progress::Loading(_) = task.cached {
            state.store(spot.place).load_ends(spot.key);
            self.ledger.caches[spot.cache].left += 1;
        }
        if state.leader(spot.place, spot.key) == Some(id) {
            self.ready.push_back(Ready::Leaderless(spot.cache, task.instance, spot.key));
        }
    }

    /// Who loaded a key for others has left: the next of them does it, if there is one.
    pub(super) fn on_leaderless(&mut self, cache: CacheId, instance: InstanceId, key: u32) {
        let place = self.place_of(instance);
        let tasks = &self.tasks;
        let lives = |task: TaskId| tasks.get(task.0).is_some();
        let state = &mut self.caches[cache];
        // The process may be gone since, and another may lead.
        if state.leader(place, key).is_none_or(lives) {
            return;
        }
        if let Some(next) = state.flights[place as usize].pass_on(key, lives) {
            self.look_up(next);
        }
    }

    /// An answer came that nobody waits for any more: the one who gave it may fill the cache of the one who
    /// asked. The attempt's record may be gone, its errand is not used anew yet.
    #[inline]
    pub(super) fn fill_late(&mut self, id: AttemptId, attempt: &Attempt) {
        let Some(cache) = self.model.edges[attempt.edge].fills else { return };
        let key = self.errands[id.0.slot as usize].baggage.key;
        let config = &self.model.caches[cache].config;
        let store = self.caches[cache].store(attempt.client);
        if attempt.entered < store.born {
            return; // the process that asked is gone, with its cache
        }
        let filled = store.fill(config, key, self.now, self.now.since(attempt.entered), attempt.luck);
        let ledger = &mut self.ledger.caches[cache];
        ledger.late_fills += 1;
        ledger.put(filled);
        self.cache_event(id, cache, CacheEvent::Filled);
    }

    /// A crashed instance loses what it held itself.
    pub(super) fn lose_caches(&mut self, service: ServiceId, instance: InstanceId) {
        let place = self.place_of(instance);
        for (id, cache) in self.model.caches.iter_ids().filter(|(_, cache)| cache.service == service) {
            let state = &mut self.caches[id];
            if let Some(flights) = state.flights.get_mut(place as usize) {
                flights.clear();
            }
            if cache.config.scope == Scope::Instance {
                let store = state.store(place);
                store.born = self.now;
                self.ledger.caches[id].flushed += store.clear();
            }
        }
    }

    /// A cache loses all its entries.
    pub(super) fn flush(&mut self, cache: CacheId, instance: InstanceId) {
        let place = self.place_of(instance);
        self.ledger.caches[cache].flushed += self.caches[cache].store(place).clear();
    }

    /// Counts what is there at the end.
    pub(super) fn close_caches(&mut self) {
        for task in self.tasks.iter() {
            if let (Step::Cached { cache, .. }, Progress::Loading(_)) =
                (&self.model.steps[task.step], task.cached)
            {
                self.ledger.caches[*cache].under_way += 1;
            }
        }
        for id in self.model.caches.ids() {
            let ledger = &mut self.ledger.caches[id];
            ledger.entries = self.caches[id].stores.iter().map(|store| store.len() as u64).sum();
            let cache = &self.model.caches[id];
            let warm = cache.config.warm.entries(cache.config.places(cache.keys));
            ledger.entered += u64::from(warm) * self.caches[id].stores.len() as u64;
        }
    }
}

impl CacheLedger {
    pub(super) fn put(&mut self, filled: Filled) {
        match filled {
            Filled::Replaced => {}
            Filled::Entered => self.entered += 1,
            Filled::Evicted => {
                self.entered += 1;
                self.evicted += 1;
            }
        }
    }
}
