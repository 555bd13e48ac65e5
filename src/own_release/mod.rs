//! ftpy itself: how it was installed, its releases, and replacing it by a newer one.
//!
//! A release is a directory of files, at the URL that the release workflow embedded in ftpy or
//! that `FTPY_RELEASES` sets. `shims/shell/install.sh` reads the same files:
//!
//! ```text
//! latest/download/VERSION                    X.Y.Z
//! download/vX.Y.Z/SHA256SUMS                 in the format of sha256sum(1)
//! download/vX.Y.Z/ftpy-<target>.tar.gz       ftpy-<target>/ftpy
//! ```

mod install_method;
mod release;
mod replace;
mod update_error;

pub use install_method::{InstallMethod, owner};
pub use release::{Release, archive, is_prerelease, listed, newer, of_host, program};
pub use replace::replace;
pub use update_error::UpdateError;

/// The URL of the releases, embedded by the release workflow.
pub const RELEASES: Option<&str> = option_env!("FTPY_RELEASES_URL");
