//! How are the fields of a struct, the entries of a map and the items of a list handed over, one by one?

use serde::de::{
    DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
    value::{StrDeserializer, UnitDeserializer},
};

use super::{
    error::Error,
    path,
    place::{MergedEntry, Place, Spot},
    read::read_seed,
};

/// The fields of a struct: those written down, and stand-ins for those that are missing and needed.
pub(super) struct Fields<'p, 'a> {
    waiting: std::vec::IntoIter<(&'p str, Place<'a>)>,
    value: Option<Place<'a>>,
}

impl<'p, 'a> Fields<'p, 'a> {
    pub(super) fn new(
        place: &Place<'a>,
        entries: Vec<MergedEntry<'p>>,
        fields: &'static [&'static str],
    ) -> Self
    where
        'p: 'a,
    {
        let mut waiting = Vec::new();
        let stand_ins: Vec<&'static str> = fields
            .iter()
            .copied()
            .filter(|_| place.session.has_holes())
            .filter(|field| entries.iter().all(|(key, _)| key != field))
            .filter(|field| place.session.hole(&path::join(&place.path, field)).is_some())
            .collect();
        for (key, spots) in entries {
            waiting.extend(place.child(key, spots).map(|child| (key, child)));
        }
        for field in stand_ins {
            waiting.extend(place.child(field, Vec::new()).map(|child| (field, child)));
        }
        Self { waiting: waiting.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Fields<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, place)) = self.waiting.next() else { return Ok(None) };
        self.value = Some(place);
        seed.deserialize(StrDeserializer::<Error>::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(place) => read_seed(seed, place),
            None => seed.deserialize(UnitDeserializer::<Error>::new()),
        }
    }
}

/// The entries of a map, whose keys are the writer's own.
pub(super) struct Named<'m, 'a> {
    map: &'m Place<'a>,
    waiting: std::vec::IntoIter<MergedEntry<'a>>,
    value: Option<Place<'a>>,
}

impl<'m, 'a> Named<'m, 'a> {
    pub(super) fn new(map: &'m Place<'a>, entries: Vec<MergedEntry<'a>>) -> Self {
        Self { map, waiting: entries.into_iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Named<'_, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        for (key, spots) in self.waiting.by_ref() {
            let top = spots.last().copied();
            let Some(place) = self.map.child(key, spots) else { continue };
            return match seed.deserialize(Key(key)) {
                Ok(key) => {
                    self.value = Some(place);
                    Ok(Some(key))
                }
                Err(error) => Err(self.refuse(&place, top, error)),
            };
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(place) => read_seed(seed, place),
            None => seed.deserialize(UnitDeserializer::<Error>::new()),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.waiting.len())
    }
}

impl Named<'_, '_> {
    /// A key that its type does not take: it is reported where it stands, and its entry is left out.
    fn refuse(&self, place: &Place<'_>, top: Option<Spot<'_>>, error: Error) -> Error {
        match top {
            Some(top) => {
                self.map.session.report(&place.path, error.or_at(top.layer, top.key_or_node()));
                self.map.session.omit(&place.path);
                Error::settled()
            }
            None => error,
        }
    }
}

/// The items of a list; `None` is a stand-in.
pub(super) struct Items<'m, 'a> {
    list: &'m Place<'a>,
    waiting: std::iter::Enumerate<std::vec::IntoIter<Option<Spot<'a>>>>,
}

impl<'m, 'a> Items<'m, 'a> {
    pub(super) fn new(list: &'m Place<'a>, items: Vec<Option<Spot<'a>>>) -> Self {
        Self { list, waiting: items.into_iter().enumerate() }
    }
}

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        for (index, spot) in self.waiting.by_ref() {
            if let Some(place) = self.list.child(&index.to_string(), spot.into_iter().collect()) {
                return read_seed(seed, place).map(Some);
            }
        }
        Ok(None)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.waiting.len())
    }
}

/// A key: a text, or a number if its type wants one.
struct Key<'k>(&'k str);

impl Key<'_> {
    fn number<T: std::str::FromStr>(&self) -> Result<T, Error> {
        let message =
            || format!("expected a whole number as the key, found `{}`", super::suggest::cut(self.0));
        self.0.parse().map_err(|_| Error::new(message()))
    }
}

impl<'de> Deserializer<'de> for Key<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.0)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u32(self.number()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_u64(self.number()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(self.number()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let word: StrDeserializer<'_, Error> = self.0.into_deserializer();
        word.deserialize_enum(name, variants, visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}
