//! `ftpy prune`: removes unused old patches.

use crate::cli::daily::Prune;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::prune::{
    Unused, forget_missing, remove, remove_script_environments, script_environments, unused,
};
use crate::report::text;
use serde_json::json;

/// `ftpy prune`
pub(super) fn prune(context: &Context, arguments: &Prune) -> Result<()> {
    if arguments.forget_missing {
        for path in forget_missing(context)? {
            context.reporter.say(format!("forgot {}", path.display()));
        }
    }
    let unused = unused(context)?;
    for store in context.store.shared() {
        let line = format!("the shared store {} stays as it is", store.display());
        context.reporter.note(line);
    }
    let environments = script_environments(context);
    let total: u64 = unused.iter().map(|one| one.bytes).sum();
    if !context.reporter.is_json() {
        show(context, &unused, total);
        if unused.is_empty() && environments.is_empty() {
            context.reporter.say("nothing to prune");
        }
        if !environments.is_empty() {
            let count = text::count(environments.len(), "script environment");
            context
                .reporter
                .data(format!("{count} of removed installations"));
        }
    }
    if arguments.yes {
        remove(context, &unused)?;
        // Those of the installations that were just removed, too.
        remove_script_environments(context, &script_environments(context))?;
    } else if !unused.is_empty() || !environments.is_empty() {
        context
            .reporter
            .say("run `ftpy prune --yes` to remove them");
    }
    if context.reporter.is_json() {
        let list = unused.iter().map(|one| {
            let key = one.key.to_string();
            json!({ "key": key, "bytes": one.bytes, "packages": one.packages })
        });
        context.reporter.json(&json!({
            "unused": list.collect::<Vec<_>>(),
            "bytes": total,
            "script_environments": environments,
            "removed": arguments.yes,
        }));
    }
    Ok(())
}

fn show(context: &Context, unused: &[Unused], total: u64) {
    if unused.is_empty() {
        return;
    }
    let cells = unused.iter().map(|one| {
        let packages = match one.packages {
            0 => String::new(),
            count => format!("with {}", text::count(count, "installed package")),
        };
        vec![one.key.to_string(), text::bytes(one.bytes), packages]
    });
    let rows: Vec<Vec<String>> = cells.collect();
    context
        .reporter
        .table(&["INSTALLATION", "SIZE", "PACKAGES"], &rows);
    context
        .reporter
        .data(format!("{} in total", text::bytes(total)));
}
