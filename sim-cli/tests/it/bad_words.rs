//! Mistakes on the command line: told all at once, status 2, nothing simulated, nothing written.

use crate::spiral::{Bench, SMALL};

/// The words that are refused, and what is said.
fn told(words: &[&str]) -> String {
    Bench::new().refused(words)
}

#[test]
fn no_seeds() {
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--seeds", "0"]), @"
    error: `--seeds 0`: no seed, no result
      = help: write `20` for the seeds 1 to 20, `31..=60`, or a list such as `1,5,9`
    ");
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--seeds", "-1"]), @"
    error: `--seeds -1`: `-1` is no seed
      = help: write `20` for the seeds 1 to 20, `31..=60`, or a list such as `1,5,9`
    ");
    insta::assert_snapshot!(told(&["run", "small.yaml", "--seed", "many"]), @"error: `--seed many`: a seed is a whole number from 0 to 18446744073709551615");
}

#[test]
fn folders_that_cannot_be_written() {
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--out", "small.yaml"]), @"error: `--out small.yaml`: this is a file; results need a folder");
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--out", "small.yaml/deeper/still"]), @"error: `--out small.yaml/deeper/still`: `small.yaml` is a file, no folder can be made in it");
    #[cfg(target_os = "linux")]
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--out", "/proc/spiral"]), @"error: `--out /proc/spiral`: nothing can be written to `/proc`: No such file or directory (os error 2)");
}

#[test]
fn scenarios_that_are_not_there() {
    insta::assert_snapshot!(told(&["compare", "."]), @"error: .: this is a directory; name one scenario file");
    insta::assert_snapshot!(told(&["compare", "./small"]), @"error: ./small: there is no such file");
    insta::assert_snapshot!(told(&["compare", "utilization-knee.yaml"]), @"
    error: utilization-knee.yaml: there is no such file
      = help: for the shipped scenario write `utilization-knee` alone
    ");
    insta::assert_snapshot!(told(&["compare", "metastable-retry-strom"]), @"
    error: there is no scenario `metastable-retry-strom`
      = help: did you mean `metastable-retry-storm`? `spiral list` shows all
    ");
    insta::assert_snapshot!(told(&["show", "nothing-like-it"]), @"
    error: there is no scenario `nothing-like-it`
      = help: `spiral list` shows all ids; a file's name ends in `.yaml`
    ");
    let bench = Bench::new();
    std::fs::create_dir(bench.path("course")).unwrap();
    insta::assert_snapshot!(bench.refused(&["validate", "course"]), @"error: course: this is a directory; name one scenario file");
}

#[test]
fn names_that_the_scenario_does_not_have() {
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--variants", "one-atempt,five"]), @"
    error: there is no variant `one-atempt`
      = help: did you mean `one-attempt`?
    error: there is no variant `five`
      = help: there is `four-attempts`, `one-attempt`
    ");
    insta::assert_snapshot!(told(&["run", "small.yaml", "--variant", "one_attempt"]), @"
    error: there is no variant `one_attempt`
      = help: did you mean `one-attempt`?
    ");
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--sweep", "lod"]), @"
    error: there is no sweep `lod`
      = help: did you mean `load`?
    ");
    let bench = Bench::new();
    let (before, after) = SMALL.split_once("sweeps:").unwrap();
    let run = after.lines().last().unwrap();
    let text = format!("{before}{run}").replace("point: 20/s, ", "");
    bench.write("small.yaml", text);
    insta::assert_snapshot!(bench.refused(&["sweep", "small.yaml"]), @"
    error: `small` names no sweep
      = help: say what to vary, for example `--x run.warmup=10s..30s:3`
    ");
}

#[test]
fn settings_that_do_not_fit() {
    let wrong = ["services.api.workers=0", "services.app.workers=2", "faults.brownot=none", "nonsense"];
    let sets: Vec<&str> = wrong.iter().flat_map(|set| ["--set", set]).collect();
    insta::assert_snapshot!(told(&[&["compare", "small.yaml"], &sets[..6]].concat()));
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--set", wrong[3]]), @"
    error: no value is given for `nonsense`
     --> --set:1:1
      |
    1 | nonsense
      | ^^^^^^^^
      |
      = help: write `path.to.the.setting=value`

    1 problem in --set
    ");
}

#[test]
fn values_that_make_no_sweep() {
    let rate = "workloads.users.arrivals.poisson.rate";
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--x", &format!("{rate}=98/s..10/s:12")]), @"error: `--x workloads.users.arrivals.poisson.rate=98/s..10/s:12`: the range runs backwards; write `10/s..98/s:12`");
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--x", &format!("{rate}=10/s..98/s")]), @"error: `--x workloads.users.arrivals.poisson.rate=10/s..98/s`: how many points? Write for example `10/s..98/s:12`");
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--x", &format!("{rate}=10..98:3")]), @"
    error: `10` lacks a rate unit (/ms, /s, /m, /h, /d); write a rate with its unit, such as `800/s` or `5/m`
     --> --x:1:39
      |
    1 | workloads.users.arrivals.poisson.rate=10
      |                                       ^^ workloads.users.arrivals.poisson.rate

    1 problem in --x
    ");
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--x", "services.api.wrokers=1..5:5"]), @"
    error: unknown key `wrokers`
     --> --x:1:14
      |
    1 | services.api.wrokers=1
      |              ^^^^^^^ services.api.wrokers
      |
      = help: did you mean `workers`?

    1 problem in --x
    ");
    insta::assert_snapshot!(told(&["sweep", "small.yaml", "--x", "services.api.queue=fifo,lifo"]), @"
    error: `fifo` is not a number with or without a unit; a sweep needs an axis

    error: `lifo` is not a number with or without a unit; a sweep needs an axis

    2 problems
    ");
}

#[test]
fn everything_wrong_is_told_at_once() {
    let bench = Bench::new();
    bench.write("bad.yaml", SMALL.replace("workers: 1", "wrokers: 1"));
    let words = ["compare", "bad.yaml", "--seeds", "0", "--threads", "0", "--out", "small.yaml"];
    insta::assert_snapshot!(bench.refused(&words), @"
    error: unknown key `wrokers`
     --> bad.yaml:7:5
      |
    7 |     wrokers: 1
      |     ^^^^^^^ services.api.wrokers
      |
      = help: did you mean `workers`?

    1 problem in bad.yaml

    error: `--seeds 0`: no seed, no result
      = help: write `20` for the seeds 1 to 20, `31..=60`, or a list such as `1,5,9`
    error: `--threads 0` does no work
      = help: leave it out for one per core
    error: `--out small.yaml`: this is a file; results need a folder
    ");
}

#[test]
fn folders_without_a_report() {
    insta::assert_snapshot!(told(&["report", "gone"]), @"
    error: there is no folder `gone`
      = help: name the folder that `run`, `compare` or `sweep` has written
    ");
    insta::assert_snapshot!(told(&["report", "."]), @"error: .: no results here: a report folder holds a `manifest.json`");
}

#[test]
fn options_that_do_not_exist() {
    insta::assert_snapshot!(told(&["compare", "small.yaml", "--sedes", "3"]), @"
    error: unexpected argument '--sedes' found

      tip: a similar argument exists: '--seeds'

    Usage: spiral compare --seeds <SEEDS> <FILE|ID>

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(told(&["comapre", "small.yaml"]), @"
    error: unrecognized subcommand 'comapre'

      tip: some similar subcommands exist: 'completions', 'compare'

    Usage: spiral <COMMAND>

    For more information, try '--help'.
    ");
}
