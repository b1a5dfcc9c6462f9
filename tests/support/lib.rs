//! What do the whole-system tests share? Tiny models written as the files that users write, runs over
//! several seeds on threads, observers of their own, and comparisons that say what they compare.

pub mod claim;
pub mod crowds;
pub mod probes;
pub mod systems;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Measures every seed, several at a time; results in the order of `seeds`.
///
/// ```
/// let squares = sim_tests::over_seeds(1..=4, |seed| seed * seed);
/// assert_eq!(squares, [1, 4, 9, 16]);
/// ```
pub fn over_seeds<T: Send>(
    seeds: impl IntoIterator<Item = u64>,
    measure: impl Fn(u64) -> T + Sync,
) -> Vec<T> {
    let seeds: Vec<u64> = seeds.into_iter().collect();
    let results: Vec<Mutex<Option<T>>> = seeds.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(seeds.len());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(seed) = seeds.get(index) else { return };
            let result = measure(*seed);
            *results[index].lock().expect("nobody panics while holding the lock") = Some(result);
        }
    };
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        work();
        for helper in helpers {
            if let Err(panic) = helper.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let unwrap = |result: Mutex<Option<T>>| result.into_inner().ok().flatten().expect("every seed was run");
    results.into_iter().map(unwrap).collect()
}
