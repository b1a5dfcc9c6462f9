//! `spiral validate FILE...`: are these files scenarios? All problems of all files at once, no run.

use crate::args;
use crate::console::print;
use crate::failure::{Failure, Refused, Status};
use crate::plan::Target;

pub(crate) fn run(args: &args::Validate) -> Result<Status, Failure> {
    let mut refused = Refused::default();
    for file in &args.files {
        let target = refused.take(Target::new(file));
        let scenario = target.and_then(|target| refused.take(target.load(&[])));
        if let Some(scenario) = scenario {
            let count = |number: usize, thing: &str| match number {
                1 => format!("1 {thing}"),
                _ => format!("{number} {thing}s"),
            };
            let (variants, claims) = (scenario.variants.len(), scenario.expectations.len());
            let sweeps = match scenario.sweeps.len() + scenario.grids.len() {
                0 => String::new(),
                some => format!(", {}", count(some, "sweep")),
            };
            print(&format!(
                "{file}: fine ({}, {}{sweeps})\n",
                count(variants, "variant"),
                count(claims, "claim")
            ))?;
        }
    }
    if refused.is_empty() { Ok(Status::Fine) } else { Err(refused.into()) }
}
