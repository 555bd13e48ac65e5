//! Which functions can reach a call that decides the verdict: only those are worth following.

use super::flow::Reference;
use super::image::{Fixup, Image};
use super::imports::Symbol;
use super::step::{block, stub};
use std::collections::{BTreeMap, HashMap};

/// How many instructions of one function are looked at.
const LONGEST_FUNCTION: usize = 4000;
/// How many instructions are looked at in all.
const LIMIT: usize = 100_000;
/// How deep calls are looked through.
const DEPTH: u8 = 8;
/// How many words of a table of functions are looked at.
const TABLE: u64 = 6;

/// What is already known about functions.
#[derive(Debug, Default)]
pub(super) struct Reach {
    known: HashMap<u64, bool>,
    stubs: HashMap<u64, Option<Symbol>>,
    looked_at: usize,
}

impl Reach {
    /// Whether a function can reach a deciding call.
    pub(super) fn function(&mut self, image: &Image<'_>, entry: u64) -> bool {
        self.search(image, entry, 0)
    }

    /// Whether the limit was reached: what is not known to reach a deciding call may do so.
    pub(super) fn exhausted(&self) -> bool {
        self.looked_at >= LIMIT
    }

    /// Whether a value passed to a function leads to one that can: a pointer to code, or to a
    /// table of such pointers.
    pub(super) fn argument(&mut self, image: &Image<'_>, address: u64) -> bool {
        if address < 4096 {
            return false;
        }
        functions(image, address)
            .into_iter()
            .any(|function| self.search(image, function, 0))
    }

    fn search(&mut self, image: &Image<'_>, entry: u64, depth: u8) -> bool {
        if let Some(known) = self.known.get(&entry) {
            return *known;
        }
        if depth > DEPTH || self.looked_at >= LIMIT {
            return false;
        }
        self.known.insert(entry, false);
        let found = match self.callees(image, entry) {
            None => true,
            Some(callees) => callees
                .into_iter()
                .any(|callee| self.search(image, callee, depth + 1)),
        };
        self.known.insert(entry, found);
        found
    }

    /// The functions that a function refers to; `None` if it makes a deciding call itself.
    fn callees(&mut self, image: &Image<'_>, entry: u64) -> Option<Vec<u64>> {
        // The start and end of each block that was looked at.
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        let mut left = LONGEST_FUNCTION;
        let mut callees = Vec::new();
        let mut work = vec![entry];
        while let Some(address) = work.pop() {
            let before = seen.range(..=address).next_back();
            if left == 0 || before.is_some_and(|(_, end)| *end > address) {
                continue;
            }
            let block = block(image, address, left);
            left -= block.instructions.min(left);
            self.looked_at += block.instructions;
            seen.insert(address, block.end.max(address.saturating_add(1)));
            for found in block.references {
                match found {
                    Reference::None | Reference::Write(_) => {}
                    Reference::Branch(target) | Reference::Call(target) => {
                        match self.stub(image, target) {
                            Some(symbol) if image.known(symbol).decides() => return None,
                            Some(_) => {}
                            None if found == Reference::Call(target) => callees.push(target),
                            None => work.push(target),
                        }
                    }
                    Reference::Through(word) => match image.fixup(word) {
                        Some(Fixup::Import(symbol)) if image.known(symbol).decides() => {
                            return None;
                        }
                        _ => callees.extend(image.code_at(word)),
                    },
                    Reference::Address(place) => callees.extend(functions(image, place)),
                }
            }
        }
        callees.dedup();
        Some(callees)
    }

    fn stub(&mut self, image: &Image<'_>, address: u64) -> Option<Symbol> {
        *self
            .stubs
            .entry(address)
            .or_insert_with(|| stub(image, address))
    }
}

/// The function at an address, or those in a table at it.
fn functions(image: &Image<'_>, address: u64) -> Vec<u64> {
    if image.executable(address) {
        return vec![address];
    }
    (0..TABLE)
        .filter_map(|index| image.code_at(address.checked_add(8 * index)?))
        .collect()
}
