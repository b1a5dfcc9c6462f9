//! Scenario files: loading, overlays, expectations, running variants over seeds, statistics, verdicts.
//!
//! A file becomes a [`load::Scenario`] whose variants always run, or a list of every problem with its place
//! ([`load`]). [`compare`] runs variants over seeds ([`experiment`]), measures them ([`measure`]), judges
//! each seed against its control ([`verdict`]), checks the file's claims ([`assess`]) and leaves plain
//! data behind ([`results`]). [`library`] holds the scenarios that come with the program.

pub mod yaml;
pub mod presets;
pub mod policies;
pub mod range;
pub mod document;
pub mod schema;
pub mod claim;
pub mod expectation;
pub mod moment;
mod check;
pub mod load;
pub mod library;
pub mod metric;
pub mod measure;
pub mod verdict;
pub mod statistics;
pub mod experiment;
pub mod assess;
pub mod diagnosis;
mod bands;
pub mod picture;
mod summary;
pub mod request;
pub mod compare;
pub mod store;
pub mod sweep;
pub mod twin;
mod boundary;
pub mod map;
pub mod critical;
pub mod hysteresis;
pub mod glance;
pub mod results;
pub mod explain;
pub mod trace;
pub mod triggers;
