//! Where does a Markov chain stay, how long does it take from here to there, and which of two ends does it
//! reach first? Exactly, for chains of some ten thousand states, even if one step in 10^15 leads out.
//!
//! States are eliminated one by one, from the last to the first: what led into a state is led on to where
//! it would have gone. Nothing is ever subtracted, so that no digit is lost, however rare the way out is:
//! mean times of 10^30 come out as exactly as those of 10. An iteration would need as many sweeps as the
//! chain needs jumps.
//!
//! **Source.** Grassmann, Taksar and Heyman, *Regenerative analysis and steady state distributions for Markov
//! chains*, Operations Research 33, 1985; the same elimination with a column of costs and one of the good end
//! gives times and chances.

/// A chain in continuous time on the states 0, 1, ..., whose jumps reach no further than a given distance:
/// who numbers the states well makes that small. Work grows with states x reach^2, memory with states x
/// reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    states: usize,
    reach: usize,
    /// Rates from i to i - reach ..= i + reach, row by row.
    rates: Vec<f64>,
}

/// Whether a state is on the way or an end of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the way.
    Way,
    /// The end that [`Passage::chance`] counts.
    Good,
    /// The other end.
    Bad,
}

/// What lies ahead of each state.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Mean time to an end, whichever it is; 0 at an end, infinite where none can be reached for certain.
    pub time: Vec<f64>,
    /// Probability that the good end comes first.
    pub chance: Vec<f64>,
}

impl Chain {
    /// A chain without jumps. Panics unless there is a state.
    pub fn new(states: usize, reach: usize) -> Self {
        assert!(states >= 1, "a chain has at least one state");
        let reach = reach.min(states - 1);
        Chain { states, reach, rates: vec![0.0; states * (2 * reach + 1)] }
    }

    /// Adds jumps from one state to another. A jump to itself is none. Panics outside states and reach.
    pub fn add(&mut self, from: usize, to: usize, rate: f64) {
        assert!(rate.is_finite() && rate >= 0.0, "a rate is finite and not negative, found {rate}");
        assert!(from < self.states && to < self.states, "{from} to {to}: there are {} states", self.states);
        assert!(from.abs_diff(to) <= self.reach, "{from} to {to} is further than {}", self.reach);
        if from != to {
            let at = self.at(from, to);
            self.rates[at] += rate;
        }
    }

    fn at(&self, from: usize, to: usize) -> usize {
        from * (2 * self.reach + 1) + to + self.reach - from
    }

    /// The states below `k` that jumps from or to `k` reach.
    fn below(&self, k: usize) -> std::ops::Range<usize> {
        k.saturating_sub(self.reach)..k
    }

    /// Rate out of `k` into states below it.
    fn descent(&self, k: usize) -> f64 {
        self.rates[self.at(k, self.below(k).start)..self.at(k, k)].iter().sum()
    }

    /// Leads what leads into `k` on to the states below, where `k` is left at the rate `out` in all. Gives
    /// the rate into `k` over `out` for each of the states below.
    fn eliminate(&mut self, k: usize, out: f64, mut into: impl FnMut(usize, f64)) {
        let below = self.below(k);
        let descent = self.at(k, below.start)..self.at(k, k);
        for i in below.clone() {
            let rate = self.rates[self.at(i, k)];
            if rate == 0.0 {
                continue;
            }
            let share = rate / out;
            let start = self.at(i, below.start);
            for (offset, from_k) in descent.clone().enumerate() {
                // The way back to i itself lands on the diagonal, which nobody reads.
                self.rates[start + offset] += share * self.rates[from_k];
            }
            into(i, share);
        }
    }

    /// The law of the state in the long run. Panics if a state above 0 cannot be left downwards in the end:
    /// then the chain does not come back to 0.
    pub fn steady(mut self) -> Vec<f64> {
        const LARGE: f64 = 1e200;
        let mut outs = vec![0.0; self.states];
        for k in (1..self.states).rev() {
            outs[k] = self.descent(k);
            assert!(outs[k] > 0.0, "from state {k} on there is no way back to 0");
            self.eliminate(k, outs[k], |_, _| ());
        }
        let mut weights = vec![1.0];
        for k in 1..self.states {
            let inflow: f64 = self.below(k).map(|i| weights[i] * self.rates[self.at(i, k)]).sum();
            weights.push(inflow / outs[k]);
            if weights[k] > LARGE {
                weights.iter_mut().for_each(|weight| *weight /= LARGE);
            }
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        weights
    }

    /// Times and chances on the way to the ends that `place` names.
    pub fn passage(mut self, place: impl Fn(usize) -> Place) -> Passage {
        let places: Vec<Place> = (0..self.states).map(place).collect();
        // Rates into the ends; rates on the way alone stay in the band.
        let (mut good, mut bad) = (vec![0.0; self.states], vec![0.0; self.states]);
        for from in 0..self.states {
            for to in from.saturating_sub(self.reach)..=(from + self.reach).min(self.states - 1) {
                let at = self.at(from, to);
                let rate = self.rates[at];
                match (places[from], places[to]) {
                    (Place::Way, Place::Way) => continue,
                    (Place::Way, Place::Good) => good[from] += rate,
                    (Place::Way, Place::Bad) => bad[from] += rate,
                    (Place::Good | Place::Bad, _) => {}
                }
                self.rates[at] = 0.0;
            }
        }
        let mut outs = vec![0.0; self.states];
        let mut costs = vec![1.0; self.states];
        for k in (0..self.states).rev().filter(|k| places[*k] == Place::Way) {
            outs[k] = self.descent(k) + good[k] + bad[k];
            let (out, cost, to_good, to_bad) = (outs[k], costs[k], good[k], bad[k]);
            if out == 0.0 {
                // A trap: who comes here stays, and does not see the good end.
                for i in self.below(k) {
                    let rate = self.rates[self.at(i, k)];
                    if rate > 0.0 {
                        costs[i] = f64::INFINITY;
                        bad[i] += rate;
                    }
                }
                continue;
            }
            self.eliminate(k, out, |i, share| {
                costs[i] += share * cost;
                good[i] += share * to_good;
                bad[i] += share * to_bad;
            });
        }
        let mut time = vec![0.0; self.states];
        let mut chance: Vec<f64> = places.iter().map(|p| f64::from(u8::from(*p == Place::Good))).collect();
        for k in (0..self.states).filter(|k| places[*k] == Place::Way) {
            if outs[k] == 0.0 {
                time[k] = f64::INFINITY;
                continue;
            }
            let (mut later, mut luck) = (costs[k], good[k]);
            for j in self.below(k) {
                let rate = self.rates[self.at(k, j)];
                if rate > 0.0 {
                    later += rate * time[j];
                    luck += rate * chance[j];
                }
            }
            (time[k], chance[k]) = (later / outs[k], luck / outs[k]);
        }
        Passage { time, chance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::theory::assert_near;

    fn walk(states: usize, up: f64, down: f64) -> Chain {
        let mut chain = Chain::new(states, 1);
        for n in 1..states {
            chain.add(n - 1, n, up);
            chain.add(n, n - 1, down);
        }
        chain
    }

    fn between(last: usize) -> impl Fn(usize) -> Place {
        move |n| match n {
            0 => Place::Good,
            n if n == last => Place::Bad,
            _ => Place::Way,
        }
    }

    #[test]
    fn the_gambler_is_ruined_as_often_as_the_textbook_says() {
        // Feller, volume 1, XIV: with r = up / down, P(0 first from n of N) = (r^(n-N) - 1) / (r^-N - 1),
        // upside down.
        let r: f64 = 1.5;
        let ahead = walk(11, r, 1.0).passage(between(10));
        for n in 0..=10 {
            let x = 1.0 / r;
            let wanted = (math::pow(x, n as f64) - math::pow(x, 10.0)) / (1.0 - math::pow(x, 10.0));
            assert!((ahead.chance[n] - wanted).abs() < 1e-14, "{n}");
        }
        // A fair game from the middle lasts n (N - n) jumps of mean 1/2.
        let fair = walk(11, 1.0, 1.0).passage(between(10));
        assert_near(fair.time[5], 12.5, 1e-14);
        assert_eq!((fair.time[0], fair.chance[10]), (0.0, 0.0));
    }

    #[test]
    fn rare_ways_out_keep_their_digits() {
        // M/M/1 of rho .01 up to 20: mean time = sum over n of sum over m <= n of down^(n-m) / up^(n-m+1),
        // 10^40.
        let (up, down): (f64, f64) = (0.01, 1.0);
        let steps = (0..20).map(|n| (0..=n).map(|k| math::pow(down / up, f64::from(k)) / up).sum::<f64>());
        let wanted: f64 = steps.sum();
        let full = |n| if n == 20 { Place::Bad } else { Place::Way };
        assert_near(walk(21, up, down).passage(full).time[0], wanted, 1e-13);
        assert!(wanted > 1e39);
    }

    #[test]
    fn the_long_run_is_that_of_mm1k_however_far_numbers_go() {
        let steady = walk(2_001, 2.0, 1.0).steady();
        assert_near(steady[2_000], 0.5, 1e-12);
        assert_near(
            walk(31, 0.5, 1.0).steady()[30],
            math::pow(0.5, 31.0) / (1.0 - math::pow(0.5, 31.0)),
            1e-12,
        );
    }

    #[test]
    fn a_circle_with_long_jumps() {
        // 0 -> 1 -> 2 -> 3 -> 0 and a short cut 1 -> 3, by hand: pi ~ 1, 1/3, 1/3 * 1 / 1, ...
        let mut chain = Chain::new(4, 3);
        for (from, to, rate) in [(0, 1, 1.0), (1, 2, 1.0), (1, 3, 2.0), (2, 3, 1.0), (3, 0, 0.5)] {
            chain.add(from, to, rate);
        }
        let steady = chain.clone().steady();
        let total = 1.0 + 1.0 / 3.0 + 1.0 / 3.0 + 2.0;
        for (value, wanted) in steady.iter().zip([1.0, 1.0 / 3.0, 1.0 / 3.0, 2.0]) {
            assert_near(*value, wanted / total, 1e-14);
        }
        let ahead = chain.passage(|n| if n == 0 { Place::Good } else { Place::Way });
        assert_near(ahead.time[1], 1.0 / 3.0 + 1.0 / 3.0 + 2.0, 1e-14);
    }

    #[test]
    fn who_cannot_arrive_never_does() {
        let mut chain = Chain::new(3, 2);
        chain.add(1, 0, 1.0);
        chain.add(1, 2, 1.0);
        let ahead = chain.passage(|n| if n == 0 { Place::Good } else { Place::Way });
        assert_eq!((ahead.time[1], ahead.time[2], ahead.chance[2]), (f64::INFINITY, f64::INFINITY, 0.0));
        assert_eq!(ahead.chance[1], 0.5);
    }
}
