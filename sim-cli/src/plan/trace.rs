//! Which requests of which run are meant? The words of `spiral trace`.

use scenarios::load::{Scenario, Variant};
use scenarios::results::Arm;
use scenarios::trace::{MOST_REQUESTS, Moment, TraceRequest, Wish, moment};

use super::reproduce::Words;
use super::{Folder, Target, seeds};
use crate::args;
use crate::failure::{Complaint, Failure, Refused};

/// A scenario, what is to be told of it, and where files go, if anywhere.
pub(crate) fn trace(args: &args::Trace) -> Result<(Scenario, TraceRequest, Option<Folder>), Failure> {
    let mut refused = Refused::default();
    let seed = refused.take(args.seed.as_deref().map_or(Ok(1), seeds::one));
    let folder = args.out.as_ref().map(|path| refused.take(Folder::new(path)));
    let scenario = match refused.take(Target::new(&args.scenario)) {
        Some(target) => refused.take(target.load(&args.set)),
        None => None,
    };
    let variant = scenario.as_ref().and_then(|scenario| refused.take(variant(scenario, args)));
    if let Some(variant) = variant {
        refused.take(workload(variant, args));
    }
    let wishes = refused.take(wishes(variant, args));
    let window = refused.take(window(variant, args));
    let (Some(scenario), Some(variant), Some(wishes), Some(window), Some(seed)) =
        (&scenario, variant, wishes, window, seed)
    else {
        return Err(refused.into());
    };
    if !refused.is_empty() {
        return Err(refused.into());
    }
    let request = TraceRequest {
        variant: variant.name.clone(),
        seed,
        arm: match args.arm {
            args::Arm::Triggered => Arm::Triggered,
            args::Arm::Control => Arm::Control,
        },
        workload: args.workload.clone(),
        wishes,
        window,
        reproduce: reproduce(scenario, variant, seed, args),
    };
    Ok((scenario.clone(), request, folder.flatten()))
}

fn variant<'a>(scenario: &'a Scenario, args: &args::Trace) -> Result<&'a Variant, Complaint> {
    let Some(name) = &args.variant else { return Ok(scenario.baseline()) };
    let names: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
    let found = scenario.variants.iter().find(|variant| variant.name == *name);
    found.ok_or_else(|| Complaint::unknown("variant", name, &names))
}

/// The workload is there, and it is said where it matters.
fn workload(variant: &Variant, args: &args::Trace) -> Result<(), Complaint> {
    let names: Vec<&str> = variant.system.workloads.names().collect();
    match &args.workload {
        Some(name) if !names.contains(&name.as_str()) => Err(Complaint::unknown("workload", name, &names)),
        None if names.len() > 1 && !args.request.is_empty() => {
            let complaint = Complaint::new("`--request` counts the requests of one workload");
            Err(complaint.with_help(format!("say which with `--workload`: {}", names.join(", "))))
        }
        Some(_) | None => Ok(()),
    }
}

fn wishes(variant: Option<&Variant>, args: &args::Trace) -> Result<Vec<Wish>, Vec<Complaint>> {
    let mut wishes = Vec::new();
    let mut wrong = Vec::new();
    let mut take = |wish: Result<Wish, Complaint>| match wish {
        Ok(wish) => wishes.push(wish),
        Err(complaint) => wrong.push(complaint),
    };
    for word in &args.request {
        let number = word.trim().parse().ok().filter(|number| *number > 0);
        let complaint =
            || Complaint::new(format!("`--request {word}`: requests are numbered 1, 2, 3 and so on"));
        take(number.map(Wish::Number).ok_or_else(complaint));
    }
    if let Some(word) = &args.slowest {
        take(count("--slowest", word).map(Wish::Slowest));
    }
    if args.first_failed {
        take(Ok(Wish::FirstFailed));
    }
    if let Some(word) = &args.around {
        let count = count("--count", &args.count);
        match variant.map(|variant| at("--around", word, variant)) {
            Some(from) => take(from.and_then(|from| count.map(|count| Wish::Around { from, count }))),
            None => take(count.map(|_| Wish::First)),
        }
    }
    if args.request.len() > MOST_REQUESTS {
        let many = format!("{} requests are above the limit of {MOST_REQUESTS}", args.request.len());
        wrong.push(Complaint::new(many));
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    if wishes.is_empty() {
        wishes = vec![Wish::First, Wish::FirstFailed, Wish::Slowest(1)];
    }
    Ok(wishes)
}

fn count(option: &str, word: &str) -> Result<usize, Complaint> {
    let number = word.trim().parse().ok().filter(|number| (1..=MOST_REQUESTS).contains(number));
    number.ok_or_else(|| {
        Complaint::new(format!("`{option} {word}`: expected a number from 1 to {MOST_REQUESTS}"))
    })
}

fn at(option: &str, word: &str, variant: &Variant) -> Result<Moment, Complaint> {
    let wrong = |reason| Complaint::new(format!("`{option} {word}`: {reason}"));
    moment(word, variant.run.horizon).map_err(wrong)
}

type Window = Option<(Moment, Moment)>;

fn window(variant: Option<&Variant>, args: &args::Trace) -> Result<Window, Vec<Complaint>> {
    let (Some(variant), Some(from), Some(to)) = (variant, &args.from, &args.to) else { return Ok(None) };
    match (at("--from", from, variant), at("--to", to, variant)) {
        (Ok(begins), Ok(ends)) if begins < ends => Ok(Some((begins, ends))),
        (Ok(_), Ok(_)) => {
            Err(vec![Complaint::new(format!("`--from {from} --to {to}`: nothing lies between them"))])
        }
        (begins, ends) => Err(begins.err().into_iter().chain(ends.err()).collect()),
    }
}

fn reproduce(scenario: &Scenario, variant: &Variant, seed: u64, args: &args::Trace) -> String {
    let mut words = Words::new("trace", &args.scenario);
    if scenario.variants.len() > 1 {
        words = words.option("--variant", &variant.name);
    }
    words = words.option("--seed", &seed.to_string());
    if args.arm == args::Arm::Control {
        words = words.option("--arm", "control");
    }
    words = words
        .option_if("--workload", args.workload.as_deref().unwrap_or(""))
        .options("--request", &args.request)
        .option_if("--slowest", args.slowest.as_deref().unwrap_or(""));
    if args.first_failed {
        words = words.flag("--first-failed");
    }
    if let Some(around) = &args.around {
        words = words.option("--around", around).option("--count", &args.count);
    }
    if let (Some(from), Some(to)) = (&args.from, &args.to) {
        words = words.option("--from", from).option("--to", to);
    }
    words.options("--set", &args.set).finish()
}
