//! `spiral explain FILE|ID`: what can be known of a variant before any run? And `explain policy`, `explain preset`,
//! `explain trigger`: what does this word stand for?

use super::pages::Book;
use crate::args::{self, Format};
use crate::console::{print, style};
use crate::failure::{Complaint, Failure, Refused, Status};
use crate::plan::Target;

pub(crate) fn run(args: &args::Explain) -> Result<Status, Failure> {
    match (args.scenario.as_str(), &args.name) {
        ("preset", name) => return super::presets::run(name.as_deref(), args.format),
        ("policy", name) => return Book::policies().run(name.as_deref(), args.format),
        ("trigger", name) => return Book::triggers().run(name.as_deref(), args.format),
        (_, Some(name)) => {
            let complaint = Complaint::new(format!("`{name}` is one word too many"));
            let help = "a name stands behind `policy`, `preset` or `trigger`; a variant behind `--variant`";
            return Err(complaint.with_help(help).into());
        }
        (_, None) => {}
    }
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
