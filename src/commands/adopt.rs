//! `ftpy adopt`: finds interpreters of other tools, and links them on request.

use crate::cli::Adopt;
use crate::error::Result;
use crate::ops::adopt::{self, AdoptRow};
use crate::ops::context::Context;
use serde_json::{Value, json};

/// `ftpy adopt`
pub(super) fn adopt(context: &Context, arguments: &Adopt) -> Result<()> {
    let found = adopt::adopt(context, arguments.all && !arguments.dry_run)?;
    for reason in &found.passed_over {
        context.reporter.detail(format!("skipped: {reason}"));
    }
    let rows = &found.rows;
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "found": rows.iter().map(document).collect::<Vec<_>>(),
            "passed_over": found.passed_over,
        }));
    } else {
        show(context, rows);
    }
    let left = rows.iter().filter(|row| row.linked.is_none()).count();
    match (rows.len(), left) {
        (0, _) => context.reporter.say("no other interpreter found"),
        (_, 0) => {}
        _ => context
            .reporter
            .say("run `ftpy adopt --all` to link them; no file is moved"),
    }
    Ok(())
}

fn show(context: &Context, rows: &[AdoptRow]) {
    let cells = rows.iter().map(|row| {
        let one = &row.one;
        let state = match &row.linked {
            Some(key) => format!("linked as {key}"),
            None => String::new(),
        };
        vec![
            one.found.build.name(),
            one.found.build.abi.words().to_owned(),
            one.tool.unwrap_or("").to_owned(),
            one.found.executable.display().to_string(),
            state,
        ]
    });
    let cells: Vec<Vec<String>> = cells.collect();
    context.reporter.table(
        &["VERSION", "VARIANT", "TOOL", "INTERPRETER", "STATE"],
        &cells,
    );
    for row in rows {
        if let Some(path) = &row.one.hidden_under {
            let but = match row.one.tool {
                Some(tool) => format!("{tool} installed it under"),
                None => "it has".to_owned(),
            };
            context.reporter.warn(format!(
                "{} is free-threaded, but {but} the name of a GIL build",
                path.display()
            ));
        }
    }
}

fn document(row: &AdoptRow) -> Value {
    let one = &row.one;
    json!({
        "path": one.path.display().to_string(),
        "executable": one.found.executable.display().to_string(),
        "version": one.found.build.version.to_string(),
        "abi": one.found.build.abi.flags(),
        "variant": one.found.build.abi.words(),
        "gil_enabled": one.found.facts.gil_enabled,
        "tool": one.tool,
        "hidden_under_gil_name": one.hidden_under.is_some(),
        "name": row.name,
        "linked": row.linked,
    })
}
