//! What functions that are not executed may write to in the image's memory.

use super::doubt::Touched;
use super::flow::Reference;
use super::image::{Fixup, Image};
use super::imports::Known;
use super::step::{block, stub};
use std::collections::{BTreeMap, HashSet};

/// How many instructions of one function are looked at.
const LONGEST_FUNCTION: usize = 20_000;
/// How many words of a table are looked at.
const TABLE: u64 = 16;

/// The effects of functions, and of those that they call or refer to.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) touched: Touched,
    seen: HashSet<u64>,
}

impl Effects {
    /// Adds the effects of functions, looking at no more instructions than are left.
    pub(super) fn add(
        &mut self,
        image: &Image<'_>,
        functions: impl IntoIterator<Item = u64>,
        left: &mut usize,
    ) {
        let mut waiting: Vec<u64> = functions.into_iter().collect();
        while let Some(entry) = waiting.pop() {
            if *left == 0 {
                self.touched.anywhere = true;
                return;
            }
            if self.seen.insert(entry) {
                self.function(image, entry, &mut waiting, left);
            }
        }
    }

    fn function(
        &mut self,
        image: &Image<'_>,
        entry: u64,
        waiting: &mut Vec<u64>,
        left: &mut usize,
    ) {
        // The start and end of each block that was looked at.
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        let mut longest = LONGEST_FUNCTION;
        let mut work = vec![entry];
        while let Some(address) = work.pop() {
            let before = seen.range(..=address).next_back();
            if before.is_some_and(|(_, end)| *end > address) {
                continue;
            }
            if longest == 0 || *left == 0 {
                self.touched.anywhere = true;
                return;
            }
            let block = block(image, address, longest.min(*left));
            longest -= block.instructions.min(longest);
            *left -= block.instructions.clamp(1, *left);
            seen.insert(address, block.end.max(address.saturating_add(1)));
            for reference in block.references {
                match reference {
                    Reference::None => {}
                    Reference::Branch(target) if stub(image, target).is_none() => {
                        work.push(target);
                    }
                    Reference::Call(target) if stub(image, target).is_none() => {
                        waiting.push(target);
                    }
                    Reference::Branch(_) | Reference::Call(_) => {}
                    Reference::Write(place) => {
                        self.touched.written.insert(place);
                    }
                    Reference::Through(word) => self.pointer(image, word, waiting),
                    Reference::Address(place) => self.address(image, place, waiting),
                }
            }
        }
    }

    /// A word that is read: perhaps a pointer.
    fn pointer(&mut self, image: &Image<'_>, word: u64, waiting: &mut Vec<u64>) {
        match image.fixup(word) {
            Some(Fixup::Address(target)) if image.executable(target) => waiting.push(target),
            Some(Fixup::Address(target)) => {
                self.touched.taken.insert(target);
            }
            _ => {}
        }
    }

    /// An address that is computed: of a function, of a table, or of what is written to.
    fn address(&mut self, image: &Image<'_>, place: u64, waiting: &mut Vec<u64>) {
        if image.executable(place) {
            return waiting.push(place);
        }
        // What it is passed to only returns the place of a variable of the thread.
        if let Some(Fixup::Import(symbol)) = image.fixup(place)
            && image.known(symbol) == Known::ThreadAddress
        {
            return;
        }
        self.touched.taken.insert(place);
        for index in 0..TABLE {
            let word = place.wrapping_add(8 * index);
            match image.fixup(word) {
                Some(Fixup::Address(_)) => self.pointer(image, word, waiting),
                // MSVC's tables of constructors begin with a null.
                None if index == 0 && image.raw(word, 8) == Some(0) => {}
                _ => return,
            }
        }
    }
}
