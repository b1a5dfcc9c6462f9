//! How is an engine compiled once for all observers? With whatever observes behind a pointer.

use super::{Run, run};
use crate::event::Event;
use crate::metrics::{Observation, Probe, Snapshot};
use crate::model::Model;
use crate::streams::Seed;
use crate::time::SimTime;

/// A [`Probe`] that can stand behind a pointer.
trait Observer {
    fn observe(&mut self, now: SimTime, observation: Observation);
    fn on_event(&mut self, now: SimTime, event: &dyn Fn() -> Event);
    fn next_sample(&self) -> SimTime;
    fn sample(&mut self, now: SimTime, snapshot: Snapshot<'_>);
    fn end(&mut self);
}

impl<P: Probe> Observer for P {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        Probe::observe(self, now, observation);
    }

    fn on_event(&mut self, now: SimTime, event: &dyn Fn() -> Event) {
        Probe::on_event(self, now, event);
    }

    fn next_sample(&self) -> SimTime {
        Probe::next_sample(self)
    }

    fn sample(&mut self, now: SimTime, snapshot: Snapshot<'_>) {
        Probe::sample(self, now, snapshot);
    }

    fn end(&mut self) {
        Probe::end(self);
    }
}

/// The pointer.
struct Pointed<'a>(&'a mut dyn Observer);

impl Probe for Pointed<'_> {
    fn observe(&mut self, now: SimTime, observation: Observation) {
        self.0.observe(now, observation);
    }

    fn on_event(&mut self, now: SimTime, event: impl Fn() -> Event) {
        self.0.on_event(now, &event);
    }

    fn next_sample(&self) -> SimTime {
        self.0.next_sample()
    }

    fn sample(&mut self, now: SimTime, snapshot: Snapshot<'_>) {
        self.0.sample(now, snapshot);
    }

    fn end(&mut self) {
        self.0.end();
    }
}

/// The same as [`run`], slower by two calls for each event. For tests, and for whoever looks at few runs: every observer
/// that [`run`] is called with makes an engine of its own, which takes half a minute to compile; this one is compiled
/// with this crate.
pub fn run_dyn<P: Probe>(model: &Model, seed: Seed, mut probe: P) -> Run<P> {
    let Run { stop, events, ledger, probe: _, marks } = run_pointed(model, seed, Pointed(&mut probe));
    Run { stop, events, ledger, probe, marks }
}

/// Not generic, so that it is compiled here.
#[inline(never)]
fn run_pointed<'a>(model: &Model, seed: Seed, probe: Pointed<'a>) -> Run<Pointed<'a>> {
    run(model, seed, probe)
}
