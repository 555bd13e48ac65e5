//! ftpy itself: who put it where it is, what its releases are called, and how a newer one takes
//! its place.
//!
//! A release is a directory of files, at the place that the release workflow wrote into ftpy or
//! that `FTPY_RELEASES` names. `shims/shell/install.sh` reads the same:
//!
//! ```text
//! latest/download/VERSION                    X.Y.Z
//! download/vX.Y.Z/SHA256SUMS                 as sha256sum(1) writes it
//! download/vX.Y.Z/ftpy-<target>.tar.gz       ftpy-<target>/ftpy
//! ```

mod install_method;
mod release;
mod replace;

pub use install_method::{InstallMethod, owner};
pub use release::{Release, archive, is_prerelease, listed, newer, of_host, program};
pub use replace::replace;

/// Where the releases are, as the release workflow said when this ftpy was made.
pub const RELEASES: Option<&str> = option_env!("FTPY_RELEASES_URL");
