//! Sets of addresses that are searched for in all code.

use std::ops::RangeInclusive;

/// How many addresses close to the wanted ones are looked at more closely, and how much an
/// instruction costs of that.
const CLOSE: usize = 2_000_000;
const INSTRUCTION: usize = 64;

/// Ranges of addresses, in order and apart.
#[derive(Debug)]
pub(super) struct Ranges {
    ranges: Vec<RangeInclusive<u64>>,
    left: usize,
}

impl Ranges {
    pub(super) fn new(mut ranges: Vec<RangeInclusive<u64>>) -> Ranges {
        ranges.sort_by_key(|range| *range.start());
        let mut apart: Vec<RangeInclusive<u64>> = Vec::new();
        for range in ranges {
            match apart.last_mut() {
                Some(last) if last.contains(range.start()) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => apart.push(range),
            }
        }
        Ranges {
            ranges: apart,
            left: CLOSE,
        }
    }

    /// The lowest and the highest address.
    pub(super) fn ends(&self) -> (u64, u64) {
        let first = self.ranges.first().map_or(0, |range| *range.start());
        (first, self.ranges.last().map_or(0, |range| *range.end()))
    }

    /// Whether an address, or one of so many behind it, is inside.
    pub(super) fn reach(&self, place: u64, more: u64) -> bool {
        let end = place.saturating_add(more);
        let before = self.ranges.partition_point(|range| *range.start() <= end);
        let last = before.checked_sub(1).map(|index| &self.ranges[index]);
        last.is_some_and(|range| place <= *range.end())
    }

    /// Takes the price of a closer look; `None` if nothing is left.
    pub(super) fn look(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        Some(())
    }

    /// Takes the price of decoding an instruction.
    pub(super) fn decode(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(INSTRUCTION)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_overlap_are_one_and_what_is_between_is_outside() {
        let mut ranges = Ranges::new(vec![40..=49, 10..=19, 15..=25]);
        assert_eq!(ranges.ends(), (10, 49));
        for (place, inside) in [
            (9, false),
            (10, true),
            (25, true),
            (26, false),
            (40, true),
            (50, false),
        ] {
            assert_eq!(ranges.reach(place, 0), inside, "{place}");
        }
        assert!(ranges.reach(36, 4));
        assert!(!ranges.reach(35, 4));
        ranges.left = 1;
        assert_eq!(
            (ranges.look(), ranges.look(), ranges.decode()),
            (Some(()), None, None)
        );
    }
}
