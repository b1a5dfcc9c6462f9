//! What became of what a request wanted done? Effects, sagas, locks, versions that meet, and who is not let in: told of
//! single requests, counted elsewhere.

use crate::ids::{EffectId, SagaId, ServiceId};
use crate::policy::compensation::Decision;
use crate::time::SimDuration;

/// What is told of an attempt, or of the request that it works for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A step applies an effect.
    Applied {
        /// Which.
        effect: EffectId,
        /// Whether it stood already under the same key: a duplicate.
        again: bool,
    },
    /// The key of the request is known: nothing is done, and the answer is the one of before.
    Replayed {
        /// Of which effect.
        effect: EffectId,
    },
    /// A step undoes an effect.
    Undone {
        /// Which.
        effect: EffectId,
        /// Whether there was something to undo.
        stood: bool,
    },
    /// A step of a saga is done.
    SagaStep {
        /// Which kind.
        saga: SagaId,
        /// Steps done so far.
        done: u32,
        /// Of so many.
        of: u32,
    },
    /// A step of a saga has failed, and what was done is undone in reverse order.
    Compensates {
        /// Which kind.
        saga: SagaId,
        /// Steps to undo.
        steps: u32,
    },
    /// What a step of a saga did is undone.
    Compensated {
        /// Which kind.
        saga: SagaId,
        /// Steps that are left.
        left: u32,
    },
    /// Undoing has failed.
    CompensationFailed {
        /// Which kind.
        saga: SagaId,
        /// What follows.
        then: Decision,
    },
    /// What became of what a holder of a lock asked.
    Lock(LockTold),
    /// A worker takes what another version of its sender may have written.
    Version {
        /// Who wrote it.
        writer: ServiceId,
        /// In which version.
        wrote: u8,
        /// Who reads it.
        reader: ServiceId,
        /// In which version.
        reads: u8,
        /// Whether it can make something of it.
        can_read: bool,
    },
    /// It is not let in: its sender is not on the list, or does not prove who it is.
    NotLetIn {
        /// Whether its sender has a certificate that proves who it is.
        is_proven: bool,
        /// Whether its sender is on the list.
        is_listed: bool,
    },
    /// It is not let in: its sender has sent as much as it may.
    OverQuota,
    /// There will be no connection: one end does not trust the certificate of the other.
    Distrusted,
}

/// What can become of what a holder of a lock asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockTold {
    /// The lease is its own.
    Granted {
        /// For this long.
        length: SimDuration,
    },
    /// It is somebody else's.
    Refused,
    /// It lasts from now on.
    Renewed {
        /// For this long.
        length: SimDuration,
    },
    /// It has been taken back.
    GivenUp,
    /// It was over before, or nobody believed in it any more.
    TooLate,
}
