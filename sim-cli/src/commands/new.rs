//! `spiral new NAME --from ID`: how does a scenario of one's own begin? As a copy of one that works.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use scenarios::load::LoadError;
use scenarios::yaml::{self, Source};

use crate::args;
use crate::console::print;
use crate::failure::{Complaint, Failure, Refused, Status};
use crate::plan::Target;

/// The schema's file, beside the scenario.
const SCHEMA: &str = "spiral.schema.json";

pub(crate) fn run(args: &args::New) -> Result<Status, Failure> {
    check_name(&args.name)?;
    let text = copy(&Target::new(&args.from)?, &args.name)?;
    let path = args.out.clone().unwrap_or_else(|| format!("{}.yaml", args.name).into());
    create(&path, &text).map_err(|error| {
        let path = path.display();
        match error.kind() {
            ErrorKind::AlreadyExists => {
                Complaint::new(format!("`{path}` is there already; nothing is overwritten"))
                    .with_help("choose another name, or say where with `--out FILE`")
            }
            _ => Complaint::new(format!("`{path}` cannot be written: {error}")),
        }
    })?;
    let schema = path.with_file_name(SCHEMA);
    let has_schema = schema.exists() || create(&schema, &super::json(&scenarios::schema::schema())).is_ok();
    let path = path.display();
    let editors = if has_schema {
        format!("Editors complete and explain it with {}.\n", schema.display())
    } else {
        String::new()
    };
    print(&format!(
        "Wrote {path}, a copy of {} with the id {}.\n{editors}\n\
         Next:\n  \
         change something in {path}\n  \
         spiral validate {path}\n  \
         spiral compare {path} --seeds 5\n",
        args.from, args.name
    ))?;
    Ok(Status::Fine)
}

fn check_name(name: &str) -> Result<(), Complaint> {
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(kebab) {
        return Ok(());
    }
    let stem = name.strip_suffix(".yaml").unwrap_or(name);
    let complaint = Complaint::new(format!("`{name}` is no id; use lower-case letters, digits and `-`"));
    let proposal: String = stem.to_lowercase().chars().map(|c| if kebab(c) { c } else { '-' }).collect();
    let proposal = proposal.trim_matches('-');
    Err(if proposal.is_empty() { complaint } else { complaint.with_help(format!("write `{proposal}`")) })
}

/// The text of the scenario under another id, every comment kept.
fn copy(from: &Target, id: &str) -> Result<String, Refused> {
    let (source, tree) = yaml::parse_bytes(&from.name(), &from.bytes()?);
    let broken =
        |problem: yaml::Problem| LoadError { sources: vec![source.clone()], problems: vec![problem] };
    let tree = tree.map_err(broken)?;
    let Some(old) = yaml::node_at(&tree, "id") else {
        return Err(Complaint::new(format!("{}: there is no `id` to replace", from.name())).into());
    };
    let Source { text, .. } = &source;
    let renamed = format!("{}{id}{}", &text[..old.span.start], &text[old.span.end..]);
    let body = match renamed.split_once('\n') {
        Some((first, rest)) if first.starts_with("# yaml-language-server:") => rest,
        _ => &renamed,
    };
    Ok(format!("# yaml-language-server: $schema={SCHEMA}\n{body}"))
}

/// Writes a file that is not there yet.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}
