//! What can be due in the life of an instance, with a connection of a call, or with a lock?

/// What is due in the life of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LifeChange {
    /// Its process starts.
    Start = 0,
    /// It has booted.
    Booted = 1,
    /// It is warm.
    Warm = 2,
    /// Its time to finish what it has is over.
    GraceOver = 3,
}

/// What is due with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A SYN reaches its instance.
    SynArrives = 0,
    /// The caller knows that it is open, or refused.
    HandshakeOver = 1,
    /// A SYN was not answered: the next one.
    SynAgain = 2,
    /// The caller's patience with opening it ends.
    GivesUp = 3,
    /// Nobody has used it for long.
    Idle = 4,
    /// It is old.
    Aged = 5,
}

impl Due {
    /// All, by their numbers.
    pub(super) const ALL: [Due; 6] =
        [Due::SynArrives, Due::HandshakeOver, Due::SynAgain, Due::GivesUp, Due::Idle, Due::Aged];
}

/// What is due with a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockDue {
    /// A holder asks for more time.
    Renewal = 0,
    /// A holder has had the lock for as long as it wanted.
    Enough = 1,
    /// All clocks are set.
    Sync = 2,
}

impl LockDue {
    /// All, by their numbers.
    pub(super) const ALL: [LockDue; 3] = [LockDue::Renewal, LockDue::Enough, LockDue::Sync];
}
