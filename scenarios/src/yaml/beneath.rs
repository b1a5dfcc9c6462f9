//! What lies beneath a place that names a preset? The values of that preset, lowest of all: what any layer says itself
//! replaces them field by field, in the way in which layers combine.
//!
//! Nobody wrote them into the file, so whatever is wrong with them stands where the preset is named.

use super::{Kind, error::Error, place::Spot, suggest};
use crate::presets::{self, Part};

/// The key that names a preset.
pub(super) const KEY: &str = "preset";

/// The preset named by the uppermost of these mappings, as the lowest of them, or what is wrong with its name. `None`
/// if none is named.
pub(super) fn find<'a>(path: &str, run: &[Spot<'a>]) -> Option<Result<Spot<'a>, Error>> {
    let top = run.iter().rev().find_map(|spot| spot.node.entry(KEY).map(|entry| spot.entry(entry)))?;
    // Something else than a name: its type says so. It may also be a thing that is called `preset`.
    let Kind::Scalar { text: name, .. } = &top.node.kind else { return None };
    if top.node.is_nothing() || name == "none" {
        return None;
    }
    let part = Part::at(path);
    let values = presets::find(name).and_then(|preset| preset.part(part));
    Some(match values {
        Some(node) => Ok(Spot { layer: top.layer, key: None, node, named_at: Some(top.node.span) }),
        None => Err(unknown(name, part).or_at(top.layer, top.node.span)),
    })
}

fn unknown(name: &str, part: Part) -> Error {
    if let Some(preset) = presets::find(name) {
        let message = format!("`{name}` is no preset of a {}", part.word());
        let places: Vec<&str> = preset.parts().map(Part::word).collect();
        return Error::new(message).with_help(Some(format!("it belongs on a {}", places.join(" or a "))));
    }
    let of_this: Vec<&str> =
        presets::all().iter().filter(|p| p.part(part).is_some()).map(|p| p.name).collect();
    let help = match suggest::nearest(name, presets::all().iter().map(|preset| preset.name)) {
        Some(near) => format!("did you mean `{near}`? `spiral explain preset` lists all"),
        None => format!("for a {} there is {}", part.word(), suggest::listed(&of_this, "and")),
    };
    Error::new(format!("there is no preset `{}`", suggest::cut(name))).with_help(Some(help))
}
