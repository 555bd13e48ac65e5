//! The details of a build from source for `--dry-run`: the arguments of configure on this machine.

use crate::error::{IoFailure, Result};
use crate::execute::dependencies::preflight_of;
use crate::execute::session::Session;
use crate::execute::source::{flags, lift_limits};
use crate::host::private_dir::PrivateDir;
use crate::resolve::Attempt;
use crate::store::Compilation;
use serde::Serialize;

/// A build that was not started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuildDescription {
    /// The settings of configure, from its arguments and the environment.
    pub configure: Vec<String>,
    /// Tools and libraries that this machine lacks.
    pub missing: Vec<String>,
    /// The command that installs them, if known.
    pub install_command: Option<String>,
}

/// Checks the compiler and the libraries like a build does, without starting one.
///
/// # Errors
/// Returns an error if the temporary directory cannot be written.
pub fn describe_build(
    session: &Session,
    attempt: &Attempt,
    how: &Compilation,
) -> Result<BuildDescription> {
    lift_limits(session, attempt);
    let scratch = PrivateDir::new(&session.env.temporary, "preflight");
    let scratch = scratch.map_err(IoFailure::outside_store)?;
    let found = tokio::task::block_in_place(|| preflight_of(session, attempt, how, &scratch));
    session.cancel().check()?;
    let missing = found.missing.iter().map(|one| one.name.clone());
    Ok(BuildDescription {
        configure: flags(session, how, &found),
        missing: missing.collect(),
        install_command: found.install_command(&session.env.path),
    })
}
