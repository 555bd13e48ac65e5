//! The platform that interpreters must be built for to start here.

use crate::libc;
use crate::target::Target;

/// This machine's target, with the baseline micro-architecture.
///
/// The architecture is the one this program was compiled for: an x86-64 ftpy under emulation
/// installs x86-64 interpreters, as rustup and uv do.
#[must_use]
pub fn detect() -> Target {
    let os = std::env::consts::OS;
    let arch = match std::env::consts::ARCH {
        "powerpc64" if cfg!(target_endian = "little") => "powerpc64le",
        "arm" => "armv7",
        "x86" => "i686",
        other => other,
    };
    match os {
        "linux" => Target::new(os, arch, libc::detect().unwrap_or("gnu")),
        _ => Target::new(os, arch, "none"),
    }
}
