//! What becomes of those who give up and come again? Markov chains over the number at a service and the
//! number of those who were there before, for callers whose patience is exponential.
//!
//! | chain | who gave up | comes again | state |
//! |---|---|---|---|
//! | [`LateWork`] | is served all the same, in vain | at once | waited for, given up |
//! | [`Orbit`] | has left the service | after an exponential back-off | at the service, in orbit |
//!
//! **When they hold.** For Poisson arrivals, exponential work and a bounded number of places; who finds
//! none leaves for good in [`LateWork`], and goes into orbit as others do in [`Orbit`]. Work in vain needs
//! a service in which age does not matter, `processor_sharing` in a file (or a random order): first come,
//! first served would have to know where in the line those stand who gave up, and since they are ahead of
//! all others it is worse. With withdrawn work any order will do. The engine's timeouts are fixed spans: a
//! caller that chooses among many of them (`choose`) has an exponential patience as nearly as one likes,
//! and `fallback` with `maybe` comes again with a given probability. Work in vain *and* a back-off need
//! three numbers, and a band too wide for elimination.
//!
//! **Source.** Falin and Templeton, *Retrial Queues*, 1997; Alvaro, Isaacs, Majumdar and others, *Formal
//! Analysis of Metastable Failures in Software Systems*, arXiv 2510.03551, 2025, for the use of such chains.
//! Deviations: that paper calibrates an approximate chain, these are exact for what the table says; states
//! are truncated by places that the model itself has, or by a bound whose weight [`Orbit::overflow`] tells.

use super::chain::{Chain, Passage, Place};
use super::spiral::Spiral;
use super::{assert_positive, assert_share};

/// A chain whose states are pairs of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    chain: Chain,
    pairs: Vec<(u32, u32)>,
}

/// What lies ahead of each pair.
#[derive(Clone, Debug, PartialEq)]
pub struct PairsPassage {
    passage: Passage,
    pairs: Vec<(u32, u32)>,
}

impl Pairs {
    /// The mean of `value` in the long run.
    pub fn mean(&self, value: impl Fn(u32, u32) -> f64) -> f64 {
        let steady = self.chain.clone().steady();
        self.pairs.iter().zip(steady).map(|((a, b), weight)| weight * value(*a, *b)).sum()
    }

    /// Times and chances on the way to the ends that `place` names.
    pub fn passage(&self, place: impl Fn(u32, u32) -> Place) -> PairsPassage {
        let passage = self.chain.clone().passage(|state| place(self.pairs[state].0, self.pairs[state].1));
        PairsPassage { passage, pairs: self.pairs.clone() }
    }
}

impl PairsPassage {
    fn state(&self, from: (u32, u32)) -> usize {
        self.pairs.iter().position(|pair| *pair == from).expect("the pair is a state")
    }

    /// Mean time to an end from a pair. Panics outside the states.
    pub fn time(&self, from: (u32, u32)) -> f64 {
        self.passage.time[self.state(from)]
    }

    /// Probability that the good end comes first. Panics outside the states.
    pub fn chance(&self, from: (u32, u32)) -> f64 {
        self.passage.chance[self.state(from)]
    }
}

/// Who comes again when an attempt has timed out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Again {
    /// Everyone, once: two attempts per request.
    Once,
    /// Each time with this probability, without an end: 1 / (1 - p) attempts per request at most, on average.
    WithChance(f64),
}

/// Callers who give up after an exponential time and try again at once, while the service works on for
/// nobody.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LateWork {
    /// lambda, fresh requests per unit of time, above 0.
    pub arrival_rate: f64,
    /// mu, services per unit of time of one server, above 0.
    pub service_rate: f64,
    /// Number of servers, shared equally by all who are there, at least 1.
    pub servers: u32,
    /// Most attempts in the system, at least 1; one more is lost. Work grows with its fourth power: 100
    /// take a moment, 300 a minute.
    pub places: u32,
    /// Mean patience with one attempt, above 0.
    pub timeout: f64,
    /// Who comes again.
    pub again: Again,
}

impl LateWork {
    /// The chain over (a, b): a attempts whose timeout still matters, b others. With [`Again::WithChance`]
    /// they are those that are waited for and those that are not; with [`Again::Once`] a are first attempts
    /// in time, b all others. Panics outside the domain.
    pub fn pairs(&self) -> Pairs {
        assert_positive("the arrival rate", self.arrival_rate);
        assert_positive("the service rate", self.service_rate);
        assert_positive("the timeout", self.timeout);
        assert!(self.servers >= 1 && self.places >= 1, "at least one server and one place");
        if let Again::WithChance(chance) = self.again {
            assert_share("the chance to come again", chance);
        }
        // By the number in the system: no jump is further than two rows of the triangle.
        let state = |a: u32, b: u32| {
            let n = (a + b) as usize;
            n * (n + 1) / 2 + b as usize
        };
        let pairs: Vec<(u32, u32)> =
            (0..=self.places).flat_map(|n| (0..=n).map(move |b| (n - b, b))).collect();
        let mut chain = Chain::new(pairs.len(), self.places as usize + 2);
        for (a, b) in pairs.iter().copied() {
            let (n, here) = (a + b, state(a, b));
            let has_place = n < self.places;
            if has_place {
                chain.add(here, state(a + 1, b), self.arrival_rate);
            }
            let each = f64::from(n.min(self.servers)) * self.service_rate / f64::from(n.max(1));
            if b > 0 {
                chain.add(here, state(a, b - 1), f64::from(b) * each);
            }
            if a == 0 {
                continue;
            }
            chain.add(here, state(a - 1, b), f64::from(a) * each);
            let late = f64::from(a) / self.timeout;
            let (comes, returned) = match self.again {
                Again::Once => (1.0, (a - 1, b + 2)),
                Again::WithChance(chance) => (chance, (a, b + 1)),
            };
            let comes = if has_place { comes } else { 0.0 };
            if comes > 0.0 {
                chain.add(here, state(returned.0, returned.1), comes * late);
            }
            chain.add(here, state(a - 1, b + 1), (1.0 - comes) * late);
        }
        Pairs { chain, pairs }
    }

    /// Mean attempts in the system.
    pub fn mean_in_system(&self) -> f64 {
        self.pairs().mean(|a, b| f64::from(a + b))
    }

    /// Mean time from an empty system until every place is taken.
    pub fn mean_time_to_collapse(&self) -> f64 {
        let full = |a: u32, b: u32| if a + b == self.places { Place::Bad } else { Place::Way };
        self.pairs().passage(full).time((0, 0))
    }

    /// P(recover): probability that the system is empty before it is full, from `burst` fresh attempts on.
    pub fn recovers(&self, burst: &[u32]) -> Vec<f64> {
        let place = |a: u32, b: u32| match a + b {
            0 => Place::Good,
            n if n == self.places => Place::Bad,
            _ => Place::Way,
        };
        let passage = self.pairs().passage(place);
        burst.iter().map(|burst| passage.chance((*burst, 0))).collect()
    }
}

/// Callers who leave the service when it has no place for them or when their patience ends, and come again
/// after a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Orbit {
    /// Fresh requests, places and capacity of the service, by the number in it.
    pub service: Spiral,
    /// Mean patience with one attempt, waiting and in service, above 0; infinite for none.
    pub timeout: f64,
    /// Mean back-off, above 0.
    pub back_off: f64,
    /// Probability of coming again, each time, 0 to 1.
    pub again: f64,
    /// Most in orbit; one more is lost.
    pub orbit_places: u32,
}

impl Orbit {
    /// The chain over (n at the service, m in orbit). Panics outside the domain.
    pub fn pairs(&self) -> Pairs {
        assert!(self.timeout > 0.0, "patience lasts some time");
        assert_positive("the back-off", self.back_off);
        assert_share("the chance to come again", self.again);
        let places = self.service.places() as u32;
        let row = places as usize + 1;
        let state = |n: u32, m: u32| m as usize * row + n as usize;
        let pairs: Vec<(u32, u32)> =
            (0..=self.orbit_places).flat_map(|m| (0..=places).map(move |n| (n, m))).collect();
        let mut chain = Chain::new(pairs.len(), row);
        for (n, m) in pairs.iter().copied() {
            let here = state(n, m);
            let further = (m + 1).min(self.orbit_places);
            let fresh = self.service.arrival_rate();
            if n < places {
                chain.add(here, state(n + 1, m), fresh);
            } else {
                chain.add(here, state(n, further), self.again * fresh);
            }
            if n > 0 {
                let late = f64::from(n) / self.timeout;
                chain.add(
                    here,
                    state(n - 1, m),
                    self.service.capacity(n as usize) + (1.0 - self.again) * late,
                );
                chain.add(here, state(n - 1, further), self.again * late);
            }
            if m > 0 {
                let returns = f64::from(m) / self.back_off;
                if n < places {
                    chain.add(here, state(n + 1, m - 1), returns);
                } else {
                    chain.add(here, state(n, m - 1), (1.0 - self.again) * returns);
                }
            }
        }
        Pairs { chain, pairs }
    }

    /// Share of the time in which the orbit is at its bound: what the truncation does is of that order.
    pub fn overflow(&self) -> f64 {
        self.pairs().mean(|_, m| f64::from(u8::from(m == self.orbit_places)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::assert_near;
    use crate::theory::mmck::Mmck;

    fn late(again: Again, timeout: f64) -> LateWork {
        LateWork { arrival_rate: 0.5, service_rate: 1.0, servers: 1, places: 20, timeout, again }
    }

    #[test]
    fn with_endless_patience_it_is_mm1k() {
        let mmck = Mmck { arrival_rate: 0.5, service_rate: 1.0, servers: 1, places: 20 };
        for again in [Again::Once, Again::WithChance(0.9), Again::WithChance(0.0)] {
            assert_near(late(again, 1e9).mean_in_system(), mmck.mean_in_system(), 1e-6);
        }
        // Who never comes again does not change what the server does.
        assert_near(late(Again::WithChance(0.0), 2.0).mean_in_system(), mmck.mean_in_system(), 1e-12);
    }

    #[test]
    fn what_comes_in_goes_out() {
        // Attempts: fresh and again, less those that find no place, are what the server does.
        for (again, chance) in [(Again::WithChance(0.7), 0.7), (Again::Once, 1.0)] {
            let chain = late(again, 4.0);
            let inflow = chain
                .pairs()
                .mean(|a, b| if a + b == chain.places { 0.0 } else { 0.5 + chance * f64::from(a) / 4.0 });
            let busy = chain.pairs().mean(|a, b| f64::from(u8::from(a + b > 0)));
            assert_near(inflow, busy, 1e-12);
        }
    }

    #[test]
    fn two_places_by_hand() {
        // lambda = mu = timeout = 1, everyone once, one place: (0,0) -> (1,0) -> (0,1) or (0,0), (0,1) ->
        // (0,0).
        let chain = LateWork { arrival_rate: 1.0, places: 1, timeout: 1.0, ..late(Again::Once, 1.0) };
        // pi(1,0) * 2 = pi(0,0), pi(0,1) = pi(1,0): 1/2, 1/4, 1/4.
        assert_near(chain.mean_in_system(), 0.5, 1e-14);
        assert_near(chain.pairs().mean(|a, _| f64::from(a)), 0.25, 1e-14);
        assert_near(chain.mean_time_to_collapse(), 1.0, 1e-14);
    }

    #[test]
    fn more_retries_collapse_sooner_and_recover_less() {
        let (few, many) = (late(Again::WithChance(0.3), 6.0), late(Again::WithChance(0.8), 6.0));
        assert!(many.mean_time_to_collapse() < 0.5 * few.mean_time_to_collapse());
        let (few, many) = (few.recovers(&[2, 6, 12]), many.recovers(&[2, 6, 12]));
        assert!(few.iter().zip(&many).all(|(few, many)| many < few), "{few:?} {many:?}");
        assert!(many.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn the_retrial_queue_of_the_textbook() {
        // Falin and Templeton, 1.2: M/M/1 without a line, rho = .4, back-off of mean 2:
        // busy rho, in orbit rho (lambda + rho theta) / ((1 - rho) theta) on average.
        let service = Spiral::new(0.4, 1.0, 1, 1, |_, _| 1.0);
        let orbit = Orbit { service, timeout: f64::INFINITY, back_off: 2.0, again: 1.0, orbit_places: 80 };
        assert_near(orbit.pairs().mean(|n, _| f64::from(n)), 0.4, 1e-9);
        assert_near(orbit.pairs().mean(|_, m| f64::from(m)), 0.4 * (0.4 + 0.2) / (0.6 * 0.5), 1e-9);
        assert!(orbit.overflow() < 1e-12);
    }
}
