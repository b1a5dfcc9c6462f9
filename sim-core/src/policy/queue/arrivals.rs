//! Who came before whom? Waiting entries in order of arrival, which can leave at both ends and, where
//! the drop rule asks for it, by class. Every step takes constant time.

use std::collections::VecDeque;

use super::line::DropRule;
use crate::policy::Criticality;

/// Entries in order of arrival. Classes are kept only where the drop rule needs them: usually a waiting
/// entry costs nothing but itself.
#[derive(Clone, Debug)]
pub(super) enum Arrivals<T> {
    Plain(VecDeque<T>),
    ByClass(Box<Lanes<T>>),
}

impl<T> Arrivals<T> {
    pub(super) fn new(drop: DropRule) -> Self {
        match drop {
            DropRule::Newest | DropRule::Oldest | DropRule::Nobody => Arrivals::Plain(VecDeque::new()),
            DropRule::LowestClass => Arrivals::ByClass(Box::new(Lanes::new())),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, class: Criticality, entry: T) {
        match self {
            Arrivals::Plain(line) => line.push_back(entry),
            Arrivals::ByClass(lanes) => lanes.push(class, entry),
        }
    }

    #[inline]
    pub(super) fn pop_oldest(&mut self) -> Option<T> {
        match self {
            Arrivals::Plain(line) => line.pop_front(),
            Arrivals::ByClass(lanes) => lanes.pop_oldest(),
        }
    }

    #[inline]
    pub(super) fn pop_newest(&mut self) -> Option<T> {
        match self {
            Arrivals::Plain(line) => line.pop_back(),
            Arrivals::ByClass(lanes) => lanes.pop_newest(),
        }
    }

    /// The entry that makes room for one of class `incoming`; `None` if that one has to go itself.
    pub(super) fn pop_by(&mut self, drop: DropRule, incoming: Criticality) -> Option<T> {
        match (drop, self) {
            (DropRule::Newest | DropRule::Nobody, _) => None,
            (DropRule::Oldest, arrivals) => arrivals.pop_oldest(),
            (DropRule::LowestClass, Arrivals::ByClass(lanes)) => lanes.pop_lowest_class(incoming),
            (DropRule::LowestClass, Arrivals::Plain(_)) => {
                unreachable!("a state belongs to the settings it was made from")
            }
        }
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        match self {
            Arrivals::Plain(line) => line.retain(keep),
            Arrivals::ByClass(lanes) => lanes.retain(keep),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Arrivals::Plain(line) => line.len(),
            Arrivals::ByClass(lanes) => lanes.len(),
        }
    }
}

/// One lane per class, the most critical first. Entries carry their number in order of arrival.
#[derive(Clone, Debug)]
pub(super) struct Lanes<T> {
    lanes: [VecDeque<(u64, T)>; 4],
    arrived: u64,
}

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Lanes { lanes: [const { VecDeque::new() }; 4], arrived: 0 }
    }

    pub(super) fn push(&mut self, class: Criticality, entry: T) {
        self.lanes[class as usize].push_back((self.arrived, entry));
        self.arrived += 1;
    }

    pub(super) fn pop_oldest(&mut self) -> Option<T> {
        let number = |lane: &VecDeque<(u64, T)>| lane.front().map_or(u64::MAX, |(number, _)| *number);
        self.lanes.iter_mut().min_by_key(|lane| number(lane))?.pop_front().map(|(_, entry)| entry)
    }

    pub(super) fn pop_newest(&mut self) -> Option<T> {
        // `None` is less than every number.
        let number = |lane: &VecDeque<(u64, T)>| lane.back().map(|(number, _)| *number);
        self.lanes.iter_mut().max_by_key(|lane| number(lane))?.pop_back().map(|(_, entry)| entry)
    }

    /// The oldest of the most critical class that waits.
    pub(super) fn pop_highest_class(&mut self) -> Option<T> {
        self.lanes.iter_mut().find_map(VecDeque::pop_front).map(|(_, entry)| entry)
    }

    /// The newest of the least critical class that waits, if that is less critical than `incoming`.
    pub(super) fn pop_lowest_class(&mut self, incoming: Criticality) -> Option<T> {
        let below = &mut self.lanes[incoming as usize + 1..];
        below.iter_mut().rev().find_map(VecDeque::pop_back).map(|(_, entry)| entry)
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        for lane in &mut self.lanes {
            lane.retain(|(_, entry)| keep(entry));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Criticality::{Critical, CriticalPlus, Sheddable, SheddablePlus};

    /// `a` to `e` came in this order.
    fn five(drop: DropRule) -> Arrivals<char> {
        let mut arrivals = Arrivals::new(drop);
        let classes = [Sheddable, Critical, Sheddable, CriticalPlus, SheddablePlus];
        classes.into_iter().zip('a'..).for_each(|(class, entry)| arrivals.push(class, entry));
        arrivals
    }

    const RULES: [DropRule; 3] = [DropRule::Newest, DropRule::Oldest, DropRule::LowestClass];

    #[test]
    fn lanes_by_class_keep_the_order_of_arrival() {
        for rule in RULES {
            let (mut oldest, mut newest) = (five(rule), five(rule));
            assert_eq!(std::iter::from_fn(|| oldest.pop_oldest()).collect::<String>(), "abcde");
            assert_eq!(std::iter::from_fn(|| newest.pop_newest()).collect::<String>(), "edcba");
            assert_eq!(oldest.len(), 0);
        }
    }

    #[test]
    fn the_rule_says_who_makes_room() {
        let leaving = |rule, incoming| {
            let mut arrivals = five(rule);
            std::iter::from_fn(|| arrivals.pop_by(rule, incoming)).collect::<String>()
        };
        assert_eq!(leaving(DropRule::Newest, CriticalPlus), "", "the one that comes is turned away");
        assert_eq!(leaving(DropRule::Oldest, Sheddable), "abcde");
        assert_eq!(leaving(DropRule::LowestClass, CriticalPlus), "caeb", "its equals stay");
        assert_eq!(leaving(DropRule::LowestClass, Critical), "cae");
        assert_eq!(leaving(DropRule::LowestClass, Sheddable), "");
    }

    #[test]
    fn what_is_not_kept_is_gone_and_the_rest_stays_in_order() {
        for rule in RULES {
            let mut arrivals = five(rule);
            arrivals.retain(|entry| "ace".contains(*entry));
            assert_eq!(arrivals.len(), 3);
            assert_eq!(std::iter::from_fn(|| arrivals.pop_oldest()).collect::<String>(), "ace");
        }
    }

    #[test]
    fn the_most_critical_come_first_and_equals_in_order() {
        let mut lanes = Lanes::new();
        let classes = [Sheddable, Critical, Sheddable, CriticalPlus, SheddablePlus];
        classes.into_iter().zip('a'..).for_each(|(class, entry)| lanes.push(class, entry));
        assert_eq!(std::iter::from_fn(|| lanes.pop_highest_class()).collect::<String>(), "dbeac");
    }
}
