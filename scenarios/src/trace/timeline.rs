//! What do the lanes of a run hold? Plain data, written while somebody looks and drawn by a viewer.

/// What happened on the instances while somebody looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Names of the instances.
    pub instances: Vec<String>,
    /// Names of the workloads.
    pub workloads: Vec<String>,
    /// Most lanes that each had in use at once.
    pub lanes: Vec<u32>,
    /// Attempts in service, in the order in which they were taken.
    pub slices: Vec<Slice>,
    /// From a caller's slice to that of the attempt that it sent.
    pub flows: Vec<Flow>,
    /// How full the instances were, in order of time.
    pub levels: Vec<Level>,
    /// Timeouts, retries and changes of instances, in order of time.
    pub instants: Vec<Instant>,
    /// What did not fit, in words.
    pub notes: Vec<String>,
}

/// An attempt in service.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Index of the instance.
    pub instance: usize,
    /// Which of its lanes, from 0.
    pub lane: u32,
    /// What is asked for: the endpoint's name, or that of the probe's.
    pub name: String,
    /// Start of service.
    pub from_ns: u64,
    /// End of service.
    pub to_ns: u64,
    /// 1 for the first try.
    pub attempt: u32,
    /// How long it waited in line.
    pub waited_ns: u64,
    /// When its caller stopped waiting for it, if before the end.
    pub left_ns: Option<u64>,
    /// `done`, `error`, `lost`, `withdrawn`, or `unfinished`.
    pub end: &'static str,
    /// Index of the request among those told, if it is part of one.
    pub story: Option<usize>,
}

/// An arrow between two slices: from the moment of sending to the start of service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Index of the caller's slice; none if a user of a story sends it.
    pub from: Option<usize>,
    /// When it was sent.
    pub sent_ns: u64,
    /// Index of the slice.
    pub to: usize,
}

/// How full an instance is from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Index of the instance.
    pub instance: usize,
    /// When.
    pub at_ns: u64,
    /// In line.
    pub waiting: u32,
    /// In line or in service.
    pub in_flight: u32,
}

/// Something that takes no time.
#[derive(Clone, Debug, PartialEq)]
pub struct Instant {
    /// When.
    pub at_ns: u64,
    /// Index of the instance where it happens; none at a user's.
    pub instance: Option<usize>,
    /// On which lane, if on one.
    pub lane: Option<u32>,
    /// Whose user, where it happens at one.
    pub workload: Option<usize>,
    /// What.
    pub name: String,
}
