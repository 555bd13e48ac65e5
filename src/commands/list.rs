//! `ftpy list`: lists installations. `--available` is in `available.rs`.

use crate::cli::List;
use crate::commands::available;
use crate::error::Result;
use crate::examine::advice;
use crate::external;
use crate::host::target;
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use crate::ops::list_marks::Marks;
use crate::ops::lookup_installed;
use crate::report::text;
use crate::store::{Installed, Receipt};
use ftpy_core::target::Target;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `ftpy list`
pub(super) fn list(context: &Context, arguments: &List) -> Result<()> {
    if arguments.requests {
        return list_requests(context);
    }
    let host = target::detect();
    mend_links(context);
    match arguments.available {
        true => available::list(context, arguments, &host),
        false => list_installed(context, &arguments.filters, &host),
    }
}

/// Prints every request that means an installation, from the minor to the key, for completion.
fn list_requests(context: &Context) -> Result<()> {
    let mut texts: Vec<String> = Vec::new();
    for installed in context.store.usable(&target::detect()) {
        let build = &installed.key.build;
        texts.extend([installed.alias(), build.name(), installed.key.to_string()]);
        texts.extend(installed.link_name().map(str::to_owned));
    }
    texts.sort();
    texts.dedup();
    if context.reporter.is_json() {
        context.reporter.json(&texts);
        return Ok(());
    }
    texts.iter().for_each(|text| context.reporter.data(text));
    Ok(())
}

/// One installation.
#[derive(Serialize)]
struct InstalledRow {
    key: String,
    /// The name that `ftpy link` gave it.
    name: Option<String>,
    version: String,
    abi: String,
    variant: String,
    provider: String,
    /// Whether ftpy does not manage its files.
    is_external: bool,
    /// The shared store that contains it.
    shared_store: Option<PathBuf>,
    /// Whether it is what `python` starts in the current directory.
    is_active: bool,
    is_default: bool,
    bytes: u64,
    path: PathBuf,
    executable: PathBuf,
    /// A problem: an unreadable receipt, or a changed external interpreter.
    problem: Option<String>,
}

fn list_installed(context: &Context, filters: &[String], host: &Target) -> Result<()> {
    let found = match filters {
        [] => context.store.usable(host),
        filters => lookup_installed::each(context, filters, host)?,
    };
    let marks = Marks::read(context, host);
    let row = |one: &Installed| InstalledRow {
        shared_store: context.store.shared_store_of(one).map(Path::to_owned),
        ..installed_row(one, &marks, host)
    };
    let rows: Vec<InstalledRow> = found.iter().map(row).collect();
    if context.reporter.is_json() {
        context.reporter.json(&rows);
        return Ok(());
    }
    if rows.is_empty() {
        context.reporter.say(lookup_installed::NOTHING);
    }
    // The marks come last where another program reads the columns: most rows have none.
    let is_terminal = context.reporter.columns().is_some();
    let cells = rows.iter().map(|row| {
        let size = match (&row.problem, &row.name) {
            (Some(_), _) if row.is_external => "changed".to_owned(),
            (Some(_), _) => "damaged".to_owned(),
            (None, Some(name)) => format!("linked as {name}"),
            (None, None) if row.is_external => "external".to_owned(),
            (None, None) => text::bytes(row.bytes),
        };
        let mut cells = vec![row.key.clone()];
        cells.extend([row.variant.clone(), size]);
        cells.push(row.executable.display().to_string());
        cells.insert(if is_terminal { 1 } else { cells.len() }, row.uses());
        cells
    });
    let cells: Vec<Vec<String>> = cells.collect();
    let headings = ["INSTALLATION", "USE", "VARIANT", "SIZE", "INTERPRETER"];
    context.reporter.table(&headings, &cells);
    for row in &rows {
        if let Some(problem) = &row.problem {
            context.reporter.warn(problem);
        }
    }
    Ok(())
}

impl InstalledRow {
    fn uses(&self) -> String {
        let marks = [
            (self.is_active, "active"),
            (self.is_default, "default"),
            (self.shared_store.is_some(), "shared"),
        ];
        let marks = marks.iter().filter(|(is_marked, _)| *is_marked);
        let words: Vec<&str> = marks.map(|(_, word)| *word).collect();
        words.join(", ")
    }
}

fn installed_row(installed: &Installed, marks: &Marks, host: &Target) -> InstalledRow {
    let key = &installed.key;
    let is_it = |mark: &Option<String>| *mark == Some(key.to_string());
    let receipt = Receipt::of(installed);
    let executable = installed.interpreter().unwrap_or_default();
    let reason = match &receipt {
        Err(failure) => Some(failure.to_string()),
        Ok(_) if !key.provider.is_external() && !executable.exists() => {
            Some(format!("{} does not exist", executable.display()))
        }
        Ok(_) => None,
    };
    let damage = reason.map(|reason| format!("{reason}; {}", advice(installed)));
    // Only interpreters not managed by ftpy can change without being damaged.
    let change = match key.provider.is_external() && damage.is_none() {
        true => external::state(installed, host).sentence(key),
        false => None,
    };
    InstalledRow {
        key: key.to_string(),
        name: installed.link_name().map(str::to_owned),
        version: key.build.version.to_string(),
        abi: key.build.abi.flags().to_owned(),
        variant: key.build.abi.words().to_owned(),
        provider: key.provider.name().to_owned(),
        is_external: key.provider.is_external(),
        shared_store: None,
        is_active: is_it(&marks.active),
        is_default: is_it(&marks.default),
        bytes: receipt.as_ref().map_or(0, |receipt| receipt.files.bytes),
        path: match key.provider.is_external() {
            true => receipt.map_or_else(|_| installed.prefix.clone(), |receipt| receipt.prefix),
            false => installed.prefix.clone(),
        },
        executable,
        problem: damage.or(change),
    }
}
