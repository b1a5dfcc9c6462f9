//! `spiral list`: which scenarios come with the program?

use scenarios::library::{self, Shipped};
use serde_json::json;

use crate::args::{self, Format};
use crate::console::print;
use crate::failure::{Failure, Status};

pub(crate) fn run(args: &args::List) -> Result<Status, Failure> {
    let all: Vec<(Shipped, String)> =
        library::shipped().into_iter().map(|shipped| (shipped, title(&shipped))).collect();
    print(&match args.format {
        Format::Text => text(&all),
        Format::Json => {
            let scenarios: Vec<_> = all
                .iter()
                .map(|(shipped, title)| json!({"id": shipped.id, "title": title, "module": shipped.module}))
                .collect();
            super::json(&json!({"schema": "spiral/list/1", "scenarios": scenarios}))
        }
    })?;
    Ok(Status::Fine)
}

fn title(shipped: &Shipped) -> String {
    let scenario = shipped.load(&[]);
    scenario.unwrap_or_else(|error| panic!("{} is broken: {}", shipped.id, error.render(false))).title
}

/// One line per scenario below the name of its module.
fn text(all: &[(Shipped, String)]) -> String {
    let width = all.iter().map(|(shipped, _)| shipped.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut module = "";
    for (shipped, title) in all {
        if shipped.module != module {
            let gap = if module.is_empty() { "" } else { "\n" };
            module = shipped.module;
            text += &format!("{gap}{module}\n");
        }
        text += &format!("  {:width$}  {title}\n", shipped.id);
    }
    text
}
