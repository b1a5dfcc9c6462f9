//! What becomes of a message on its way? It arrives, once or twice, or it is lost, and nobody learns of it. Only edges
//! on which anything of this can happen come here; the others take the short way of [`network`](super::network).

use super::Simulation;
use super::correlated::{Chance, Leaving, WORD};
use super::ledger::WayLedger;
use super::state::{Attempt, Errand, NO_ATTEMPT, Phase};
use crate::dist::Sampler;
use crate::event::Event;
use crate::event_list::Lane;
use crate::ids::{AttemptId, CallId, EdgeId, Id, InstanceId};
use crate::luck::{Luck, Purpose};
use crate::metrics::{Aside, Probe};
use crate::model::fault::{Effect, Harm};
use crate::model::network::{Condition, Cut, Way};
use crate::policy::Outcome;
use crate::policy::tcp::{self, Path};
use crate::time::{SimDuration, SimTime};

/// Whose call a copy belongs to.
const NO_CALL: CallId = CallId(NO_ATTEMPT.0);
/// Number of the try whose luck a copy has: no call has so many attempts.
const COPY: u32 = u32::MAX;

/// What the draws of each way are for.
struct Purposes {
    latency: Purpose,
    loss: Purpose,
    duplicate: Purpose,
    corrupt: Purpose,
    reorder: Purpose,
    transfer: Purpose,
    reset: Purpose,
    jitter: Purpose,
}

const PURPOSES: [Purposes; 2] = [
    Purposes {
        latency: Purpose::WayThere,
        loss: Purpose::LossThere,
        duplicate: Purpose::DuplicateThere,
        corrupt: Purpose::CorruptThere,
        reorder: Purpose::ReorderThere,
        transfer: Purpose::TransferThere,
        reset: Purpose::ResetThere,
        jitter: Purpose::JitterThere,
    },
    Purposes {
        latency: Purpose::WayBack,
        loss: Purpose::LossBack,
        duplicate: Purpose::DuplicateBack,
        corrupt: Purpose::CorruptBack,
        reorder: Purpose::ReorderBack,
        transfer: Purpose::TransferBack,
        reset: Purpose::ResetBack,
        jitter: Purpose::JitterBack,
    },
];

/// Whether something happens that has this probability.
fn happens(luck: Luck, purpose: Purpose, probability: f64) -> bool {
    probability > 0.0 && luck.draws(purpose).unit() < probability
}

/// A connection that messages share: the edge, its client, the instance, and the way.
pub(super) type StreamKey = (EdgeId, u32, InstanceId, bool);

/// How a message passes the link of its edge.
enum LinkPassage {
    /// There is none.
    None,
    /// It has passed after so long, and takes so long on it; what the link passes per second; in so many packets.
    Passes { after: SimDuration, latency: SimDuration, rate: f64, packets: u64 },
    /// There is no room.
    NoRoom,
}

/// A message that leaves.
#[derive(Clone, Copy)]
struct Load {
    bytes: u64,
    /// How often TCP has sent it in vain.
    tries: u32,
}

/// What becomes of a message that leaves.
enum Passage {
    /// It is on its way for so long.
    Takes(SimDuration, Lane),
    /// It is gone.
    Gone,
    /// Its sender is told that it did not get through.
    Refused(Outcome),
    /// TCP will send it again after so long.
    Again(SimDuration),
}

impl<P: Probe, const PLAIN: bool> Simulation<'_, P, PLAIN> {
    /// A request leaves its caller.
    pub(super) fn send_request(&mut self, id: AttemptId) {
        let attempt = *self.attempts.get(id.0).expect("an attempt that was just sent");
        let condition = self.condition(&attempt, Way::There);
        let bytes = self.count_sent(id, &attempt, Way::There);
        if self.is_doubled(&attempt, Way::There, condition) {
            let copy = self.copy_request(id, attempt);
            self.set_out(copy, Way::There, condition, Load { bytes, tries: 0 });
        }
        self.set_out(id, Way::There, condition, Load { bytes, tries: 0 });
    }

    /// A message of an attempt leaves, or tries again to.
    fn set_out(&mut self, id: AttemptId, way: Way, condition: Condition, load: Load) {
        let attempt = *self.attempts.get(id.0).expect("it is about to leave");
        match self.passage(&attempt, way, condition, load) {
            Passage::Takes(time, lane) => {
                let event = match way {
                    Way::There => Event::Reach { attempt: id },
                    Way::Back => {
                        self.note_pieces(id, attempt.edge, load.bytes, self.now + time);
                        Event::Deliver { attempt: id }
                    }
                };
                self.events.schedule_in(lane, self.now + time, event);
            }
            Passage::Gone => self.never_arrives(id),
            Passage::Refused(outcome) => self.refuse(id, way, outcome),
            Passage::Again(after) => {
                let again = Event::Resend { attempt: id, code: (load.tries + 1) << 1 | way as u32 };
                self.schedule_timer(Lane::HEAP, self.now + after, again);
            }
        }
    }

    /// TCP sends a message again that did not get through.
    pub(super) fn on_resend(&mut self, id: AttemptId, code: u32) {
        let (way, tries) = (Way::BOTH[(code & 1) as usize], code >> 1);
        let attempt = *self.attempts.get(id.0).expect("a message on its way belongs to an attempt");
        self.ledger.edges[attempt.edge].ways[way as usize].retransmitted += 1;
        let condition = self.condition(&attempt, way);
        let bytes = self.message_bytes(id, &attempt, way);
        self.set_out(id, way, condition, Load { bytes, tries });
    }

    /// A message did not get through, and the caller is told. For a request the word of it travels back; an answer
    /// comes as this.
    fn refuse(&mut self, id: AttemptId, way: Way, outcome: Outcome) {
        let attempt = self.attempts.get_mut(id.0).expect("it was about to leave");
        if !attempt.wanted && way == Way::There {
            self.attempts.remove(id.0);
            return;
        }
        (attempt.phase, attempt.outcome) = (Phase::Back, outcome);
        let attempt = *attempt;
        if way == Way::There {
            self.ledger.edges[attempt.edge].ways[Way::Back as usize].sent += 1;
        }
        let (mut time, mut lane) = self.way(&attempt, Purpose::WayBack);
        if way == Way::There {
            (time, lane) = (time + self.way(&attempt, Purpose::WayThere).0, Lane::HEAP);
        }
        self.events.schedule_in(lane, self.now + time, Event::Deliver { attempt: id });
    }

    fn is_doubled(&mut self, attempt: &Attempt, way: Way, condition: Condition) -> bool {
        if self.tcp_of(attempt).is_some() {
            return false;
        }
        let message = Leaving { edge: attempt.edge, way, luck: attempt.luck, turn: 0, packets: 1 };
        happens(attempt.luck, PURPOSES[way as usize].duplicate, condition.duplicate)
            | self.is_struck(message, Chance::Doubled)
    }

    fn tcp_of(&self, attempt: &Attempt) -> Option<&tcp::Config> {
        self.model.edges[attempt.edge].rough.as_ref()?.tcp.as_ref()
    }

    /// A second request of the same content: the server cannot know. It has luck of its own, and nobody waits for it.
    fn copy_request(&mut self, id: AttemptId, attempt: Attempt) -> AttemptId {
        let luck = attempt.luck.attempt(COPY);
        let copy = AttemptId(self.attempts.insert(Attempt { luck, call: NO_CALL, wanted: false, ..attempt }));
        let errand = Errand { twin: NO_ATTEMPT, ..self.errands[id.0.slot as usize] };
        self.enter_errand(copy, errand);
        self.records.copy_note(id, copy);
        self.ledger.edges[attempt.edge].ways[Way::There as usize].copies += 1;
        self.aside(id, Aside::Doubled { copy });
        self.pay(copy, &attempt, Way::There);
        copy
    }

    /// An answer leaves its instance. The server does not know whether anybody still waits for it, unless it was told.
    pub(super) fn send_answer(&mut self, id: AttemptId, outcome: Outcome) {
        let attempt = self.attempts.get_mut(id.0).expect("an attempt that leaves its instance");
        (attempt.phase, attempt.outcome) = (Phase::Back, outcome);
        let attempt = *attempt;
        if self.errands[id.0.slot as usize].accepted {
            self.attempts.remove(id.0); // its answer was that it came in
            return;
        }
        let bytes = self.count_sent(id, &attempt, Way::Back);
        let condition = self.condition(&attempt, Way::Back);
        let is_doubled = self.is_doubled(&attempt, Way::Back, condition);
        if !attempt.wanted || is_doubled {
            // It takes its place on the link all the same.
            let ledger = &mut self.ledger.edges[attempt.edge].ways[Way::Back as usize];
            (ledger.copies, ledger.unheard) = (ledger.copies + u64::from(is_doubled), ledger.unheard + 1);
            self.pass_link_of(&attempt, Way::Back, bytes);
        }
        if is_doubled {
            self.pay(id, &attempt, Way::Back);
        }
        if attempt.wanted {
            return self.set_out(id, Way::Back, condition, Load { bytes, tries: 0 });
        }
        self.ledger.edges[attempt.edge].ways[Way::Back as usize].unheard += u64::from(is_doubled);
        self.attempts.remove(id.0);
    }

    /// What becomes of a message that leaves now.
    fn passage(&mut self, attempt: &Attempt, way: Way, condition: Condition, load: Load) -> Passage {
        let purposes = &PURPOSES[way as usize];
        if condition.cut == Some(Cut::Reject)
            || happens(attempt.luck, purposes.reset, condition.reset)
            || (load.tries == 0 && self.is_cut_off(attempt, way, load.bytes))
        {
            let is_reset = condition.cut.is_none() || way == Way::Back;
            self.ledger.edges[attempt.edge].ways[way as usize].cut += u64::from(way == Way::There);
            return Passage::Refused(if is_reset { Outcome::Reset } else { Outcome::ConnectFailure });
        }
        let tcp = self.tcp_of(attempt).copied();
        let (time, lane) = self.way(attempt, purposes.latency);
        let mut more =
            self.held_up(attempt, way, condition, load) + self.trickle(attempt.edge, way, load.bytes);
        let (passing, packets) = match self.pass_link_of(attempt, way, load.bytes) {
            LinkPassage::None => (None, 1),
            LinkPassage::Passes { after, latency, rate, packets } => {
                more += after + latency;
                (Some((latency, rate)), packets)
            }
            LinkPassage::NoRoom => {
                return self.stopped(attempt, way, (tcp, time), load, |ledger| &mut ledger.dropped);
            }
        };
        let loss = match tcp {
            Some(_) => 1.0 - (1.0 - condition.loss) * (1.0 - condition.corrupt),
            None => condition.loss,
        };
        if condition.cut.is_some() || (tcp.is_some() && loss >= 1.0) {
            return self.stopped(attempt, way, (tcp, time), load, |ledger| &mut ledger.cut);
        }
        let message = Leaving { edge: attempt.edge, way, luck: attempt.luck, turn: load.tries, packets };
        if self.is_struck(message, Chance::Lost) {
            return self.stopped(attempt, way, (tcp, time), load, |ledger| &mut ledger.lost);
        }
        if self.is_struck(message, Chance::Damaged) {
            return self.stopped(attempt, way, (tcp, time), load, |ledger| &mut ledger.corrupted);
        }
        let of_packets = |share: f64| match packets {
            1 => share,
            _ => 1.0 - crate::math::pow(1.0 - share, packets as f64),
        };
        if let Some(tcp) = tcp {
            let one_way = time + passing.map_or(SimDuration::ZERO, |(latency, _)| latency);
            let path =
                Path { round_trip: one_way + one_way, bytes_per_s: passing.map(|(_, rate)| rate), loss };
            let transfer = tcp.transfer(load.bytes, path, &mut attempt.luck.draws(purposes.transfer));
            let ledger = &mut self.ledger.edges[attempt.edge].ways[way as usize];
            let Some(transfer) = transfer else {
                ledger.lost += 1;
                return Passage::Gone;
            };
            ledger.retransmitted += transfer.retransmitted;
            more += transfer.delay;
            if transfer.retransmitted > 0 {
                // It takes its place behind what is on the link now; when it is sent is part of the delay.
                let again = transfer.retransmitted * load.bytes.min(tcp.mss.bytes());
                self.pass_link_of(attempt, way, again);
            }
            if tcp.multiplexed {
                more = self.in_order(attempt, way, time + more) - time;
            }
        } else {
            let ledger = &mut self.ledger.edges[attempt.edge].ways[way as usize];
            if happens(attempt.luck, purposes.loss, of_packets(loss)) {
                ledger.lost += 1;
                return Passage::Gone;
            }
            if happens(attempt.luck, purposes.corrupt, of_packets(condition.corrupt)) {
                ledger.corrupted += 1;
                return Passage::Gone;
            }
        }
        if way == Way::Back
            && let Some(passing) = self.pass_link(attempt.edge, attempt.call)
        {
            return Passage::Takes(time + more + passing, Lane::HEAP);
        }
        match more > SimDuration::ZERO {
            true => Passage::Takes(time + more, Lane::HEAP),
            false => Passage::Takes(time, lane),
        }
    }

    /// A message does not get through. TCP will try again, unless it has often enough.
    fn stopped(
        &mut self,
        attempt: &Attempt,
        way: Way,
        (tcp, time): (Option<tcp::Config>, SimDuration),
        load: Load,
        count: fn(&mut WayLedger) -> &mut u64,
    ) -> Passage {
        if let Some(tcp) = tcp.filter(|_| load.tries < tcp::MOST_TIMEOUTS) {
            return Passage::Again(tcp.timeout(time + time, load.tries));
        }
        *count(&mut self.ledger.edges[attempt.edge].ways[way as usize]) += 1;
        Passage::Gone
    }

    /// Messages of one connection are delivered in the order in which they were sent: how long until this one is?
    fn in_order(&mut self, attempt: &Attempt, way: Way, takes: SimDuration) -> SimDuration {
        let key = (attempt.edge, attempt.client, attempt.instance, way == Way::Back);
        let last = self.streams.entry(key).or_insert(SimTime::ZERO);
        *last = (*last).max(self.now + takes);
        last.since(self.now)
    }

    /// A message takes its place on the link that its edge shares with others, if there is one.
    fn pass_link_of(&mut self, attempt: &Attempt, way: Way, bytes: u64) -> LinkPassage {
        let Some(link) = self.model.edges[attempt.edge].rough.as_ref().and_then(|rough| rough.link) else {
            return LinkPassage::None;
        };
        let Some((after, rate)) = self.pass_shared_link(link, way, bytes) else { return LinkPassage::NoRoom };
        let link = &self.model.links[link];
        let mut draws = attempt.luck.draws([Purpose::LinkThere, Purpose::LinkBack][way as usize]);
        let latency = link.latency.as_ref().map_or(SimDuration::ZERO, |latency| latency.sample(&mut draws));
        LinkPassage::Passes { after, latency, rate, packets: link.packets(bytes) }
    }

    /// What a message takes beside the time of its way.
    fn held_up(&mut self, attempt: &Attempt, way: Way, condition: Condition, load: Load) -> SimDuration {
        let model = self.model;
        let own = model.edges[attempt.edge].rough.as_ref().and_then(|rough| rough.reorder.as_ref());
        let now = self.now;
        let mut more = SimDuration::ZERO;
        if own.is_none() && !condition.is_slower {
            return more;
        }
        let mut draws = attempt.luck.draws(PURPOSES[way as usize].reorder);
        let message = Leaving { edge: attempt.edge, way, luck: attempt.luck, turn: load.tries, packets: 1 };
        let mut hold = |(ratio, delay): (f64, &Sampler), trigger: Option<u32>, correlation: f64| {
            let by_itself = draws.unit() < ratio;
            let is_held = match correlation > 0.0 {
                false => by_itself,
                true => self.is_held_up(message, trigger, ratio, correlation),
            };
            if is_held {
                more += delay.sample(&mut draws);
            }
        };
        let mut slower = SimDuration::ZERO;
        let mut jitters = attempt.luck.draws(PURPOSES[way as usize].jitter);
        let mut slow = |delay: SimDuration, jitter: SimDuration| {
            let spread = jitter.as_nanos_f64() * (2.0 * jitters.unit() - 1.0);
            slower += SimDuration::from_nanos_f64((delay.as_nanos_f64() + spread).max(0.0));
        };
        if let Some((ratio, delay)) = own {
            let correlation = model.edges[attempt.edge].rough.as_ref().map_or(0.0, |rough| rough.correlation);
            hold((*ratio, delay), None, correlation);
        }
        for (id, fault) in model.faults.iter_ids().filter(|(_, fault)| fault.is_on(now)) {
            match &fault.effect {
                Effect::Network(hit) if hit.hits(attempt.edge, way) => match &hit.harm {
                    Harm::HeldUp(ratio, delay) => {
                        hold((*ratio, delay), Some(id.index() as u32), hit.correlation);
                    }
                    Harm::Slower(delay, jitter) => slow(*delay, *jitter),
                    _ => {}
                },
                _ => {}
            }
        }
        more + slower
    }

    /// What can happen to a message now.
    pub(super) fn condition(&self, attempt: &Attempt, way: Way) -> Condition {
        let rough = self.model.edges[attempt.edge].rough.as_ref();
        let mut condition = rough.map_or(Condition::default(), |rough| rough.condition(way));
        for fault in self.model.faults_on(self.now) {
            if let Effect::Network(hit) = &fault.effect
                && hit.hits(attempt.edge, way)
                && self.is_on_the_other_side(attempt, &hit.harm)
            {
                hit.worsen(&mut condition);
            }
        }
        condition
    }

    /// Whether a partition lies between caller and instance; of other harms, yes.
    fn is_on_the_other_side(&self, attempt: &Attempt, harm: &Harm) -> bool {
        let Harm::Cut(cut) = harm else { return true };
        let [here, there] = if cut.zones.is_empty() { [None; 2] } else { self.places_of(attempt).into() };
        let luck = || Luck::of_client(self.seed, cut.key, attempt.client);
        let pair = || luck().request(attempt.instance.index() as u64).draws(Purpose::Partition);
        cut.separates(here, there) && (cut.share >= 1.0 || pair().unit() < cut.share)
    }

    /// Whether the word that an attempt is not wanted any more, or not there, gets lost as a request would.
    pub(super) fn word_is_lost(&mut self, attempt: &Attempt) -> bool {
        if self.model.edges[attempt.edge].rough.is_none() {
            return false;
        }
        let condition = self.condition(attempt, Way::There);
        if condition.cut.is_some() || self.tcp_of(attempt).is_some() {
            return condition.cut.is_some();
        }
        let word =
            Leaving { edge: attempt.edge, way: Way::There, luck: attempt.luck, turn: WORD, packets: 1 };
        happens(attempt.luck, Purpose::LossOfCancel, condition.loss) | self.is_struck(word, Chance::Lost)
    }

    /// A message of an attempt is gone. Its caller waits on: it cannot know.
    fn never_arrives(&mut self, id: AttemptId) {
        let attempt = self.attempts.get_mut(id.0).expect("it was about to leave");
        if !attempt.wanted {
            self.attempts.remove(id.0);
            return;
        }
        let way = if attempt.phase == Phase::Back { Way::Back } else { Way::There };
        attempt.phase = Phase::Astray;
        self.aside(id, Aside::Astray { way });
    }

    /// Nobody waits any more for an attempt of which a message is gone: nothing is left of it.
    pub(super) fn forget_astray(&mut self, id: AttemptId) {
        if self.attempts.get(id.0).is_some_and(|attempt| attempt.phase == Phase::Astray) {
            self.attempts.remove(id.0);
        }
    }

    fn count_sent(&mut self, id: AttemptId, attempt: &Attempt, way: Way) -> u64 {
        let bytes = self.message_bytes(id, attempt, way);
        let ledger = &mut self.ledger.edges[attempt.edge].ways[way as usize];
        (ledger.sent, ledger.bytes) = (ledger.sent + 1, ledger.bytes + u128::from(bytes));
        bytes
    }

    /// A message on an edge on which anything can happen has arrived.
    pub(super) fn count_delivered(&mut self, id: AttemptId, way: Way) {
        let Some(attempt) = self.attempts.get(id.0) else { return };
        if self.model.edges[attempt.edge].rough.is_some() {
            self.ledger.edges[attempt.edge].ways[way as usize].delivered += 1;
        }
    }

    /// Messages on their way at the end.
    pub(super) fn close_ways(&mut self) {
        for (id, attempt) in self.attempts.iter_ids() {
            if self.model.edges[attempt.edge].rough.is_none() || self.has_sent_nothing(AttemptId(id), attempt)
            {
                continue;
            }
            let way = match attempt.phase {
                Phase::Out => Way::There,
                Phase::Back => Way::Back,
                Phase::Waiting | Phase::Serving | Phase::Outside | Phase::Astray => continue,
            };
            self.ledger.edges[attempt.edge].ways[way as usize].in_flight += 1;
        }
    }
}
