//! `spiral explain FILE|ID`: what can be known of a variant before any run?

use crate::args::{self, Format};
use crate::console::{print, style};
use crate::failure::{Complaint, Failure, Refused, Status};
use crate::plan::Target;

pub(crate) fn run(args: &args::Explain) -> Result<Status, Failure> {
    let mut refused = Refused::default();
    let target = refused.take(Target::new(&args.scenario));
    let scenario = target.and_then(|target| refused.take(target.load(&args.set)));
    let Some(scenario) = scenario else { return Err(refused.into()) };
    let variant = match &args.variant {
        None => scenario.baseline(),
        Some(name) => scenario.variant(name).ok_or_else(|| {
            let known: Vec<&str> = scenario.variants.iter().map(|variant| variant.name.as_str()).collect();
            Complaint::unknown("variant", name, &known)
        })?,
    };
    let explanation = scenarios::explain::explain(&scenario, variant);
    print(&match args.format {
        Format::Text => reports::explanation_text(&explanation, &style()),
        Format::Json => super::json(&explanation),
    })?;
    Ok(Status::Fine)
}
