//! Whose turn is it if turns have different lengths? The instance whose deadline is the earliest.
//!
//! Each member has a deadline on a clock of turns; the one that is picked gets a new deadline one turn
//! later, and a turn is 1 / weight long. So a member of weight 2 has two turns where weight 1 has one.
//! Envoy's `EdfLoadBalancer`, which [`super::weighted`] uses always, [`super::round_robin`] and
//! [`super::least_request`] while instances are in slow start. Ties go to who has waited longer. Deviation:
//! when membership changes those who stay keep their deadlines (Envoy starts over). Linear in the number of
//! members, which is tens, not thousands.

/// What one client remembers of turns of different lengths.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    /// By instance: deadline and number of the pick it was given at; infinite for who is no member.
    /// invariant: no member's lies before `now`.
    due: Vec<(f64, u64)>,
    /// The deadline of the latest pick.
    now: f64,
    picks: u64,
}

impl Deadlines {
    /// Newcomers get a deadline one turn from now, who has gone loses it. `weight` is above zero for
    /// every member. The first call passes over `skip` turns, so that clients do not begin in step.
    pub(crate) fn update(&mut self, members: &[u32], weight: impl Fn(u32) -> f64, skip: usize) {
        let is_first = self.due.is_empty();
        let mut due = vec![(f64::INFINITY, 0); members.last().map_or(0, |last| *last as usize + 1)];
        for &member in members {
            let place = member as usize;
            let kept = self.due.get(place).copied().filter(|(at, _)| at.is_finite());
            due[place] = kept.unwrap_or_else(|| (self.now + 1.0 / weight(member), self.picks));
        }
        self.due = due;
        if is_first {
            for _ in 0..skip {
                self.pick(members, &weight);
            }
        }
    }

    /// The position among `members` of the one whose turn it is. Its next turn is as long as its weight
    /// says now.
    pub(crate) fn pick(&mut self, members: &[u32], weight: impl Fn(u32) -> f64) -> usize {
        let mut earliest = 0;
        for (position, &member) in members.iter().enumerate().skip(1) {
            if self.due[member as usize] < self.due[members[earliest] as usize] {
                earliest = position;
            }
        }
        let member = members[earliest];
        self.picks += 1;
        self.now = self.due[member as usize].0;
        self.due[member as usize] = (self.now + 1.0 / weight(member), self.picks);
        earliest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(deadlines: &mut Deadlines, members: &[u32], weights: &[f64], count: usize) -> Vec<u32> {
        (0..count).map(|_| members[deadlines.pick(members, |i| weights[i as usize])]).collect()
    }

    #[test]
    fn equal_weights_take_turns() {
        let (mut deadlines, weights) = (Deadlines::default(), [1.0; 3]);
        deadlines.update(&[0, 1, 2], |_| 1.0, 0);
        assert_eq!(picks(&mut deadlines, &[0, 1, 2], &weights, 7), [0, 1, 2, 0, 1, 2, 0]);
    }

    #[test]
    fn a_double_weight_has_two_turns_for_one() {
        let (mut deadlines, weights) = (Deadlines::default(), [1.0, 2.0]);
        deadlines.update(&[0, 1], |i| weights[i as usize], 0);
        assert_eq!(picks(&mut deadlines, &[0, 1], &weights, 6), [1, 0, 1, 1, 0, 1]);
    }

    #[test]
    fn a_skip_begins_later_in_the_same_order() {
        let mut deadlines = Deadlines::default();
        deadlines.update(&[0, 1, 2], |_| 1.0, 2);
        assert_eq!(picks(&mut deadlines, &[0, 1, 2], &[1.0; 3], 4), [2, 0, 1, 2]);
    }

    #[test]
    fn newcomers_wait_one_turn_and_those_who_stay_keep_theirs() {
        let (mut deadlines, weights) = (Deadlines::default(), [1.0; 4]);
        deadlines.update(&[0, 1, 2], |_| 1.0, 0);
        assert_eq!(picks(&mut deadlines, &[0, 1, 2], &weights, 1), [0]);
        deadlines.update(&[0, 2, 3], |_| 1.0, 7);
        assert_eq!(picks(&mut deadlines, &[0, 2, 3], &weights, 4), [2, 0, 3, 2]);
    }
}
