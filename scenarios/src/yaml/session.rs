//! What is known after the passes so far: the problems, and the holes to be filled with stand-ins.
//!
//! A type that fails takes the whole value down with it. So a failure is recorded, its place becomes a *hole*, and the
//! text is read once more with something harmless standing in there. If the type refuses the stand-in, too, another
//! one is tried; after the last one the entry is left out; if it cannot be left out, the place above becomes the hole.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, HashSet},
};

use super::{
    Layer, Problem,
    error::{Error, Fault},
    path,
    place::Place,
    stand_in,
};

/// More problems than this in one reading are not told.
const PROBLEMS_MAX: usize = 200;

/// A place whose value is not to be had.
#[derive(Clone, Copy, Default)]
pub(super) struct Hole {
    /// Which stand-in is tried.
    pub(super) attempt: usize,
    /// The first stand-in has been chosen.
    started: bool,
}

impl Hole {
    /// No stand-in fits.
    pub(super) fn is_omitted(self) -> bool {
        self.attempt >= stand_in::ATTEMPTS_MAX
    }
}

/// Shared by all places of one reading.
pub(super) struct Session {
    /// Source and prefix of each layer.
    layers: Vec<(usize, String)>,
    problems: RefCell<Vec<Problem>>,
    told: RefCell<HashSet<(usize, usize, String)>>,
    /// Problems beyond the limit, if any.
    pub(super) is_cut: Cell<bool>,
    holes: RefCell<BTreeMap<String, Hole>>,
    /// Fields that a misspelt key was probably meant for: that they are missing is told already.
    meant: RefCell<HashSet<String>>,
    /// Places whose preset is unknown: what seems to be missing there would perhaps come from it.
    adrift: RefCell<Vec<String>>,
    /// The stand-in that worked for a type, so that it comes first for the next value of that type.
    fitting: RefCell<HashMap<&'static str, usize>>,
    /// The kind of each choice that was read, and the uppermost layer there.
    choices: RefCell<BTreeMap<String, Choice>>,
    /// Values and entries looked at so far, over all passes.
    steps: Cell<usize>,
}

/// A choice that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its kind.
    pub kind: String,
    /// The layer that chose, from 0.
    pub layer: usize,
}

impl Session {
    pub(super) fn new(layers: &[Layer<'_>]) -> Self {
        Self {
            layers: layers.iter().map(|layer| (layer.source, layer.prefix.clone())).collect(),
            problems: RefCell::default(),
            told: RefCell::default(),
            is_cut: Cell::new(false),
            holes: RefCell::default(),
            meant: RefCell::default(),
            adrift: RefCell::default(),
            fitting: RefCell::default(),
            choices: RefCell::default(),
            steps: Cell::new(0),
        }
    }

    pub(super) fn has_holes(&self) -> bool {
        !self.holes.borrow().is_empty()
    }

    pub(super) fn hole(&self, path: &str) -> Option<Hole> {
        self.holes.borrow().get(path).copied()
    }

    /// Further problems would not be told.
    pub(super) fn is_full(&self) -> bool {
        self.problems.borrow().len() >= PROBLEMS_MAX
    }

    pub(super) fn count(&self, steps: usize) {
        self.steps.set(self.steps.get() + steps);
    }

    pub(super) fn steps(&self) -> usize {
        self.steps.get()
    }

    /// Nothing fits, not even at the root.
    pub(super) fn is_hopeless(&self) -> bool {
        self.hole("").is_some_and(Hole::is_omitted)
    }

    /// At `path` the uppermost layer, `layer`, chose this kind.
    pub(super) fn chose(&self, path: &str, kind: &str, layer: usize) {
        self.choices.borrow_mut().insert(path.to_owned(), Choice { kind: kind.to_owned(), layer });
    }

    /// The problems, the paths that hold stand-ins, and the choices.
    pub(super) fn finish(self) -> (Vec<Problem>, Vec<String>, BTreeMap<String, Choice>) {
        let stand_ins = self.holes.into_inner().into_keys().collect();
        (self.problems.into_inner(), stand_ins, self.choices.into_inner())
    }

    /// The stand-in to begin with for a type at a hole: the one that fitted this type before.
    pub(super) fn start(&self, path: &str, type_name: &'static str) -> usize {
        let mut holes = self.holes.borrow_mut();
        let hole = holes.entry(path.to_owned()).or_default();
        if !hole.started {
            hole.started = true;
            hole.attempt = self.fitting.borrow().get(type_name).copied().unwrap_or(0);
        }
        hole.attempt
    }

    pub(super) fn fits(&self, type_name: &'static str, attempt: usize) {
        self.fitting.borrow_mut().insert(type_name, attempt);
    }

    /// A misspelt key at `path` was probably meant for this field.
    pub(super) fn mean(&self, path: &str, field: &str) {
        self.meant.borrow_mut().insert(path::join(path, field));
    }

    /// The preset named at `path` is unknown.
    pub(super) fn lose_preset(&self, path: &str) {
        self.adrift.borrow_mut().push(format!("{path}/"));
    }

    /// Reports a failure at a place and makes a hole there, if that has not been done further inside.
    pub(super) fn settle<T>(&self, place: &Place<'_>, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Err(error) if !error.is_settled() => {
                self.fail(place, error);
                Err(Error::settled())
            }
            other => other,
        }
    }

    fn fail(&self, place: &Place<'_>, error: Error) {
        match *error.0 {
            Fault::Settled => {}
            Fault::Missing(field) => self.miss(place, field),
            Fault::Wrong { .. } => match &place.stand_in {
                Some(stand_in) => self.dig(&stand_in.hole),
                None => {
                    // With a stand-in inside, it may be the stand-in that is wrong.
                    if !self.has_hole_below(&place.path) {
                        self.report_at(place, error);
                    }
                    self.dig(&place.path);
                }
            },
        }
    }

    /// A struct lacks a field that it needs.
    fn miss(&self, place: &Place<'_>, field: &'static str) {
        let path = path::join(&place.path, field);
        if self.hole(&path).is_some() {
            // It is left out because no stand-in fits, so none fits the struct either.
            self.omit(&place.path);
            return;
        }
        let is_adrift = self.adrift.borrow().iter().any(|base| path.starts_with(base));
        if place.stand_in.is_none() && !is_adrift && !self.meant.borrow().contains(&path) {
            // The layer that began this struct has to complete it; upper layers only change it.
            let run = super::place::mappings(&place.spots);
            if let Some(spot) = run.first() {
                let name = path::shown(&place.path);
                let message = match name.as_str() {
                    "" => format!("`{field}` is missing"),
                    name => format!("`{name}` lacks `{field}`"),
                };
                let help = match spot.is_bare() {
                    false => format!("add `{field}: ...`"),
                    // The kind was written as a word: show how it takes settings.
                    true => match (path::parent(&place.path).map(path::last), path::last(&place.path)) {
                        (Some(name), kind) if !name.is_empty() => {
                            format!("write `{name}: {{{kind}: {{{field}: ...}}}}`")
                        }
                        (_, kind) => format!("write `{{{kind}: {{{field}: ...}}}}`"),
                    },
                };
                let error = Error::at(spot.layer, spot.key_or_node(), message).with_help(Some(help));
                self.report(&place.path, error);
            }
        }
        self.dig(&path);
    }

    /// Makes a hole at a path; if there is one, the next stand-in shall be tried.
    pub(super) fn dig(&self, path: &str) {
        self.fill_below(path);
        self.holes.borrow_mut().entry(path.to_owned()).and_modify(|hole| hole.attempt += 1).or_default();
    }

    /// Leaves the entry at a path out.
    pub(super) fn omit(&self, path: &str) {
        self.fill_below(path);
        let hole = Hole { attempt: stand_in::ATTEMPTS_MAX, started: true };
        self.holes.borrow_mut().insert(path.to_owned(), hole);
    }

    /// Forgets the holes inside a larger one.
    fn fill_below(&self, path: &str) {
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.holes.borrow_mut().retain(|other, _| other == path || !other.starts_with(&below));
    }

    fn has_hole_below(&self, path: &str) -> bool {
        let holes = self.holes.borrow();
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        holes
            .range(below.clone()..)
            .find(|(other, _)| *other != path)
            .is_some_and(|(other, _)| other.starts_with(&below))
    }

    fn report_at(&self, place: &Place<'_>, mut error: Error) {
        if let Fault::Wrong { at, .. } = &mut *error.0 {
            let top = place.top();
            at.get_or_insert((top.layer, if place.path.is_empty() { top.key_or_node() } else { top.span() }));
        }
        self.report(&place.path, error);
    }

    /// Adds a problem; reading goes on.
    pub(super) fn report(&self, path: &str, error: Error) {
        let Fault::Wrong { message, help, at: Some((layer, span)), note } = *error.0 else { return };
        if self.told.borrow().contains(&(layer, span.start, message.clone())) {
            return;
        }
        if self.is_full() {
            self.is_cut.set(true);
            return;
        }
        self.told.borrow_mut().insert((layer, span.start, message.clone()));
        let (source, prefix) = &self.layers[layer];
        let path = path::under(prefix, path);
        self.problems.borrow_mut().push(Problem {
            source: Some(*source),
            span: Some(span),
            path,
            message,
            help,
            note,
        });
    }
}
