//! Reports in files: those that were asked for, and the summary of a CI job.

use crate::error::{IoFailure, Result};
use crate::host::person_file;
use crate::ops::context::Context;
use std::path::Path;

/// Writes a file that the user named.
pub(super) fn save(context: &Context, file: &Path, text: &str) -> Result<()> {
    let path = context.env.current_dir.join(file);
    person_file::write(&path, text.as_bytes()).map_err(IoFailure::outside_store)
}

/// Appends to the job's summary, if the CI system has one.
pub(super) fn append_summary(context: &Context, text: impl FnOnce() -> String) -> Result<()> {
    match &context.env.ci.summary {
        Some(summary) => person_file::append(summary, &text()).map_err(IoFailure::outside_store),
        None => Ok(()),
    }
}
