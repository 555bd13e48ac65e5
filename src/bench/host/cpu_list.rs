//! Lists of CPUs as the kernel writes them: `0-3,8`.

use std::collections::BTreeSet;

/// More CPUs than the kernel can be configured for.
const MOST_CPUS: u32 = 8192;

/// Numbers of CPUs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CpuList(BTreeSet<u32>);

impl CpuList {
    /// Parses a list. Returns `None` if it is empty or unreadable.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut cpus, mut count) = (BTreeSet::new(), 0);
        for part in text.trim().split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            if first > last || last >= MOST_CPUS {
                return None;
            }
            // The kernel does not repeat CPUs.
            count += last - first + 1;
            if count > MOST_CPUS {
                return None;
            }
            cpus.extend(first..=last);
        }
        Self::new(cpus)
    }

    /// Makes a list of numbers. Returns `None` if there are none.
    pub(super) fn new(cpus: impl IntoIterator<Item = u32>) -> Option<Self> {
        let cpus: BTreeSet<u32> = cpus.into_iter().collect();
        (!cpus.is_empty()).then_some(Self(cpus))
    }

    /// The CPUs that are in another list, too. Returns `None` if there are none.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        Self::new(self.0.intersection(&other.0).copied())
    }

    pub(super) fn contains(&self, cpu: u32) -> bool {
        self.0.contains(&cpu)
    }

    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("at most MOST_CPUS")
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::CpuList;

    #[test]
    fn lists_of_the_kernel_are_read() {
        let list = CpuList::parse("0-3,8,10-11\n").unwrap();
        let cpus: Vec<u32> = list.iter().collect();
        assert_eq!(cpus, [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!((list.count(), list.contains(8)), (7, true));
        let other = CpuList::parse("3-9").unwrap();
        assert_eq!(list.and(&other), CpuList::parse("3,8"));
        assert_eq!(list.and(&CpuList::parse("100").unwrap()), None);
    }

    #[test]
    fn garbage_and_huge_numbers_are_refused() {
        for text in [
            "",
            "\n",
            "a",
            "-",
            "1-",
            "-1",
            "3-1",
            "0-4294967295",
            "8192",
            "0-99999999999999",
            "0-8191,0-8191",
            "0,,1",
            "0 1",
        ] {
            assert_eq!(CpuList::parse(text), None, "{text:?}");
        }
    }
}
