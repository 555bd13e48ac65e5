//! What any code of the module refers to in parts of memory, found without following it.

use super::doubt::Touched;
use super::flow::Reference;
use super::image::Image;
use super::ranges::Ranges;
use super::step::references_to;
use std::ops::RangeInclusive;

/// How far before a pointer a table may begin that holds it.
const TABLE: u64 = 64;

/// What all code could write to in some objects, but for the instructions that were executed, whose
/// addresses are sorted.
pub(super) fn scan(
    image: &Image<'_>,
    objects: &[RangeInclusive<u64>],
    executed: &[u64],
) -> Touched {
    let mut touched = Touched::default();
    let inside = |ranges: &[RangeInclusive<u64>], place: u64| {
        ranges.iter().any(|range| range.contains(&place))
    };
    let pointers = image.pointers_into(objects);
    let tables = pointers.iter().filter(|(word, _)| !inside(objects, *word));
    let tables = tables.map(|(word, _)| word.saturating_sub(TABLE)..=*word);
    let mut wanted = Ranges::new(objects.iter().cloned().chain(tables).collect());
    let Some(found) = references_to(image, &mut wanted) else {
        touched.anywhere = true;
        return touched;
    };
    for (at, reference) in found {
        // An instruction is also found without its prefix.
        let before = executed.partition_point(|executed| *executed < at.saturating_sub(3));
        if executed.get(before).is_some_and(|first| *first <= at) {
            continue;
        }
        match reference {
            Reference::Write(place) => {
                touched.written.insert(place);
            }
            Reference::Address(place) => {
                touched.taken.insert(place);
                let near = place..=place.saturating_add(TABLE);
                let held = pointers.iter().filter(|(word, _)| near.contains(word));
                touched.taken.extend(held.map(|(_, target)| *target));
            }
            Reference::Through(place) => {
                let held = pointers.iter().filter(|(word, _)| *word == place);
                touched.taken.extend(held.map(|(_, target)| *target));
            }
            Reference::None | Reference::Branch(_) | Reference::Call(_) => {}
        }
    }
    touched
}
