//! How is a whole value read, with all problems at once?

use serde::de::{DeserializeOwned, DeserializeSeed};
use std::{any::type_name, collections::BTreeMap, marker::PhantomData};

use super::{
    Layer, Problem,
    error::Error,
    place::{self, Place, StandIn},
    session::{Choice, Session},
};

/// Readings of the same layers. Each ends with one more problem found or one more stand-in tried.
const PASSES_MAX: usize = 200;

/// Values and entries looked at over all passes before giving up on further problems: some seconds, and only for files
/// of megabytes.
const STEPS_MAX: usize = 2_000_000;

/// What came of reading a value.
#[derive(Clone, Debug)]
pub struct Reading<T> {
    /// The value, if one can be built at all. If there are problems, it contains stand-ins or lacks something.
    pub value: Option<T>,
    /// Everything that is wrong, in reading order.
    pub problems: Vec<Problem>,
    /// The paths where something stands in for a value that could not be read, or was left out.
    pub stand_ins: Vec<String>,
    /// The choices that were made, by path.
    pub choices: BTreeMap<String, Choice>,
}

impl<T> Reading<T> {
    /// Whether nothing at, above or below this path is a stand-in: if so, a check of the value there means something.
    pub fn is_real(&self, path: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            outer.is_empty()
                || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        !self.stand_ins.iter().any(|hole| within(hole, path) || within(path, hole))
    }

    /// Whether what a check says of the value at `path` is about a stand-in beside it: `base` must be below `heap`, and
    /// `heap` could not be read. Sentences name other fields in backticks.
    pub fn blames_a_stand_in(&self, path: &str, sentence: &str) -> bool {
        self.stand_ins.iter().filter_map(|hole| hole.rsplit_once('/')).any(|(block, field)| {
            path.strip_prefix(block).is_some_and(|rest| rest.starts_with('/'))
                && sentence.contains(&format!("`{field}`"))
        })
    }
}

/// Reads a value from layers, lowest first.
///
/// # Panics
///
/// If there is no layer.
pub fn read<T: DeserializeOwned>(layers: &[Layer<'_>]) -> Reading<T> {
    assert!(!layers.is_empty(), "a value is read from at least one layer");
    let session = Session::new(layers);
    let mut value = None;
    for pass in 1.. {
        let stand_in = session.hole("").map(|hole| StandIn { hole: String::new(), attempt: hole.attempt });
        let root = Place { session: &session, path: String::new(), spots: place::roots(layers), stand_in };
        value = read_seed(PhantomData::<T>, root).ok();
        if value.is_some() || session.is_hopeless() {
            break;
        }
        if pass == PASSES_MAX || session.steps() > STEPS_MAX {
            session.is_cut.set(true);
            break;
        }
    }
    let is_cut = session.is_cut.get();
    let (mut problems, stand_ins, choices) = session.finish();
    super::tidy(&mut problems);
    if is_cut {
        problems.push(Problem::new("and more; correct these first").in_source(layers[0].source));
    }
    Reading { value, problems, stand_ins, choices }
}

/// Reads the value at a place; a failure is reported here, unless that has been done further inside.
pub(super) fn read_seed<'de, S: DeserializeSeed<'de>>(
    seed: S,
    mut place: Place<'_>,
) -> Result<S::Value, Error> {
    let session = place.session;
    session.count(1);
    let is_hole = |stand_in: &&mut StandIn| stand_in.hole == place.path;
    let filled = place.stand_in.as_mut().filter(is_hole).map(|stand_in| {
        stand_in.attempt = session.start(&stand_in.hole, type_name::<S>());
        stand_in.attempt
    });
    let result = seed.deserialize(&place);
    if let (Ok(_), Some(attempt)) = (&result, filled) {
        session.fits(type_name::<S>(), attempt);
    }
    session.settle(&place, result)
}
