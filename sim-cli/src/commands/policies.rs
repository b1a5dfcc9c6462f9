//! `spiral explain policy [NAME]`: what does a pattern do, why, and where does it fail?

use scenarios::policies::{self, Page};
use serde_json::json;

use crate::args::Format;
use crate::console::{print, style};
use crate::failure::{Complaint, Failure, Status};

pub(crate) fn run(name: Option<&str>, format: Format) -> Result<Status, Failure> {
    let pages = policies::all();
    let text = match (name, format) {
        (None, Format::Text) => reports::policies_text(&pages, &style()),
        (None, Format::Json) => super::json(&json!({"schema": "spiral/policies/1", "policies": pages})),
        (Some(name), Format::Text) => reports::policy_text(page(&pages, name)?, &style()),
        (Some(name), Format::Json) => super::json(page(&pages, name)?),
    };
    print(&text)?;
    Ok(Status::Fine)
}

/// The one page that a word means.
fn page<'a>(pages: &'a [Page], word: &str) -> Result<&'a Page, Complaint> {
    match policies::named(pages, word)[..] {
        [only] => Ok(only),
        [] => {
            let ends = pages.iter().map(|page| page.name.rsplit('/').next().unwrap_or_default());
            let names: Vec<&str> = pages.iter().map(|page| page.name.as_str()).chain(ends).collect();
            let complaint = Complaint::new(format!("there is no policy `{word}`"));
            Err(match scenarios::yaml::nearest(word, names) {
                Some(near) => {
                    complaint.with_help(format!("did you mean `{near}`? `spiral explain policy` lists all"))
                }
                None => complaint.with_help("`spiral explain policy` lists all"),
            })
        }
        ref several => {
            let names: Vec<String> = several.iter().map(|page| format!("`{}`", page.name)).collect();
            let complaint = Complaint::new(format!("`{word}` may mean several policies"));
            Err(complaint.with_help(format!("write one of {}", names.join(", "))))
        }
    }
}
