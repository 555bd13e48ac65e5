//! The shell code that puts the shims on PATH: one template per shell family, from `shims/shell/`.
//!
//! The files live in this crate because a package cannot include files of another workspace
//! member. ftpy fills them in; the shims do not use them.
//!
//! [`SHIMS`] and [`STORE`] are placeholders for whole words, and the caller quotes the paths for
//! the shell. A line with [`STORE`] is omitted if the store is in the platform's default location.

/// The placeholder for the directory of the shims.
pub const SHIMS: &str = "@shims@";

/// The placeholder for the store.
pub const STORE: &str = "@store@";

/// bash, zsh and other POSIX shells: `~/.profile` is read by more shells than bash.
pub const POSIX: &str = include_str!("../shell/posix.sh");

/// fish.
pub const FISH: &str = include_str!("../shell/ftpy.fish");

/// nushell.
pub const NU: &str = include_str!("../shell/ftpy.nu");

/// PowerShell.
pub const PWSH: &str = include_str!("../shell/ftpy.ps1");
