//! Does the simulation agree with what theory says? Closed forms and published results, each over
//! several seeds with its formula, standard error and tolerance.

mod arrivals;
mod connections;
mod caches;
mod patience;
mod queues;
mod retries;
mod rollouts;
mod storms;
mod networks;
mod published;
mod stations;
mod capacity;
mod keys;
mod messages;
mod xfetch;
mod guards;
mod contention;
mod hedging;
mod spirals;
mod orbits;
mod hidden;
mod twins;
mod once;
mod discovery;
mod transports;
mod bursts;
mod locks;
