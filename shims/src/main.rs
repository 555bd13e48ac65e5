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

/// std calls this to walk the stack for a backtrace; here the stack is empty. A shim has no symbols
/// that a backtrace could show, and a third of its bytes would be std's reader of debug information.
/// `build.rs` lets the linker prefer this function to the unwinder's own.
#[cfg(built_by_script)]
#[expect(unsafe_code, reason = "exports a symbol, before that of the unwinder")]
#[unsafe(no_mangle)]
extern "C" fn _Unwind_Backtrace(_step: *const u8, _argument: *const u8) -> i32 {
    5 // _URC_END_OF_STACK
}
