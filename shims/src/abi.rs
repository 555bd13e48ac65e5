//! The two switches of CPython's ABI, as `sys.abiflags` spells them.

use std::fmt;

/// With or without the global interpreter lock (PEP 703).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Threading {
    /// The classic build: `3.14`.
    Gil,
    /// `--disable-gil`: `3.14t`.
    FreeThreaded,
}

impl Threading {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Gil => Self::FreeThreaded,
            Self::FreeThreaded => Self::Gil,
        }
    }
}

/// An ABI: threading, and whether it was configured `--with-pydebug`.
///
/// A struct and not one enum of four, so that no code has to list the cross product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Abi {
    /// `t` or not.
    pub threading: Threading,
    /// `d` or not.
    pub debug: bool,
}

impl Abi {
    /// The plain GIL build.
    pub const GIL: Self = Self {
        threading: Threading::Gil,
        debug: false,
    };
    /// The plain free-threaded build.
    pub const FREE_THREADED: Self = Self {
        threading: Threading::FreeThreaded,
        debug: false,
    };

    /// Reads `""`, `t`, `d` or `td`, the values of `sys.abiflags`.
    #[must_use]
    pub fn from_flags(flags: &str) -> Option<Self> {
        let (threading, rest) = match flags.strip_prefix('t') {
            Some(rest) => (Threading::FreeThreaded, rest),
            None => (Threading::Gil, flags),
        };
        let debug = match rest {
            "" => false,
            "d" => true,
            _ => return None,
        };
        Some(Self { threading, debug })
    }

    /// `""`, `t`, `d` or `td`, as in `sys.abiflags` and in `python3.14td`.
    #[must_use]
    pub fn flags(&self) -> &'static str {
        match (self.threading, self.debug) {
            (Threading::Gil, false) => "",
            (Threading::Gil, true) => "d",
            (Threading::FreeThreaded, false) => "t",
            (Threading::FreeThreaded, true) => "td",
        }
    }

    /// Whether the build has no GIL.
    #[must_use]
    pub fn is_free_threaded(&self) -> bool {
        self.threading == Threading::FreeThreaded
    }

    /// `free-threaded`, `GIL`, `free-threaded debug`, `GIL debug`: for sentences.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match (self.threading, self.debug) {
            (Threading::Gil, false) => "GIL",
            (Threading::Gil, true) => "GIL debug",
            (Threading::FreeThreaded, false) => "free-threaded",
            (Threading::FreeThreaded, true) => "free-threaded debug",
        }
    }
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.flags())
    }
}
