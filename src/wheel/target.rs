//! What a wheel is installed into: a Python and a platform.

use std::fmt;

/// A machine's architecture, as far as wheels are checked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arch {
    /// x86-64.
    X86_64,
    /// ARM with 64 bits.
    Arm64,
}

/// A platform. The versions are the newest that an installer would accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WheelPlatform {
    /// Linux with glibc: its version.
    Glibc(Arch, (u16, u16)),
    /// Linux with musl: its version.
    Musl(Arch, (u16, u16)),
    /// macOS: its version.
    MacOs(Arch, (u16, u16)),
    /// Windows.
    Windows(Arch),
}

/// A Python of a platform: 3.14t on Linux with glibc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WheelTarget {
    /// The minor version of Python 3.
    pub minor: u8,
    /// Whether it is a free-threaded build.
    pub is_free_threaded: bool,
    /// The platform.
    pub platform: WheelPlatform,
}

impl WheelPlatform {
    /// The six platforms of `--platform all`, with versions that current installers accept.
    pub const COMMON: [Self; 6] = [
        Self::Glibc(Arch::X86_64, (2, 39)),
        Self::Glibc(Arch::Arm64, (2, 39)),
        Self::Musl(Arch::X86_64, (1, 2)),
        Self::MacOs(Arch::Arm64, (15, 0)),
        Self::MacOs(Arch::X86_64, (15, 0)),
        Self::Windows(Arch::X86_64),
    ];

    /// The name used by `--platform` and in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Glibc(Arch::X86_64, _) => "linux-x86_64",
            Self::Glibc(Arch::Arm64, _) => "linux-aarch64",
            Self::Musl(Arch::X86_64, _) => "musl-x86_64",
            Self::Musl(Arch::Arm64, _) => "musl-aarch64",
            Self::MacOs(Arch::X86_64, _) => "macos-x86_64",
            Self::MacOs(Arch::Arm64, _) => "macos-arm64",
            Self::Windows(Arch::X86_64) => "windows-x86_64",
            Self::Windows(Arch::Arm64) => "windows-arm64",
        }
    }
}

impl fmt::Display for WheelPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl WheelTarget {
    /// The Python's version with its variant: `3.14t`.
    #[must_use]
    pub fn python(&self) -> String {
        let variant = if self.is_free_threaded { "t" } else { "" };
        format!("3.{}{variant}", self.minor)
    }

    /// Whether an interpreter for one is also for the other. The versions of the C library or of
    /// macOS may differ: those of a wheel on the disk are the ones that its name requires.
    #[must_use]
    pub fn has_interpreter_of(&self, other: &Self) -> bool {
        (self.minor, self.is_free_threaded, self.platform.name())
            == (other.minor, other.is_free_threaded, other.platform.name())
    }
}

impl fmt::Display for WheelTarget {
    /// `3.14t on linux-x86_64`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.python(), self.platform)
    }
}
