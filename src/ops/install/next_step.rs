//! Suggests the next step after an installation.

use crate::host::target;
use crate::ops::context::Context;
use crate::ops::install::result::{InstallResult, InstallRow, row};
use ftpy_core::{decide, paste};

/// Suggests how to put the shims on PATH or, after the first installation, how to make it the
/// default.
pub(crate) fn suggest_next_step(context: &Context, results: &[InstallResult]) {
    let new: Vec<InstallRow<'_>> = results.iter().map(row).filter(|row| row.is_new).collect();
    let Some(first) = new.first() else {
        return;
    };
    let shims = context.store.shims();
    if !std::env::split_paths(&context.env.path).any(|directory| directory == shims) {
        let text = "run `ftpy setup` to put the shims on PATH";
        return context.reporter.hint(text);
    }
    let installed = context.store.installed(&target::detect());
    let has_default = !matches!(decide::default(&context.env.surroundings()), Ok(None));
    if installed.len() > new.len() || has_default {
        return;
    }
    let key = first.key;
    if let Some(installed) = installed.iter().find(|one| one.key.to_string() == key) {
        let default = paste!["ftpy", "default", installed.alias()];
        let text = format!("run `{default}` to use it where no version is pinned");
        context.reporter.hint(text);
    }
}
