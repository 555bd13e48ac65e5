//! A map of few entries that is copied often: a sorted array.

use std::ops::Range;

/// Entries in the order of their keys.
#[derive(Debug, Clone)]
pub(super) struct Sorted<K, V> {
    entries: Vec<(K, V)>,
    moved: u64,
}

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Sorted<K, V> {
        Sorted {
            entries: Vec::new(),
            moved: 0,
        }
    }
}

impl<K: Ord + Copy, V: Copy> Sorted<K, V> {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many entries were moved to make room, since this was asked last.
    pub(super) fn take_moved(&mut self) -> u64 {
        std::mem::take(&mut self.moved)
    }

    pub(super) fn get(&self, key: K) -> Option<V> {
        let found = self.entries.binary_search_by_key(&key, |(key, _)| *key);
        found.ok().map(|index| self.entries[index].1)
    }

    /// The value of a key, which is added if it is new.
    pub(super) fn entry(&mut self, key: K, new: V) -> &mut V {
        let found = self.entries.binary_search_by_key(&key, |(key, _)| *key);
        let index = found.unwrap_or_else(|index| {
            self.moved += (self.entries.len() - index) as u64;
            self.entries.insert(index, (key, new));
            index
        });
        &mut self.entries[index].1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        self.entries.iter().copied()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (K, &mut V)> {
        let entries = self.entries.iter_mut();
        entries.map(|(key, value)| (*key, value))
    }

    /// Whether a key in a range has a value.
    pub(super) fn has_any(&self, keys: Range<K>) -> bool {
        !self.places(&keys).is_empty()
    }

    /// The values of the keys in a range.
    pub(super) fn range_mut(&mut self, keys: Range<K>) -> impl Iterator<Item = &mut V> {
        let places = self.places(&keys);
        self.entries[places].iter_mut().map(|(_, value)| value)
    }

    /// Drops the keys in a range.
    pub(super) fn remove(&mut self, keys: Range<K>) {
        let places = self.places(&keys);
        if !places.is_empty() {
            self.entries.drain(places);
        }
    }

    fn places(&self, keys: &Range<K>) -> Range<usize> {
        let start = self.entries.partition_point(|(key, _)| *key < keys.start);
        let rest = &self.entries[start..];
        start..start + rest.partition_point(|(key, _)| *key < keys.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order_and_what_was_moved_is_counted() {
        let mut map = Sorted::default();
        for key in [5, 9, 7, 1, 5] {
            *map.entry(key, 0) += key;
        }
        assert_eq!(
            map.iter().collect::<Vec<_>>(),
            [(1, 1), (5, 10), (7, 7), (9, 9)]
        );
        assert_eq!((map.take_moved(), map.take_moved()), (1 + 3, 0));
        assert_eq!((map.get(7), map.get(8)), (Some(7), None));
        assert!(map.has_any(2..6) && !map.has_any(2..5));
        map.remove(2..8);
        assert_eq!(map.iter().map(|(key, _)| key).collect::<Vec<_>>(), [1, 9]);
    }
}
