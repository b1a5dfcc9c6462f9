//! How do things name each other? Static parts by small numbers that index flat arrays, things in
//! flight by slot and generation.

use std::ops::{Index, IndexMut};

/// An id that indexes a vector of its own kind.
pub trait Id: Copy {
    /// The id of entry `index`. Panics above `u32::MAX`.
    fn from_index(index: usize) -> Self;
    /// The entry of this id.
    fn index(self) -> usize;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl Id for $name {
            fn from_index(index: usize) -> Self {
                $name(u32::try_from(index).expect("ids fit 32 bits"))
            }
            #[inline]
            fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// A logical service.
    ServiceId,
    /// One replica of a service, numbered over all services.
    InstanceId,
    /// An edge of the service graph: caller, callee and the caller's policies.
    EdgeId,
    /// A way to use a service.
    EndpointId,
    /// A step of an endpoint.
    StepId,
    /// A pool of callers.
    PoolId,
    /// A failure domain.
    ZoneId,
    /// A group of users that sends requests.
    WorkloadId,
    /// An arrival process of a workload: its own, or the extra one of a load spike.
    SourceId,
    /// A trigger.
    FaultId,
    /// A cache of a service.
    CacheId,
    /// A kind of records of a service.
    RecordsId,
    /// An effect of a service.
    EffectId,
    /// A kind of saga of a service.
    SagaId,
    /// A link that several edges share.
    LinkId,
}

/// A vector indexed by its own kind of id.
#[derive(Clone, Debug)]
pub struct IdVec<I, T> {
    entries: Vec<T>,
    ids: std::marker::PhantomData<fn(I)>,
}

impl<I: Id, T> IdVec<I, T> {
    /// No entries.
    pub const fn new() -> Self {
        IdVec { entries: Vec::new(), ids: std::marker::PhantomData }
    }

    /// Appends an entry and gives its id.
    pub fn push(&mut self, entry: T) -> I {
        self.entries.push(entry);
        I::from_index(self.entries.len() - 1)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries in id order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.entries.iter()
    }

    /// The entries in id order, to change.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.entries.iter_mut()
    }

    /// Ids and entries in id order.
    pub fn iter_ids(&self) -> impl Iterator<Item = (I, &T)> {
        self.entries.iter().enumerate().map(|(index, entry)| (I::from_index(index), entry))
    }

    /// The ids in order.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.entries.len()).map(I::from_index)
    }
}

impl<I: Id, T> Default for IdVec<I, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<I: Id, T> FromIterator<T> for IdVec<I, T> {
    fn from_iter<It: IntoIterator<Item = T>>(iter: It) -> Self {
        IdVec { entries: iter.into_iter().collect(), ids: std::marker::PhantomData }
    }
}

impl<I: Id, T> Index<I> for IdVec<I, T> {
    type Output = T;
    #[inline]
    fn index(&self, id: I) -> &T {
        &self.entries[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for IdVec<I, T> {
    #[inline]
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.entries[id.index()]
    }
}

/// A thing in flight: a slot of its table and the generation of that slot. Once the slot is freed
/// its generation moves on, so an id kept by a timer finds nothing and the timer is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Entry of the table.
    pub slot: u32,
    /// How often the slot had been freed when this id was made (wraps after 2^32).
    pub generation: u32,
}

/// One use of an edge: lives through retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub Handle);

/// A group of steps under way on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(pub Handle);

/// A user who sends one request after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(pub Handle);

/// A connection of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub Handle);

/// One try: what the network and the servers see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptId(pub Handle);
