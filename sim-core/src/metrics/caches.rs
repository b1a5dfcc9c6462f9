//! What did each cache do, window by window? Counted per cache; a service has the sum of its own.

use super::CacheEvent;
use super::series::ServiceSeries;
use crate::ids::{CacheId, IdVec, ServiceId};
use crate::model::Model;

/// What a cache, or all of one service, did in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheWindow {
    /// Look-ups.
    pub look_ups: u32,
    /// Of those: answered at once.
    pub hits: u32,
    /// Of those: that loaded.
    pub misses: u32,
    /// Loads begun, those in the background included.
    pub loads: u32,
    /// Of those: while nobody loaded the key already.
    pub first_loads: u32,
    /// Values that came in.
    pub fills: u32,
    /// Answers with a value that had expired.
    pub stale: u32,
}

impl CacheWindow {
    fn count(&mut self, event: CacheEvent) {
        let looks =
            matches!(event, CacheEvent::Hit | CacheEvent::StaleHit | CacheEvent::Miss | CacheEvent::Waits);
        self.look_ups += u32::from(looks);
        match event {
            CacheEvent::Hit => self.hits += 1,
            CacheEvent::StaleHit => (self.hits, self.stale) = (self.hits + 1, self.stale + 1),
            CacheEvent::Miss => self.misses += 1,
            CacheEvent::Waits => {}
            CacheEvent::Loads { first } => {
                self.loads += 1;
                self.first_loads += u32::from(first);
            }
            CacheEvent::Filled => self.fills += 1,
            CacheEvent::StoodIn => self.stale += 1,
        }
    }

    /// Adds what another did.
    pub fn add(&mut self, other: &CacheWindow) {
        let CacheWindow { look_ups, hits, misses, loads, first_loads, fills, stale } = other;
        self.look_ups += look_ups;
        self.hits += hits;
        self.misses += misses;
        self.loads += loads;
        self.first_loads += first_loads;
        self.fills += fills;
        self.stale += stale;
    }
}

/// One cache over the run.
#[derive(Clone, Debug)]
struct CacheSeries {
    service: ServiceId,
    windows: Vec<CacheWindow>,
    open: CacheWindow,
}

/// All caches over the run.
#[derive(Clone, Debug, Default)]
pub struct Caches(IdVec<CacheId, CacheSeries>);

impl Caches {
    pub(super) fn new(model: &Model) -> Self {
        let series = |service| CacheSeries { service, windows: Vec::new(), open: CacheWindow::default() };
        Caches(model.caches.iter().map(|cache| series(cache.service)).collect())
    }

    pub(super) fn count(&mut self, cache: CacheId, event: CacheEvent) {
        self.0[cache].open.count(event);
    }

    /// The windows of one cache.
    pub fn windows(&self, cache: CacheId) -> &[CacheWindow] {
        &self.0[cache].windows
    }

    /// A window ends, before those of the services do.
    pub(super) fn close_window(&mut self, services: &mut IdVec<ServiceId, ServiceSeries>) {
        for cache in self.0.iter_mut() {
            services[cache.service].open.caches.add(&cache.open);
            cache.windows.push(std::mem::take(&mut cache.open));
        }
    }

    /// A bound may have ended the run within a window.
    pub(super) fn end(&mut self, count: usize, services: &mut IdVec<ServiceId, ServiceSeries>) {
        if self.0.iter().any(|cache| cache.windows.len() < count) {
            self.close_window(services);
        }
        for cache in self.0.iter_mut() {
            cache.windows.resize(count, CacheWindow::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_up_is_a_hit_a_miss_or_a_wait_and_sums_add_up() {
        let mut window = CacheWindow::default();
        let events = [
            CacheEvent::Hit,
            CacheEvent::StaleHit,
            CacheEvent::Miss,
            CacheEvent::Loads { first: true },
            CacheEvent::Loads { first: false },
            CacheEvent::Waits,
            CacheEvent::Filled,
            CacheEvent::StoodIn,
        ];
        events.into_iter().for_each(|event| window.count(event));
        let once =
            CacheWindow { look_ups: 4, hits: 2, misses: 1, loads: 2, first_loads: 1, fills: 1, stale: 2 };
        assert_eq!(window, once);
        window.add(&once);
        assert_eq!((window.look_ups, window.hits, window.loads, window.stale), (8, 4, 4, 4));
    }
}
