//! What can be due in the life of an instance, or with a connection of a call?

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
