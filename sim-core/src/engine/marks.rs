//! What did people see and do, and when? The moments that a figure marks: alerts, deeds of operators, changes of owners.

use crate::time::SimTime;

/// More moments of one run than this are counted and not kept.
pub const MAX_MARKS: usize = 1_000;

/// Something that people saw or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// The rule of a monitor decided that its alert fires.
    AlertFires,
    /// Those on call see it fire: `delay` after the rule.
    Paged,
    /// Those on call see that it fires no more.
    AlertResolves,
    /// An operator acts.
    Acts,
    /// An owner changes a setting, or begins to.
    Changed,
    /// A change is taken back.
    TakenBack,
}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: MarkKind,
    /// Number of the monitor, the action or the setting.
    pub of: u32,
}

/// The moments of a run in order of time.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Those that are kept.
    pub kept: Vec<Mark>,
    /// How many more there were.
    pub left_out: u64,
}

impl Marks {
    pub(super) fn add(&mut self, at: SimTime, kind: MarkKind, of: u32) {
        match self.kept.len() < MAX_MARKS {
            true => self.kept.push(Mark { at, kind, of }),
            false => self.left_out += 1,
        }
    }
}
