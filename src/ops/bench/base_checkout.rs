//! `--base DIR`: another checkout of the same project, whose arms run between those of this one.

use crate::cli::bench::Bench;
use crate::error::{Failure, Kind, Result};
use crate::ops::context::Context;
use std::path::PathBuf;

/// The directory of `--base`.
pub(crate) fn directory(context: &Context, asked: &Bench) -> Option<PathBuf> {
    let base = asked.workload.base.as_ref()?;
    Some(context.env.current_dir.join(base))
}

/// Checks that the directory exists and is another one.
pub(crate) fn check(context: &Context, asked: &Bench) -> Result<()> {
    let Some(directory) = directory(context, asked) else {
        return Ok(());
    };
    let shown = directory.display();
    if !directory.is_dir() {
        let message = format!("--base: {shown} is not a directory");
        return Err(Failure::new(Kind::NotFound, message)
            .hint("make a checkout of main: `git worktree add ../main origin/main`"));
    }
    if asked
        .workload
        .script
        .as_ref()
        .is_some_and(|file| file.is_absolute())
    {
        let message = "--base needs the script as a path below each checkout, not an absolute one";
        return Err(Failure::new(Kind::Usage, message));
    }
    if directory.canonicalize().ok() == context.env.current_dir.canonicalize().ok() {
        let message = format!("--base: {shown} is the current directory");
        return Err(Failure::new(Kind::Usage, message));
    }
    Ok(())
}
