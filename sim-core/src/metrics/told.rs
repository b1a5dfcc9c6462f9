//! What becomes of a saga, or of what the holder of a lock asked?

use crate::time::SimDuration;

/// What can become of a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SagaTold {
    /// Its first step begins.
    Begins,
    /// A step has failed: those before it are to be undone.
    Compensates {
        /// How many.
        steps: u32,
    },
    /// All that was done is undone.
    Undone,
    /// An undoing has failed and is tried again.
    TriesAgain {
        /// After this.
        after: SimDuration,
    },
    /// An undoing has failed: its object stays half-way.
    GivenUp,
    /// An undoing has failed: it is put aside and tried again later, when nobody waits.
    PutAside {
        /// After this.
        after: SimDuration,
    },
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
