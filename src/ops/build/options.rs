//! What the switches that every compiling command has mean for an execution.

use crate::cli::build::Compiling;
use crate::error::{Failure, IoFailure, Kind, Result};
use crate::execute::{Follow, Options};
use crate::host::person_file;
use crate::ops::context::Context;
use crate::ops::session::jobs;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The options that these switches ask for; all others as they are without switches.
pub(crate) fn options(context: &Context, switches: &Compiling) -> Result<Options> {
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
    // Of an earlier run nothing stays. What cannot be written says so before anything is done.
    // Opened once: the reader of a pipe takes its closing for the end.
    let file = person_file::emptied(&path).map_err(IoFailure::outside_store)?;
    Ok(Follow::File(Arc::new(Mutex::new(file))))
}
