//! CPython's ABI flags, as `sys.abiflags` spells them.

use std::fmt;

/// Whether the build has the global interpreter lock (PEP 703).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Threading {
    /// The default build: `3.14`.
    Gil,
    /// `--disable-gil`: `3.14t`.
    FreeThreaded,
}

impl Threading {
    /// Returns the opposite.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Gil => Self::FreeThreaded,
            Self::FreeThreaded => Self::Gil,
        }
    }
}

/// An ABI: threading, and whether the build was configured `--with-pydebug`.
///
/// A struct rather than one enum of four, so that no code has to list all combinations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Abi {
    /// Whether there is a `t`.
    pub threading: Threading,
    /// Whether there is a `d`.
    pub debug: bool,
}

impl Abi {
    /// The default build with the GIL.
    pub const GIL: Self = Self {
        threading: Threading::Gil,
        debug: false,
    };
    /// The default free-threaded build.
    pub const FREE_THREADED: Self = Self {
        threading: Threading::FreeThreaded,
        debug: false,
    };

    /// Parses `""`, `t`, `d` or `td`, the values of `sys.abiflags`.
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

    /// Returns `""`, `t`, `d` or `td`, as in `sys.abiflags` and in `python3.14td`.
    #[must_use]
    pub fn flags(&self) -> &'static str {
        match (self.threading, self.debug) {
            (Threading::Gil, false) => "",
            (Threading::Gil, true) => "d",
            (Threading::FreeThreaded, false) => "t",
            (Threading::FreeThreaded, true) => "td",
        }
    }

    /// Whether the build is free-threaded.
    #[must_use]
    pub fn is_free_threaded(&self) -> bool {
        self.threading == Threading::FreeThreaded
    }

    /// Returns `free-threaded`, `GIL`, `free-threaded debug` or `GIL debug`, for messages.
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
