//! Available memory.

use super::cgroup;
use super::tree::{HostTree, number_after};

/// Available memory in bytes, of the machine or below the limit of a cgroup.
pub(super) fn available(tree: &HostTree) -> Option<u64> {
    let of_machine = tree
        .text("proc/meminfo")
        .and_then(|text| number_after(&text, "MemAvailable"))
        .and_then(|kibibytes| kibibytes.checked_mul(1024));
    let of_group = cgroup::memory_left(tree);
    of_machine.into_iter().chain(of_group).min()
}
