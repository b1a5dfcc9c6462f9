//! Reports as their reader meets them: folders, figures, the page and the terminal.

mod figures; // what SVG and PNG hold
mod folder; // what is written and read back
mod gauges; // what moves inside
mod glance;
mod landscapes; // made-up maps and loops
mod loads; // goodput against offered load
mod maps; // maps of two settings
mod page; // the HTML page
mod marks;
mod pictures; // strips, lanes and topologies
mod portraits; // queue against retries
mod sample; // made-up results
mod scenes; // made-up services, instances and calls
mod text; // the terminal
