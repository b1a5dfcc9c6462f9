//! What is to be searched or ramped? One setting with its values, for `critical` and `hysteresis`.

use scenarios::hysteresis::{Ramp, Ramped};
use scenarios::load::{Sweep, Variant};
use scenarios::request::Request;

use super::reproduce::Words;
use super::seeds::Seeds;
use super::setting::Setting;
use super::{Plan, all_or_nothing, chosen, common};
use crate::args;
use crate::failure::{Complaint, Failure, Refused};

/// Values between which a critical one is searched, if the words do not say how many.
const VALUES: usize = 65;

/// A search for a critical value.
pub(crate) struct Search {
    pub(crate) plan: Plan,
    pub(crate) sweep: Sweep,
    pub(crate) is_log: bool,
    pub(crate) request: Request,
}

/// A load that goes up and down.
pub(crate) struct Loop {
    pub(crate) plan: Plan,
    pub(crate) ramp: Ramp,
    pub(crate) ramped: Vec<Ramped>,
    pub(crate) request: Request,
}

/// The search that is asked for.
pub(crate) fn critical(args: &args::Critical) -> Result<Search, Failure> {
    let mut refused = Refused::default();
    let seeds = Seeds::asked(args.seeds.as_deref(), &mut refused);
    // `a..b` alone is enough: how finely it is searched need not be said.
    let x = match args.x.split_once("..") {
        Some((_, rest)) if !rest.contains(':') => format!("{}:{VALUES}", args.x),
        _ => args.x.clone(),
    };
    let x = refused.take(Setting::parse("--x", &x));
    let (plan, target) = common(&args.scenario, &args.making, &mut refused);
    let variants = refused.take(chosen(args.variants.as_deref(), plan.as_ref())).unwrap_or_default();
    let sweep = match (&plan, &target, &x) {
        (Some(plan), Some(target), Some(x)) => {
            let read_file = |name: &str| target.read_beside(name);
            let values = &x.range.values;
            refused.take(plan.scenario.sweep_of(&x.path, values, plan.scenario.run.seeds.get(), &read_file))
        }
        _ => None,
    };
    if let Some(sweep) = &sweep
        && !sweep.points.windows(2).all(|pair| pair[0].x < pair[1].x)
    {
        let complaint = Complaint::new(format!("`--x {}`: a search needs values that rise", args.x));
        refused.take::<()>(Err(complaint));
    }
    let plan = all_or_nothing(plan, refused)?;
    let seeds = seeds.unwrap_or_else(|| Seeds::first(plan.scenario.run.seeds.get()));
    let reproduce =
        Words::new("critical", &args.scenario).option("--x", &args.x).over(&seeds, &variants, &args.making);
    let request =
        Request { seeds: seeds.into_numbers(), variants, sweeps: false, kind: "critical", reproduce };
    let is_log = x.is_some_and(|x| x.range.is_log);
    Ok(Search { plan, sweep: sweep.expect("nothing is wrong"), is_log, request })
}

/// The ramp that is asked for.
pub(crate) fn hysteresis(args: &args::Hysteresis) -> Result<Loop, Failure> {
    let mut refused = Refused::default();
    let seeds = Seeds::asked(args.seeds.as_deref(), &mut refused);
    let x = refused.take(Setting::parse("--x", &args.x));
    let (plan, target) = common(&args.scenario, &args.making, &mut refused);
    let variants = refused.take(chosen(args.variants.as_deref(), plan.as_ref())).unwrap_or_default();
    let mut ramp = None;
    if let (Some(plan), Some(target), Some(x)) = (&plan, &target, &x) {
        // As a sweep first: the same messages for paths and values that do not fit.
        let read_file = |name: &str| target.read_beside(name);
        let sweep = plan.scenario.sweep_of(&x.path, &x.range.values, 1, &read_file);
        if let Some(sweep) = refused.take(sweep) {
            ramp = refused.take(ramped(plan, &sweep, args, &variants));
        }
    }
    let plan = all_or_nothing(plan, refused)?;
    let (ramp, ramped) = ramp.expect("nothing is wrong");
    let seeds = seeds.unwrap_or_else(|| Seeds::first(plan.scenario.run.seeds.get()));
    let reproduce = Words::new("hysteresis", &args.scenario)
        .option("--x", &args.x)
        .option("--dwell", &args.dwell)
        .option_if("--dwell-down", args.dwell_down.as_deref().unwrap_or_default())
        .over(&seeds, &variants, &args.making);
    let request =
        Request { seeds: seeds.into_numbers(), variants, sweeps: false, kind: "hysteresis", reproduce };
    Ok(Loop { plan, ramp, ramped, request })
}

fn ramped(
    plan: &Plan,
    sweep: &Sweep,
    args: &args::Hysteresis,
    names: &[String],
) -> Result<(Ramp, Vec<Ramped>), Complaint> {
    let wrong = |what: String| Complaint::new(format!("`--x {}`: {what}", args.x));
    let ramp = Ramp::new(sweep, &args.dwell, args.dwell_down.as_deref()).map_err(wrong)?;
    let is_chosen = |variant: &&Variant| names.is_empty() || names.contains(&variant.name);
    let variants: Vec<Variant> = plan.scenario.variants.iter().filter(is_chosen).cloned().collect();
    let ramped = ramp.apply(&variants).map_err(wrong)?;
    Ok((ramp, ramped))
}
