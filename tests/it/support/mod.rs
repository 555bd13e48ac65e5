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
pub mod machine;
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
