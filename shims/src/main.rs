//! The shim. Its code is in the library; see [`ftpy_core::start`].
//!
//! `build.rs` compiles this file into the program that ftpy installs under every shim name.

// std's start-up code takes a twentieth of a millisecond (it reads /proc/self/maps and reopens
// closed standard streams). On glibc and macOS std finds the arguments without it, so there the
// C runtime calls this function directly.
#![cfg_attr(
    any(all(target_os = "linux", target_env = "gnu"), target_os = "macos"),
    no_main
)]

#[cfg(any(all(target_os = "linux", target_env = "gnu"), target_os = "macos"))]
#[expect(
    unsafe_code,
    reason = "exports a symbol: no other symbol of the program is called `main`"
)]
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    ftpy_core::start::run().into()
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_os = "macos")))]
fn main() -> std::process::ExitCode {
    ftpy_core::start::run().into()
}
