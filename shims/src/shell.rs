//! What a shell evaluates to find the shims: one template for each family, from `shims/shell/`.
//!
//! The files live in this crate because a package holds no file of another member of its
//! workspace, and here they stand beside the program that they put on PATH. ftpy fills them in;
//! the shims themselves never see them.
//!
//! [`SHIMS`] and [`STORE`] stand for whole words, and whoever replaces them quotes the path for
//! that shell. A line with [`STORE`] is left out where the store is in the platform's own place.

/// Stands for the directory of the shims.
pub const SHIMS: &str = "@shims@";

/// Stands for the store.
pub const STORE: &str = "@store@";

/// bash, zsh and every `sh`: `~/.profile` is read by more shells than bash.
pub const POSIX: &str = include_str!("../shell/posix.sh");

/// fish.
pub const FISH: &str = include_str!("../shell/ftpy.fish");

/// nushell.
pub const NU: &str = include_str!("../shell/ftpy.nu");

/// PowerShell.
pub const PWSH: &str = include_str!("../shell/ftpy.ps1");
