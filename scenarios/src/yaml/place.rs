//! Which nodes of which layers hold the value at a place? Here are the rules by which layers combine.

use std::collections::HashMap;

use super::{Entry, Kind, Layer, Node, Span, beneath, error::Error, path, session::Session, suggest};

/// What one layer has at a place.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) layer: usize,
    /// The key in front of the node, if there is one.
    pub(super) key: Option<Span>,
    pub(super) node: &'a Node,
    /// If this is a value of a preset: where the layer names the preset.
    pub(super) named_at: Option<Span>,
}

impl<'a> Spot<'a> {
    /// What the same layer has at an entry of this mapping.
    pub(super) fn entry(&self, entry: &'a Entry) -> Spot<'a> {
        Spot { key: Some(entry.key_span), node: &entry.value, ..*self }
    }

    /// Where a reader looks for this value's name.
    pub(super) fn key_or_node(&self) -> Span {
        self.named_at.or(self.key).unwrap_or(self.node.span)
    }

    /// Whether these are the settings of a kind that was written as a plain word.
    pub(super) fn is_bare(&self) -> bool {
        std::ptr::eq(self.node, &NO_SETTINGS)
    }

    /// Where this value stands; settings that nobody wrote stand where their word does.
    pub(super) fn span(&self) -> Span {
        match self.named_at {
            Some(span) => span,
            None if self.is_bare() => self.key_or_node(),
            None => self.node.span,
        }
    }
}

/// The settings of a kind that was written as a plain word: none. Its span means nothing, see [`Spot::span`].
pub(super) static NO_SETTINGS: Node =
    Node { span: Span { start: 0, end: 0, line: 1, column: 1 }, kind: Kind::Mapping(Vec::new()) };

/// The layers' roots, lowest first.
pub(super) fn roots<'a>(layers: &[Layer<'a>]) -> Vec<Spot<'a>> {
    let spot =
        |(layer, given): (usize, &Layer<'a>)| Spot { layer, key: None, node: given.root, named_at: None };
    layers.iter().enumerate().map(spot).collect()
}

/// A value to be read: what the layers have there, lowest first, or a stand-in for it.
pub(super) struct Place<'a> {
    pub(super) session: &'a Session,
    pub(super) path: String,
    /// Never empty, unless this is a stand-in.
    pub(super) spots: Vec<Spot<'a>>,
    pub(super) stand_in: Option<StandIn>,
}

/// Which hole a stand-in fills, and how often that was tried before.
#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) hole: String,
    pub(super) attempt: usize,
}

/// A key and what the layers have there, lowest first.
pub(super) type MergedEntry<'a> = (&'a str, Vec<Spot<'a>>);

impl<'a> Place<'a> {
    /// What the uppermost layer has here. Not to be asked of a stand-in.
    pub(super) fn top(&self) -> Spot<'a> {
        *self.spots.last().expect("a place without a stand-in has at least one spot")
    }

    /// The name of this place in messages.
    pub(super) fn name(&self) -> String {
        path::last(&self.path)
    }

    /// The place below, unless it is known that nothing can stand there.
    pub(super) fn child(&self, part: &str, spots: Vec<Spot<'a>>) -> Option<Self> {
        let path = path::join(&self.path, part);
        let stand_in = match self.session.hole(&path) {
            None => self.stand_in.clone(),
            Some(hole) if hole.is_omitted() => return None,
            Some(hole) => Some(StandIn { attempt: hole.attempt, hole: path.clone() }),
        };
        Some(Self { session: self.session, path, spots, stand_in })
    }

    /// The entries of a struct: every layer that has a mapping adds or replaces some.
    pub(super) fn merged_fields(&self) -> Vec<MergedEntry<'a>> {
        let merged = merge(mappings(&self.spots));
        self.session.count(merged.len());
        merged
    }

    /// The same for a struct that may be built on a preset, whose values lie beneath all layers.
    pub(super) fn fields_over_a_preset(&self) -> Vec<MergedEntry<'a>> {
        let run = mappings(&self.spots);
        match beneath::find(&self.path, run) {
            None => self.merged_fields(),
            Some(Ok(below)) => {
                let run: Vec<Spot<'a>> = std::iter::once(below).chain(run.iter().copied()).collect();
                let merged = merge(&run);
                self.session.count(merged.len());
                merged
            }
            Some(Err(error)) => {
                self.session.report(&path::join(&self.path, beneath::KEY), error);
                self.session.lose_preset(&self.path);
                self.merged_fields()
            }
        }
    }

    /// The entries of a map: the same, but the word `none` in an upper layer takes an entry away.
    pub(super) fn merged_entries(&self) -> Vec<MergedEntry<'a>> {
        let mut entries = self.merged_fields();
        let removal = |spot: &Spot<'a>| spot.layer > 0 && spot.node.plain() == Some("none");
        let there = |entry: &&MergedEntry<'a>| entry.1.first().is_some_and(|spot| !removal(spot));
        for (key, spots) in &entries {
            for (index, spot) in spots.iter().enumerate().filter(|(_, spot)| removal(spot)) {
                if index == 0 || removal(&spots[index - 1]) {
                    self.nothing_to_remove(key, *spot, entries.iter().filter(there).map(|(name, _)| *name));
                }
            }
        }
        for (_, spots) in &mut entries {
            if let Some(last) = spots.iter().rposition(removal) {
                spots.drain(..=last);
            }
        }
        entries.retain(|(_, spots)| !spots.is_empty());
        entries
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Result<Vec<Spot<'a>>, Error> {
        let items = items(&self.spots)?;
        self.session.count(items.len());
        Ok(items)
    }

    fn nothing_to_remove<'n>(&self, key: &str, spot: Spot<'a>, names: impl Iterator<Item = &'n str>) {
        // With thousands of such entries, comparing each with each name would take minutes.
        let near = if self.session.is_full() { None } else { suggest::nearest(key, names) };
        let help = near.map(|near| format!("did you mean `{near}`?"));
        let message = format!("there is no `{}` to remove", suggest::cut(key));
        let error = Error::at(spot.layer, spot.key_or_node(), message).with_help(help);
        self.session.report(&path::join(&self.path, key), error);
    }
}

/// The layers whose mappings combine: from the top down to the first that has something else there.
pub(super) fn mappings<'s, 'a>(spots: &'s [Spot<'a>]) -> &'s [Spot<'a>] {
    let is_mapping = |spot: &Spot<'a>| matches!(spot.node.kind, Kind::Mapping(_));
    let cut = spots.iter().rposition(|spot| !is_mapping(spot)).map_or(0, |other| other + 1);
    &spots[cut..]
}

fn entries_of(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        Kind::Scalar { .. } | Kind::Sequence(_) => &[],
    }
}

/// All entries in the order of their first appearance, lowest layer first.
fn merge<'a>(run: &[Spot<'a>]) -> Vec<MergedEntry<'a>> {
    let mut merged: Vec<MergedEntry<'a>> = Vec::new();
    let mut position: HashMap<&str, usize> = HashMap::new();
    for spot in run {
        for entry in entries_of(spot.node) {
            let below = spot.entry(entry);
            let slot = *position.entry(&entry.key).or_insert(merged.len());
            match merged.get_mut(slot) {
                Some((_, spots)) => spots.push(below),
                None => merged.push((&entry.key, vec![below])),
            }
        }
    }
    merged
}

/// The items of a list: the uppermost layer's, or after those of the layers below if it says `append`.
fn items<'a>(spots: &[Spot<'a>]) -> Result<Vec<Spot<'a>>, Error> {
    let Some((top, below)) = spots.split_last() else { return Ok(Vec::new()) };
    let own = |node: &'a Node| match &node.kind {
        Kind::Sequence(list) => {
            Some(list.iter().map(|node| Spot { key: None, node, ..*top }).collect::<Vec<_>>())
        }
        Kind::Scalar { .. } | Kind::Mapping(_) => None,
    };
    if let Some(list) = own(top.node) {
        return Ok(list);
    }
    if let [Entry { key, value, .. }] = entries_of(top.node)
        && key == "append"
        && (top.layer > 0 || !below.is_empty())
    {
        let message = || format!("`append` takes a list, found {}", value.described());
        let added = own(value).ok_or_else(|| Error::at(top.layer, value.span, message()))?;
        let mut list = items(below)?;
        list.extend(added);
        return Ok(list);
    }
    let help = match (&top.node.kind, top.layer) {
        _ if top.is_bare() => Some("write the list behind the word: `{word: [...]}`".to_owned()),
        (Kind::Mapping(_), 1..) => {
            Some("write `[...]` to replace the list, `{append: [...]}` to add to it".to_owned())
        }
        (Kind::Scalar { text, .. }, _) if text == "none" => Some("write `[]` for an empty list".to_owned()),
        (Kind::Scalar { text, .. }, _) if !top.node.is_nothing() => {
            Some(format!("write `[{}]`", suggest::cut(text)))
        }
        _ => Some("write `[a, b]`, or one item per line after `- `".to_owned()),
    };
    let found = top.node.described();
    Err(Error::at(top.layer, top.span(), format!("expected a list, found {found}")).with_help(help))
}

/// Whether the uppermost layer adds to a list further down: for values whose type does not say that they are lists.
pub(super) fn extends_a_list(spots: &[Spot<'_>]) -> bool {
    let Some((top, below)) = spots.split_last() else { return false };
    let is_append = matches!(entries_of(top.node), [Entry { key, .. }] if key == "append");
    let is_list = below.last().is_some_and(|spot| matches!(spot.node.kind, Kind::Sequence(_)));
    is_append && (is_list || extends_a_list(below))
}

/// What the layers have at one part below these spots, whatever type it has: for asking where something came from.
pub(super) fn below<'a>(spots: &[Spot<'a>], part: &str) -> Vec<Spot<'a>> {
    let run = mappings(spots);
    let named: Vec<Spot<'a>> =
        run.iter().filter_map(|spot| spot.node.entry(part).map(|entry| spot.entry(entry))).collect();
    if !named.is_empty() {
        return named;
    }
    let item = part.parse::<usize>().ok().and_then(|index| items(spots).ok()?.get(index).copied());
    item.into_iter().collect()
}
