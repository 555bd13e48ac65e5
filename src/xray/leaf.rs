//! Small functions without calls: setters and getters, which are always followed.

use super::flow::Reference;
use super::image::Image;
use super::step::block;

/// How many instructions a small function has.
const SHORT: usize = 40;

/// Whether a function is short and calls nothing.
pub(super) fn is_leaf(image: &Image<'_>, entry: u64) -> bool {
    let mut address = entry;
    let mut left = SHORT;
    loop {
        let block = block(image, address, left);
        let calls = |found: &Reference| matches!(found, Reference::Call(_) | Reference::Through(_));
        if block.references.iter().any(calls) {
            return false;
        }
        left = left.saturating_sub(block.instructions);
        match block.references.last() {
            _ if block.returns => return true,
            Some(Reference::Branch(target)) if *target > block.end && left > 0 => address = *target,
            _ => return false,
        }
    }
}
