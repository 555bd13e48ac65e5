//! Shared by the tests: a temporary home, a loopback server, valid and broken archives.

pub mod actions;
pub mod archives;
pub mod browser;
pub mod channel;
pub mod ci;
pub mod conda;
pub mod elf_module;
pub mod exercise;
pub mod extensions;
pub mod fuzz;
pub mod live;
pub mod mach_o;
pub mod machine;
pub mod namespace;
pub mod ports;
pub mod proxy;
pub mod pythons;
pub mod sandbox;
#[cfg(target_os = "linux")]
pub mod sanitized;
pub mod server;
pub mod shims;
#[cfg(target_os = "linux")]
pub mod slow;
#[cfg(unix)]
pub mod source_tree;
pub mod terminal;
pub mod tls;
pub mod tools;
pub mod wheels;
pub mod workflows;
pub mod zip;

/// The ftpy that is tested: cargo's, or the one that `FTPY_TESTED_PROGRAM` names, as a static one
/// that was built for a release.
#[expect(clippy::disallowed_methods, reason = "the test's own environment")]
pub fn program() -> &'static str {
    static PROGRAM: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    PROGRAM.get_or_init(|| {
        std::env::var("FTPY_TESTED_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_ftpy").into())
    })
}
