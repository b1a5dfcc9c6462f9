//! Scenario files: loading, overlays, expectations, running variants over seeds, statistics, verdicts.
//!
//! A file becomes a [`load::Scenario`] whose variants always run, or a list of every problem with its place
//! ([`load`]). [`compare`] runs variants over seeds ([`experiment`]), measures them ([`measure`]), judges
//! each seed against its control ([`verdict`]), checks the file's claims ([`assess`]) and leaves plain
//! data behind ([`results`]). [`library`] holds the scenarios that come with the program.

pub mod assess;
mod bands;
mod check;
pub mod claim;
pub mod compare;
pub mod document;
pub mod expectation;
pub mod experiment;
pub mod library;
pub mod load;
pub mod measure;
pub mod metric;
pub mod moment;
pub mod results;
pub mod schema;
pub mod statistics;
pub mod sweep;
pub mod verdict;
pub mod yaml;
