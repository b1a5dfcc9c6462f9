//! Which sweeps are to be run? One setting or two from the command line, or those that the file names.

use scenarios::expectation::Subject;
use scenarios::load::Sweep;
use scenarios::load::grid::Grid;
use scenarios::metric::Metric;
use scenarios::request::Request;

use super::reproduce::Words;
use super::seeds::Seeds;
use super::setting::Setting;
use super::{Plan, Target, all_or_nothing, chosen, common};
use crate::args::{self, Format};
use crate::failure::{Complaint, Failure, Refused};

/// Sweeps that can be run.
pub(crate) struct Sweeps {
    pub(crate) plan: Plan,
    /// Files beside the scenario are read through it.
    pub(crate) target: Target,
    /// Of one setting.
    pub(crate) lines: Vec<(Sweep, Request)>,
    /// Of two.
    pub(crate) maps: Vec<(Grid, Request)>,
}

/// What is asked of maps beside their settings.
struct Wishes {
    shown: Option<Subject>,
    refine: bool,
    precision: Option<f64>,
}

/// The sweeps to run, each with its request.
pub(crate) fn sweeps(args: &args::Sweep) -> Result<Sweeps, Failure> {
    let mut refused = Refused::default();
    let seeds = Seeds::asked(args.seeds.as_deref(), &mut refused);
    let x = refused.take(args.x.as_deref().map(|word| Setting::parse("--x", word)).transpose()).flatten();
    let y = refused.take(args.y.as_deref().map(|word| Setting::parse("--y", word)).transpose()).flatten();
    let wishes = Wishes {
        shown: refused.take(args.metric.as_deref().map(shown).transpose()).flatten(),
        refine: args.refine,
        precision: refused.take(args.precision.as_deref().map(precision).transpose()).flatten(),
    };
    let (plan, target) = common(&args.scenario, &args.making, &mut refused);
    let variants = refused.take(chosen(args.variants.as_deref(), plan.as_ref())).unwrap_or_default();
    let (mut lines, mut maps) = (Vec::new(), Vec::new());
    let is_asked_well = args.x.is_some() == x.is_some() && args.y.is_some() == y.is_some();
    if let (Some(plan), Some(target), true) = (&plan, &target, is_asked_well) {
        let read_file = |name: &str| target.read_beside(name);
        let count = seeds.clone().map_or(plan.scenario.run.seeds.get(), |s| s.into_numbers().len() as u32);
        match (&x, &y) {
            (Some(x), Some(y)) => {
                let (x, y) = ((x.path.as_str(), &x.range), (y.path.as_str(), &y.range));
                maps.extend(refused.take(plan.scenario.grid_of(x, y, count, &read_file)));
            }
            (Some(x), None) => {
                let sweep = plan.scenario.sweep_of(&x.path, &x.range.values, count, &read_file);
                lines.extend(refused.take(sweep));
            }
            (None, _) => {
                let named = refused.take(named(plan, args));
                (lines, maps) = named.unwrap_or_default();
            }
        }
    }
    if maps.is_empty() && !lines.is_empty() {
        let wish = [("--refine", args.refine), ("--precision", args.precision.is_some())];
        for (option, _) in wish.into_iter().filter(|(_, is_given)| *is_given) {
            let complaint =
                Complaint::new(format!("`{option}` is for maps; a sweep of one setting runs whole"));
            refused.take::<()>(Err(complaint.with_help("add a second setting with `--y`")));
        }
    }
    let plan = all_or_nothing(plan, refused)?;
    let request = |name: &str, own_seeds: u32| {
        let seeds = seeds.clone().unwrap_or_else(|| Seeds::first(own_seeds));
        let words = Words::new("sweep", &args.scenario);
        let words = match &args.x {
            Some(x) => words.option("--x", x).option_if("--y", args.y.as_deref().unwrap_or_default()),
            None => words.option("--sweep", name),
        };
        let words = if args.refine { words.flag("--refine") } else { words };
        let reproduce = words
            .option_if("--metric", args.metric.as_deref().unwrap_or_default())
            .option_if("--precision", args.precision.as_deref().unwrap_or_default())
            .over(&seeds, &variants, &args.making);
        let seeds = seeds.into_numbers();
        Request { seeds, variants: variants.clone(), sweeps: false, kind: "sweep", reproduce }
    };
    let lines = lines.into_iter().map(|mut sweep| {
        let request = request(&sweep.name, sweep.seeds);
        sweep.seeds = request.seeds.len() as u32; // what is asked for here goes before what the file says
        if let Some(Subject::Metric(metric)) = wishes.shown {
            sweep.metric = metric;
        }
        (sweep, request)
    });
    let maps = maps.into_iter().map(|mut grid| {
        let request = Request { kind: "map", ..request(&grid.name, grid.seeds) };
        grid.refine |= wishes.refine;
        grid.shown = wishes.shown.unwrap_or(grid.shown);
        grid.precision = wishes.precision.or(grid.precision);
        (grid, request)
    });
    let (lines, maps) = (lines.collect(), maps.collect());
    Ok(Sweeps { plan, target: target.expect("a plan has a target"), lines, maps })
}

/// The sweeps of the file that are meant.
fn named(plan: &Plan, args: &args::Sweep) -> Result<(Vec<Sweep>, Vec<Grid>), Complaint> {
    let (lines, maps) = (&plan.scenario.sweeps, &plan.scenario.grids);
    let names: Vec<&str> = lines
        .iter()
        .map(|sweep| sweep.name.as_str())
        .chain(maps.iter().map(|grid| grid.name.as_str()))
        .collect();
    let of = |name: Option<&str>| {
        let is_meant = |other: &str| name.is_none_or(|name| name == other);
        (
            lines.iter().filter(|sweep| is_meant(&sweep.name)).cloned().collect(),
            maps.iter().filter(|grid| is_meant(&grid.name)).cloned().collect(),
        )
    };
    match args.sweep.as_deref() {
        Some(name) if names.contains(&name) => Ok(of(Some(name))),
        Some(name) => Err(Complaint::unknown("sweep", name, &names)),
        None if names.is_empty() => Err(Complaint::new(format!("`{}` names no sweep", plan.scenario.id))
            .with_help("say what to vary, for example `--x run.warmup=10s..30s:3`")),
        None if names.len() > 1 && args.making.output.format == Format::Json => {
            Err(Complaint::new(format!("JSON is one result, but the file names {} sweeps", names.len()))
                .with_help(format!("choose one with `--sweep`: {}", names.join(", "))))
        }
        None => Ok(of(None)),
    }
}

fn shown(word: &str) -> Result<Subject, Complaint> {
    let verdicts = ["stuck", "recovered", "unaffected", "overloaded"];
    let names: Vec<&str> = verdicts.into_iter().chain(Metric::ALL.iter().map(|metric| metric.id())).collect();
    match names.contains(&word) {
        true => Ok(Subject::from_id(word).expect("it is one of them")),
        false => Err(Complaint::unknown("metric or verdict", word, &names)),
    }
}

fn precision(word: &str) -> Result<f64, Complaint> {
    let number = match word.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
        None => word.trim().parse(),
    };
    match number {
        Ok(number) if number > 0.0 && number < 1.0 => Ok(number),
        _ => Err(Complaint::new(format!("`--precision {word}`: half of an interval is between 0 and 1"))
            .with_help("write for example `--precision 0.1`")),
    }
}
