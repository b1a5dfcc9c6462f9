//! What does a look-up find? The entries of one cache, by key, with the loads under way.
//!
//! Flat: a place number per key, and places for at most as many entries as fit. Nothing is searched, and
//! nothing is drawn that the settings do not ask for.

use super::freshness::Freshness;
use super::{Config, EarlyRefresh, eviction, lease};
use crate::ids::TaskId;
use crate::luck::{Luck, Purpose};
use crate::policy::Outcome;
use crate::time::{SimDuration, SimTime};

const NONE: u32 = u32::MAX;

/// A value, or a failure that is remembered.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key: u32,
    outcome: Outcome,
    fresh_until: SimTime,
    /// How long its load took.
    took: SimDuration,
    /// Who loads it anew in the background; stale if nobody does.
    refresher: Option<TaskId>,
}

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A value, or an error that is remembered: it is given at once.
    Hit {
        /// What is given.
        outcome: Outcome,
        /// Whether it has expired.
        is_stale: bool,
        /// Whether it is to be loaded anew behind this request.
        refresh: bool,
    },
    /// Nothing that may be served: it is loaded.
    Miss,
    /// A value that may be served, but this reader loads it anew.
    Early,
}

impl Look {
    const fn hit(outcome: Outcome) -> Look {
        Look::Hit { outcome, is_stale: false, refresh: false }
    }
}

/// What a value that came in changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It took the place of an older one of the same key.
    Replaced,
    /// It took a free place.
    Entered,
    /// It took the place of another key, which is gone.
    Evicted,
}

/// One cache.
#[derive(Clone, Debug)]
pub struct Store {
    /// Place of each key's entry.
    places: Vec<u32>,
    entries: Vec<Entry>,
    most: u32,
    /// Who goes next; `None` where all fit.
    order: Option<eviction::State>,
    /// Loads under way, by key.
    loading: Vec<u32>,
    leases: lease::State,
    /// Since when it has been filled by the process that holds it.
    pub(crate) born: SimTime,
}

impl Store {
    /// An empty cache for so many keys.
    pub fn new(config: &Config, keys: u32) -> Self {
        let most = config.places(keys);
        Store {
            places: vec![NONE; keys as usize],
            entries: Vec::new(),
            most,
            order: (most < keys).then(|| eviction::State::new(&config.eviction, most)),
            loading: vec![0; keys as usize],
            leases: lease::State::new(if config.lease.is_some() { keys } else { 0 }),
            born: SimTime::ZERO,
        }
    }

    /// Entries, those that have expired included.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn entry(&self, key: u32) -> Option<&Entry> {
        self.entries.get(self.places[key as usize] as usize)
    }

    /// What a reader of `key` finds; `lives` tells who is still under way.
    pub fn look(
        &mut self,
        config: &Config,
        key: u32,
        now: SimTime,
        luck: Luck,
        lives: impl Fn(TaskId) -> bool,
    ) -> Look {
        let place = self.places[key as usize];
        let Some(&Entry { outcome, fresh_until, took, refresher, .. }) = self.entries.get(place as usize)
        else {
            return Look::Miss;
        };
        let freshness = config.freshness(outcome, fresh_until, now);
        if let (Freshness::Fresh, EarlyRefresh::Xfetch(xfetch)) = (freshness, &config.early_refresh)
            && outcome.is_ok()
            && xfetch.refreshes(now, fresh_until, took, luck.draws(Purpose::EarlyRefresh))
        {
            return Look::Early;
        }
        if freshness == Freshness::Expired {
            return Look::Miss;
        }
        self.used(place);
        match freshness {
            Freshness::Stale => {
                let refresh = !refresher.is_some_and(lives);
                Look::Hit { outcome, is_stale: true, refresh }
            }
            Freshness::Fresh | Freshness::Expired => Look::hit(outcome),
        }
    }

    /// The value that is there although it was to be loaded anew: as [`Look::Early`] found it, or however
    /// old it is.
    pub fn as_it_is(&mut self, key: u32, now: SimTime) -> Option<Look> {
        let place = self.places[key as usize];
        let entry = self.entries.get(place as usize).filter(|entry| entry.outcome.is_ok())?;
        let is_stale = now >= entry.fresh_until;
        self.used(place);
        Some(Look::Hit { outcome: Outcome::Ok, is_stale, refresh: false })
    }

    fn used(&mut self, place: u32) {
        if let Some(order) = &mut self.order {
            order.used(place);
        }
    }

    /// `task` loads `key` anew in the background.
    pub fn refreshes(&mut self, key: u32, task: TaskId) {
        let place = self.places[key as usize] as usize;
        if let Some(entry) = self.entries.get_mut(place) {
            entry.refresher = Some(task);
        }
    }

    /// Whether a load of `key` may begin now.
    pub fn grant(&mut self, lease: &lease::Config, key: u32, now: SimTime) -> bool {
        self.leases.grant(lease, key, now)
    }

    /// A load of `key` begins; gives whether none was under way.
    pub fn load_begins(&mut self, key: u32) -> bool {
        self.loading[key as usize] += 1;
        self.loading[key as usize] == 1
    }

    /// A load of `key` is over, in whichever way.
    pub fn load_ends(&mut self, key: u32) {
        self.loading[key as usize] -= 1;
    }

    /// A load of `key` came out well after `took`.
    pub fn fill(&mut self, config: &Config, key: u32, now: SimTime, took: SimDuration, luck: Luck) -> Filled {
        self.leases.filled(key);
        let fresh_until = config.fresh_until(now, luck);
        self.put(Entry { key, outcome: Outcome::Ok, fresh_until, took, refresher: None })
    }

    /// Whether the value that is there stands in for a load of `key` that failed, and whether it is stale.
    pub fn stands_in(&self, config: &Config, key: u32, now: SimTime) -> Option<bool> {
        let entry = self.entry(key)?;
        config.stands_in(entry.outcome, entry.fresh_until, now).then(|| now >= entry.fresh_until)
    }

    /// A load of `key` failed: it is remembered for a while, if at all.
    pub fn remember(&mut self, config: &Config, key: u32, outcome: Outcome, now: SimTime) -> Option<Filled> {
        let fresh_until = now + config.negative_ttl.0?;
        Some(self.put(Entry { key, outcome, fresh_until, took: SimDuration::ZERO, refresher: None }))
    }

    fn put(&mut self, entry: Entry) -> Filled {
        let held = self.places[entry.key as usize];
        if held != NONE {
            self.entries[held as usize] = entry;
            if let Some(order) = &mut self.order {
                order.loaded(held);
            }
            return Filled::Replaced;
        }
        let (place, filled) = match (self.entries.len() as u32) < self.most {
            true => {
                self.entries.push(entry);
                (self.entries.len() as u32 - 1, Filled::Entered)
            }
            false => {
                let order = self.order.as_mut().expect("only a cache that may be full is full");
                let place = order.evict().expect("it is full");
                self.places[self.entries[place as usize].key as usize] = NONE;
                (place, Filled::Evicted)
            }
        };
        self.entries[place as usize] = entry;
        self.places[entry.key as usize] = place;
        if let Some(order) = &mut self.order {
            order.entered(place);
        }
        filled
    }

    /// Forgets everything; loads under way stay so. Gives how many entries are gone.
    pub fn clear(&mut self) -> u64 {
        let gone = self.len() as u64;
        self.places.fill(NONE);
        self.entries.clear();
        if let Some(order) = &mut self.order {
            order.clear();
        }
        self.leases.clear();
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Handle;
    use crate::policy::testing::{at, luck, ms, read};

    fn look(store: &mut Store, config: &Config, key: u32, t: f64) -> Look {
        store.look(config, key, at(t), luck(1), |_| true)
    }

    fn stale(refresh: bool) -> Look {
        Look::Hit { outcome: Outcome::Ok, is_stale: true, refresh }
    }

    #[test]
    fn three_keys_in_two_places() {
        let config: Config = read(r#"{"capacity": 2, "ttl": "100ms"}"#).expect("sound");
        let mut store = Store::new(&config, 3);
        let fill = |store: &mut Store, key, t| store.fill(&config, key, at(t), ms(5.0), luck(1));
        assert_eq!(look(&mut store, &config, 0, 0.0), Look::Miss);
        assert_eq!(fill(&mut store, 0, 0.0), Filled::Entered);
        assert_eq!(fill(&mut store, 1, 10.0), Filled::Entered);
        assert_eq!(look(&mut store, &config, 0, 20.0), Look::hit(Outcome::Ok));
        assert_eq!(fill(&mut store, 2, 30.0), Filled::Evicted);
        assert_eq!(look(&mut store, &config, 1, 40.0), Look::Miss);
        assert_eq!(look(&mut store, &config, 0, 99.0), Look::hit(Outcome::Ok));
        assert_eq!(look(&mut store, &config, 0, 100.0), Look::Miss);
        assert_eq!(fill(&mut store, 0, 110.0), Filled::Replaced);
        assert_eq!(look(&mut store, &config, 0, 209.0), Look::hit(Outcome::Ok));
        assert_eq!(store.len(), 2);
        assert_eq!(store.clear(), 2);
        assert!(store.is_empty());
        assert_eq!(look(&mut store, &config, 0, 210.0), Look::Miss);
        assert_eq!(fill(&mut store, 0, 220.0), Filled::Entered);
    }

    #[test]
    fn a_stale_entry_is_refreshed_by_one_at_a_time() {
        let config: Config = read(r#"{"ttl": "100ms", "stale_while_revalidate": "1s"}"#).expect("sound");
        let mut store = Store::new(&config, 1);
        store.fill(&config, 0, at(0.0), ms(5.0), luck(1));
        assert_eq!(look(&mut store, &config, 0, 100.0), stale(true));
        store.refreshes(0, TaskId(Handle { slot: 3, generation: 1 }));
        assert_eq!(look(&mut store, &config, 0, 101.0), stale(false));
        assert_eq!(store.look(&config, 0, at(102.0), luck(1), |_| false), stale(true));
        assert_eq!(look(&mut store, &config, 0, 1_100.0), Look::Miss);
    }

    #[test]
    fn errors_are_remembered_unless_an_old_value_will_do() {
        let config: Config =
            read(r#"{"ttl": "100ms", "negative_ttl": "10ms", "stale_if_error": "1s"}"#).expect("sound");
        let mut store = Store::new(&config, 2);
        assert_eq!(store.stands_in(&config, 0, at(0.0)), None);
        assert_eq!(store.remember(&config, 0, Outcome::ServerError, at(0.0)), Some(Filled::Entered));
        assert_eq!(look(&mut store, &config, 0, 9.0), Look::hit(Outcome::ServerError));
        assert_eq!(look(&mut store, &config, 0, 10.0), Look::Miss);
        assert_eq!(store.as_it_is(0, at(5.0)), None);
        store.fill(&config, 1, at(0.0), ms(5.0), luck(1));
        assert_eq!(store.stands_in(&config, 1, at(50.0)), Some(false));
        assert_eq!(store.stands_in(&config, 1, at(1_099.0)), Some(true));
        assert_eq!(store.stands_in(&config, 1, at(1_100.0)), None);
        assert_eq!(store.as_it_is(1, at(5_000.0)), Some(stale(false)));
    }

    #[test]
    fn loads_under_way_are_counted_by_key() {
        let mut store = Store::new(&Config::default(), 2);
        assert!(store.load_begins(0));
        assert!(!store.load_begins(0));
        assert!(store.load_begins(1));
        store.load_ends(0);
        store.load_ends(0);
        assert!(store.load_begins(0));
    }
}
