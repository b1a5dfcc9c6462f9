//! Where do calls and attempts in flight live? In a table of slots with generations: memory follows the
//! number in flight, not the number of requests, and a stale id finds nothing.

use crate::ids::Handle;

#[derive(Clone, Debug)]
struct Slot<T> {
    /// Odd while occupied; every insert and every remove adds one, so an id is good exactly once.
    generation: u32,
    value: T,
}

/// A table of things in flight.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
    /// Freed slots, the most recent on top: it is the one still in the cache.
    free: Vec<u32>,
}

impl<T: Copy> Table<T> {
    pub(crate) const fn new() -> Self {
        Table { slots: Vec::new(), free: Vec::new() }
    }

    /// How many things are in flight.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Adds a thing. Panics above 2^32 slots; the engine's in-flight bound lies far below.
    #[inline]
    pub(crate) fn insert(&mut self, value: T) -> Handle {
        if let Some(slot) = self.free.pop() {
            let entry = &mut self.slots[slot as usize];
            entry.generation = entry.generation.wrapping_add(1);
            entry.value = value;
            return Handle { slot, generation: entry.generation };
        }
        let slot = u32::try_from(self.slots.len()).expect("fewer than 2^32 things are in flight");
        self.slots.push(Slot { generation: 1, value });
        Handle { slot, generation: 1 }
    }

    /// The thing of this id, if it is still in flight.
    #[inline]
    pub(crate) fn get(&self, id: Handle) -> Option<&T> {
        let entry = self.slots.get(id.slot as usize)?;
        (entry.generation == id.generation).then_some(&entry.value)
    }

    /// The thing of this id, if it is still in flight, to change.
    #[inline]
    pub(crate) fn get_mut(&mut self, id: Handle) -> Option<&mut T> {
        let entry = self.slots.get_mut(id.slot as usize)?;
        (entry.generation == id.generation).then_some(&mut entry.value)
    }

    /// Ends the thing of this id. Panics if it has ended already: that is a fault of the engine.
    #[inline]
    pub(crate) fn remove(&mut self, id: Handle) -> T {
        let entry = &mut self.slots[id.slot as usize];
        assert!(entry.generation == id.generation, "something in flight ends twice");
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(id.slot);
        entry.value
    }

    /// Everything in flight, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter(|slot| slot.generation % 2 == 1).map(|slot| &slot.value)
    }

    /// Everything in flight with its id, in slot order.
    pub(crate) fn iter_ids(&self) -> impl Iterator<Item = (Handle, &T)> {
        let here = self.slots.iter().enumerate().filter(|(_, slot)| slot.generation % 2 == 1);
        here.map(|(k, slot)| (Handle { slot: k as u32, generation: slot.generation }, &slot.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_id_finds_nothing_even_when_its_slot_is_in_use_again() {
        let mut table = Table::new();
        let old = table.insert('a');
        assert_eq!(table.remove(old), 'a');
        let new = table.insert('b');
        assert_eq!(old.slot, new.slot);
        assert_eq!(table.get(old), None);
        assert_eq!(table.get(new), Some(&'b'));
    }

    #[test]
    fn an_empty_table_finds_nothing() {
        let mut table = Table::<char>::new();
        let nobody = Handle { slot: 0, generation: 0 };
        assert_eq!(table.get(nobody), None);
        assert_eq!(table.get_mut(nobody), None);
    }

    #[test]
    fn slots_are_used_again() {
        let mut table = Table::new();
        for n in 0..1_000 {
            let id = table.insert(n);
            table.remove(id);
        }
        assert_eq!(table.slots.len(), 1);
        assert_eq!(table.len(), 0);
        assert_eq!(table.iter().count(), 0);
    }
}
