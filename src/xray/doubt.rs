//! Which writable memory was read and taken for certain, and which of it code that was not
//! executed may have changed.

use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;

/// How far from its address a function may change an object.
const OBJECT: u64 = 256;
/// How many bytes one instruction writes at most, but for the widest.
const WRITE: u64 = 32;

/// What is doubtful in the image's writable memory, by words at multiples of eight.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Words that hold an unknown value until they are written.
    initial: HashSet<u64>,
    /// Words that always hold an unknown value.
    always: HashSet<u64>,
    /// Words that were read with the value that they are known to hold.
    read: BTreeSet<u64>,
    /// Words of definitions and slots.
    deciding: BTreeSet<u64>,
    /// Static guards: code that runs earlier would initialize the same object.
    guards: BTreeSet<u64>,
    /// Where definitions and arrays of slots begin.
    objects: BTreeSet<u64>,
}

/// What was found to be doubtful.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Suspects {
    pub(super) any: bool,
    /// A word of a definition or of slots.
    pub(super) deciding: bool,
}

/// What code that was not executed may write to.
#[derive(Debug, Default, Clone)]
pub(super) struct Touched {
    /// Addresses that it writes to.
    pub(super) written: BTreeSet<u64>,
    /// Addresses that it has, and may write to or behind.
    pub(super) taken: BTreeSet<u64>,
    /// It may write anywhere.
    pub(super) anywhere: bool,
}

impl Touched {
    /// Adds what a search of all code found to what is known to be written.
    pub(super) fn narrow(&mut self, found: &Touched) {
        self.written.extend(&found.written);
        self.taken.extend(&found.taken);
        self.anywhere = found.anywhere;
    }
}

impl Doubt {
    /// Begins an execution: nothing was read so far.
    pub(super) fn begin(&mut self) {
        self.read.clear();
        self.deciding.clear();
        self.objects.clear();
    }

    /// Begins executions that pass over other calls.
    pub(super) fn forget(&mut self, initial: bool) {
        self.always.clear();
        if initial {
            self.initial.clear();
        }
    }

    /// Whether a word that is read is doubtful.
    pub(super) fn reads(&mut self, word: u64, written: impl Fn() -> bool) -> bool {
        if self.always.contains(&word) || self.initial.contains(&word) && !written() {
            return true;
        }
        self.read.insert(word);
        false
    }

    /// Remembers a word that decides: one of a definition or of slots.
    pub(super) fn decides(&mut self, address: u64) {
        self.deciding.insert(address & !7);
    }

    /// Remembers a static guard, which only the code that it guards writes to.
    pub(super) fn guard(&mut self, address: u64) {
        self.guards.insert(address & !7);
    }

    /// Remembers where an object begins: what has an earlier address does not reach into it.
    pub(super) fn object(&mut self, address: u64) {
        self.objects.insert(address);
    }

    /// Doubts the words that were read and may have been changed, before the first instruction
    /// or at any time. Whether there are any, and whether one of them decides.
    pub(super) fn suspect(&mut self, touched: &Touched, at_any_time: bool) -> Suspects {
        let words = self.read.difference(&self.guards).copied();
        let covered = |word: &u64| match touched.anywhere {
            true => self.deciding.contains(word),
            false => self.covered(touched, *word),
        };
        let found: Vec<u64> = words.filter(covered).collect();
        let doubted = if at_any_time {
            &mut self.always
        } else {
            &mut self.initial
        };
        let mut suspects = Suspects::default();
        for word in found {
            let new = doubted.insert(word);
            suspects.any |= new;
            suspects.deciding |= new && self.deciding.contains(&word);
        }
        suspects
    }

    /// Where definitions and slots are that were read from writable memory.
    pub(super) fn decisive(&self) -> Vec<RangeInclusive<u64>> {
        let ends = self.objects.iter().skip(1).copied().chain([u64::MAX]);
        let objects = self.objects.iter().copied().zip(ends);
        let words = objects.filter_map(|(start, end)| {
            let mut inside = self.deciding.range(start..end);
            let last = inside.rfind(|word| self.read.contains(word))?;
            Some(start..=last.saturating_add(7))
        });
        words.collect()
    }

    fn covered(&self, touched: &Touched, word: u64) -> bool {
        let reaches = |set: &BTreeSet<u64>, distance: u64| {
            let near = word.saturating_sub(distance - 1)..=word.saturating_add(7);
            set.range(near)
                .any(|from| *from >= word || self.objects.range(from + 1..=word).next().is_none())
        };
        reaches(&touched.written, WRITE) || reaches(&touched.taken, OBJECT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suspects(read: u64, objects: &[u64], touched: &Touched) -> bool {
        let mut doubt = Doubt::default();
        assert!(!doubt.reads(read, || false));
        doubt.decides(read);
        for object in objects {
            doubt.object(*object);
        }
        doubt.suspect(touched, true).any
    }

    #[test]
    fn a_word_is_doubted_when_code_has_its_address_or_that_of_its_object() {
        let taken = |address| Touched {
            taken: BTreeSet::from([address]),
            ..Touched::default()
        };
        assert!(suspects(0x1000, &[], &taken(0x1000)));
        assert!(suspects(0x1040, &[], &taken(0x1000)));
        assert!(suspects(0x1040, &[0x1000], &taken(0x1000)));
        assert!(!suspects(0x1040, &[0x1020], &taken(0x1000)));
        assert!(!suspects(0x1000, &[], &taken(0x1008)));
    }

    #[test]
    fn a_word_is_doubted_when_it_is_written_and_not_when_another_is() {
        let written = |address| Touched {
            written: BTreeSet::from([address]),
            ..Touched::default()
        };
        assert!(suspects(0x1000, &[], &written(0x1004)));
        assert!(!suspects(0x1000, &[], &written(0x1008)));
        assert!(!suspects(0x1080, &[], &written(0x1000)));
        assert!(suspects(
            0x1080,
            &[],
            &Touched {
                anywhere: true,
                ..Touched::default()
            }
        ));
    }

    #[test]
    fn a_doubtful_word_is_unknown_until_it_is_written_if_only_the_start_changed_it() {
        let mut doubt = Doubt::default();
        doubt.initial.insert(8);
        doubt.always.insert(16);
        assert!(doubt.reads(8, || false));
        assert!(!doubt.reads(8, || true));
        assert!(doubt.reads(16, || true));
    }
}
