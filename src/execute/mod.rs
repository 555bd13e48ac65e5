//! Executes a plan: download, verify, unpack or compile, finalise, probe, commit.
//!
//! [`attempts::execute`] makes the plan's attempts in order. An attempt whose files are unavailable
//! is skipped; wrong bytes stop everything. No step calls an earlier one.

mod archive;
mod attempt;
mod attempts;
mod build_artifacts;
mod compile;
#[cfg(feature = "conda")]
mod conda;
#[cfg(feature = "conda")]
mod conda_packages;
mod custom_source;
mod dependencies;
mod describe;
mod error;
mod fetch;
mod finalize;
mod install_local;
mod local_archive;
#[cfg(feature = "conda")]
mod local_conda;
mod packages;
mod preserve_packages;
mod rebuild_check;
mod report;
mod session;
mod source;
mod staged;
mod unavailable;

pub use attempts::{FailedAttempts, execute, execute_answered, execute_slow};
pub use custom_source::{LaidOut, OwnSource, lay_out};
pub use describe::{BuildDescription, describe_build};
pub use fetch::obtain;
pub use install_local::install_named;
pub use local_archive::LocalArchive;
pub use rebuild_check::Repeated;
pub use report::{InstallReport, PassedOver};
pub use session::{Confirm, Follow, Options, Session};
