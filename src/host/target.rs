//! Which targets' programs can run on this machine.

use ftpy_core::host;
use ftpy_core::target::Target;
use std::sync::OnceLock;

/// Returns this machine's target. Detected once, because that reads a program.
#[must_use]
pub fn detect() -> Target {
    static HOST: OnceLock<Target> = OnceLock::new();
    HOST.get_or_init(host::detect).clone()
}

/// Whether a machine of target `host` can run programs for `target`.
#[must_use]
pub fn can_run(host: &Target, target: &Target) -> bool {
    let is_same_arch = host.baseline_arch() == target.baseline_arch();
    // The two exceptions: 32-bit programs, and Apple's translation.
    let is_sister = matches!(
        (host.os.as_str(), host.arch.as_str(), target.arch.as_str()),
        ("linux" | "windows", "x86_64", "i686") | ("macos", "aarch64", "x86_64")
    );
    host.os == target.os && host.libc == target.libc && (is_same_arch || is_sister)
}
