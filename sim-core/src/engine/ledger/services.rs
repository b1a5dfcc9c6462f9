//! What became of all that came to a service?

use crate::ids::ServiceId;

/// What one service has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServiceLedger {
    /// Attempts that reached an instance.
    pub arrived: u64,
    /// Attempts served to the end.
    pub completed: u64,
    /// Attempts turned away.
    pub rejected: u64,
    /// Attempts dropped from the line.
    pub dropped: u64,
    /// Attempts lost with an instance.
    pub lost: u64,
    /// Attempts let go because nobody wanted them any more.
    pub withdrawn: u64,
    /// Attempts waiting or in service at the end.
    pub in_system: u64,
    /// Summed service, nanoseconds, of what is under way up to now.
    pub service_given: u128,
    /// Summed time in system, nanoseconds, of what is in system up to now.
    pub time_in_system: u128,
    /// Area under the busy workers: must equal `service_given`.
    pub busy_area: u128,
    /// Area under the number in system: must equal `time_in_system` (Little's law on the path).
    pub system_area: u128,
    /// Connections that users opened.
    pub connections_opened: u64,
    /// Connections that ended, in whichever way.
    pub connections_closed: u64,
    /// Connections open at the end, counted at the instances.
    pub connections_open: u64,
    /// The same, counted by the users who say that theirs goes there: each has at most one.
    pub connections_of_users: u64,
    /// Memory that attempts took when they came, bytes.
    pub memory_taken: u128,
    /// Memory given back when they left.
    pub memory_given_back: u128,
    /// Memory held at the end.
    pub memory_held: u128,
    /// Of those that are there at the end: what they hold. Must equal `memory_held`.
    pub memory_of_present: u128,
    /// Bytes that were lost with instances and had to be copied.
    pub repair_due: u64,
    /// Of those, copied or come back.
    pub repair_ended: u64,
    /// Of those, still missing at the end.
    pub repair_left: u64,
    /// Instances that were there at the start.
    pub at_start: u64,
    /// Instances added by a scaler.
    pub added: u64,
    /// Instances removed by one.
    pub removed: u64,
    /// Instances that there are at the end.
    pub there: u64,
    /// Pieces of own work that burn processor time at the end, as counted while they came and went. Counted
    /// only where instances come and go.
    pub computing: u64,
    /// The same, as found.
    pub pieces: u64,
    /// Attempts that had to wait outside.
    pub outside: u64,
    /// Of those, let in.
    pub let_in: u64,
    /// Of those, left before that, because nobody waited for them any more or the instance crashed.
    pub outside_left: u64,
    /// Of those, outside at the end.
    pub outside_there: u64,
    /// Summed time outside, nanoseconds, of what is outside up to now.
    pub time_outside: u128,
    /// Area under the number outside: must equal `time_outside`.
    pub outside_area: u128,
}

impl ServiceLedger {
    pub(super) fn laws(&self, id: ServiceId, law: &mut impl FnMut(bool, &dyn Fn() -> String)) {
        let accounted =
            self.completed + self.rejected + self.dropped + self.lost + self.withdrawn + self.in_system;
        law(self.arrived == accounted, &|| {
            format!(
                "{id:?}: arrived {} = completed + rejected + dropped + lost + withdrawn + in system {accounted}",
                self.arrived
            )
        });
        law(self.busy_area == self.service_given, &|| {
            format!("{id:?}: busy time {} = service given {}", self.busy_area, self.service_given)
        });
        law(
            self.memory_taken == self.memory_given_back + self.memory_held
                && self.memory_held == self.memory_of_present,
            &|| {
                format!(
                    "{id:?}: memory taken {} = given back {} + held {}, that of those present {}",
                    self.memory_taken, self.memory_given_back, self.memory_held, self.memory_of_present
                )
            },
        );
        law(self.repair_due == self.repair_ended + self.repair_left, &|| {
            format!(
                "{id:?}: bytes lost {} = copied or come back {} + still missing {}",
                self.repair_due, self.repair_ended, self.repair_left
            )
        });
        law(self.system_area == self.time_in_system, &|| {
            format!(
                "{id:?}: area under number in system {} = time in system {}",
                self.system_area, self.time_in_system
            )
        });
        law(self.at_start + self.added == self.removed + self.there, &|| {
            format!(
                "{id:?}: instances at the start {} + added {} = removed {} + there {}",
                self.at_start, self.added, self.removed, self.there
            )
        });
        law(self.computing == self.pieces, &|| {
            format!("{id:?}: own work counted {} = own work under way {}", self.computing, self.pieces)
        });
        law(self.outside == self.let_in + self.outside_left + self.outside_there, &|| {
            format!(
                "{id:?}: waited outside {} = let in {} + left {} + there {}",
                self.outside, self.let_in, self.outside_left, self.outside_there
            )
        });
        law(self.outside_area == self.time_outside, &|| {
            format!("{id:?}: area under outside {} = time outside {}", self.outside_area, self.time_outside)
        });
        let accounted = self.connections_closed + self.connections_open;
        law(self.connections_opened == accounted, &|| {
            format!("{id:?}: connections opened {} = closed + open {accounted}", self.connections_opened)
        });
        law(self.connections_open == self.connections_of_users, &|| {
            format!(
                "{id:?}: connections open {} = users who are connected {}",
                self.connections_open, self.connections_of_users
            )
        });
    }
}
