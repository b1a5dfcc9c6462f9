//! Which records does a step read or write? Those of its own service, by name.

use super::{Caller, Lowering};
use crate::ids::{Id, RecordsId, ServiceId};
use crate::model::Named;
use crate::model::record::{MAX_RECORDS, Records, RecordsConfig};

impl Lowering<'_> {
    /// Enters the records of a service; gives the id of the first.
    pub(super) fn records(
        &mut self,
        service: ServiceId,
        path: &str,
        records: &Named<RecordsConfig>,
    ) -> usize {
        let first = self.calls.records.len();
        for (name, config) in records.iter() {
            let path = format!("{path}/records/{name}");
            if self.calls.records.len() == MAX_RECORDS {
                let message =
                    format!("at most {MAX_RECORDS} kinds of records are simulated, all services together");
                self.problems.add(&path, message);
            }
            self.calls.records.push(Records { path, service, per: config.per });
        }
        first
    }

    /// The records of a `read` or `write` step; after a problem was told, any.
    pub(super) fn records_named(&mut self, name: &str, path: &str, caller: Caller<'_>) -> RecordsId {
        let found = match caller.records.is_empty() {
            true => {
                let message = format!("the service has no records; add `records: {{{name}: {{}}}}` to it");
                self.problems.add(path, message);
                None
            }
            false => self.problems.find(path.to_owned(), "kind of records", name, caller.records),
        };
        RecordsId::from_index(caller.first_records + found.unwrap_or(0))
    }
}
