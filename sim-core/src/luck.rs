//! Where does chance come from that belongs to a request? From that request's own luck: a number given
//! at arrival, from which every attempt derives a number of its own, from which every draw is a
//! function. So request 17's first try costs the same in every variant, whatever happens to others.

use crate::streams::{Seed, below, open_unit};
use crate::ziggurat;

/// 2^64 divided by the golden ratio, odd: consecutive multiples are spread evenly.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a key and a position into 64 bits that look independent of both: the position is spread by
/// an odd constant, then passed through the finalizer *moremur* (Pelle Evensen, 2019), which passes
/// PractRand on counters where the murmur3 finalizer fails.
#[inline]
pub fn mix(key: u64, position: u64) -> u64 {
    let mut x = key.wrapping_add(position.wrapping_mul(GOLDEN));
    x ^= x >> 27;
    x = x.wrapping_mul(0x3c79_ac49_2ba7_b653);
    x ^= x >> 33;
    x = x.wrapping_mul(0x1c69_b3f7_4ac4_ae35);
    x ^ (x >> 27)
}

/// What a draw of a request is for. Each purpose has draws of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// How long the server works on the attempt.
    ServiceTime = 1,
    /// How long the caller waits before the next attempt.
    Backoff = 2,
    /// Whether the service answers with an error.
    Error = 3,
    /// Which client of the workload sends the request.
    Client = 4,
    /// Which instance serves the attempt.
    Instance = 5,
    /// Whether the request exists at all while the load is thinned.
    Thinning = 6,
    /// Whether an instance admits the attempt.
    Admission = 7,
    /// Whether an optional step is done.
    Branch = 8,
    /// Whether work hangs.
    Hang = 9,
    /// How long the attempt travels.
    WayThere = 10,
    /// How long its answer travels.
    WayBack = 11,
    /// How long the word that nobody wants it any more travels.
    WayOfCancel = 12,
    /// What the request is about.
    Key = 13,
    /// On whose behalf it comes.
    Tenant = 14,
    /// How long its user thinks before the next.
    ThinkTime = 15,
    /// How long an instance boots.
    BootTime = 16,
    /// How long a user's connection lasts.
    Lifetime = 61,
    /// When a user connects first.
    Joining = 62,
    /// How long an entry of a cache lives.
    TtlJitter = 17,
    /// Whether a reader of a cache loads anew what has not expired yet.
    EarlyRefresh = 18,
    /// Whether the request is about the key that is hot.
    HotKey = 19,
    /// When a limit measures anew.
    LimitProbe = 71,
    /// Whether the caller keeps the attempt back.
    Throttle = 31,
    /// When an entry of a cache is loaded anew by the clock.
    Refresh = 81,
    /// When a lease is renewed first.
    Renewal = 95,
    /// Which free connection of a pool is taken.
    Connection = 98,
    /// How long a message of a handshake travels.
    Handshake = 120,
    /// Whether a message of a handshake is lost.
    HandshakeLoss = 121,
    /// Which object of a saga is looked at.
    Look = 160,
    /// Whether a request is lost.
    LossThere = 100,
    /// Whether an answer is lost.
    LossBack = 101,
    /// Whether a request arrives twice.
    DuplicateThere = 102,
    /// Whether an answer arrives twice.
    DuplicateBack = 103,
    /// Whether a request is damaged.
    CorruptThere = 104,
    /// Whether an answer is damaged.
    CorruptBack = 105,
    /// Whether and how long a request is held up.
    ReorderThere = 106,
    /// Whether and how long an answer is held up.
    ReorderBack = 107,
    /// How large a request is.
    RequestSize = 108,
    /// How large an answer is.
    ResponseSize = 109,
    /// Whether the word that nobody wants an attempt any more is lost.
    LossOfCancel = 110,
    /// When in its interval an instance reports to its registry.
    Heartbeat = 140,
    /// When a caller asks first for addresses.
    ClientRefresh = 141,
    /// How long a look-up takes.
    LookUp = 142,
    /// Whether a look-up fails or leads elsewhere.
    LookUpFault = 143,
    /// Who is struck out of a registry first.
    Eviction = 144,
    /// When a monitor looks first.
    Scrape = 180,
    /// Whether somebody reports a request that failed, and when.
    Report = 181,
    /// Whether a scrape gets through what it shares its fate with.
    SharedFate = 182,
    /// Which zone serves the attempt.
    Zone = 210,
    /// Which segments of a request are lost.
    TransferThere = 111,
    /// Which segments of an answer are lost.
    TransferBack = 112,
    /// Whether the connection of a request is reset.
    ResetThere = 113,
    /// Whether the connection of an answer is reset.
    ResetBack = 114,
    /// Whether a caller and an instance are on different sides of a partition.
    Partition = 115,
    /// How long a request is on a link.
    LinkThere = 116,
    /// How long an answer is on a link.
    LinkBack = 117,
    /// How much longer or shorter a request is slowed down.
    JitterThere = 118,
    /// How much longer or shorter an answer is slowed down.
    JitterBack = 119,
    /// How long an owner takes to find the reason of an incident.
    Repair = 145,
    /// When the holder of a lock asks first.
    Contender = 183,
    /// How long the holder of a lock wants it.
    Hold = 190,
    /// Whether a request shares the fate of the last one.
    ChainThere = 212,
    /// Whether an answer shares the fate of the last one.
    ChainBack = 213,
}

/// The luck of one request, call or attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Luck(u64);

impl Luck {
    /// What the luck of all requests of arrival source `source` in the run of `seed` is derived from.
    pub fn of_source(seed: Seed, source: u32) -> Self {
        Luck(mix(mix(seed.0, 0x5eed), u64::from(source) + 1))
    }

    /// The luck of the `index`-th request of this source.
    #[inline]
    pub fn request(self, index: u64) -> Self {
        Luck(mix(self.0, index + 1))
    }

    /// The luck of the `index`-th request of arrival source `source` in the run of `seed`.
    pub fn of_request(seed: Seed, source: u32, index: u64) -> Self {
        Luck::of_source(seed, source).request(index)
    }

    /// The luck of client number `client` of edge `edge` in the run of `seed`, for what a client decides once.
    pub fn of_client(seed: Seed, edge: u32, client: u32) -> Self {
        Luck(mix(mix(seed.0, 0xc11e), u64::from(edge) << 32 | u64::from(client)))
    }

    /// The luck of a call that this request or attempt makes: over edge `edge`, as the `position`-th
    /// call of its step, in the `repetition`-th round of that step.
    #[inline]
    pub fn call(self, edge: u32, position: u32, repetition: u32) -> Self {
        let place = mix(self.0 ^ 0xca11, u64::from(edge) << 32 | u64::from(position));
        // Most steps have one round, and a user's request has no other: it is spared the second mix.
        Luck(if repetition == 0 { place } else { mix(place ^ 0x4e9e_a7ed, u64::from(repetition)) })
    }

    /// The luck of the `attempt`-th try of this call; the first is 1.
    #[inline]
    pub fn attempt(self, attempt: u32) -> Self {
        Luck(mix(self.0 ^ 0xa77e_3907, u64::from(attempt)))
    }

    /// The draws of one purpose.
    #[inline]
    pub fn draws(self, purpose: Purpose) -> Draws {
        Draws { key: mix(self.0, purpose as u64), next: 0 }
    }
}

/// Draws of one purpose of one luck: a variate may take as many as it likes, nobody else's move.
#[derive(Clone, Debug)]
pub struct Draws {
    key: u64,
    next: u64,
}

impl Draws {
    /// The draws that follow from 64 uniform bits.
    #[inline]
    pub(crate) fn keyed(key: u64) -> Self {
        Draws { key, next: 0 }
    }

    /// 64 uniform bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        // The first draw is the key itself: it is already mixed, and most purposes need only one.
        let bits = if self.next == 0 { self.key } else { mix(self.key, self.next) };
        self.next += 1;
        bits
    }

    /// A uniform number in (0, 1), ends excluded.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        open_unit(self.bits())
    }

    /// A uniform whole number below `n`.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        below(self.bits(), n)
    }

    /// An exponential number of mean 1.
    #[inline]
    pub fn exponential(&mut self) -> f64 {
        ziggurat::exponential(self)
    }

    /// A normal number of mean 0 and standard deviation 1.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        ziggurat::normal(self)
    }
}

#[cfg(test)]
mod tests;
