//! What can be written on the command line? These types mirror the words and check nothing but their
//! order; [`crate::plan`] says what they mean.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

const STATUSES: &str = "\
Exit status:
  0   fine: everything done, every claim holds
  1   an expectation of the scenario does not hold
  2   the command line or a file is wrong; nothing was simulated
  3   inconclusive or incomplete: a claim had nothing to measure, or the work was interrupted
  70  a mistake of the program itself

Start here:
  spiral list                                            what comes with the program
  spiral compare metastable-retry-storm                  seventeen variants over thirty seeds
  spiral new my-storm --from metastable-retry-storm      a copy to break and mend

NO_COLOR switches colours off. Nothing is sent anywhere.";

/// A wind tunnel for distributed systems: simulates overload, cascading failures and metastable failures,
/// and compares what helps.
#[derive(Debug, Parser)]
#[command(name = "spiral", version, after_help = STATUSES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios that come with the program
    List(List),
    /// Print a shipped scenario's file
    Show(Show),
    /// Copy a scenario to a new file of your own
    New(New),
    /// Check files and tell all their problems at once, without running them
    Validate(Validate),
    /// Tell what can be known of a scenario before any run
    Explain(Explain),
    /// Run one variant with one seed
    Run(Run),
    /// Compare variants over many seeds and check the scenario's claims
    Compare(Compare),
    /// Run a scenario for several values of one setting, or of two
    Sweep(Sweep),
    /// Find the size of a trigger at which half of the seeds stay down
    Critical(Critical),
    /// Raise the load slowly and lower it again: what breaks the system, and what heals it
    Hysteresis(Hysteresis),
    /// Draw a whole module on one page: naive against aware, a number per scenario
    Glance(Glance),
    /// Tell what happened to single requests of one run
    Trace(Trace),
    /// Draw figures and page of a report folder again, without simulating
    Report(Report),
    /// Print the JSON Schema of scenario files, for editors
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  spiral list\n  spiral list --format json")]
pub(crate) struct List {
    /// Text for people, JSON for programs
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  spiral show metastable-retry-storm | less")]
pub(crate) struct Show {
    /// Id of a shipped scenario
    pub(crate) id: String,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Comments are kept, the id is replaced, and no file is ever overwritten.

Examples:
  spiral new my-storm --from metastable-retry-storm
  spiral new my-storm --from metastable-retry-storm --out course/week3.yaml")]
pub(crate) struct New {
    /// Id of the new scenario: lower-case letters, digits and `-`
    pub(crate) name: String,
    /// The scenario to copy: a shipped id or a file
    #[arg(long, value_name = "ID|FILE")]
    pub(crate) from: String,
    /// The file to write [default: NAME.yaml]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  spiral validate my-storm.yaml\n  spiral validate course/*.yaml")]
pub(crate) struct Validate {
    /// Scenario files (or ids of shipped scenarios)
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<String>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is simulated. What depends on the run is said to be unknown.

Instead of a scenario: `policy`, `preset` or `trigger`, alone for a list, or with a name for its page.

Examples:
  spiral explain metastable-retry-storm
  spiral explain policy retry/exponential
  spiral explain trigger partition
  spiral explain preset resilience4j
  spiral explain blocked-threads-chain --variant shrinking-inward
  spiral explain my-storm.yaml --set services.api.workers=20 --format json")]
pub(crate) struct Explain {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// Of a policy, preset or trigger, behind the word `policy`, `preset` or `trigger`
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The variant [default: the first one of the file]
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// Change a setting in the file and in all its variants; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// What goes to standard output: text for people, JSON for programs
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  spiral run metastable-retry-storm
  spiral run metastable-retry-storm --variant one-attempt --seed 13
  spiral run my-storm.yaml --set services.api.workers=20 --set faults.brownout=none")]
pub(crate) struct Run {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// The variant [default: the first one of the file]
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// The seed [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) seed: Option<String>,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every variant runs on the same seeds, with and without its triggers. The report folder holds the numbers,
the figures and a page.

Examples:
  spiral compare metastable-retry-storm
  spiral compare metastable-retry-storm --seeds 10 --variants four-attempts,one-attempt
  spiral compare my-storm.yaml --seeds 31..=60 --set faults.brownout.for=2s
  spiral compare my-storm.yaml --format json --quiet | jq '.variants[].verdicts.stuck.share'")]
pub(crate) struct Compare {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// Seeds: `20` for 1 to 20, `31..=60`, or a list such as `1,5,9` [default: what the file says]
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) seeds: Option<String>,
    /// Only these variants, separated by commas; the first in the file is the baseline
    #[arg(long, value_name = "A,B")]
    pub(crate) variants: Option<String>,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without --x the sweeps that the file names are run. Several of them get a folder each.

Finished runs are kept in the report folder (runs.kept): after an interruption the same command goes on where it
was, and a map with more seeds or values runs only what is new.

Examples:
  spiral sweep utilization-knee
  spiral sweep metastable-retry-storm --variants four-attempts --refine --seeds 20 \
      --x workloads.users.arrivals.poisson.rate=100/s..900/s:33 --y faults.brownout.for=0.5s..16s:33:log
  spiral sweep utilization-knee --x workloads.users.arrivals.poisson.rate=10/s..98/s:12 --seeds 5
  spiral sweep metastable-retry-storm --x faults.brownout.for=1s,2s,5s,10s --variants four-attempts")]
pub(crate) struct Sweep {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// Only this sweep of the file
    #[arg(long, value_name = "NAME", conflicts_with = "x")]
    pub(crate) sweep: Option<String>,
    /// The setting and its values: `path=a..b:n` for n values from a to b, `path=a..b:n:log` for equal ratios, or
    /// `path=v1,v2,v3`
    #[arg(long, value_name = "PATH=VALUES")]
    pub(crate) x: Option<String>,
    /// A second setting with its values: the result is a map of every value of --x with every value of --y
    #[arg(long, value_name = "PATH=VALUES", requires = "x")]
    pub(crate) y: Option<String>,
    /// What a map shows: `stuck`, `recovered`, `unaffected`, `overloaded`, or a metric [default: stuck]
    #[arg(long, value_name = "ID")]
    pub(crate) metric: Option<String>,
    /// Of a map: measure a coarse grid first, then only cells between neighbours that differ
    #[arg(long)]
    pub(crate) refine: bool,
    /// Of a map: no more seeds for a cell once half of its 95 % interval is this short, such as 0.1
    #[arg(long, value_name = "P", allow_hyphen_values = true)]
    pub(crate) precision: Option<String>,
    /// Seeds at every value: `20` for 1 to 20, `31..=60`, or a list [default: what the file says]
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) seeds: Option<String>,
    /// Only these variants, separated by commas
    #[arg(long, value_name = "A,B")]
    pub(crate) variants: Option<String>,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without a choice: the first request, the first that fails, and the one that waits longest for its answer.
A run is made twice, once to find the requests and once to tell of them; neither differs from an untraced one.
At most 16 requests with 5000 lines each, and 10000 attempts on the lanes of trace.perfetto.json, are kept.

Examples:
  spiral trace metastable-retry-storm --first-failed
  spiral trace metastable-retry-storm --variant one-attempt --seed 3 --around 65s --count 2
  spiral trace my-storm.yaml --request 17 --request 18 --out story     writes trace.html and more to story/
  spiral trace my-storm.yaml --slowest 3 --from 60s --to 61s --out story")]
pub(crate) struct Trace {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// The variant [default: the first one of the file]
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// The seed [default: 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) seed: Option<String>,
    /// With the triggers, or without
    #[arg(long, value_enum, default_value = "triggered")]
    pub(crate) arm: Arm,
    /// Only requests of this workload
    #[arg(long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// The request of this number, from 1, among those of its workload; may be repeated
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) request: Vec<String>,
    /// The K requests that waited longest for their answer
    #[arg(long, value_name = "K", allow_hyphen_values = true)]
    pub(crate) slowest: Option<String>,
    /// The first request that failed for good
    #[arg(long)]
    pub(crate) first_failed: bool,
    /// The first requests that arrive from this moment on, such as `65s`
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(crate) around: Option<String>,
    /// How many requests --around means
    #[arg(long, value_name = "K", default_value = "3", requires = "around", allow_hyphen_values = true)]
    pub(crate) count: String,
    /// What trace.perfetto.json shows begins here [default: around the requests]
    #[arg(long, value_name = "TIME", requires = "to", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// And ends here
    #[arg(long, value_name = "TIME", requires = "from", allow_hyphen_values = true)]
    pub(crate) to: Option<String>,
    /// Change a setting in the file and in all its variants; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Write trace.html, trace.json and trace.perfetto.json to this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What goes to standard output: text for people, JSON for programs
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// No remarks on standard error
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// With or without the triggers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arm {
    /// The run with its triggers.
    Triggered,
    /// The same run with its triggers switched off.
    Control,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Both ends are tried, the gap is halved, and the values around the crossing are measured; a logistic curve gives the
critical value with its 95 % interval. Without a count the range is searched in 64 steps.

Examples:
  spiral critical metastable-retry-storm --x faults.brownout.for=0.5s..4s --variants four-attempts
  spiral critical metastable-retry-storm --x workloads.users.arrivals.poisson.rate=200/s..900/s:29 --seeds 50")]
pub(crate) struct Critical {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// The setting and its range: `path=a..b`, `path=a..b:n` for n values, `path=a..b:n:log` for equal ratios
    #[arg(long, value_name = "PATH=RANGE")]
    pub(crate) x: String,
    /// Seeds at every value: `20` for 1 to 20, `31..=60`, or a list [default: what the file says]
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) seeds: Option<String>,
    /// Only these variants, separated by commas
    #[arg(long, value_name = "A,B")]
    pub(crate) variants: Option<String>,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Triggers and operators are switched off: only the load moves. It turns at the step that breaks the system, and every load
below is tried from there. Time down is longer, since what piled up must drain.

Example:
  spiral hysteresis metastable-retry-storm --variants four-attempts,one-attempt \\
      --x workloads.users.arrivals.poisson.rate=100/s..1200/s:12 --seeds 10")]
pub(crate) struct Hysteresis {
    /// A scenario file, or the id of a shipped scenario
    #[arg(value_name = "FILE|ID")]
    pub(crate) scenario: String,
    /// The load and its steps: `workloads.NAME.arrivals.KIND.rate=a..b:n`, or the name of a parameter
    #[arg(long, value_name = "PATH=VALUES")]
    pub(crate) x: String,
    /// How long each step up lasts
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) dwell: String,
    /// How long each load is held on the way down [default: forty times as long]
    #[arg(long, value_name = "TIME")]
    pub(crate) dwell_down: Option<String>,
    /// Seeds: `20` for 1 to 20, `31..=60`, or a list [default: what the file says]
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) seeds: Option<String>,
    /// Only these variants, separated by commas
    #[arg(long, value_name = "A,B")]
    pub(crate) variants: Option<String>,
    #[command(flatten)]
    pub(crate) making: Making,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every scenario of the module that has a `glance` becomes a panel: the number that separates the variant that believes the
fallacy from the one that knows better, on the same seeds. The figure fits a slide.

Examples:
  spiral glance
  spiral glance fallacies --seeds 10 --out week2")]
#[command(mut_arg("out", |out| out.help("The report folder [default: spiral-out/glance-MODULE]")))]
pub(crate) struct Glance {
    /// A module, as `spiral list` names them
    #[arg(default_value = "fallacies")]
    pub(crate) module: String,
    /// Seeds: `20` for 1 to 20, `31..=60`, or a list [default: what each file says]
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) seeds: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What all commands have that make results.
#[derive(Debug, clap::Args)]
pub(crate) struct Making {
    /// Change a setting in the file and in all its variants; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How results are made, and where they go.
#[derive(Debug, clap::Args)]
pub(crate) struct Output {
    /// Threads; the results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub(crate) threads: Option<String>,
    /// The report folder [default: spiral-out/SCENARIO]
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// What goes to standard output: text for people, JSON for programs
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Write figures as SVG only, which is faster
    #[arg(long)]
    pub(crate) no_png: bool,
    /// No progress and no remarks on standard error
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  spiral report spiral-out/metastable-retry-storm
  spiral report spiral-out/metastable-retry-storm --theme dark --size page")]
pub(crate) struct Report {
    /// The folder that `run`, `compare` or `sweep` has written
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Colours: light, dark or print
    #[arg(long, default_value = "light", value_parser = |word: &str| word.parse::<reports::Theme>())]
    pub(crate) theme: reports::Theme,
    /// Size of the figures: slide, page or thumb
    #[arg(long, default_value = "slide", value_parser = |word: &str| word.parse::<reports::Size>())]
    pub(crate) size: reports::Size,
    /// Write figures as SVG only
    #[arg(long)]
    pub(crate) no_png: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
An editor uses it if the first line of a scenario names it:
  # yaml-language-server: $schema=spiral.schema.json

Example:
  spiral schema --out spiral.schema.json")]
pub(crate) struct Schema {
    /// The file to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  spiral completions bash > ~/.local/share/bash-completion/completions/spiral"
)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people; may change.
    Text,
    /// For programs; the schema is named and versioned.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Args::command().debug_assert();
    }
}
