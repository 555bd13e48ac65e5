//! `ftpy adopt`: finds interpreters of other tools, and links them on request.

use crate::adopt::{Adoptable, search};
use crate::cancel::Cancel;
use crate::cli::Adopt;
use crate::error::Result;
use crate::external::{self, Origin};
use crate::host::target;
use crate::ops::context::{Context, runtime};
use crate::ops::session::stop_on_signal;
use crate::report::Verb;
use crate::shim_links;
use crate::store::Installed;
use ftpy_core::link_name::LinkName;
use serde_json::{Value, json};

/// An interpreter, and its link if there is one.
struct AdoptRow {
    one: Adoptable,
    /// The name that it has or would get.
    name: String,
    /// The key under which it is already linked.
    linked: Option<String>,
}

/// `ftpy adopt`
pub(super) fn adopt(context: &Context, arguments: &Adopt) -> Result<()> {
    let cancel = Cancel::default();
    let runtime = runtime()?;
    runtime.spawn(stop_on_signal(cancel.clone()));
    let host = target::detect();
    let found = {
        let task = context.reporter.task("adopt");
        task.step_on(Verb::Probing, "interpreters of other tools");
        search(&context.env, &context.store, &host, &cancel)
    };
    cancel.check()?;
    for reason in &found.passed_over {
        context.reporter.detail(format!("skipped: {reason}"));
    }
    let mut rows = rows(found.adoptable, &context.store.installed(&host));
    let links = arguments.all && !arguments.dry_run;
    for row in rows.iter_mut().filter(|row| links && row.linked.is_none()) {
        context.allow_external(&row.one.found.build)?;
        let origin = Origin::link(&row.name);
        let receipt = external::record(&context.store, &row.one.found, &origin)?;
        row.linked = Some(receipt.key);
    }
    if links {
        shim_links::ensure(&context.store, &host)?;
    }
    if context.reporter.is_json() {
        context.reporter.json(&json!({
            "found": rows.iter().map(document).collect::<Vec<_>>(),
            "passed_over": found.passed_over,
        }));
    } else {
        show(context, &rows);
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

/// Gives each interpreter a unique name.
fn rows(found: Vec<Adoptable>, installed: &[Installed]) -> Vec<AdoptRow> {
    let mut rows: Vec<AdoptRow> = Vec::new();
    for one in found {
        let known = installed.iter().find(|known| {
            known.key.provider.is_external()
                && known.key.build == one.found.build
                && known.interpreter().as_deref() == Some(one.found.executable.as_path())
        });
        if let Some(known) = known {
            rows.push(AdoptRow {
                name: (known.key.build_id.as_ref()).map_or_else(String::new, ToString::to_string),
                linked: Some(known.key.to_string()),
                one,
            });
            continue;
        }
        let stem = stem(one.tool);
        let is_taken = |name: &str| {
            rows.iter().any(|row| row.name == name)
                || installed
                    .iter()
                    .any(|known| known.link_name() == Some(name))
        };
        let numbered = (2..).map(|number| format!("{stem}{number}"));
        let mut names = std::iter::once(stem.clone()).chain(numbered);
        let name = names.find(|name| !is_taken(name)).unwrap_or(stem.clone());
        rows.push(AdoptRow {
            one,
            name,
            linked: None,
        });
    }
    rows
}

/// Returns a name for a tool's interpreter: `pyenv`, `setup_python`, `conda_python`.
fn stem(tool: Option<&str>) -> String {
    let tool = match tool {
        Some("the distribution") => "distribution",
        Some(tool) => tool,
        None => "other",
    };
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let word: String = tool
        .chars()
        .map(|c| if is_part(c) { c } else { '_' })
        .collect();
    match LinkName::parse(&word) {
        Ok(name) => name.to_string(),
        Err(_) => format!("{}_python", word.to_ascii_lowercase()),
    }
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
