//! What the switches that every compiling command has mean for an execution.

use crate::cli::build::Compiling;
use crate::commands::session::jobs;
use crate::commands::start::Context;
use crate::error::{Failure, Kind, Result};
use crate::execute::Options;

/// The options that these switches ask for; all others as they are without switches.
pub(super) fn options(context: &Context, switches: &Compiling) -> Result<Options> {
    if context.is_offline && switches.install_deps {
        let message = "--install-deps has the package manager download, and --offline forbids it";
        return Err(Failure::new(Kind::Usage, message).hint("leave one of them out"));
    }
    Ok(Options {
        allowed_missing: switches.allow_missing.clone(),
        installs_dependencies: switches.install_deps,
        is_sure: switches.yes,
        compiles_bytecode: switches.compile_bytecode,
        jobs: switches.jobs.map_or_else(jobs, usize::from),
        ..Options::default()
    })
}
