//! Who goes when the line is full, if the line is sorted by something else than arrival? A second order
//! of the same entries, kept only where the drop rule asks for it.

use std::collections::BTreeMap;

use super::line::DropRule;
use crate::policy::Criticality;

/// Where to find the waiting entries, in the order in which they make room. Logarithmic time per step.
#[derive(Clone, Debug)]
pub(super) struct Exits<P> {
    drop: DropRule,
    /// By class (all alike if the rule ignores it) and number in order of arrival. invariant: empty
    /// unless the rule makes those in line go.
    places: BTreeMap<(Criticality, u64), P>,
}

impl<P> Exits<P> {
    pub(super) fn new(drop: DropRule) -> Self {
        Exits { drop, places: BTreeMap::new() }
    }

    fn key(&self, class: Criticality, number: u64) -> (Criticality, u64) {
        match self.drop {
            DropRule::Newest | DropRule::Oldest | DropRule::Nobody => (Criticality::default(), number),
            DropRule::LowestClass => (class, number),
        }
    }

    pub(super) fn insert(&mut self, class: Criticality, number: u64, place: P) {
        if !self.drop.spares_the_line() {
            self.places.insert(self.key(class, number), place);
        }
    }

    pub(super) fn remove(&mut self, class: Criticality, number: u64) {
        self.places.remove(&self.key(class, number));
    }

    /// Number and place of the entry that makes room for one of class `incoming`; `None` if that one has
    /// to go itself.
    pub(super) fn pop(&mut self, incoming: Criticality) -> Option<(u64, P)> {
        let ((_, number), place) = match self.drop {
            DropRule::Newest | DropRule::Nobody => return None,
            DropRule::Oldest => self.places.pop_first()?,
            DropRule::LowestClass => {
                let lowest = self.places.last_entry().filter(|entry| entry.key().0 > incoming)?;
                lowest.remove_entry()
            }
        };
        Some((number, place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

    /// The order in which five entries make room for one of class `incoming`.
    fn leaving(drop: DropRule, incoming: Criticality) -> String {
        let mut exits = Exits::new(drop);
        let classes = [Sheddable, Critical, Sheddable, CriticalPlus, SheddablePlus];
        for (number, (class, place)) in (0..).zip(classes.into_iter().zip('a'..)) {
            exits.insert(class, number, place);
        }
        std::iter::from_fn(|| exits.pop(incoming)).map(|(_, place)| place).collect()
    }

    #[test]
    fn the_rule_says_who_makes_room() {
        assert_eq!(leaving(DropRule::Newest, CriticalPlus), "");
        assert_eq!(leaving(DropRule::Oldest, Sheddable), "abcde");
        assert_eq!(leaving(DropRule::LowestClass, CriticalPlus), "caeb");
        assert_eq!(leaving(DropRule::LowestClass, Sheddable), "");
    }

    #[test]
    fn who_was_served_makes_no_room() {
        for drop in [DropRule::Oldest, DropRule::LowestClass] {
            let mut exits = Exits::new(drop);
            exits.insert(Sheddable, 0, 'a');
            exits.insert(Critical, 1, 'b');
            exits.remove(Sheddable, 0);
            assert_eq!(exits.pop(CriticalPlus), Some((1, 'b')));
            assert_eq!(exits.pop(CriticalPlus), None);
        }
    }
}
