//! When does the next request come, and whose is it?

use super::Simulation;
use super::state::Call;
use crate::event::Event;
use crate::ids::{AttemptId, CallId, Handle, SourceId};
use crate::luck::Purpose;
use crate::metrics::{Observation, Probe};
use crate::policy::retry;

/// No attempt has been sent yet.
const NO_ATTEMPT: AttemptId = AttemptId(Handle { slot: 0, generation: 0 });

impl<P: Probe> Simulation<'_, P> {
    pub(super) fn schedule_first_arrivals(&mut self) {
        for source in self.sources.ids() {
            self.schedule_arrival(source);
        }
    }

    #[inline]
    fn schedule_arrival(&mut self, id: SourceId) {
        let (source, state) = (&self.model.sources[id], &mut self.sources[id]);
        let mass = std::mem::replace(&mut state.next_mass, source.spacing.draw(&mut state.stream));
        if let Some(at) = state.cursor.advance(&source.pieces, mass) {
            let lane = state.lane;
            self.events.schedule_in(lane, at, Event::Arrival { source: id });
        }
    }

    #[inline]
    pub(super) fn on_arrival(&mut self, id: SourceId) {
        let (source, state) = (&self.model.sources[id], &mut self.sources[id]);
        let luck = state.luck.request(state.count);
        state.count += 1;
        self.schedule_arrival(id);
        let now = self.now;
        let level = source.thinning.iter().find(|level| level.begins <= now && now < level.ends);
        let stays_away = level.is_some_and(|level| luck.draws(Purpose::Thinning).unit() >= level.factor);
        if stays_away {
            return;
        }

        let workload = &self.model.workloads[source.workload];
        let edge = &self.model.edges[workload.edge];
        let client = match workload.clients {
            1 => 0,
            clients => luck.draws(Purpose::Client).below(clients),
        };
        let call = CallId(self.calls.insert(Call {
            luck: luck.call(edge.key, 0, 0),
            arrived: now,
            progress: retry::Progress::default(),
            attempt: NO_ATTEMPT,
            edge: workload.edge,
            workload: source.workload,
            client,
        }));
        self.ledger.requests_created += 1;
        self.probe.observe(now, Observation::Arrived { workload: source.workload, call, client });
        let callers = &mut self.callers[workload.edge];
        callers.clients[client as usize].retry.begin(&edge.retry, now);
        if let Some(patience) = edge.total_timeout {
            let lane = callers.total_timeout;
            self.schedule_timer(lane, now + patience, Event::TotalTimeout { call });
        }
        self.send_attempt(call);
    }
}
