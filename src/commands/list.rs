//! `ftpy list`: what is installed. `--available` is a file of its own.

use crate::cli::List;
use crate::commands::available;
use crate::error::Result;
use crate::external;
use crate::host::target;
use crate::link::alias_of;
use crate::ops::active_python::mend_links;
use crate::ops::context::Context;
use crate::ops::lookup_installed;
use crate::report::text;
use crate::store::{Installed, Receipt};
use ftpy_core::paste;
use ftpy_core::request::BuildRequest;
use ftpy_core::target::Target;
use serde::Serialize;
use std::path::PathBuf;

/// `ftpy list`
pub(super) fn list(context: &Context, arguments: &List) -> Result<()> {
    if arguments.requests {
        return list_requests(context);
    }
    let host = target::detect();
    mend_links(context);
    let request = arguments.request.as_deref();
    let request = request.map(|text| match arguments.available {
        true => lookup_installed::read(text),
        false => lookup_installed::read_here(context, text, &host),
    });
    let request = request.transpose()?;
    if arguments.available {
        available::list(context, request.as_ref(), arguments, &host)
    } else {
        list_installed(context, request.as_ref(), &host)
    }
}

/// Every text that names something installed, from the minor to the key: for completion.
fn list_requests(context: &Context) -> Result<()> {
    let mut texts: Vec<String> = Vec::new();
    for installed in context.store.installed(&target::detect()) {
        let build = &installed.key.build;
        texts.extend([
            alias_of(&installed),
            build.name(),
            installed.key.to_string(),
        ]);
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
    /// What `ftpy link` calls it.
    name: Option<String>,
    version: String,
    abi: String,
    variant: String,
    provider: String,
    /// Whether the files are somebody else's.
    is_external: bool,
    bytes: u64,
    path: PathBuf,
    executable: PathBuf,
    /// What is wrong with it: a receipt that cannot be read, an external one that changed.
    problem: Option<String>,
}

fn list_installed(context: &Context, request: Option<&BuildRequest>, host: &Target) -> Result<()> {
    let found = match request {
        Some(request) => lookup_installed::installed(context, request, host),
        None => context.store.installed(host),
    };
    if found.is_empty()
        && let Some(request) = request
    {
        return Err(lookup_installed::not_installed(context, request, host));
    }
    let rows: Vec<InstalledRow> = found.iter().map(|one| installed_row(one, host)).collect();
    if context.reporter.is_json() {
        context.reporter.json(&rows);
        return Ok(());
    }
    if rows.is_empty() {
        context
            .reporter
            .say("nothing is installed; `ftpy install 3.14t` is a beginning");
    }
    let cells = rows.iter().map(|row| {
        let size = match (&row.problem, &row.name) {
            (Some(_), _) if row.is_external => "changed".to_owned(),
            (Some(_), _) => "damaged".to_owned(),
            (None, Some(name)) => format!("linked as {name}"),
            (None, None) if row.is_external => "external".to_owned(),
            (None, None) => text::bytes(row.bytes),
        };
        vec![
            row.key.clone(),
            row.variant.clone(),
            size,
            row.executable.display().to_string(),
        ]
    });
    for line in text::table(&cells.collect::<Vec<_>>()) {
        context.reporter.data(line);
    }
    for row in &rows {
        if let Some(problem) = &row.problem {
            context.reporter.warn(problem);
        }
    }
    Ok(())
}

fn installed_row(installed: &Installed, host: &Target) -> InstalledRow {
    let key = &installed.key;
    let receipt = Receipt::of(installed);
    let executable = installed.interpreter().unwrap_or_default();
    let reason = match &receipt {
        Err(failure) => Some(failure.to_string()),
        Ok(_) if !key.provider.is_external() && !executable.exists() => {
            Some(format!("{} is not there", executable.display()))
        }
        Ok(_) => None,
    };
    let reinstall = paste!["ftpy", "install", "--reinstall", key];
    let damage = reason.map(|reason| format!("{reason}; `{reinstall}` repairs it"));
    // Only what is not ftpy's can change behind its back without being damaged.
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
        bytes: receipt.as_ref().map_or(0, |receipt| receipt.files.bytes),
        path: match key.provider.is_external() {
            true => receipt.map_or_else(|_| installed.prefix.clone(), |receipt| receipt.prefix),
            false => installed.prefix.clone(),
        },
        executable,
        problem: damage.or(change),
    }
}
