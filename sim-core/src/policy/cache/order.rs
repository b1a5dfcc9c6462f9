//! In which order did the entries come? A list through their places, so that any of them leaves in one step.

/// No place.
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Links {
    before: u32,
    after: u32,
}

/// Places in order, from the first to leave to the last. A place stands in it once at most.
#[derive(Clone, Debug, Default)]
pub struct Order {
    links: Vec<Links>,
    ends: Option<(u32, u32)>,
}

impl Order {
    /// `place` joins at the back. It does not stand in the order.
    pub(super) fn join(&mut self, place: u32) {
        if self.links.len() <= place as usize {
            self.links.resize(place as usize + 1, Links { before: NONE, after: NONE });
        }
        let (first, before) = match self.ends {
            None => (place, NONE),
            Some((first, last)) => {
                self.links[last as usize].after = place;
                (first, last)
            }
        };
        self.links[place as usize] = Links { before, after: NONE };
        self.ends = Some((first, place));
    }

    /// `place`, which stands in the order, leaves it.
    pub(super) fn leave(&mut self, place: u32) {
        let Links { before, after } = self.links[place as usize];
        let (mut first, mut last) = self.ends.expect("who leaves is there");
        match before {
            NONE => first = after,
            _ => self.links[before as usize].after = after,
        }
        match after {
            NONE => last = before,
            _ => self.links[after as usize].before = before,
        }
        self.ends = (first != NONE).then_some((first, last));
    }

    /// `place`, which stands in the order, goes to the back.
    pub(super) fn move_to_back(&mut self, place: u32) {
        self.leave(place);
        self.join(place);
    }

    /// The place in front leaves.
    pub(super) fn take_first(&mut self) -> Option<u32> {
        let first = self.first()?;
        self.leave(first);
        Some(first)
    }

    /// The place in front.
    pub(super) fn first(&self) -> Option<u32> {
        self.ends.map(|(first, _)| first)
    }

    pub(super) fn clear(&mut self) {
        self.ends = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anybody_leaves_from_anywhere() {
        let mut order = Order::default();
        (0..4).for_each(|place| order.join(place));
        order.leave(1);
        order.leave(3);
        order.join(1);
        let mut left = Vec::new();
        while let Some(first) = order.first() {
            order.leave(first);
            left.push(first);
        }
        assert_eq!(left, [0, 2, 1]);
        order.join(7);
        assert_eq!(order.first(), Some(7));
    }
}
