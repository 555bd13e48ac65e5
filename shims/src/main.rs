//! The shim. Everything it does is in the library; see [`ftpy_core::start`].
//!
//! `build.rs` compiles this file into the program that ftpy puts on disk under every name.

// std's own start-up costs a twentieth of a millisecond at every call (it reads
// /proc/self/maps, and opens what of stdin, stdout and stderr the parent had closed), so on
// glibc and macOS, where std finds the arguments without it, the C runtime calls us instead.
#![cfg_attr(
    any(all(target_os = "linux", target_env = "gnu"), target_os = "macos"),
    no_main
)]

#[cfg(any(all(target_os = "linux", target_env = "gnu"), target_os = "macos"))]
#[expect(
    unsafe_code,
    reason = "an exported symbol: nothing else in the program may be called `main`"
)]
#[unsafe(no_mangle)]
extern "C" fn main() -> i32 {
    ftpy_core::start::run().into()
}

#[cfg(not(any(all(target_os = "linux", target_env = "gnu"), target_os = "macos")))]
fn main() -> std::process::ExitCode {
    ftpy_core::start::run().into()
}
