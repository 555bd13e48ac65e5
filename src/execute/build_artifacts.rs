//! The files of a source tree that are kept with an installation: the sanitizer's suppressions, and
//! the applied patches.
//!
//! ```text
//! <prefix>/.ftpy/suppressions.tsan     CPython's own
//! <prefix>/.ftpy/suppressions.ubsan
//! <prefix>/.ftpy/patches/<n>-<name>    for `ftpy build --same-as`
//! ```

use crate::error::{IoFailure, Result};
use crate::resolve::Attempt;
use crate::store::{Compilation, patch_file, suppressions_file};
use std::path::Path;

/// Copies these files below the staged prefix.
pub(super) fn keep(source: &Path, made: &Path, attempt: &Attempt, how: &Compilation) -> Result<()> {
    let build = &attempt.candidate.build;
    let tsan = match build.abi.is_free_threaded() {
        // This file includes the contents of the other one.
        true => "Tools/tsan/suppressions_free_threading.txt",
        false => "Tools/tsan/suppressions.txt",
    };
    for (name, tool) in [("tsan", tsan), ("ubsan", "Tools/ubsan/suppressions.txt")] {
        let has_it = build.flavours.0.iter().any(|one| one.to_string() == name);
        if has_it && source.join(tool).exists() {
            copy(&source.join(tool), &suppressions_file(made, name))?;
        }
    }
    for (number, patch) in how.wish.patches.iter().enumerate() {
        copy(&patch.path, &patch_file(made, number, &patch.path))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let directory = to.parent().unwrap_or(to);
    std::fs::create_dir_all(directory).map_err(IoFailure::at("create", directory))?;
    let bytes = std::fs::read(from).map_err(IoFailure::at("read", from))?;
    std::fs::write(to, bytes).map_err(IoFailure::at("write", to))?;
    Ok(())
}
