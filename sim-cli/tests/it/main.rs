//! The program as its users meet it: the real binary, its files, its words and its exit statuses.

mod bad_actions;
mod bad_admission; // mistakes in what decides who may enter
mod bad_caches; // mistakes in caches, the steps that look into them, and their faults
mod bad_flows;
mod bad_guards; // the same for circuit breakers and throttles of callers
mod bad_hedging; // the same for attempts side by side, and for what falls back
mod bad_files; // every mistake in a scenario file, in the words that a student reads
mod bad_capacity; // the same for what takes speed from instances
mod bad_scaling; // the same for autoscalers
mod bad_streams; // the same for runs of losses and bytes of messages
mod bad_systems; // the same for systems of several services
mod bad_transport; // the same for connections, certificates and who may call
mod bad_connections; // the same for users with connections
mod bad_effects; // the same for what should be done once, and for sagas
mod bad_leases; // the same for holders of leases
mod bad_follows; // the same for replicas
mod bad_locks; // the same for holders of locks
mod bad_versions; // the same for versions
mod bad_monitors; // the same for monitors
mod bad_changes; // the same for what owners change
mod bad_discovery; // the same for lists of addresses
mod bad_money; // the same for zones, prices and what goes by them
mod bad_links; // the same for links
mod bad_network; // the same for networks, links and sizes
mod bad_records;
mod bad_retries; // the same for what a retry has beside its attempts
mod bad_presets; // the same for what is built on presets, and what is told of presets and policies
mod bad_words; // every mistake on the command line
mod commands; // list, show, new, validate, schema, completions
mod glance; // a module on one page
mod explain; // what is known before any run
mod maps; // sweeps of two settings, searches and ramps
mod mistakes; // what is said about a file with a mistake in it
mod perfetto; // whether a viewer reads lanes as they are meant
mod readme; // the code blocks of the README
mod results; // run, compare, sweep, report
mod spiral; // a folder and a way to run the binary in it
mod trace; // stories of single requests
