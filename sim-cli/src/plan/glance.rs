//! Which module is to be drawn, on which seeds?

use scenarios::glance::{self, Glimpse};
use scenarios::library::{self, Shipped};

use super::reproduce::Words;
use super::seeds::Seeds;
use super::{Folder, threads};
use crate::args;
use crate::failure::{Complaint, Failure, Refused};

/// A module at a glance.
pub(crate) struct Glance {
    pub(crate) glimpses: Vec<Glimpse>,
    /// Threads; 0 for one per core.
    pub(crate) threads: usize,
    pub(crate) folder: Folder,
    pub(crate) figures: reports::Options,
    pub(crate) reproduce: String,
}

/// What is asked for.
pub(crate) fn glance(args: &args::Glance) -> Result<Glance, Failure> {
    let mut refused = Refused::default();
    let seeds = Seeds::asked(args.seeds.as_deref(), &mut refused);
    let threads = refused.take(args.output.threads.as_deref().map_or(Ok(0), threads));
    let usual = format!("glance-{}", args.module);
    let folder = refused
        .take(args.output.out.as_ref().map_or_else(|| Folder::usual(&usual), |path| Folder::new(path)));
    let shipped = refused.take(module(&args.module));
    let words = Words::new("glance", &args.module);
    let words = words.option_if("--seeds", seeds.as_ref().map_or("", Seeds::text));
    let seeds = seeds.map(Seeds::into_numbers);
    let (true, Some(threads), Some(folder), Some(shipped)) = (refused.is_empty(), threads, folder, shipped)
    else {
        return Err(refused.into());
    };
    let glimpses = glance::of_module(&shipped, seeds.as_deref())
        .unwrap_or_else(|error| panic!("a shipped scenario is broken: {}", error.render(false)));
    if glimpses.is_empty() {
        let complaint = Complaint::new(format!("no scenario of `{}` has a `glance`", args.module));
        return Err(Refused::from(complaint.with_help("`spiral glance fallacies` has")).into());
    }
    let figures = reports::Options { png: !args.output.no_png, ..Default::default() };
    Ok(Glance { glimpses, threads, folder, figures, reproduce: words.finish() })
}

/// The scenarios of a module.
fn module(name: &str) -> Result<Vec<Shipped>, Complaint> {
    let all = library::shipped();
    let of_module: Vec<Shipped> = all.iter().filter(|shipped| shipped.module == name).copied().collect();
    if !of_module.is_empty() {
        return Ok(of_module);
    }
    let mut modules: Vec<&str> = all.iter().map(|shipped| shipped.module).collect();
    modules.dedup();
    Err(Complaint::unknown("module", name, &modules))
}
