//! The platform that interpreters must be built for to start here.

use crate::host::libc;
use ftpy_shims::target::Target;

/// Whether a machine of target `host` may start programs for `target`.
#[must_use]
pub fn can_run(host: &Target, target: &Target) -> bool {
    let is_same_arch = host.baseline_arch() == target.baseline_arch();
    // The two that run beside the machine's own: 32 bits, and Apple's translation.
    let is_sister = matches!(
        (host.os.as_str(), host.arch.as_str(), target.arch.as_str()),
        ("linux" | "windows", "x86_64", "i686") | ("macos", "aarch64", "x86_64")
    );
    host.os == target.os && host.libc == target.libc && (is_same_arch || is_sister)
}

/// This machine's target, with the baseline of its architecture.
///
/// The architecture is the one ftpy was compiled for: an x86-64 ftpy under emulation installs
/// x86-64 interpreters, which is what rustup and uv do too.
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
