//! Which kind of a tagged choice was written, and what belongs to it?
//!
//! A choice is a plain word (`retry: none`) or a mapping with the kind as its only key (`queue: {lifo: {...}}`). A plain
//! word for a kind with settings (`queue: lifo`) leaves all of them at their defaults. Layers combine as long as they name the same kind; anything else in an upper layer replaces what is below.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, VariantAccess, Visitor, value::StrDeserializer};

use super::{
    Entry, Kind, Node,
    error::Error,
    place::{NO_SETTINGS, Place, Spot},
    read::read_seed,
    scalar, stand_in, suggest,
};

/// The name of the variant that takes a plain text which is none of the words.
const TEXT: &str = "$text";

/// A kind and its settings.
pub(super) struct Chosen<'p, 'a> {
    place: &'p Place<'a>,
    tag: &'a str,
    content: Content<'a>,
    /// All words but [`TEXT`].
    words: Vec<&'static str>,
}

enum Content<'a> {
    /// A plain word: all settings have their defaults.
    Word(Spot<'a>),
    /// What stands below the kind, lowest layer first.
    Settings(Vec<Spot<'a>>),
    /// The place's own text.
    Text,
    /// Whatever is asked for.
    StandIn,
}

impl<'p, 'a> Chosen<'p, 'a> {
    pub(super) fn new(place: &'p Place<'a>, variants: &'static [&'static str]) -> Result<Self, Error> {
        let words: Vec<&'static str> = variants.iter().copied().filter(|word| *word != TEXT).collect();
        let has_text = words.len() < variants.len();
        let (tag, content) = match place.attempt()? {
            Some(attempt) => {
                let tag = stand_in::variant(attempt, variants)
                    .ok_or_else(|| Error::new("nothing to choose from"))?;
                (tag, if tag == TEXT { Content::Text } else { Content::StandIn })
            }
            None => {
                let (tag, content) = choose(place, &words, has_text)?;
                place.session.chose(&place.path, tag, place.top().layer);
                (tag, content)
            }
        };
        Ok(Self { place, tag, content, words })
    }
}

/// The kind that the uppermost layer names, and the settings from all layers that name the same.
fn choose<'a>(place: &Place<'a>, words: &[&str], has_text: bool) -> Result<(&'a str, Content<'a>), Error> {
    let top = place.top();
    let wanted = wanted(words, has_text);
    match &top.node.kind {
        Kind::Scalar { .. } if top.node.is_nothing() => Err(scalar::nothing(&place.name(), &wanted)),
        Kind::Scalar { text, .. } if words.contains(&text.as_str()) => {
            Ok((text, Content::Word(Spot { key: Some(top.node.span), node: &NO_SETTINGS, ..top })))
        }
        Kind::Scalar { .. } if has_text => Ok((TEXT, Content::Text)),
        Kind::Scalar { text, .. } => Err(unknown(text, words)),
        Kind::Sequence(_) => Err(Error::new(format!("expected {wanted}, found a list"))),
        Kind::Mapping(entries) => {
            if entries.is_empty() && top.is_bare() {
                let name = place.name();
                let error = Error::new(format!("`{name}` needs a value: {wanted}"));
                return Err(error.with_help(Some(format!("write `{name}: ...`"))));
            }
            if entries.is_empty() {
                return Err(Error::new(format!("expected {wanted}, found an empty mapping")));
            }
            let is_item = place.name().parse::<usize>().is_ok();
            let entry = only_kind(top, entries, words, is_item)?;
            let same = |spot: &&Spot<'a>| kind_of(spot.node).is_some_and(|below| below.key == entry.key);
            let mut settings: Vec<Spot<'a>> =
                place.spots.iter().rev().take_while(same).filter_map(setting).collect();
            settings.reverse();
            Ok((&entry.key, Content::Settings(settings)))
        }
    }
}

/// The only entry of a mapping.
fn kind_of(node: &Node) -> Option<&Entry> {
    match &node.kind {
        Kind::Mapping(entries) => entries.first().filter(|_| entries.len() == 1),
        Kind::Scalar { .. } | Kind::Sequence(_) => None,
    }
}

fn setting<'a>(spot: &Spot<'a>) -> Option<Spot<'a>> {
    let entry = kind_of(spot.node)?;
    Some(spot.entry(entry))
}

fn unknown(word: &str, words: &[&str]) -> Error {
    Error::new(format!("unknown word `{}`", suggest::cut(word))).with_help(suggest::help(word, words))
}

fn wanted(words: &[&str], has_text: bool) -> String {
    let listed = suggest::listed(words, "or");
    if has_text { format!("a plain value or {listed}") } else { listed }
}

/// The one known kind among a mapping's keys (there is at least one), or what is wrong with them.
fn only_kind<'a>(
    top: Spot<'a>,
    entries: &'a [Entry],
    words: &[&str],
    is_item: bool,
) -> Result<&'a Entry, Error> {
    let mut known = entries.iter().filter(|entry| words.contains(&entry.key.as_str()));
    match (entries, known.next(), known.next()) {
        ([only], Some(_), _) => Ok(only),
        (_, Some(first), Some(second)) => {
            let (first_key, second_key) = (&first.key, &second.key);
            Err(Error::at(
                top.layer,
                second.key_span,
                format!("two kinds at once: `{first_key}` and `{second_key}`"),
            )
            .with_help(Some(match is_item {
                true => format!("an item of a list is one of them; begin another with `- {second_key}: ...`"),
                false => "a choice takes one of them; remove the other".to_owned(),
            }))
            .with_note(first.key_span, "the first kind"))
        }
        (_, Some(kind), None) => {
            let other = entries.iter().find(|entry| entry.key != kind.key).unwrap_or(kind);
            let (key, kind_key) = (suggest::cut(&other.key), &kind.key);
            Err(Error::at(top.layer, other.key_span, format!("`{key}` stands beside the kind `{kind_key}`"))
                .with_help(Some(format!("settings stand inside: `{kind_key}: {{{key}: ...}}`")))
                .with_note(kind.key_span, "the kind"))
        }
        (_, None, _) => {
            // Many formats write the kind as a value.
            let as_value = entries.iter().find_map(|entry| {
                let word = entry.value.plain().filter(|word| words.contains(word))?;
                Some((entry, word))
            });
            if let Some((entry, word)) = as_value {
                let help = format!("the kind is the key: write `{word}: {{...}}`");
                let message = format!("unknown word `{}`", suggest::cut(&entry.key));
                return Err(Error::at(top.layer, entry.key_span, message).with_help(Some(help)));
            }
            let first = &entries[0];
            let message = format!("unknown word `{}`", suggest::cut(&first.key));
            Err(Error::at(top.layer, first.key_span, message).with_help(suggest::help(&first.key, words)))
        }
    }
}

impl<'de> EnumAccess<'de> for Chosen<'_, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let tag = seed.deserialize(StrDeserializer::<Error>::new(self.tag))?;
        Ok((tag, self))
    }
}

impl<'a> Chosen<'_, 'a> {
    /// The place of the settings.
    fn settings(self) -> Result<Place<'a>, Error> {
        let spots = match self.content {
            Content::Settings(spots) => spots,
            Content::StandIn => Vec::new(),
            Content::Word(spot) => vec![spot],
            Content::Text => {
                let kind = format!("{{{}: {{...}}}}", self.tag);
                let help = match self.place.name().as_str() {
                    "" => format!("write `{kind}`"),
                    name => format!("write `{name}: {kind}`"),
                };
                return Err(Error::new(format!("`{}` needs settings", self.tag)).with_help(Some(help)));
            }
        };
        self.place.child(self.tag, spots).ok_or_else(|| {
            // No stand-in fits the settings: another kind may do.
            self.place.session.dig(&self.place.path);
            Error::settled()
        })
    }

    /// The place itself, for the variant that takes its text.
    fn own_text(&self) -> Place<'a> {
        let Place { session, path, spots, stand_in } = self.place;
        Place { session, path: path.clone(), spots: spots.clone(), stand_in: stand_in.clone() }
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match &self.content {
            Content::Word(_) | Content::StandIn => Ok(()),
            Content::Settings(spots) => {
                let message = format!("`{}` takes no settings", self.tag);
                let help = Some(format!("write the word `{}` alone", self.tag));
                let top = spots.last().expect("the kind stands in at least one layer");
                Err(Error::at(top.layer, top.key_or_node(), message).with_help(help))
            }
            Content::Text => Err(Error::new("this place takes no plain text")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        if !matches!(self.content, Content::Text) {
            return read_seed(seed, self.settings()?);
        }
        let place = self.own_text();
        // A misspelt word gets here, too.
        let word = place.spots.last().and_then(|spot| spot.node.plain());
        let near = word.and_then(|word| suggest::nearest(word, self.words.iter().copied()));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        seed.deserialize(&place).map_err(|error| error.with_help(help))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let place = self.settings()?;
        let session = place.session;
        let result = place.deserialize_tuple(length, visitor);
        session.settle(&place, result)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let place = self.settings()?;
        let session = place.session;
        let result = place.deserialize_struct("", fields, visitor);
        session.settle(&place, result)
    }
}
