//! One load of a key at a time: who asks while it is under way waits for its result.
//!
//! **What it does.** The first that misses a key leads: it loads. Who misses the same key until then waits and
//! gets the same result at the same moment, error or not. If the leader is cancelled, the one that has waited
//! longest leads.
//! **Why it exists.** A thousand misses of one key in 200 ms need one answer, not a thousand.
//! **Where it fails.** The latency and the error of one load are everybody's; one that hangs holds all of them.
//! It turns slow into simultaneous: whoever waited goes on in the same instant. It is per process: a hundred
//! processes still load a hundred times.
//! **Source.** Go `golang.org/x/sync/singleflight`; Canva incident report of 12 November 2024 for the alignment
//! of those who waited. Deviations: in Go the leader's own context cancels the load for all.

use crate::ids::TaskId;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Flight {
    leader: TaskId,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    task: TaskId,
    next: u32,
}

/// The loads under way in one instance. Memory: four bytes per key, and a record for each that waits.
#[derive(Clone, Debug, Default)]
pub struct State {
    by_key: Vec<u32>,
    flights: Vec<Flight>,
    free_flights: Vec<u32>,
    waiters: Vec<Waiter>,
    free_waiters: Vec<u32>,
}

impl State {
    /// For so many keys.
    pub fn new(keys: u32) -> Self {
        State { by_key: vec![NONE; keys as usize], ..State::default() }
    }

    /// Who loads `key`, if anybody does.
    pub fn leader(&self, key: u32) -> Option<TaskId> {
        self.flights.get(self.by_key[key as usize] as usize).map(|flight| flight.leader)
    }

    /// `task` loads `key`; nobody does so yet.
    pub fn lead(&mut self, key: u32, task: TaskId) {
        let flight = Flight { leader: task, first: NONE, last: NONE };
        self.by_key[key as usize] = keep(&mut self.flights, &mut self.free_flights, flight);
    }

    /// `task` waits for the load of `key` that is under way.
    pub fn wait(&mut self, key: u32, task: TaskId) {
        let waiter = keep(&mut self.waiters, &mut self.free_waiters, Waiter { task, next: NONE });
        let flight = &mut self.flights[self.by_key[key as usize] as usize];
        match flight.last {
            NONE => flight.first = waiter,
            last => self.waiters[last as usize].next = waiter,
        }
        flight.last = waiter;
    }

    /// The load of `key` has ended: calls `tell` for all that waited, in order. Those who have left are
    /// among them.
    pub fn end(&mut self, key: u32, mut tell: impl FnMut(TaskId)) {
        let place = std::mem::replace(&mut self.by_key[key as usize], NONE);
        let mut next = self.flights[place as usize].first;
        self.free_flights.push(place);
        while next != NONE {
            let waiter = self.waiters[next as usize];
            self.free_waiters.push(next);
            tell(waiter.task);
            next = waiter.next;
        }
    }

    /// The leader of `key` has left without a result: the first of the others that `lives` leads, if there
    /// is one; else the flight is over.
    pub fn pass_on(&mut self, key: u32, lives: impl Fn(TaskId) -> bool) -> Option<TaskId> {
        let place = self.by_key[key as usize];
        loop {
            let flight = &mut self.flights[place as usize];
            if flight.first == NONE {
                self.by_key[key as usize] = NONE;
                self.free_flights.push(place);
                return None;
            }
            let waiter = self.waiters[flight.first as usize];
            self.free_waiters.push(flight.first);
            flight.first = waiter.next;
            if waiter.next == NONE {
                flight.last = NONE;
            }
            if lives(waiter.task) {
                flight.leader = waiter.task;
                return Some(waiter.task);
            }
        }
    }

    /// The process is gone, with all who wait in it.
    pub fn clear(&mut self) {
        let keys = self.by_key.len();
        *self = State::new(keys as u32);
    }
}

/// Puts `value` into a free place, or a new one.
fn keep<T>(places: &mut Vec<T>, free: &mut Vec<u32>, value: T) -> u32 {
    match free.pop() {
        Some(place) => {
            places[place as usize] = value;
            place
        }
        None => {
            places.push(value);
            places.len() as u32 - 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Handle;

    fn task(slot: u32) -> TaskId {
        TaskId(Handle { slot, generation: 1 })
    }

    fn told(state: &mut State, key: u32) -> Vec<u32> {
        let mut told = Vec::new();
        state.end(key, |task| told.push(task.0.slot));
        told
    }

    #[test]
    fn one_leads_and_the_others_are_told_in_order() {
        let mut state = State::new(2);
        assert_eq!(state.leader(1), None);
        state.lead(1, task(0));
        state.lead(0, task(9));
        (1..4).for_each(|k| state.wait(1, task(k)));
        state.wait(0, task(8));
        assert_eq!(state.leader(1), Some(task(0)));
        assert_eq!(told(&mut state, 1), [1, 2, 3]);
        assert_eq!(state.leader(1), None);
        assert_eq!(told(&mut state, 0), [8]);
    }

    #[test]
    fn who_waited_longest_follows_a_leader_that_left() {
        let mut state = State::new(1);
        state.lead(0, task(0));
        (1..4).for_each(|k| state.wait(0, task(k)));
        assert_eq!(state.pass_on(0, |t| t != task(1)), Some(task(2)));
        assert_eq!(state.leader(0), Some(task(2)));
        state.wait(0, task(4));
        assert_eq!(told(&mut state, 0), [3, 4]);
        state.lead(0, task(5));
        assert_eq!(state.pass_on(0, |_| true), None);
        assert_eq!(state.leader(0), None);
    }

    #[test]
    fn places_are_used_again() {
        let mut state = State::new(1);
        for _ in 0..1_000 {
            state.lead(0, task(0));
            state.wait(0, task(1));
            assert_eq!(told(&mut state, 0), [1]);
        }
        assert_eq!((state.flights.len(), state.waiters.len()), (1, 1));
    }
}
