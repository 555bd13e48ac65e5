//! How functions are called on a machine.

use super::image::{Format, Image};
use super::target::Machine;

/// The calling convention, by register numbers.
#[derive(Debug)]
pub(super) struct Convention {
    pub(super) arguments: &'static [usize],
    pub(super) result: usize,
    pub(super) stack_pointer: usize,
    pub(super) preserved: &'static [usize],
    pub(super) volatile: &'static [usize],
}

const SYSTEM_V: Convention = Convention {
    arguments: &[7, 6, 2, 1, 8, 9],
    result: 0,
    stack_pointer: 4,
    preserved: &[3, 5, 12, 13, 14, 15],
    volatile: &[0, 1, 2, 6, 7, 8, 9, 10, 11],
};

const WINDOWS: Convention = Convention {
    arguments: &[1, 2, 8, 9],
    result: 0,
    stack_pointer: 4,
    preserved: &[3, 5, 6, 7, 12, 13, 14, 15],
    volatile: &[0, 1, 2, 8, 9, 10, 11],
};

const ARM64: Convention = Convention {
    arguments: &[0, 1, 2, 3, 4, 5, 6, 7],
    result: 0,
    stack_pointer: 31,
    preserved: &[19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
    volatile: &[
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30,
    ],
};

/// x18 holds the address of the thread's block, and no call changes it.
const WINDOWS_ARM64: Convention = Convention {
    volatile: &[
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 30,
    ],
    ..ARM64
};

/// The calling convention of a module.
pub(super) fn convention(image: &Image<'_>) -> &'static Convention {
    match (image.machine, image.format) {
        (Machine::Arm64, Format::Pe) => &WINDOWS_ARM64,
        (Machine::Arm64, _) => &ARM64,
        (Machine::X86_64, Format::Pe) => &WINDOWS,
        (Machine::X86_64, _) => &SYSTEM_V,
    }
}
