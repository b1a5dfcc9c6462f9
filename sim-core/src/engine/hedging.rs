//! Which attempts of a hedged call are out? The call is a group: each of its attempts is a record like a call of its
//! own on the same edge, so that pools, breakers, throttles, timeouts and outlier detection see attempts as they always
//! do. The group keeps the patience, the parent and the answer; observers hear of the one call only.

use super::Simulation;
use super::state::{Call, Context, NO_ATTEMPT, Parent, Phase, Ready};
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, EdgeId, Handle};
use crate::luck::Purpose;
use crate::metrics::{Observation, Probe};
use crate::policy::hedging::{MOST_ATTEMPTS, Next, Progress};
use crate::policy::retry::{self, Failure};
use crate::policy::{Outcome, hedging};
use crate::time::SimDuration;

/// The attempts of one hedged call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    progress: Progress,
    /// By number; those that are over are stale.
    tries: [CallId; MOST_ATTEMPTS],
    /// Number of the latest timer; older ones are stale.
    plan: u32,
    /// Whether the call is ending: what becomes of its attempts decides nothing any more. A worker that lets go
    /// of one may drop another from its line in the same moment.
    ends: bool,
}

impl Group {
    const fn new() -> Self {
        let nobody = CallId(Handle { slot: 0, generation: 0 });
        Group { progress: Progress::NEW, tries: [nobody; MOST_ATTEMPTS], plan: 0, ends: false }
    }
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// The call that observers know: that of the user or the step, not an attempt's own record.
    #[inline(always)]
    pub(super) fn told(&self, id: CallId) -> CallId {
        match PLAIN {
            true => id,
            false => match self.contexts[id.0.slot as usize].parent {
                Parent::Hedge(of, _) => of,
                _ => id,
            },
        }
    }

    /// Whether this is the record of one attempt of a hedged call.
    pub(super) fn is_try(&self, id: CallId) -> bool {
        let context = self.contexts.get(id.0.slot as usize);
        context.is_some_and(|context| matches!(context.parent, Parent::Hedge(..)))
    }

    /// What decides about a call, and how far that has come.
    fn policy(&mut self, id: CallId) -> (&hedging::Config, &mut hedging::State, &mut Progress) {
        let call = self.calls.get(id.0).expect("a hedged call is under way");
        let client = &mut self.callers[call.edge].clients[call.client as usize];
        let group = &mut self.groups[id.0.slot as usize];
        (&self.model.edges[call.edge].hedging, &mut client.hedging, &mut group.progress)
    }

    /// A hedged call begins with its first attempt.
    #[inline(never)]
    pub(super) fn begin_hedging(&mut self, id: CallId) {
        let (now, slot) = (self.now, id.0.slot as usize);
        if slot >= self.groups.len() {
            self.groups.resize(slot + 1, Group::new());
        }
        self.groups[slot] = Group::new();
        let (config, state, progress) = self.policy(id);
        state.begin(config, progress, now);
        self.plan_next(id);
        self.launch(id);
    }

    /// The next attempt is due after a while, if no answer comes before.
    fn plan_next(&mut self, id: CallId) {
        let now = self.now;
        let (config, state, progress) = self.policy(id);
        match state.wait(config, progress, now) {
            None => {}
            Some(SimDuration::ZERO) => self.ready.push_back(Ready::Hedge(id, Outcome::Timeout)),
            Some(wait) => {
                let call = self.calls.get(id.0).expect("a hedged call is under way");
                // The lane is for one wait only.
                let is_fixed = self.model.edges[call.edge].hedging.fixed_delay() == Some(wait);
                let lane = if is_fixed { self.callers[call.edge].hedge } else { Lane::HEAP };
                self.plan_hedge(id, lane, wait);
            }
        }
    }

    fn plan_hedge(&mut self, id: CallId, lane: Lane, wait: SimDuration) {
        let group = &mut self.groups[id.0.slot as usize];
        group.plan += 1;
        let plan = group.plan;
        self.schedule_timer(lane, self.now + wait, Event::Hedge { call: id, plan });
    }

    /// The wait for the attempts that are out is over.
    pub(super) fn on_hedge(&mut self, id: CallId, plan: u32) {
        if self.calls.get(id.0).is_some() && self.groups[id.0.slot as usize].plan == plan {
            self.hedge(id, Outcome::Timeout);
        }
    }

    /// Another attempt of a call is due, if that is still under way.
    pub(super) fn hedge(&mut self, id: CallId, because: Outcome) {
        if self.calls.get(id.0).is_none() {
            return;
        }
        let now = self.now;
        let (config, state, progress) = self.policy(id);
        if state.afford(config, progress, because, now) {
            self.plan_next(id);
            self.launch(id);
        } else if progress.out() == 0 {
            let next = state.all_failed(config, progress, because);
            self.follow(id, next, because);
        }
    }

    /// The attempt begun last goes on its way.
    fn launch(&mut self, id: CallId) {
        let number = self.groups[id.0.slot as usize].progress.begun;
        let call = self.calls.get_mut(id.0).expect("a hedged call is under way");
        call.progress.attempts = number;
        let mut progress = retry::Progress::default();
        progress.attempts = number - 1; // counted when it is sent
        let own = Call { progress, attempt: NO_ATTEMPT, ..*call };
        self.ledger.edges[own.edge].tries += 1;
        let Context { baggage, tried, .. } = self.contexts[id.0.slot as usize];
        let own = self
            .enter_call(own, || Context { tried, ..Context::new(Parent::Hedge(id, number as u8), baggage) });
        self.groups[id.0.slot as usize].tries[number as usize - 1] = own;
        self.try_attempt(own);
    }

    /// An attempt has failed; its slot and its pass are given back.
    #[inline(never)]
    pub(super) fn hedge_failed(&mut self, of: CallId, own: CallId, number: u32, outcome: Outcome) {
        self.try_is_over(of, own, number, outcome);
        let call = self.calls.get(of.0).expect("attempts end with their call");
        let edge = &self.model.edges[call.edge];
        let pushback = if outcome == Outcome::Shed { edge.pushback } else { None };
        let failure = Failure { outcome, pushback, idempotent: edge.idempotent };
        let ends = self.groups[of.0.slot as usize].ends;
        let (config, state, progress) = self.policy(of);
        if ends {
            return state.ended(config, progress, number, outcome);
        }
        let next = state.failed(config, progress, number, failure);
        self.follow(of, next, outcome);
    }

    fn follow(&mut self, id: CallId, next: Next, because: Outcome) {
        match next {
            Next::Wait => {}
            Next::Send { after: SimDuration::ZERO } => self.ready.push_back(Ready::Hedge(id, because)),
            Next::Send { after } => self.plan_hedge(id, Lane::HEAP, after),
            Next::Fail { outcome, reason } => {
                self.leave_tries(id, Outcome::Cancelled);
                self.probe.observe(self.now, Observation::GaveUp { call: id, reason });
                self.fail(id, outcome);
            }
        }
    }

    /// The first good answer: the other attempts are left.
    #[inline(never)]
    pub(super) fn hedge_won(&mut self, of: CallId, own: CallId, number: u32) {
        self.try_is_over(of, own, number, Outcome::Ok);
        let (config, state, progress) = self.policy(of);
        state.ended(config, progress, number, Outcome::Ok);
        self.contexts[of.0.slot as usize].degraded = self.contexts[own.0.slot as usize].degraded;
        self.leave_tries(of, Outcome::Ok);
        self.answer_call(of);
    }

    /// For its caller one attempt is over: its record goes.
    fn try_is_over(&mut self, of: CallId, own: CallId, number: u32, outcome: Outcome) {
        let now = self.now;
        let call = self.calls.remove(own.0);
        self.ledger.edges[call.edge].tries_over += 1;
        // How long a failure took says nothing of how long an answer takes.
        let is_telling = matches!(outcome, Outcome::Ok | Outcome::Cancelled | Outcome::Timeout);
        if number == 1 && is_telling {
            // The first attempt begins with its call.
            let age = now.since(call.arrived);
            let (config, state, _) = self.policy(of);
            state.took(config, age, now);
        }
    }

    /// All attempts of a call that are out are left: another was first (`ok`), the call has failed or is given up
    /// (`cancelled`), or its time is over (`timeout`).
    pub(super) fn leave_tries(&mut self, id: CallId, why: Outcome) {
        let Some(group) = self.groups.get_mut(id.0.slot as usize) else { return };
        group.ends = true;
        let (begun, tries) = (group.progress.begun as usize, group.tries);
        for (own, number) in tries.into_iter().take(begun).zip(1..) {
            // Records of another call that had the slot before are stale.
            let belongs = self.calls.get(own.0).is_some()
                && matches!(self.contexts[own.0.slot as usize].parent, Parent::Hedge(of, _) if of == id);
            if belongs {
                self.leave_try(id, own, number, why);
            }
        }
    }

    fn leave_try(&mut self, of: CallId, own: CallId, number: u32, why: Outcome) {
        let outcome = if why == Outcome::Timeout { why } else { Outcome::Cancelled };
        let attempt_id = self.calls.get(own.0).expect("it is out").attempt;
        let (config, ..) = self.policy(of);
        let tells = why != Outcome::Ok || config.terms().cancel_losers;
        if let Some(attempt) = self.attempts.get_mut(attempt_id.0)
            && attempt.wanted
        {
            attempt.wanted = false;
            let failed = Observation::AttemptFailed { call: of, attempt: attempt_id, outcome };
            self.probe.observe(self.now, failed);
            match tells {
                true => self.leave(attempt_id),
                false => self.forget_astray(attempt_id),
            }
            self.attempt_over(own, outcome);
        }
        self.end_try(of, own, number, outcome);
    }

    /// An attempt that nobody waits for any more, sent or not.
    fn end_try(&mut self, of: CallId, own: CallId, number: u32, outcome: Outcome) {
        self.leave_layers(own, Outcome::Cancelled); // if it was never sent
        self.leave_pool_line(own);
        self.give_slot_back(own); // it may have been granted in this very moment
        self.try_is_over(of, own, number, outcome);
        let (config, state, progress) = self.policy(of);
        match outcome {
            Outcome::Timeout => state.ended(config, progress, number, outcome),
            _ => state.left(progress, number),
        }
    }

    /// A copy is sent: the servers of both know of each other, whether or not anybody goes on waiting.
    #[inline(never)]
    pub(super) fn tie(&mut self, attempt: AttemptId, parent: Parent) {
        let Parent::Hedge(of, number) = parent else { return };
        for (own, other) in self.groups[of.0.slot as usize].tries.into_iter().zip(1..) {
            if other < number
                && let Some(call) = self.calls.get(own.0)
                && self.attempts.get(call.attempt.0).is_some()
            {
                self.errands[call.attempt.0.slot as usize].twin = attempt;
                self.errands[attempt.0.slot as usize].twin = call.attempt;
            }
        }
    }

    /// A copy of a tied call starts: the other server is told, and no other copy is sent.
    #[inline(never)]
    pub(super) fn untie_others(&mut self, started: AttemptId, own: CallId) {
        if self.calls.get(own.0).is_some()
            && let Parent::Hedge(of, _) = self.contexts[own.0.slot as usize].parent
        {
            let group = &mut self.groups[of.0.slot as usize];
            group.progress.close();
            let (begun, tries) = (group.progress.begun as usize, group.tries);
            for (other, number) in tries.into_iter().take(begun).zip(1..) {
                let waits_for_a_slot = other != own
                    && self
                        .calls
                        .get(other.0)
                        .is_some_and(|call| self.attempts.get(call.attempt.0).is_none());
                if waits_for_a_slot {
                    self.end_try(of, other, number, Outcome::Cancelled);
                }
            }
        }
        let twin = self.errands[started.0.slot as usize].twin;
        let Some(attempt) = self.attempts.get(twin.0).copied() else { return };
        match self.model.edges[attempt.edge].has_network {
            false => self.on_untie(twin),
            true if self.word_is_lost(&attempt) => {}
            true => {
                let (way, _) = self.way(&attempt, Purpose::WayOfCancel);
                self.events.schedule(self.now + way, Event::Untie { attempt: twin });
            }
        }
    }

    /// A server learns that the other copy has started: if this one has not, it is dropped.
    pub(super) fn on_untie(&mut self, id: AttemptId) {
        let Some(attempt) = self.attempts.get_mut(id.0) else { return };
        if attempt.withdrawn || !matches!(attempt.phase, Phase::Out | Phase::Outside | Phase::Waiting) {
            return;
        }
        if !std::mem::take(&mut attempt.wanted) {
            return self.let_go(id); // its caller has left: nobody hears of it
        }
        let own = attempt.call;
        let Parent::Hedge(of, number) = self.contexts[own.0.slot as usize].parent else {
            unreachable!("only copies are tied")
        };
        let failed = Observation::AttemptFailed { call: of, attempt: id, outcome: Outcome::Cancelled };
        self.probe.observe(self.now, failed);
        self.let_go(id);
        self.attempt_over(own, Outcome::Cancelled);
        self.end_try(of, own, u32::from(number), Outcome::Cancelled);
    }

    /// An operator has changed the hedging of an edge: what is out counts from now on.
    pub(super) fn adopt_hedges(&mut self, edge: EdgeId) {
        for (id, call) in self.calls.iter_ids().filter(|(_, call)| call.edge == edge) {
            if let Parent::Hedge(_, number) = self.contexts[id.slot as usize].parent {
                self.callers[edge].clients[call.client as usize].hedging.adopt(number > 1);
            }
        }
    }

    /// What is out at the end, as budgets of hedges have counted it and as found.
    pub(super) fn close_hedges(&mut self) {
        for (edge, callers) in self.callers.iter_ids() {
            for (active, hedges) in callers.clients.iter().filter_map(|client| client.hedging.in_use()) {
                let ledger = &mut self.ledger.edges[edge];
                ledger.budgeted[0] += u64::from(active.unwrap_or(0));
                ledger.budgeted[1] += u64::from(hedges);
            }
        }
        for (id, call) in self.calls.iter_ids() {
            let Some(Parent::Hedge(_, number)) =
                self.contexts.get(id.slot as usize).map(|context| context.parent)
            else {
                continue;
            };
            let client = &self.callers[call.edge].clients[call.client as usize];
            let Some((active, _)) = client.hedging.in_use() else { continue };
            let found = &mut self.ledger.edges[call.edge].found;
            found[0] += u64::from(active.is_some());
            found[1] += u64::from(number > 1);
        }
    }
}
