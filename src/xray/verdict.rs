//! What the X-ray says about a module, and why.

use std::fmt;

/// Whether importing a module leaves the GIL off in a free-threaded interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The module declares that it does not need the GIL.
    KeepsOff,
    /// Importing the module turns the GIL on.
    TurnsOn,
    /// Another module decides: cffi's modules are made by `_cffi_backend`.
    Delegates(String),
    /// It cannot be said.
    Undetermined(Why),
}

/// Why a verdict is [`Verdict::Undetermined`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The file is not ELF, Mach-O or PE.
    UnknownFormat,
    /// The file has no part for the machine that was asked for.
    OtherMachine,
    /// The file is for a machine other than x86-64 and arm64.
    UnsupportedMachine,
    /// A part of the file contradicts another: the part.
    Malformed(&'static str),
    /// A table of the file is larger than any real one: the table.
    TooLarge(&'static str),
    /// No function of the expected name is exported, so that Python cannot import the file.
    NoInitFunction,
    /// The file name has no ABI, and none was given.
    NoAbi,
    /// The init function ends without a declaration that could be followed.
    NotFollowed,
    /// The declaration is not the same on every path through the init function.
    Depends,
    /// The declaration's value is computed in a way that could not be followed.
    UnknownValue,
    /// The slots are not those of this version of Python.
    UnknownSlots,
    /// The declaration is in memory that code may have changed which could not be followed.
    Changed,
    /// The create slot may return something that is not a module.
    CreateSlot,
    /// The module is made by a function of another library: its name.
    OtherLibrary(String),
    /// The limit of instructions was reached.
    Limit,
}

impl fmt::Display for Why {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::UnknownFormat => write!(text, "not an ELF, Mach-O or PE file"),
            Why::OtherMachine => write!(text, "not for this machine"),
            Why::UnsupportedMachine => write!(text, "not for x86-64 or arm64"),
            Why::Malformed(part) => write!(text, "malformed file: {part}"),
            Why::TooLarge(part) => write!(text, "file out of bounds: {part}"),
            Why::NoInitFunction => write!(text, "no init function: not an importable module"),
            Why::NoAbi => write!(text, "the file name does not say which Python it is for"),
            Why::NotFollowed => write!(text, "the init function could not be followed"),
            Why::Depends => write!(text, "the declaration is not the same on every path"),
            Why::UnknownValue => write!(text, "the declaration's value is computed at run time"),
            Why::UnknownSlots => write!(text, "the module's slots could not be read"),
            Why::Changed => write!(text, "the declaration may be changed by other code"),
            Why::CreateSlot => write!(text, "the create slot may not return a module"),
            Why::OtherLibrary(name) => write!(text, "made by `{name}` of another library"),
            Why::Limit => write!(text, "the limit of instructions was reached"),
        }
    }
}

/// What decided the verdict. Addresses are those in the file's own address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A slot of the definition, with its id and value: `{4, 1}`.
    Slot {
        /// The address of the slot array, if it is part of the file's image.
        array: Option<u64>,
        /// The slot's id: 4 before Python 3.15, 4 or 87 since.
        id: u32,
        /// Its value; 1 says that the GIL is not needed.
        value: u64,
    },
    /// The definition has slots, but none for the GIL.
    NoSlot {
        /// The address of the slot array, if it is part of the file's image.
        array: Option<u64>,
    },
    /// The create slot makes something that is not a module.
    NoModule,
    /// A call of `PyUnstable_Module_SetGIL`.
    Call {
        /// The address of the call.
        address: u64,
        /// The second argument.
        value: u64,
    },
    /// A single-phase module that was created without such a call.
    NoCall {
        /// The address of the call that created the module.
        created: u64,
    },
}

/// How a verdict was reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The init function: `PyInit_etree`.
    pub symbol: String,
    /// Its address.
    pub address: u64,
    /// What decided.
    pub decision: Option<Decision>,
    /// How deep calls were followed.
    pub depth: u8,
    /// How many instructions were executed, over all attempts.
    pub instructions: u32,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The verdict.
    pub verdict: Verdict,
    /// How it was reached.
    pub evidence: Evidence,
}
