//! What do the words of a command line mean? Here they become a loaded scenario, seeds, variants, points,
//! threads and a folder, or everything that is wrong with them is told at once. Nothing is simulated and
//! nothing is written.

mod folder;
mod glance;
mod reproduce;
mod searches;
mod seeds;
mod setting;
mod sweeps;
mod target;
mod trace;

use scenarios::load::Scenario;
use scenarios::request::Request;

use crate::args::{self, Format};
use crate::failure::{Complaint, Failure, Refused};

pub(crate) use folder::Folder;
pub(crate) use glance::glance;
pub(crate) use searches::{critical, hysteresis};
pub(crate) use sweeps::{Sweeps, sweeps};
pub(crate) use target::Target;
pub(crate) use trace::trace;

use reproduce::Words;
use seeds::Seeds;

/// What every command needs that makes results.
pub(crate) struct Plan {
    pub(crate) scenario: Scenario,
    /// Threads; 0 for one per core.
    pub(crate) threads: usize,
    pub(crate) folder: Folder,
    pub(crate) format: Format,
    pub(crate) figures: reports::Options,
    pub(crate) quiet: bool,
}

/// A run or a comparison.
pub(crate) fn comparison(args: &args::Compare) -> Result<(Plan, Request), Failure> {
    let mut refused = Refused::default();
    let seeds = Seeds::asked(args.seeds.as_deref(), &mut refused);
    let (plan, _) = common(&args.scenario, &args.making, &mut refused);
    let variants = refused.take(chosen(args.variants.as_deref(), plan.as_ref())).unwrap_or_default();
    let plan = all_or_nothing(plan, refused)?;
    let seeds = seeds.unwrap_or_else(|| Seeds::first(plan.scenario.run.seeds.get()));
    let reproduce = Words::new("compare", &args.scenario).over(&seeds, &variants, &args.making);
    let request = Request { seeds: seeds.into_numbers(), variants, sweeps: true, kind: "compare", reproduce };
    Ok((plan, request))
}

/// One variant with one seed.
pub(crate) fn run(args: &args::Run) -> Result<(Plan, Request), Failure> {
    let mut refused = Refused::default();
    let seed = refused.take(args.seed.as_deref().map_or(Ok(1), seeds::one));
    let (plan, _) = common(&args.scenario, &args.making, &mut refused);
    let variants = refused.take(chosen(args.variant.as_deref(), plan.as_ref())).unwrap_or_default();
    let plan = all_or_nothing(plan, refused)?;
    let variant = variants.into_iter().next().unwrap_or_else(|| plan.scenario.baseline().name.clone());
    let seed = seed.unwrap_or(1);
    let mut words = Words::new("run", &args.scenario);
    if plan.scenario.variants.len() > 1 {
        words = words.option("--variant", &variant);
    }
    let reproduce = words.option("--seed", &seed.to_string()).options("--set", &args.making.set).finish();
    let request =
        Request { seeds: vec![seed], variants: vec![variant], sweeps: false, kind: "run", reproduce };
    Ok((plan, request))
}

fn all_or_nothing(plan: Option<Plan>, refused: Refused) -> Result<Plan, Failure> {
    match plan {
        Some(plan) if refused.is_empty() => Ok(plan),
        _ => Err(refused.into()),
    }
}

/// The scenario, and how its results are made.
fn common(scenario: &str, making: &args::Making, refused: &mut Refused) -> (Option<Plan>, Option<Target>) {
    let output = &making.output;
    let threads = refused.take(output.threads.as_deref().map_or(Ok(0), threads));
    let given = output.out.as_ref().map(|path| refused.take(Folder::new(path)));
    let Some(target) = refused.take(Target::new(scenario)) else { return (None, None) };
    let Some(scenario) = refused.take(target.load(&making.set)) else { return (None, Some(target)) };
    let folder = match given {
        Some(folder) => folder,
        None => refused.take(Folder::usual(&scenario.id)),
    };
    let plan = threads.zip(folder).map(|(threads, folder)| Plan {
        scenario,
        threads,
        folder,
        format: output.format,
        figures: reports::Options { png: !output.no_png, ..Default::default() },
        quiet: output.quiet,
    });
    (plan, Some(target))
}

fn threads(word: &str) -> Result<usize, Complaint> {
    const MOST: usize = 1024;
    match word.trim().parse() {
        Ok(0) => Err(Complaint::new("`--threads 0` does no work").with_help("leave it out for one per core")),
        Ok(threads) if threads <= MOST => Ok(threads),
        Ok(threads) => Err(Complaint::new(format!("`--threads {threads}` is above the limit of {MOST}"))),
        Err(_) => Err(Complaint::new(format!("`--threads {word}`: expected a whole number, such as `4`"))),
    }
}

/// The names in a list separated by commas; all of them are variants.
fn chosen(list: Option<&str>, plan: Option<&Plan>) -> Result<Vec<String>, Vec<Complaint>> {
    let (Some(list), Some(plan)) = (list, plan) else { return Ok(Vec::new()) };
    let names: Vec<&str> = list.split(',').map(str::trim).collect();
    let known: Vec<&str> = plan.scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    let unknown: Vec<Complaint> = names
        .iter()
        .filter(|name| !known.contains(name))
        .map(|name| Complaint::unknown("variant", name, &known))
        .collect();
    if unknown.is_empty() { Ok(names.into_iter().map(str::to_owned).collect()) } else { Err(unknown) }
}
