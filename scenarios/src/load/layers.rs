//! What lies over what? The base, a variant on top, settings from the command line or a sweep on top of that.

use std::collections::BTreeMap;

use crate::document::Document;
use crate::yaml::{self, Choice, Layer, Node, Source};

/// The texts of a scenario and their trees, base first, then every `--set`.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    pub(crate) sources: Vec<Source>,
    pub(crate) trees: Vec<Node>,
}

impl Texts {
    /// Base, variant and settings, lowest first. `variant` is a name of the file or `None`.
    pub(super) fn layers<'a>(
        &'a self,
        variant: Option<&str>,
        settings: &[(usize, &'a Node)],
    ) -> Vec<Layer<'a>> {
        let mut layers = vec![Layer::base(0, &self.trees[0])];
        let overlay =
            variant.and_then(|name| Layer::within(0, &self.trees[0], &yaml::join("variants", name)));
        let root = overlay.as_ref().map(|layer| layer.root);
        layers.extend(overlay);
        let sets: Vec<(usize, &Node)> =
            self.trees.iter().enumerate().skip(1).chain(settings.iter().copied()).collect();
        let Some(root) = root.filter(|_| !sets.is_empty()) else {
            layers.extend(sets.into_iter().map(|(source, tree)| Layer::base(source, tree)));
            return layers;
        };
        // A setting inside something that the variant has removed, or has replaced by another kind, has nothing
        // to change there.
        let choices = yaml::read::<Document>(&layers).choices;
        let typed = |source: usize| self.sources[source].text.split_once('=').map_or("", |(path, _)| path);
        let applies =
            |path: &str| !reaches_into_removed(root, path) && !reaches_into_other_kind(&choices, path);
        let applying = sets.into_iter().filter(|(source, _)| applies(typed(*source)));
        layers.extend(applying.map(|(source, tree)| Layer::base(source, tree)));
        layers
    }
}

/// Whether a setting at this path, as typed, leads into an entry that `overlay` removes with `none`.
fn reaches_into_removed(overlay: &Node, typed: &str) -> bool {
    let mut node = overlay;
    let mut parts = typed.trim().split('.').peekable();
    while let Some(part) = parts.next() {
        let Some(entry) = node.entry(part) else { return false };
        node = &entry.value;
        if parts.peek().is_some() && node.plain() == Some("none") {
            return true;
        }
    }
    false
}

/// Whether a setting at this path, as typed, leads into the settings of a kind where the variant, layer 1, has
/// chosen another. One that ends with the kind chooses it.
fn reaches_into_other_kind(choices: &BTreeMap<String, Choice>, typed: &str) -> bool {
    let mut place = String::new();
    let mut parts = typed.trim().split('.').peekable();
    while let Some(part) = parts.next() {
        let is_other = |choice: &Choice| choice.layer == 1 && choice.kind != part;
        if parts.peek().is_some() && choices.get(&place).is_some_and(is_other) {
            return true;
        }
        place = yaml::join(&place, part);
    }
    false
}
