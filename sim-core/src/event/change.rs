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
    /// A step of a staged rollout is over.
    Step {
        /// Number of the rollout.
        plan: u32,
    },
}

/// Rollouts are told apart from owners by this bit.
const STEP: u64 = 1 << 32;

impl ChangeEvent {
    /// A number for it.
    pub(crate) fn number(self) -> u64 {
        match self {
            ChangeEvent::Due { owner } => u64::from(owner),
            ChangeEvent::Repair => u64::from(u32::MAX),
            ChangeEvent::Step { plan } => STEP | u64::from(plan),
        }
    }

    /// The event of this number.
    pub(super) fn of(number: u64) -> Self {
        match number as u32 {
            plan if number & STEP != 0 => ChangeEvent::Step { plan },
            u32::MAX => ChangeEvent::Repair,
            owner => ChangeEvent::Due { owner },
        }
    }
}
