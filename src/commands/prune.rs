//! `ftpy prune`: removes unused old patches.

use crate::cli::daily::Prune;
use crate::error::Result;
use crate::ops::context::Context;
use crate::ops::prune::{Unused, forget_missing, remove, unused};
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
    let total: u64 = unused.iter().map(|one| one.bytes).sum();
    if !context.reporter.is_json() {
        show(context, &unused, total);
    }
    if arguments.yes {
        remove(context, &unused)?;
    } else if !unused.is_empty() {
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
            "removed": arguments.yes,
        }));
    }
    Ok(())
}

fn show(context: &Context, unused: &[Unused], total: u64) {
    if unused.is_empty() {
        context.reporter.say("nothing to prune");
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
