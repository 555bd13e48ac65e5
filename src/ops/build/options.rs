//! Turns the switches that all compiling commands share into options of an execution.

use crate::cli::build::Compiling;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Follow, Options};
use crate::host::person_file;
use crate::ops::context::Context;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Returns the options for these switches, with defaults for all others.
pub(crate) fn options(context: &Context, switches: &Compiling) -> Result<Options> {
    if context.is_offline && switches.install_deps {
        let message =
            "--install-deps cannot be combined with --offline: the package manager downloads";
        return Err(Failure::new(Kind::Usage, message).hint("drop one of the two"));
    }
    Ok(Options {
        allowed_missing: switches.allow_missing.clone(),
        installs_dependencies: switches.install_deps,
        is_sure: switches.yes,
        compiles_bytecode: switches.compile_bytecode,
        jobs: switches.jobs.map(usize::from),
        follow: switches
            .log
            .as_ref()
            .map(|path| follow(context, path))
            .transpose()?,
        ..Options::default()
    })
}

fn follow(context: &Context, path: &Path) -> Result<Follow> {
    if path.as_os_str() == "-" {
        return Ok(Follow::Shown);
    }
    let path = context.env.current_dir.join(path);
    // Empties the log of an earlier run, and fails early if it is not writable. It is opened only
    // once, because the reader of a pipe takes its closing for the end.
    let file = person_file::emptied(&path).map_err(IoFailure::outside_store)?;
    Ok(Follow::File(Arc::new(Mutex::new(file))))
}
