//! What is due where owners change settings?

/// Something is due where owners change settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeEvent {
    /// An owner wants a change.
    Due {
        /// Who.
        owner: u32,
    },
    /// Somebody has found the reason of an incident.
    Repair,
}

impl ChangeEvent {
    /// A number for it.
    pub(crate) fn number(self) -> u32 {
        match self {
            ChangeEvent::Due { owner } => owner,
            ChangeEvent::Repair => u32::MAX,
        }
    }

    /// The event of this number.
    pub(super) fn of(number: u32) -> Self {
        match number {
            u32::MAX => ChangeEvent::Repair,
            owner => ChangeEvent::Due { owner },
        }
    }
}
