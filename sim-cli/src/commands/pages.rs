//! `spiral explain policy [NAME]` and `spiral explain trigger [NAME]`: what does a word of files do, why, and where does it
//! fail?

use scenarios::policies::{self, Page};
use scenarios::triggers;
use serde_json::json;

use crate::args::Format;
use crate::console::{print, style};
use crate::failure::{Complaint, Failure, Status};

/// Words that have pages.
pub(crate) struct Book {
    /// What one of them is, as `spiral explain` takes it, and all.
    one: &'static str,
    all: &'static str,
    pages: Vec<Page>,
}

impl Book {
    pub(crate) fn policies() -> Book {
        Book { one: "policy", all: "policies", pages: policies::all() }
    }

    pub(crate) fn triggers() -> Book {
        Book { one: "trigger", all: "triggers", pages: triggers::all() }
    }

    /// One page, or a line for each.
    pub(crate) fn run(&self, name: Option<&str>, format: Format) -> Result<Status, Failure> {
        let text = match (name, format) {
            (None, Format::Text) => reports::policies_text(&self.pages, &style()),
            (None, Format::Json) => {
                let schema = format!("spiral/{}/1", self.all);
                super::json(&json!({"schema": schema, self.all: self.pages}))
            }
            (Some(name), Format::Text) => reports::policy_text(self.page(name)?, &style()),
            (Some(name), Format::Json) => super::json(self.page(name)?),
        };
        print(&text)?;
        Ok(Status::Fine)
    }

    /// The one page that a word means.
    fn page(&self, word: &str) -> Result<&Page, Complaint> {
        let Book { one, all, pages } = self;
        match policies::named(pages, word)[..] {
            [only] => Ok(only),
            [] => {
                let ends = pages.iter().map(|page| page.name.rsplit('/').next().unwrap_or_default());
                let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).chain(ends).collect();
                let complaint = Complaint::new(format!("there is no {one} `{word}`"));
                Err(match scenarios::yaml::nearest(word, names) {
                    Some(near) => complaint
                        .with_help(format!("did you mean `{near}`? `spiral explain {one}` lists all")),
                    None => complaint.with_help(format!("`spiral explain {one}` lists all")),
                })
            }
            ref several => {
                let names: Vec<String> = several.iter().map(|page| format!("`{}`", page.name)).collect();
                let complaint = Complaint::new(format!("`{word}` may mean several {all}"));
                Err(complaint.with_help(format!("write one of {}", names.join(", "))))
            }
        }
    }
}
