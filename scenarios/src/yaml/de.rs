//! How does a type read its value from a place? Here each of serde's questions is answered.

use serde::de::{Deserializer, Expected, Visitor};

use super::{
    Kind, Node,
    access::{Fields, Items, Named},
    beneath, choice,
    error::{Error, expectation},
    path,
    place::{self, Place},
    scalar::{self, Look},
    stand_in, suggest,
};

impl Place<'_> {
    /// The attempt, if a stand-in is wanted here.
    pub(super) fn attempt(&self) -> Result<Option<usize>, Error> {
        match &self.stand_in {
            Some(_) if stand_in::is_too_deep(&self.path) => Err(Error::new("the type contains itself")),
            other => Ok(other.as_ref().map(|stand_in| stand_in.attempt)),
        }
    }

    /// The node to read a single value from; that there is something has been checked.
    fn single(&self, wanted: &str) -> Result<&Node, Error> {
        let node = self.top().node;
        if node.is_nothing() { Err(scalar::nothing(&self.name(), wanted)) } else { Ok(node) }
    }

    fn whole(&self, min: i128, max: i128) -> Result<i128, Error> {
        match self.attempt()? {
            Some(attempt) => Ok(stand_in::whole(attempt, min, max)),
            None => scalar::whole(self.single("a whole number")?, min, max),
        }
    }

    fn real(&self) -> Result<f64, Error> {
        match self.attempt()? {
            Some(attempt) => Ok(stand_in::real(attempt)),
            None => scalar::real(self.single("a number")?),
        }
    }

    /// The text of a single value, whatever it looks like.
    fn text(&self, expected: &dyn Expected) -> Result<&str, Error> {
        if let Some(attempt) = self.attempt()? {
            return Ok(stand_in::text(attempt));
        }
        let node = self.single(&expectation(expected))?;
        match &node.kind {
            Kind::Scalar { text, .. } => Ok(text),
            Kind::Sequence(_) | Kind::Mapping(_) => {
                Err(Error::new(format!("expected {}, found {}", expectation(expected), node.described())))
            }
        }
    }

    /// Refuses whatever is no mapping.
    fn expect_mapping(&self, wanted: &str, may_be_empty: bool) -> Result<(), Error> {
        let node = self.top().node;
        match &node.kind {
            Kind::Mapping(_) => Ok(()),
            Kind::Scalar { .. } if node.is_nothing() => {
                // Only a map, and an upper layer of a struct, are surely complete without any entry.
                let is_change = self.top().layer > 0 && self.spots.len() > 1;
                let help =
                    (may_be_empty || is_change).then(|| "write `{}` if there is nothing to set".to_owned());
                Err(scalar::nothing(&self.name(), wanted).with_help(help))
            }
            Kind::Scalar { text, quoted: false } if text.contains(':') && !text.contains(": ") => {
                let error = Error::new(format!("expected {wanted}, found {}", node.described()));
                Err(error.with_help(Some("write a space behind the `:`".to_owned())))
            }
            Kind::Scalar { .. } | Kind::Sequence(_) => {
                Err(Error::new(format!("expected {wanted}, found {}", node.described())))
            }
        }
    }

    /// Reports the keys that a struct does not have, wherever they stand, and drops them.
    fn known_fields(&self, fields: &'static [&'static str]) -> Vec<place::MergedEntry<'_>> {
        let mut entries = match fields.contains(&beneath::KEY) {
            true => self.fields_over_a_preset(),
            false => self.merged_fields(),
        };
        let present: Vec<&str> = entries.iter().map(|(key, _)| *key).collect();
        entries.retain(|(key, spots)| {
            if fields.contains(key) {
                return true;
            }
            // A key that is there already is not what was meant, unless nothing else is near.
            let open = fields.iter().copied().filter(|field| !present.contains(field));
            let near = suggest::nearest(key, open);
            if let Some(near) = near {
                self.session.mean(&self.path, near);
            }
            let help = match fields {
                [] => Some("no settings are allowed here".to_owned()),
                _ => suggest::help(key, fields),
            };
            for spot in spots {
                let error =
                    Error::at(spot.layer, spot.key_or_node(), format!("unknown key `{}`", suggest::cut(key)));
                let help = forgotten(key, fields).filter(|_| spot.node.is_nothing()).or(help.clone());
                self.session.report(&path::join(&self.path, key), error.with_help(help));
            }
            false
        });
        entries
    }
}

/// The suggestion for `workers:10` or `workers 10`, which YAML takes for a key without a value.
fn forgotten(key: &str, fields: &[&str]) -> Option<String> {
    let (field, value) = key.split_once([':', ' '])?;
    let missing = if key[field.len()..].starts_with(':') { "a space behind" } else { "a" };
    fields
        .contains(&field)
        .then(|| format!("{missing} `:` is missing: write `{field}: {}`", suggest::cut(value.trim())))
}

/// What a struct wants, in a message.
fn wanted_fields(fields: &[&str]) -> String {
    match fields {
        [] => "`{}`".to_owned(),
        few if few.len() <= 6 => format!("a mapping with {}", suggest::listed(few, "and")),
        many => format!("a mapping with keys such as {}", suggest::listed(&many[..3], "or")),
    }
}

/// Methods for whole numbers, which differ in their bounds only.
macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let number = self.whole(<$type>::MIN as i128, <$type>::MAX as i128)?;
            visitor.$visit(number as $type)
        })*
    };
}

impl<'de> Deserializer<'de> for &Place<'_> {
    type Error = Error;

    whole_numbers! {
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.real()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.real()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(match self.attempt()? {
            Some(attempt) => attempt % 2 == 1,
            None => scalar::truth(self.single("`true` or `false`")?)?,
        })
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = self.text(&visitor)?;
        visitor.visit_str(text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    /// For types that take several kinds of value: what it is, is decided by what was written.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let text = match self.attempt()? {
            Some(attempt) => stand_in::text(attempt),
            None => {
                let node = self.single(&expectation(&visitor))?;
                match &node.kind {
                    Kind::Mapping(_) if place::extends_a_list(&self.spots) => {
                        return self.deserialize_seq(visitor);
                    }
                    Kind::Mapping(_) => return self.deserialize_map(visitor),
                    Kind::Sequence(_) => return self.deserialize_seq(visitor),
                    Kind::Scalar { text, quoted: true } => return visitor.visit_str(text),
                    Kind::Scalar { text, quoted: false } => text,
                }
            }
        };
        match scalar::look(text) {
            Look::Truth(value) => visitor.visit_bool(value),
            Look::Unsigned(value) => visitor.visit_u64(value),
            Look::Signed(value) => visitor.visit_i64(value),
            Look::Real(value) => visitor.visit_f64(value),
            Look::Text(value) => visitor.visit_str(value),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    /// What is written down is there, unless it is the word `none`: so a variant takes a setting of the base away.
    /// What is not written down does not get here.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.attempt()? {
            Some(0) => visitor.visit_none(),
            None if self.top().node.plain() == Some("none") => visitor.visit_none(),
            Some(_) | None => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.attempt()? {
            None if !self.top().node.is_nothing() => {
                Err(Error::new(format!("expected nothing, found {}", self.top().node.described())))
            }
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let entries = match self.attempt()? {
            Some(_) => Vec::new(),
            None => {
                self.expect_mapping(&wanted_fields(fields), fields.is_empty())?;
                self.known_fields(fields)
            }
        };
        visitor.visit_map(Fields::new(self, entries, fields))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let entries = match self.attempt()? {
            Some(0) => Vec::new(),
            Some(_) => vec![("x", Vec::new())],
            None => {
                self.expect_mapping("a mapping", true)?;
                self.merged_entries()
            }
        };
        visitor.visit_map(Named::new(self, entries))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let items = match self.attempt()? {
            Some(attempt) => vec![None; attempt.min(1)],
            None => {
                self.single("a list")?;
                self.items()?.into_iter().map(Some).collect()
            }
        };
        visitor.visit_seq(Items::new(self, items))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Error> {
        let items = match self.attempt()? {
            Some(_) => vec![None; length],
            None => {
                self.single("a list")?;
                let items = self.items()?;
                if items.len() != length {
                    return Err(Error::new(format!(
                        "expected a list of {length} values, found {}",
                        items.len()
                    )));
                }
                items.into_iter().map(Some).collect()
            }
        };
        visitor.visit_seq(Items::new(self, items))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_tuple(length, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(choice::Chosen::new(self, variants)?)
    }
}
